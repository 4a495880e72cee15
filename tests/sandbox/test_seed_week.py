"""The week: what partners do with their leads, once, and what must come of it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import week
from sandbox.launch import RunningSandbox, running
from sandbox.seed.week_manifest import STEPS, stepped, week_manifest
from sandbox.seed.week_plan import KINDS, make_week
from tests.sandbox.as_expected import push_all


@pytest.fixture(scope="module")
def after_the_week(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RunningSandbox, dict, dict]]:
    """A sandbox whose week is over, what the week told, and the clock before it."""
    with running(Path(tmp_path_factory.mktemp("week"))) as sandbox:
        sandbox.control.seed()
        push_all(sandbox)
        before = sandbox.control.clock()
        yield sandbox, sandbox.control.week(), before


def records(sandbox: RunningSandbox, tenant: str, object_: str) -> dict[str, dict]:
    return {one.get("Email", ""): one for one in sandbox.control.records(tenant, object_)}


def touched(kind: str, tenant: str) -> list[str]:
    return [one.email for one in make_week() if one.kind == kind and one.tenant == tenant]


def test_every_kind_of_thing_happens_ten_times_and_more() -> None:
    counts = Counter(one.kind for one in make_week())

    assert {kind for kind in KINDS if counts[kind] < 10} == set()
    assert set(counts) == set(KINDS)


def test_of_each_tenant_s_records_some_are_touched_and_most_are_not() -> None:
    manifest = week_manifest()

    assert all(len(told) >= 100 for told in manifest["suppliers"].values())
    assert 1200 < sum(len(told) for told in manifest["suppliers"].values()) < 1700


def test_nobody_is_touched_twice() -> None:
    people = Counter((one.lead.supplier, one.email) for one in make_week())

    assert max(people.values()) == 1


@pytest.mark.parametrize(
    ("percent", "told"), [(5, 10), (10, 10), (30, 50), (75, 75), (80, 75), (99, 75), (100, 100)]
)
def test_a_percentage_rises_to_the_next_step_but_never_to_a_hundred(percent: int, told: int) -> None:
    assert STEPS == (10, 25, 50, 75, 100)
    assert stepped(percent) == told


def test_every_step_finds_its_record(after_the_week: tuple[RunningSandbox, dict, dict]) -> None:
    _, told, _ = after_the_week

    assert told["missing"] == []
    assert told["days"] == 7
    assert sum(told["done"].values()) == sum(len(list(one.steps())) for one in make_week())


def test_the_clock_is_a_week_later(after_the_week: tuple[RunningSandbox, dict, dict]) -> None:
    sandbox, _, before = after_the_week

    moved = sandbox.control.clock()["offset_seconds"] - before["offset_seconds"]
    assert round(moved / 86_400, 3) == 7


def test_a_second_week_does_nothing(after_the_week: tuple[RunningSandbox, dict, dict]) -> None:
    sandbox, _, _ = after_the_week

    assert sandbox.control.week() == {"days": 7, "done": {}, "missing": []}
    assert sandbox.control.get("/week") == {"days": 7}


def test_sales_people_and_not_our_user_changed_the_records_in_salesforce(
    after_the_week: tuple[RunningSandbox, dict, dict],
) -> None:
    sandbox, _, _ = after_the_week
    leads = records(sandbox, "p011", "Lead")
    changed = [leads[email] for email in touched("contacted", "p011")]

    assert {one["Status"] for one in changed} == {"Working - Contacted"}
    assert {one["LastModifiedById"] for one in changed} == {"005000000000005AAA"}


def test_leads_are_converted_lost_and_deleted_in_salesforce(
    after_the_week: tuple[RunningSandbox, dict, dict],
) -> None:
    sandbox, _, _ = after_the_week
    leads = records(sandbox, "p011", "Lead")
    deals = {one["Name"]: one for one in sandbox.control.records("p011", "Opportunity")}
    won = [one for one in make_week() if one.kind == "won" and one.tenant == "p011"]

    assert all(leads[one.email]["IsConverted"] for one in won)
    assert all(deals[one.deal.name]["IsWon"] for one in won if one.deal)
    assert not set(touched("deleted", "p011")) & leads.keys()


def test_leads_are_qualified_in_dynamics_and_opened_and_deleted_in_saleslink(
    after_the_week: tuple[RunningSandbox, dict, dict],
) -> None:
    sandbox, _, _ = after_the_week
    control = sandbox.control
    leads = {one.get("emailaddress1"): one for one in control.do("dynamics", "d002", "rows", object="lead")}
    lost = [leads[email]["statecode"] for email in touched("unqualified", "d002")]
    qualified = [leads[email]["statecode"] for email in touched("qualified", "d002")]
    k002 = {one["Email"]: one for one in control.do("saleslink", "k002", "rows", object="Lead", deleted=True)}

    assert (set(lost), set(qualified)) == ({2}, {1})
    assert {k002[email]["LeadState"] for email in touched("rejected", "k002")} == {"Deleted"}
    assert {k002[email]["LeadState"] for email in touched("won", "k002")} == {"Opportunity"}


def test_a_week_goes_on_day_by_day(sandbox: RunningSandbox) -> None:
    sandbox.control.seed()
    push_all(sandbox)

    first = sandbox.control.week(days=2)
    again = sandbox.control.week(days=2)
    rest = sandbox.control.week(days=7)

    assert (first["days"], again["done"], rest["days"]) == (2, {}, 7)
    assert first["done"]["contacted"] + rest["done"]["contacted"] == week_manifest()["kinds"]["contacted"]


def test_a_week_before_the_leads_were_pushed_names_what_was_not_there(
    sandbox: RunningSandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    sandbox.control.seed()

    code = week.main([sandbox.control.url, "--days", "1"])

    said = capsys.readouterr().out
    assert code == 1
    assert "p011: " in said
    assert "were not there" in said


def test_a_week_without_a_seed_is_refused(sandbox: RunningSandbox) -> None:
    with pytest.raises(Exception, match="seed the sandbox first"):
        sandbox.control.week()


def test_the_expectations_survive_json() -> None:
    assert json.loads(json.dumps(week_manifest())) == week_manifest()
