"""Acceptance scenarios 2, 3 and 12, and the whole way of a lead, for every imitated supplier system."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

# Airflow reads these when it is imported first.
os.environ.setdefault("AIRFLOW_HOME", tempfile.mkdtemp(prefix="leadline-airflow-"))
os.environ.setdefault("AIRFLOW__CORE__LOAD_EXAMPLES", "False")
os.environ.setdefault("AIRFLOW__CORE__UNIT_TEST_MODE", "True")

import pytest

from leadline import distribution, lifecycle, pull_back
from leadline.ports import Window
from leadline.runs import RunContext
from sandbox.launch import RunningSandbox, running
from sandbox.orgs import REPS, rep_email
from tests.scenarios import crm_sides, supplier_sides
from tests.scenarios.house import House
from tests.scenarios.supplier_sides import SupplierSide

MakeHouse = Callable[..., House]
Counts = Mapping[str, Any]

ANN = {
    "email": "ann@example.org", "last_name": "Ann", "company": "Ann Ltd", "phone": "+49891234567",
    "tier": "Basic",
}  # fmt: skip
BOB = ANN | {"email": "bob@example.org", "last_name": "Bob"}

READ = {
    "sftp": ("open", "rename"),
    "salesforce": ("query",),
    "marketo": ("activities.read", "leads.read"),
    "eloqua": ("bulk.exports.create", "bulk.syncs.data"),
}
WRITTEN = {
    "sftp": ("write", "rename"),
    "salesforce": ("collections.*",),
    "marketo": ("leads.sync",),
    "eloqua": ("bulk.imports.data",),
}


OWN = {"sftp": "S1", "salesforce": "S2", "marketo": "S3", "eloqua": "S4"}


def on(
    rows: Sequence[str], calls: Mapping[str, Sequence[str]], *systems: str, own: bool = False
) -> pytest.MarkDecorator:
    """Play on these systems (none: all): where it passes, each does what the rows say, by these calls.

    `own` adds the row that is about this system alone.
    """
    played = []
    for one in systems or tuple(OWN):
        proven = (*rows, OWN[one]) if own else tuple(rows)
        played.append(pytest.param(one, marks=pytest.mark.capability(proven, one, *calls[one]), id=one))
    return pytest.mark.parametrize("system", played)


@pytest.fixture(scope="module")
def started() -> Iterator[RunningSandbox]:
    with running(orgs=("globex", "globex_test", "p001"), vendors=("marketo", "eloqua")) as sandbox:
        yield sandbox


@pytest.fixture
def database() -> str:
    """Return the database: what differs here are the suppliers."""
    return "sqlite"


@pytest.fixture
def crm(started: RunningSandbox, monkeypatch: pytest.MonkeyPatch) -> crm_sides.CrmSide:
    """Empty the sandbox and return partner P1's CRM."""
    return crm_sides.connect(started, "salesforce", monkeypatch)


@pytest.fixture
def side(
    started: RunningSandbox, crm: crm_sides.CrmSide, system: str, monkeypatch: pytest.MonkeyPatch
) -> SupplierSide:
    return supplier_sides.connect(started, system, monkeypatch)


