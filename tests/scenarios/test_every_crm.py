"""Acceptance scenarios 14, 15, 18, 19, 22 to 24 and 28 against every imitated CRM, through the hooks."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

# Airflow reads these when it is imported first.
os.environ.setdefault("AIRFLOW_HOME", tempfile.mkdtemp(prefix="leadline-airflow-"))
os.environ.setdefault("AIRFLOW__CORE__LOAD_EXAMPLES", "False")
os.environ.setdefault("AIRFLOW__CORE__UNIT_TEST_MODE", "True")

import pytest
import time_machine

from leadline import pull_back
from leadline.errors import LeadlineError
from sandbox.launch import RunningSandbox, running
from tests.scenarios.crm_sides import ROOMS, CrmSide, attach, connect
from tests.scenarios.house import House, csv_of

MakeHouse = Callable[..., House]
ANN = {
    "email": "ann@example.org",
    "last_name": "Ann",
    "company": "Ann Ltd",
    "phone": "+49891234567",
    "tier": "Basic",
    "comments": "Call in the morning",
    "internal_note": "not for partners",
}
PUSHED = {"salesforce": "collections.upsert", "dynamics": "batch", "saleslink": "CreateLead"}
READ = {"salesforce": "collections.retrieve", "dynamics": "query", "saleslink": "GetLeads"}


@pytest.fixture(scope="module")
def started() -> Iterator[RunningSandbox]:
    with running(orgs=("p001",), vendors=("dynamics", "saleslink")) as sandbox:
        yield sandbox


@pytest.fixture
def side(crm: str, started: RunningSandbox, monkeypatch: pytest.MonkeyPatch) -> CrmSide:
    return connect(started, crm, monkeypatch)


@pytest.fixture
def make_crm_house(make_house: MakeHouse, crm: str, side: CrmSide) -> Callable[..., House]:
    """Return a factory of houses with one partner, P1, on this CRM."""

    def make(**partner: Any) -> House:
        house = make_house(crm=side.crm)
        house.add_partner("P1", crm_type=crm, **partner)
        attach(house)
        return house

    return make


@pytest.fixture
def database() -> str:
    """Return the database: what differs here are the CRMs."""
    return "sqlite"


def on(*crms: str, proves: Sequence[str] = (), by: Mapping[str, str] = PUSHED) -> pytest.MarkDecorator:
    """Play a scenario on these CRMs (none: all): where it passes, each does these rows, by these calls."""
    played = []
    for one in crms or tuple(ROOMS):
        mark = [pytest.mark.capability(tuple(proves), f"crm:{one}", by[one])] if proves else []
        played.append(pytest.param(one, marks=mark, id=one))
    return pytest.mark.parametrize("crm", played)


on_each = on()


def feedback(house: House) -> Any:
    """Run a feedback day: every account read back."""
    ctx = house.start(kind="manual")
    return [
        pull_back.read_feedback(house.hub, ctx, house.mapping, one, house.crm)
        for one in pull_back.feedback_accounts(house.hub, ctx)
    ]


def opportunities(house: House) -> list[Any]:
    """Run an opportunities day and return what the hub holds then."""
    ctx = house.start(kind="manual")
    for one in pull_back.opportunity_accounts(house.hub, ctx):
        pull_back.read_opportunities(house.hub, ctx, house.mapping, one, house.crm)
    return [one for one in house.rows("opportunity") if one.deleted_at is None]


@on_each
def test_scenario_14_and_15_a_pending_lead_waits_except_for_saleslink(
    make_crm_house: Callable[..., House], side: CrmSide, crm: str
) -> None:
    house = make_crm_house()
    house.system.drop("leads_1.csv", csv_of(ANN))
    house.distribute()
    assert house.given() == [("pending", "P1")]
    assert len(side.leads()) == (1 if crm == "saleslink" else 0)

    house.accept("ann@example.org")
    house.distribute()
    house.distribute()

    (lead,) = side.leads()
    assert (lead["email"], lead["company"], lead["tier"]) == ("ann@example.org", "Ann Ltd", "Basic")
    assert house.given() == [("accepted", "P1")]


@on("saleslink")
def test_scenario_16_an_opportunity_accepts_and_a_deletion_rejects(
    make_crm_house: Callable[..., House], side: CrmSide, started: RunningSandbox
) -> None:
    house = make_crm_house()
    house.system.drop("leads_1.csv", csv_of(*(ANN | {"email": f"p{n}@example.org"} for n in range(4))))
    house.distribute()
    ids = {one["email"]: one["id"] for one in side.leads()}
    tenant = ROOMS["saleslink"][1]
    side.open_deal(ids["p1@example.org"], "Deal", 25)
    side.open_deal(ids["p2@example.org"], "Another", 25)
    for email in ("p2@example.org", "p3@example.org"):  # where a deal is, the deletion only tidies up
        told = {"object": "Lead", "id": ids[email], "reason": "Too small"}
        started.control.do("saleslink", tenant, "delete", **told)

    feedback(house)
    before = house.rows("history")
    feedback(house)

    stands = {one.email_key: (one.status, one.sales_status) for one in house.rows("lead")}
    assert stands == {
        "p0@example.org": ("pending", "open"),
        "p1@example.org": ("accepted", "qualified"),
        "p2@example.org": ("accepted", "qualified"),
        "p3@example.org": ("rejected", "unqualified"),
    }
    assert house.rows("history") == before


@on("salesforce", "dynamics", proves=["P1"])
def test_scenario_18_a_lead_is_recorded_as_a_contact(
    make_crm_house: Callable[..., House], side: CrmSide
) -> None:
    house = make_crm_house(auto_accept=True, record_as="contact")
    house.system.drop("leads_1.csv", csv_of(ANN))

    house.distribute()
    house.distribute()

    assert side.leads() == []
    (contact,) = side.contacts()
    assert (contact["email"], contact["phone"], contact["tier"]) == (
        "ann@example.org", "+49891234567", "Basic",
    )  # fmt: skip


@on(proves=["P2"])
def test_scenario_19_an_existing_record_keeps_its_phone_and_a_new_one_gets_everything(
    make_crm_house: Callable[..., House], side: CrmSide, crm: str
) -> None:
    house = make_crm_house(auto_accept=True, field_updates="supplier")
    side.insert(email="ann@example.org", phone="1", company="Old Ltd", tier="Plus")
    house.system.drop("leads_1.csv", csv_of(ANN, ANN | {"email": "new@example.org"}))

    house.distribute()
    house.distribute()

    records = side.leads()
    new = [one for one in records if one["email"] == "new@example.org"]
    old = [one for one in records if one["email"] == "ann@example.org"]
    assert [(one["phone"], one["company"], one["tier"]) for one in new] == [
        ("+49891234567", "Ann Ltd", "Basic")
    ]
    if (
        crm == "saleslink"
    ):  # its lead is found by our id alone: theirs stays as it was, and ours stands beside
        assert sorted(one["phone"] for one in old) == ["+49891234567", "1"]
    else:
        assert [(one["phone"], one["company"], one["tier"]) for one in old] == [("1", "Old Ltd", "Basic")]


@on(proves=["W10"], by=READ)
def test_scenario_22_the_crm_s_word_sets_the_sales_status_and_an_unknown_one_nothing(
    make_crm_house: Callable[..., House], side: CrmSide, crm: str
) -> None:
    house = make_crm_house(auto_accept=True)
    if crm == "saleslink":
        house.set_status_mapping("P1", {"Quote": "contacted"})
    house.system.drop("leads_1.csv", csv_of(ANN, ANN | {"email": "odd@example.org"}))
    house.distribute()
    ids = {one["email"]: one["id"] for one in side.leads()}
    odd = {"salesforce": "Waiting for Godot", "dynamics": "Under review", "saleslink": "Haggling"}[crm]
    side.set_status(ids["ann@example.org"], side.contacted)
    side.set_status(ids["odd@example.org"], odd)

    feedback(house)
    before = house.rows("history")
    feedback(house)

    status = {one.email_key: one.sales_status for one in house.rows("lead")}
    # At Saleslink any opportunity means that somebody works on it, whatever its status is called.
    unknown = "qualified" if crm == "saleslink" else "open"
    assert status == {"ann@example.org": "contacted", "odd@example.org": unknown}
    assert house.rows("history") == before
    listed = [one.message.casefold() for one in house.rows("finding") if one.cleared_at is None]
    assert [odd.casefold() in one for one in listed] == ([] if crm == "saleslink" else [True])


@on(proves=["W10"], by=READ)
def test_a_field_that_the_partner_changed_is_in_the_lead_and_our_own_push_is_no_news(
    make_crm_house: Callable[..., House], side: CrmSide
) -> None:
    house = make_crm_house(auto_accept=True)
    house.system.drop("leads_1.csv", csv_of(ANN))
    house.distribute()
    feedback(house)
    (lead,) = house.rows("lead")
    pushed = dict(lead.attributes)

    side.edit(side.leads()[0]["id"], tier="Premium")
    feedback(house)
    feedback(house)

    (lead,) = house.rows("lead")
    assert dict(lead.attributes) == pushed | {"tier": "Premium"}
    house.distribute()
    assert [one["tier"] for one in side.leads()] == ["Premium"]


@on("salesforce", "dynamics")
def test_a_conversion_is_heard_though_an_update_of_ours_came_in_between(
    make_house: MakeHouse, side: CrmSide, crm: str
) -> None:
    house = make_house("salesforce", crm=side.crm)
    house.add_partner("P1", crm_type=crm, auto_accept=True, field_updates="all")
    attach(house)
    house.system.put("L1", **ANN)
    house.distribute()
    feedback(house)
    (lead,) = side.leads()
    side.edit(lead["id"], tier="Premium")
    side.open_deal(lead["id"], "Deal", None)

    house.system.put("L1", **ANN, title="CTO")
    house.distribute()
    feedback(house)

    (ann,) = house.rows("lead")
    assert (ann.sales_status, ann.attributes["tier"], ann.attributes["title"]) == (
        "qualified",
        "Premium",
        "CTO",
    )
    assert [one.kind for one in house.rows("history") if one.kind == "crm_converted"] == ["crm_converted"]
    assert [one.object.lower() for one in house.rows("crm_record")] == ["contact"]


@on_each
@pytest.mark.parametrize(("reported", "kept"), [(30, 50), (80, 75), (100, 100)])
def test_scenario_23_a_probability_goes_up_to_the_next_step_but_never_to_all(
    make_crm_house: Callable[..., House], side: CrmSide, reported: int, kept: int
) -> None:
    house = make_crm_house(auto_accept=True, opportunities="originating")
    house.system.drop("leads_1.csv", csv_of(ANN))
    house.distribute()
    side.open_deal(side.leads()[0]["id"], "Deal", reported)

    feedback(house)
    (deal,) = opportunities(house)

    assert (deal.name, deal.probability, deal.status) == ("Deal", kept, "open")
    assert [one.sales_status for one in house.rows("lead")] == ["qualified"]


@on_each
def test_scenario_23_closed_is_not_won(make_crm_house: Callable[..., House], side: CrmSide) -> None:
    house = make_crm_house(auto_accept=True, opportunities="originating")
    house.system.drop("leads_1.csv", csv_of(ANN))
    house.distribute()
    side.lose(side.open_deal(side.leads()[0]["id"], "Deal", 50))

    feedback(house)
    (deal,) = opportunities(house)

    assert deal.status == "lost"
    assert deal.probability in (0, None)


@on(proves=["P2", "W10"], by=READ)
@pytest.mark.parametrize(
    ("policy", "found"), [("none", []), ("originating", ["Ours"]), ("contact_match", ["Matched", "Ours"])]
)
def test_scenario_24_opportunities_by_origin_by_contact_or_not(
    make_crm_house: Callable[..., House], side: CrmSide, policy: str, found: list[str]
) -> None:
    house = make_crm_house(auto_accept=True, opportunities=policy)
    house.system.drop("leads_1.csv", csv_of(ANN, ANN | {"email": "other@example.org"}))
    house.distribute()
    ids = {one["email"]: one["id"] for one in side.leads()}
    side.open_deal(ids["ann@example.org"], "Ours", 50)
    side.match_deal("other@example.org", "Matched")

    feedback(house)
    opportunities(house)
    deals = opportunities(house)

    assert sorted(one.name for one in deals) == found


@on_each
def test_a_deal_of_one_supplier_s_lead_is_no_news_to_another_whose_lead_is_the_same_person(
    make_house: MakeHouse, make_crm_house: Callable[..., House], crm: str, side: CrmSide
) -> None:
    acme = make_crm_house(auto_accept=True, opportunities="contact_match")
    globex = make_house(crm=side.crm, supplier="globex", hub=acme.hub)
    globex.add_partner("P1", crm_type=crm, auto_accept=True, opportunities="contact_match")
    attach(globex)
    for house in (acme, globex):
        house.system.drop("leads_1.csv", csv_of(ANN))
        house.distribute()
    of_acme = acme.rows("crm_record", supplier="acme")[0].record_id

    side.open_deal(of_acme, "Acme's", 30)
    side.match_deal(ANN["email"], "By hand")
    for house in (globex, acme):
        opportunities(house)
    told = {
        house.key: {one.name for one in house.rows("opportunity", supplier=house.key)}
        for house in (acme, globex)
    }

    assert told == {"acme": {"Acme's", "By hand"}, "globex": {"By hand"}}


@on_each
def test_scenario_28_refused_logins_are_told_four_times_and_switch_the_crm_off(
    make_crm_house: Callable[..., House],
    side: CrmSide,
    started: RunningSandbox,
    crm: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    house = make_crm_house(auto_accept=True, email="admin@partner.example")
    house.system.drop("leads_1.csv", csv_of(ANN))
    house.distribute()
    good = os.environ["AIRFLOW_CONN_CRM_P1"]
    address = started.addresses[crm][ROOMS[crm][1]]
    bad = good.replace(str(address.get("client_secret") or address["password"]), "wrong")
    assert bad != good
    monkeypatch.setenv("AIRFLOW_CONN_CRM_P1", bad)

    began, told = datetime.now(UTC), []
    for day in range(1, 50):  # the day of the distribution was a good one
        with time_machine.travel(began + timedelta(days=day), tick=True):
            ctx = house.start(kind="manual")
            for one in pull_back.feedback_accounts(house.hub, ctx):
                with pytest.raises(LeadlineError):
                    pull_back.read_feedback(house.hub, ctx, house.mapping, one, house.crm)
        mails = [one for one in house.rows("mail") if one.recipient == "admin@partner.example"]
        told += [day] * (len(mails) - len(told))

    assert told == [4, 12, 24, 48]
    assert [one.state for one in house.rows("crm_account")] == ["deactivated"]

    monkeypatch.setenv("AIRFLOW_CONN_CRM_P1", good)
    ctx = house.start(kind="manual")
    pull_back.read_feedback(house.hub, ctx, house.mapping, "crm-P1", house.crm)
    assert [one.state for one in house.rows("crm_account")] == ["active"]
