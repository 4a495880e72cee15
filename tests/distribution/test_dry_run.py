"""A dry run says what a run would do, and nothing anywhere is different afterwards."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from leadline.distribution import Counts
from leadline.dry_run import dry_run
from leadline.errors import FormRefused
from leadline.ports import Window
from tests.scenarios.house import FIRST_DAY, House, csv_of

END = FIRST_DAY + timedelta(days=9)
ROWS = [
    {"email": "ann@example.org", "country": "DE"},
    {"email": "", "country": "DE"},
    {"email": "bob@example.org", "country": "DE"},
    {"email": "out@example.org", "tier": "TEST"},
    {"email": "cay@example.org", "country": ""},
]
RULES = {
    "name": "country",
    "required": True,
    "any": [{"all": [{"lead": "country", "operator": "same_as_partner", "partner": "countries"}]}],
}
CHANGES = {
    "routing": {"rules": [RULES]},
    "filter": {"any": [{"all": [{"lead": "tier", "operator": "equals", "value": "TEST"}]}]},
}


def rehearse(house: House, window: Window | None = None) -> Counts:
    return dry_run(house.hub, house.mapping, house.system, run_id="dry", window=window, interval_end=END)


def everything(house: House) -> tuple[Any, ...]:
    """Return hub, staging, the supplier's system and the CRMs, to compare before and after."""
    staging = Path(urlsplit(house.staging_url).path)
    return (
        house.everything(),
        sorted((str(file), file.stat().st_mtime_ns) for file in staging.rglob("*")),
        (dict(house.system.inbox), dict(house.system.archived), dict(house.system.aside)),
        {name: crm.everything() for name, crm in house.crms.items()},
    )


@pytest.fixture
def house(make_house: Callable[..., House]) -> House:
    """Return a house that has distributed a day already."""
    made = make_house(**CHANGES)
    for id_ in ("A", "B"):
        made.add_partner(id_, countries=["DE"], auto_accept=True)
    made.system.drop("leads_0.csv", csv_of({"email": "first@example.org", "country": "DE"}))
    made.distribute()
    return made


def test_dry_run_counts_what_the_run_then_does(house: House) -> None:
    house.system.drop("leads_1.csv", csv_of(*ROWS))

    told = rehearse(house)
    books = house.distribute()

    outcomes = {"quarantined": 1, "filtered": 1, "known": 0, "updated": 0, "new": 3}
    assert told["leads"] == {"received": 5, **outcomes}
    assert {name: books[name] for name in outcomes} == outcomes
    assert (told["routed"]["assigned"], told["routed"]["unassigned"]) == (2, 1)
    assert sum(told["routed"]["reasons"].values()) == 3
    assert json.loads(json.dumps(told)) == told  # as Airflow shows it: no tuples, which it would wrap
    assert (books["assigned"], books["unassigned"]) == (2, 1)
    assert told["partners"] == {"A": 1, "B": 1}
    assert sorted(str(partner) for _, partner in house.given()[1:]) == ["A", "B", "None"]


def test_dry_run_leaves_hub_staging_files_and_crms_as_they_were(house: House) -> None:
    house.system.drop("leads_1.csv", csv_of(*ROWS))
    house.system.drop("leads_2.csv", b"Email,Email\r\n")
    before = everything(house)

    told = rehearse(house)

    assert everything(house) == before
    assert [one.partition(":")[0] for one in told["unreadable"]] == ["leads_2.csv"]


def test_dry_run_knows_files_and_records_that_came_before(house: House) -> None:
    house.system.drop("leads_again.csv", csv_of({"email": "first@example.org", "country": "DE"}))

    assert rehearse(house)["leads"] == {"received": 0}


def test_dry_run_of_a_window_reads_the_archive_and_finds_it_known(house: House) -> None:
    told = rehearse(house, Window(None, END, archive=True))

    assert (told["leads"], told["partners"]) == ({"received": 0}, {})


def test_dry_run_of_a_resend_says_how_many_leads_would_come_again(house: House) -> None:
    told = rehearse(house, Window(None, END, archive=True, resend=True))

    assert (told["leads"]["new"], told["partners"]) == (1, {"B": 1})


def test_dry_run_says_that_a_pull_would_be_held_and_routes_nothing_of_it(
    make_house: Callable[..., House],
) -> None:
    house = make_house(threshold={"share": 0.1, "minimum_rows": 1}, **CHANGES)
    house.add_partner("A", countries=["DE"])
    house.system.drop("leads_1.csv", csv_of(*ROWS))

    told = rehearse(house)

    assert "1 of 5 rows of leads are quarantined" in told["held"]
    assert (told["routed"]["assigned"], told["partners"]) == (0, {})


def test_dry_run_that_fails_leaves_everything_as_it_was(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.system.drop("leads_1.csv", csv_of(*ROWS))
    before = everything(house)

    def fail(*_: Any) -> None:
        raise RuntimeError("half-way")

    monkeypatch.setattr("leadline.distribution.route", fail)
    with pytest.raises(RuntimeError, match="half-way"):
        rehearse(house)

    assert everything(house) == before


def test_dry_run_of_records_keeps_to_the_chosen_campaigns(make_house: Callable[..., House]) -> None:
    house = make_house("salesforce", **CHANGES)
    house.add_partner("A", countries=["DE"])
    house.system.put_campaign("C1", name="Spring")
    for number, campaign in enumerate(("C1", "C2", "C2")):
        house.system.put(f"00Q{number}", campaign=campaign, email=f"p{number}@example.org", country="DE")

    told = rehearse(house, Window(None, END, campaigns=("C1",)))

    assert told["campaigns"]["new"] == 1
    assert (told["leads"]["received"], told["partners"]) == (1, {"A": 1})


def test_dry_run_cannot_choose_campaigns_of_files_either(house: House) -> None:
    with pytest.raises(FormRefused, match="campaigns cannot be chosen for files"):
        rehearse(house, Window(None, END, campaigns=("C1",)))


def test_dry_run_refuses_a_campaign_that_nobody_knows(make_house: Callable[..., House]) -> None:
    house = make_house("salesforce", **CHANGES)
    house.system.put_campaign("C1", name="Spring")

    with pytest.raises(FormRefused, match=r"the campaign C2, .* There are: C1"):
        rehearse(house, Window(None, END, campaigns=("C2",)))