@pytest.fixture
def make_supplier_house(
    make_house: MakeHouse, side: SupplierSide, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[MakeHouse]:
    """Return a factory of houses at this supplier, its system reached by the hooks."""
    from hooks.systems import supplier_system

    monkeypatch.setenv("HOME", str(tmp_path))  # no known hosts of this machine
    with ExitStack() as opened:

        def make(**changes: Any) -> House:
            house = make_house(**{**side.mapping, **changes})
            house.system = opened.enter_context(supplier_system(house.mapping))
            if house.mapping.source.system == "eloqua":
                house.system._client.sleep = lambda _seconds: None  # a sync's end is not waited for here
            return house

        yield make


@pytest.fixture
def house(make_supplier_house: MakeHouse) -> House:
    return make_supplier_house()


def day(house: House) -> Counts:
    """Run a day that reads all there is, whether it was read before or not, and return its books."""
    now = datetime.now(UTC)
    window = Window(now - timedelta(days=1), now + timedelta(minutes=1), archive=True)
    return house.distribute(kind="manual", window=window)


def reads_again(house: House) -> tuple[int, int]:
    """Read everything once more; return how many leads are new and updated."""
    before = house.rows("lead"), house.rows("assignment"), house.rows("delivery")
    books = day(house)
    assert books["known"] or books["known_files"], "nothing was read again"
    assert (house.rows("lead"), house.rows("assignment"), house.rows("delivery")) == before
    return books["new"], books["updated"]


def reject(house: House, email: str, reason: str) -> None:
    """Let the partner reject this lead for a reason, as portal and mail links will."""
    (assigned,) = [one.assignment_id for one in house.rows("assignment") if one.lead_id == house.lead(email)]
    ctx = RunContext(house.key, "portal", "reject", "someone", "", "")
    with house.hub.transaction(house.key) as connection:
        lifecycle.reject(connection, ctx, assigned, via="portal", reasons={"reason": reason})


def back(house: House) -> None:
    """Run the daily pull-back of every partner CRM, and tell the supplier."""
    ctx = house.start(kind="manual", window=None)
    for one in pull_back.feedback_accounts(house.hub, ctx):
        pull_back.read_feedback(house.hub, ctx, house.mapping, one, house.crm)
    for one in pull_back.opportunity_accounts(house.hub, ctx):
        pull_back.read_opportunities(house.hub, ctx, house.mapping, one, house.crm)
        pull_back.read_feedback(house.hub, ctx, house.mapping, one, house.crm)
    distribution.write_back(house.hub, ctx, house.mapping, house.system)


def emails(house: House) -> list[tuple[str, str | None]]:
    return sorted((one.email_key, one.campaign_key) for one in house.leads())


@on(["S10"], READ, "salesforce", own=True)
def test_scenario_02_one_lead_per_email_and_campaign(house: House, side: SupplierSide) -> None:
    side.put(ANN, ANN | {"campaign": "winter"}, ANN | {"email": "ANN@Example.org", "campaign": "winter"})

    day(house)

    (first, one), (second, other) = emails(house)
    assert (first, second) == ("ann@example.org", "ann@example.org")
    assert one != other
    assert reads_again(house) == (0, 0)


@on(["S10"], READ, "salesforce", own=True)
def test_scenario_02_by_email_only_both_campaigns_make_one_lead(
    make_supplier_house: MakeHouse, side: SupplierSide
) -> None:
    house = make_supplier_house(source={**side.mapping["source"], "uniqueness": "email"})
    side.put(ANN, ANN | {"campaign": "winter"})

    day(house)

    assert [one.email_key for one in house.leads()] == ["ann@example.org"]
    assert len(house.rows("source_link")) == 2
    assert reads_again(house) == (0, 0)


@on(["S10"], READ, "sftp", "marketo", "eloqua", own=True)
def test_scenario_03_who_comes_twice_is_two_leads_and_a_window_read_twice_is_none_more(
    house: House, side: SupplierSide
) -> None:
    side.put(ANN, ANN, BOB)

    books = day(house)

    assert [email for email, _ in emails(house)] == ["ann@example.org", "ann@example.org", "bob@example.org"]
    assert (books["received"], books["new"]) == (3, 3)
    assert reads_again(house) == (0, 0)


@on(["S5"], READ)
def test_a_lead_that_must_not_be_distributed_is_kept_out(house: House, side: SupplierSide) -> None:
    house.add_partner("P1")
    side.put(ANN, BOB | {"excluded": True})

    books = day(house)

    assert [email for email, _ in emails(house)] == ["ann@example.org"]
    assert (books["received"], books["filtered"], books["new"]) == (2, 1, 1)


@on(["S6"], READ, own=True)
def test_a_shared_campaign_reaches_the_crm_record_and_another_one_does_not(
    house: House, side: SupplierSide
) -> None:
    house.add_partner("P1", auto_accept=True)
    side.put(ANN | {"campaign": "summer"}, BOB | {"campaign": "winter"})

    day(house)

    assert sorted(one.name for one in house.rows("campaign")) == ["summer", "winter"]
    found = {one["Email"]: one.get("Campaign_Name__c") for one in house.crms["crm-P1"].of("Lead")}
    assert found == {"ann@example.org": "summer", "bob@example.org": None}


@pytest.mark.parametrize("system", ["marketo"])
def test_people_who_are_merged_at_the_source_are_one_lead_from_then_on(
    house: House, side: supplier_sides.OfMarketo
) -> None:
    side.put(ANN, BOB)
    day(house)
    side.merge(BOB["email"], into=ANN["email"])

    books = day(house)

    found = {one.email_key: one.status for one in house.leads()}
    assert found == {"ann@example.org": "unassigned", "bob@example.org": "deactivated"}
    assert books["quarantined"] == 0
    assert reads_again(house) == (0, 0)


@pytest.mark.parametrize("told_before", [True, False])
@pytest.mark.parametrize("system", ["eloqua"])
def test_whoever_stands_for_a_lead_after_a_merge_is_told_its_status(
    house: House, side: supplier_sides.OfEloqua, told_before: bool
) -> None:
    side.put(ANN)
    side.add(BOB)
    house.add_partner("P1")
    if told_before:
        day(house)
        assert side.told(ANN["email"])["status"] == "pending"
        side.merge(ANN["email"], into=BOB["email"])
    else:
        now = datetime.now(UTC)
        ctx = house.start(kind="manual", window=Window(now - timedelta(days=1), now + timedelta(minutes=1)))
        house.receive(ctx)
        side.merge(ANN["email"], into=BOB["email"])  # the contact is gone before it can be told
        house.finish(ctx)

    day(house)
    told = side.told(BOB["email"])["status"]
    day(house)

    assert told == "pending"
    assert {one.record_id for one in house.rows("source_link")} == {side.id_of(BOB["email"])}
    assert [one.state for one in house.rows("writeback")] == ["sent" if told_before else "refused", "sent"]


@on(["S8"], READ)
def test_a_lead_that_names_its_partner_goes_there(house: House, side: SupplierSide) -> None:
    house.add_partner("P1")
    house.add_partner("P2")
    side.put(ANN | {"partner": "P2"}, BOB | {"partner": "P2"})

    day(house)

    assert house.given() == [("pending", "P2"), ("pending", "P2")]


@on(["S9"], READ)
def test_the_test_target_is_a_system_and_a_hub_of_its_own(
    make_supplier_house: MakeHouse,
    side: SupplierSide,
    started: RunningSandbox,
    system: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    house = make_supplier_house()
    tested = supplier_sides.connect(started, system, monkeypatch, "test")
    trial = make_supplier_house(hub=house.hub, **{**tested.mapping, "target": "test"})
    trial.add_partner("P1")
    side.put(ANN)
    tested.put(BOB)

    day(trial)
    day(house)

    found = {(one.supplier, one.email_key, one.status) for one in house.rows("lead")}
    assert found == {("acme", "ann@example.org", "unassigned"), ("acme~test", "bob@example.org", "pending")}
    assert tested.told("bob@example.org")["status"] == "pending"
    assert side.told("ann@example.org")["status"] == "unassigned"


@on(["W1", "W9"], WRITTEN)
def test_status_and_that_nobody_took_it_are_told_and_are_no_news(house: House, side: SupplierSide) -> None:
    side.put(ANN)
    day(house)
    nobody = side.told("ann@example.org")
    house.add_partner("P1")
    side.put(BOB)
    day(house)
    house.accept("bob@example.org")
    day(house)

    assert (nobody["status"], nobody["partner"], nobody["not_routed"]) == ("unassigned", None, "Not routed")
    accepted = side.told("bob@example.org")
    assert (accepted["status"], accepted["partner"], accepted["not_routed"]) == (
        "accepted", "Partner P1", None,
    )  # fmt: skip
    assert reads_again(house) == (0, 0)


@on(["W1", "W2"], WRITTEN)
def test_scenario_12_a_rejection_is_told_with_its_reason(house: House, side: SupplierSide) -> None:
    house.add_partner("P1")
    side.put(ANN)
    day(house)

    reject(house, "ann@example.org", "Wrong region")
    day(house)

    told = side.told("ann@example.org")
    assert (told["status"], told["reason"]) == ("rejected", "Wrong region")
    assert reads_again(house) == (0, 0)


@on(["W3", "W4", "W11"], WRITTEN)
def test_status_rep_and_phone_that_the_partner_set_in_its_crm_are_told_and_are_no_news(
    house: House, side: SupplierSide, crm: crm_sides.CrmSide, started: RunningSandbox
) -> None:
    house.add_partner("P1", auto_accept=True)
    crm_sides.attach(house)
    side.put(ANN)
    day(house)
    (record,) = crm.leads()
    first, last, rep = REPS[0]
    values = {"Status": "Working - Contacted", "Phone": "+4930555", "OwnerId": rep}
    started.control.act("p001", "update", id=record["id"], values=values, by=rep)

    back(house)

    told = side.told("ann@example.org")
    assert {name: told[name] for name in ("status", "sales", "rep", "rep_email", "phone")} == {
        "status": "accepted",
        "sales": "contacted",
        "rep": f"{first} {last}",
        "rep_email": rep_email("p001", first, last),
        "phone": "+4930555",
    }
    assert reads_again(house) == (0, 0)
    assert [one["phone"] for one in crm.leads()] == ["+4930555"]


@on(["W5", "W6", "W7", "W8"], WRITTEN)
def test_what_the_partner_does_on_a_lead_and_its_deal_is_told_once(
    house: House, side: SupplierSide, crm: crm_sides.CrmSide, started: RunningSandbox
) -> None:
    def note(**task: str) -> None:
        row = {"Status": "Completed", "ActivityDate": f"{datetime.now(UTC):%Y-%m-%d}", **task}
        started.control.act("p001", "insert", object="Task", rows=[row])

    house.add_partner("P1", auto_accept=True, opportunities="originating")
    crm_sides.attach(house)
    side.put(ANN)
    day(house)
    (record,) = crm.leads()
    note(WhoId=record["id"], Subject="Called Ann")
    back(house)
    first = side.events()
    deal = crm.open_deal(record["id"], "Ann buys", 50)
    back(house)
    opened = side.deals()
    note(WhatId=deal, Subject="Sent the offer")
    crm.lose(deal)

    back(house)
    back(house)

    assert first == ["Called Ann"]
    assert opened == [("Ann buys", "open", 50)]
    assert side.deals() == [("Ann buys", "lost", 0)]
    assert side.events() == ["Called Ann", "Sent the offer"]
    assert reads_again(house) == (0, 0)
