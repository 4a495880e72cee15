"""The first steps of a run: which campaigns it keeps to, and whose pull it is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest

from leadline import leases
from leadline.errors import FormRefused, LeaseHeld
from leadline.notices.advice import advice
from leadline.ports import Window
from leadline.replay import Selection
from tests.scenarios.house import FIRST_DAY, House, csv_of

LATER = FIRST_DAY + timedelta(days=9)


@pytest.fixture
def salesforce(make_house: Callable[..., House]) -> House:
    house = make_house("salesforce")
    house.system.put_campaign("C1", name="Spring")
    house.system.put_campaign("C2", name="Summer")
    for number, campaign in enumerate(("C1", "C2", "C1", "C2", "C1")):
        house.system.put(f"00Q{number}", campaign=campaign, email=f"p{number}@example.org")
    return house


def test_campaigns_cannot_be_chosen_for_files(house: House) -> None:
    with pytest.raises(FormRefused, match="campaigns cannot be chosen for files"):
        house.start(kind="manual", window=Window(None, LATER, campaigns=("C1",)))

    assert house.rows("run") == []


def test_run_of_chosen_campaigns_takes_their_leads_only(salesforce: House) -> None:
    books = salesforce.distribute(kind="manual", window=Window(None, LATER, campaigns=("C2",)))

    assert {one.campaign_key for one in salesforce.leads()} == {"C2"}
    assert (books["received"], books["new"]) == (2, 2)


def test_run_of_chosen_campaigns_still_knows_all_campaigns(salesforce: House) -> None:
    salesforce.distribute(kind="manual", window=Window(None, LATER, campaigns=("C2",)))

    assert [one.campaign_key for one in salesforce.rows("campaign")] == ["C1", "C2"]


def test_leads_of_other_campaigns_come_with_the_next_run(salesforce: House) -> None:
    salesforce.distribute(kind="manual", window=Window(None, LATER, campaigns=("C2",)))

    books = salesforce.distribute()

    assert (books["known"], books["new"]) == (2, 3)


def test_second_reader_of_one_supplier_waits_for_the_first(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leases, "sole_reader", partial(leases.sole_reader, patience_seconds=0))
    house.system.drop("leads_1.csv", csv_of({"email": "ann@example.org"}))
    first, second = house.start(), house.start()

    with leases.sole_reader(house.hub, first), pytest.raises(LeaseHeld):
        house.receive(second)

    assert len(house.receive(second)) == 1


def test_a_campaign_that_nobody_knows_fails_the_pull_and_nothing_is_taken(salesforce: House) -> None:
    ctx = salesforce.start(kind="manual", window=Window(None, LATER, campaigns=("C1", "C-1")))

    with pytest.raises(
        FormRefused, match=r"the campaign C-1, .* There are: C1 \(Spring\), C2 \(Summer\)"
    ) as refused:
        salesforce.receive(ctx)

    assert "start a new run" in advice(refused.type.__name__)  # cleared, it would ask for C-1 again
    assert salesforce.leads() == []
    assert salesforce.rows("batch", kind="leads") == []


def test_a_campaign_without_leads_is_no_error_if_the_source_has_it(
    make_house: Callable[..., House],
) -> None:
    house = make_house("salesforce", campaigns={"lead_field": "campaign_code"})  # campaigns are not pulled
    house.system.put("00Q1", campaign="C1", email="p1@example.org")
    house.system.put_campaign("C9", name="Autumn")

    books = house.distribute(kind="manual", window=Window(None, LATER, campaigns=("C9",)))

    assert books["received"] == 0


def test_a_campaign_that_stands_on_leads_alone_is_known_by_them(make_house: Callable[..., House]) -> None:
    house = make_house("salesforce", campaigns={"lead_field": "campaign_code"})
    house.system.put("00Q1", campaign="spring", email="p1@example.org")

    first = house.distribute(kind="manual", window=Window(None, LATER, campaigns=("spring",)))
    house.system.records["leads"].clear()
    again = house.distribute(kind="manual", window=Window(None, LATER, campaigns=("spring",)))

    assert (first["new"], again["received"]) == (1, 0)


def test_a_run_of_the_longest_id_goes_through_and_is_read_back(house: House) -> None:
    run_id = "manual__" + "a:ü" * 80  # Airflow takes 250 characters
    house.system.drop("leads_1.csv", csv_of({"email": "ann@example.org"}, {"email": "no address"}))
    before = house.distribute(run_id)

    house.system.drop("leads_2.csv", csv_of({"email": "bob@example.org"}))
    other = house.distribute(run_id + "b")  # the same but for its last character
    again = house.replay(Selection(run_id=run_id), run_id + "c")

    assert (before["new"], before["quarantined"]) == (1, 1)
    assert (other["new"], again["quarantined"]) == (1, 1)
