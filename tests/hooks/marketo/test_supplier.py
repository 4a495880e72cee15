"""Leads, programs and activities out of an imitated Marketo, whatever call fails."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from hooks.systems import supplier_system
from leadline.drift import supplier_drift
from leadline.errors import BudgetExhausted, CredentialsRefused, NotAllowed, RetryLater, SchemaDrift
from leadline.ports import StatusRow
from tests.hooks.marketo.room import DAWN, DAY, IDS, INITECH, LATER, PASSING, handed, records, stamp


@pytest.mark.capability("S3", "marketo", "activities.read", "leads.read")
def test_every_hand_over_is_a_record_with_the_lead_as_it_is_now(room, system):
    lead = room.lead(5, firstName="Ann", numberOfEmployees=12, demoRequested=True)
    room.act("update", object="lead", id=lead, values={"company": "New name"})

    (record,) = [one for one in records(system()) if one.handover]

    activity = next(one for one in room.rows("activity") if one["activityTypeId"] == 104)
    assert record.record_id == str(lead)
    assert record.handover == activity["marketoGUID"]
    assert record.campaign_key == str(room.program)
    assert record.stamp == "2026-11-20T00:00:05.000+0000"
    assert record.values["company"] == "New name"
    assert record.values["numberOfEmployees"] == "12"
    assert record.values["demoRequested"] == "true"
    assert record.values["budget"] is None
    assert not record.deleted


@pytest.mark.capability("S10", "marketo", "activities.read")
def test_a_lead_handed_over_again_is_another_record_and_the_same_window_gives_the_same(room, system):
    lead = room.lead(5)
    other = room.insert("program", {"name": "P2"})[0]
    room.act("set_status", program_id=other, lead_ids=[lead], status="Sent to Partner", at=stamp(9))
    supplier = system(handover_ids=(room.program, other))

    first, second = handed(supplier), handed(supplier)

    assert len(set(first)) == 2
    assert {record_id for record_id, _ in first} == {str(lead)}
    assert first == second


def test_other_statuses_and_other_programs_hand_nobody_over(room, system):
    lead, other = room.lead(), room.insert("program", {"name": "P2"})[0]
    for status in ("Member", "Accepted"):
        room.act("set_status", program_id=room.program, lead_ids=[lead], status=status, at=stamp(3))
    room.act("set_status", program_id=other, lead_ids=[lead], status="Sent to Partner", at=stamp(3))

    assert handed(system()) == []


def test_without_named_statuses_joining_the_program_hands_over_and_a_later_status_does_not(room, system):
    lead = room.lead(5)
    room.act("set_status", program_id=room.program, lead_ids=[lead], status="Accepted", at=stamp(6))

    assert [record_id for record_id, _ in handed(system(handover_statuses=()))] == [str(lead)]


def test_leads_added_to_a_list_come_with_the_program_that_the_list_lies_in(room, system):
    (inside,) = room.insert("list", {"name": "Hand over", "programName": "P1"})
    (outside,) = room.insert("list", {"name": "Free"})
    first, second = room.lead(), room.lead()
    room.act("add_to_list", list_id=inside, lead_ids=[first], at=stamp(1))
    room.act("add_to_list", list_id=outside, lead_ids=[second], at=stamp(2))

    found = [one for one in records(system(handover="list", handover_ids=(inside, outside))) if one.handover]

    assert [(one.record_id, one.campaign_key) for one in found] == [
        (str(first), str(room.program)),
        (str(second), None),
    ]


def test_a_lead_that_is_held_back_or_assigned_says_so(room, system):
    room.lead(1, excludeFromDistribution=True)
    room.lead(2, partnerId="P011")
    names = {name: INITECH.field(name).source for name in ("excluded", "assigned_partner")}

    found = [one.values for one in records(system()) if one.handover]

    assert [one[names["excluded"]] for one in found] == ["true", None]
    assert [one[names["assigned_partner"]] for one in found] == [None, "P011"]


@pytest.mark.capability("S9", "marketo", "leads.describe")
def test_the_test_target_is_another_subscription(room, sandbox, monkeypatch):
    address = sandbox.tenant("marketo", "initech_test")
    connection = {"conn_type": "generic", "host": address["tls_url"], "login": address["client_id"]}
    connection |= {"password": address["client_secret"], "extra": {"ca_bundle": sandbox.ca_bundle}}
    monkeypatch.setenv("AIRFLOW_CONN_MARKETO_INITECH_TEST", json.dumps(connection))
    since = room.control.last()

    with supplier_system(INITECH, "test") as supplier:
        list(supplier.check())

    assert {one["org"] for one in room.control.journal("marketo", since)} == {"initech_test"}


def test_a_window_holds_its_start_and_not_its_end(room, system):
    before, first, last, after = room.lead(-1), room.lead(0), room.lead(86_399), room.lead(86_400)

    assert [int(record_id) for record_id, _ in handed(system())] == [first, last]
    assert {before, after}.isdisjoint(int(record_id) for record_id, _ in handed(system()))


def test_short_and_empty_pages_are_not_the_end(room, system):
    leads = [room.lead(number) for number in range(7)]
    room.act("set", page_rows=2)
    room.fault("empty_page", "activities.read", times=2, skip=1)
    room.fault("empty_page", "activities.read", times=1, skip=2, arguments={"missing": True})

    assert [int(record_id) for record_id, _ in handed(system())] == leads


def test_more_leads_than_one_call_gives_come_all_and_in_order(room, system):
    rows = [
        {"email": f"m{n}@x.example", "program": room.program, "status": "Sent to Partner", "at": stamp(n)}
        for n in range(650)
    ]
    leads = room.insert("lead", *rows)

    found = [one for one in records(system()) if one.handover]

    assert [int(one.record_id) for one in found] == leads
    assert [one.stamp for one in found] == sorted(one.stamp for one in found)
    assert room.calls("leads.read") == 3


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize(("kind", "arguments"), PASSING, ids=IDS)
def test_a_call_that_fails_once_costs_a_pull_nothing(room, system, kind, arguments, moment):
    leads = [room.lead(number) for number in range(3)]
    room.act("set", page_rows=2)
    for operation in ("activities.token", "activities.read", "leads.read", "activities.deleted"):
        room.fault(kind, operation, moment=moment, arguments=arguments, skip=1)

    assert [int(record_id) for record_id, _ in handed(system())] == leads


def test_half_an_answer_is_asked_for_again(room, system):
    leads = [room.lead(number) for number in range(3)]
    for operation in ("activities.read", "leads.read", "token"):
        room.fault("truncate", operation, moment="after", arguments={"bytes": 30})

    assert [int(record_id) for record_id, _ in handed(system())] == leads


@pytest.mark.parametrize(
    ("code", "error", "says"),
    [
        ("607", BudgetExhausted, "midnight US Central"),
        ("606", BudgetExhausted, "20 seconds"),
        ("615", RetryLater, "at once"),
        ("608", RetryLater, "later"),
        ("603", CredentialsRefused, "permission"),
        ("601", CredentialsRefused, "custom service"),
        ("610", SchemaDrift, "mapping"),
        ("1006", SchemaDrift, "field"),
        ("703", NotAllowed, "switched on"),
        ("609", NotAllowed, "609"),
    ],
)
def test_a_call_that_goes_on_failing_ends_the_pull_with_one_clear_error(room, system, code, error, says):
    room.lead(5)
    room.fault("error", "activities.read", times=None, arguments={"code": code})

    with pytest.raises(error, match=says) as caught:
        records(system())

    assert code in str(caught.value)


def test_a_spent_quota_names_the_time_until_it_begins_anew(room, system):
    room.fault("error", "activities.read", arguments={"code": "607"})

    with pytest.raises(BudgetExhausted) as caught:
        records(system())

    assert 0 < caught.value.retry_after_seconds <= 25 * 3600


def test_our_own_budget_stops_before_the_vendors_does(room, system):
    room.act("set_usage", used=50)

    with pytest.raises(BudgetExhausted, match="of 50 calls"):
        records(system(daily_call_budget=50))

    assert room.calls("activities*") == 0


def test_calls_of_this_pull_count_against_the_budget(room, system):
    for number in range(5):
        room.lead(number)
    room.act("set", page_rows=1)

    with pytest.raises(BudgetExhausted, match="daily_call_budget"):
        records(system(daily_call_budget=6))


def test_a_dying_token_is_waited_for_until_the_next_one_is_given(room, system):
    lead = room.lead(5)
    supplier = system()
    records(supplier)
    room.control.clock(advance=3_570)
    room.fault("error", "activities.read", arguments={"code": "602"})

    assert [record_id for record_id, _ in handed(supplier)] == [str(lead)]
    assert any(20 < seconds <= 91 for seconds in room.slept)


def test_who_gets_no_token_and_no_reason_asks_again(room, system):
    lead = room.lead(5)
    room.fault("error", "token", times=2, arguments={"code": "608"})

    assert [record_id for record_id, _ in handed(system())] == [str(lead)]
    assert room.calls("token") == 3


def test_wrong_credentials_are_refused_without_another_try(room, sandbox, monkeypatch):
    address = sandbox.tenant("marketo", "initech")
    connection = {"conn_type": "generic", "host": f"https://127.0.0.1:{address['tls_port']}", "login": "x"}
    connection |= {"password": "SECRET-WORD", "extra": {"ca_bundle": sandbox.ca_bundle}}
    monkeypatch.setenv("AIRFLOW_CONN_MARKETO_INITECH", json.dumps(connection))

    with supplier_system(INITECH) as supplier:
        (finding,) = supplier.check()

    assert finding.code == "credentials"
    assert "login and password" in finding.message
    assert "SECRET-WORD" not in finding.message
    assert room.calls("token") == 1


def test_a_redirect_is_not_followed(room, system):
    room.fault("status", "leads.describe", arguments={"status": 307})

    (finding,) = system().check()

    assert "HTTP 307" in finding.message


def test_deletions_and_merges_are_told_by_lead(room, system):
    gone, winner, loser, stranger = room.lead(-9), room.lead(-8), room.lead(-7), room.lead()
    room.act("delete", object="lead", id=gone)
    room.act("merge", winner=winner, losers=[loser])

    found = records(system(), LATER)

    told = {one.record_id: (one.deleted, one.merged_into) for one in found if not one.handover}
    assert told == {
        str(gone): (True, None),
        str(loser): (False, str(winner)),
        str(winner): (False, None),
    }
    assert str(stranger) not in {one.record_id for one in found}


def test_the_survivor_of_a_merge_is_told_as_it_is_now(room, system):
    room.act("set", merge_moves_activities=False)
    last, between, first = room.lead(-9, firstName="Kept"), room.lead(-8), room.lead(-7)
    room.act("merge", winner=between, losers=[first])
    room.act("merge", winner=last, losers=[between])

    found = [one for one in records(system(), LATER) if not one.handover]
    without = [one for one in records(system(changes=False), LATER) if not one.handover]

    told = [(one.record_id, one.merged_into, one.values.get("firstName")) for one in found]
    assert sorted(told[:2]) == [
        (str(between), str(last), None),
        (str(first), str(between), None),
    ]
    assert told[2:] == [(str(last), None, "Kept")]
    assert [one for one in without if not one.merged_into] == []


@pytest.mark.parametrize("moved", [True, False])
def test_a_hand_over_of_somebody_merged_since_is_not_lost(room, system, moved):
    room.act("set", merge_moves_activities=moved)
    winner, loser = room.lead(firstName="Kept"), room.lead(5)
    room.act("merge", winner=winner, losers=[loser])

    (record,) = [one for one in records(system()) if one.handover]

    assert record.values["firstName"] == "Kept"
    assert not record.deleted
    expected = (str(winner), None, (str(loser),)) if moved else (str(loser), str(winner), (str(loser),))
    assert (record.record_id, record.merged_into, record.took_in) == expected


def test_a_hand_over_names_everybody_on_the_way_to_the_survivor(room, system):
    room.act("set", merge_moves_activities=False)
    first, between, last = room.lead(5), room.lead(), room.lead()
    room.act("merge", winner=between, losers=[first])
    room.act("merge", winner=last, losers=[between])

    (record,) = [one for one in records(system()) if one.handover]

    assert (record.record_id, record.merged_into) == (str(first), str(last))
    assert sorted(record.took_in) == sorted([str(first), str(between)])


def test_a_hand_over_of_somebody_deleted_since_says_so(room, system):
    lead = room.lead(5)
    room.act("delete", object="lead", id=lead)

    (record,) = [one for one in records(system()) if one.handover]

    assert record.deleted


def test_a_later_change_of_a_mapped_field_is_told_and_one_of_our_own_is_not(room, system):
    changed, ours = room.lead(5), room.lead(6)
    room.act("update", object="lead", id=changed, values={"company": "Other"})
    supplier = system()
    row = StatusRow(f"marketo:{ours}:1", str(ours), 1, {"llDistributionStatus": "Accepted"}, "L1")
    assert [result.ok for result in supplier.write_back([row])] == [True]

    found = [one for one in records(supplier, LATER) if one.handover is None]

    assert [(one.record_id, one.values["company"]) for one in found] == [(str(changed), "Other")]


@pytest.mark.capability(("S3", "S6"), "marketo", "programs.one")
def test_programs_are_campaigns_with_dates_and_tags(room, system):
    (program,) = room.insert(
        "program",
        {
            "name": "Webinar",
            "description": "Clouds",
            "startDate": "2026-10-01T00:00:00Z+0000",
            "tags": {"Theme": "Cloud", "Share with Partners": "yes"},
        },
    )

    (record,) = records(system(handover_ids=(program,)), kind="campaigns")

    assert record.record_id == str(program)
    assert record.values["tags.Theme"] == "Cloud"
    assert record.values["tags.Share with Partners"] == "yes"
    assert record.values["startDate"] == "2026-10-01T00:00:00Z"
    assert record.stamp.endswith("+0000")


def test_a_program_that_is_gone_is_told_as_deleted(room, system):
    (record,) = records(system(handover_ids=(4711,)), kind="campaigns")

    assert (record.record_id, record.deleted) == ("4711", True)


@pytest.mark.capability("S7", "marketo", "activities.read")
def test_activities_of_the_mapped_types_come_and_those_we_wrote_do_not(room, system):
    lead, other = room.lead(5), room.lead(6)
    room.act("log", lead_id=lead, type_id=1, value="/tps", attributes={"Webpage URL": "/tps/1"}, at=stamp(7))
    room.act("log", lead_id=lead, type_id=10, value="Mail", at=stamp(8))
    room.act("log", lead_id=other, type_id=1, value="/x", at=stamp(9))
    room.act("log", lead_id=lead, type_id=100001, value="Called", at=stamp(9))

    found = list(system(activities=("visit webpage", "100001")).pull_events([str(lead)], DAY))

    assert [(one.record_id, one.type) for one in found] == [(str(lead), "Visit Webpage")]
    assert json.loads(found[0].body) == {"value": "/tps", "Webpage URL": "/tps/1"}
    assert found[0].occurred_at == DAWN + timedelta(seconds=7)


def test_activities_of_many_leads_are_asked_for_in_parts(room, system):
    leads = [room.lead() for _ in range(65)]
    for lead in leads:
        room.act("log", lead_id=lead, type_id=1, value="/tps", at=stamp(7))

    found = list(system().pull_events([str(lead) for lead in leads], DAY))

    assert sorted(int(one.record_id) for one in found) == leads
    assert (room.calls("activities.read"), room.calls("activities.token")) == (3, 1)


def test_activities_of_very_many_leads_are_read_with_those_of_everybody(room, system):
    leads = [room.lead(), room.lead()]
    for lead in leads:
        room.act("log", lead_id=lead, type_id=1, value="/tps", at=stamp(7))
    ours = [str(leads[0]), *(str(900_000 + number) for number in range(3_000))]

    found = list(system().pull_events(ours, DAY))

    assert [one.record_id for one in found] == [str(leads[0])]
    assert room.calls("activities.read") == 1


def test_the_sample_mapping_agrees_with_the_subscription(room, system):
    supplier = system()

    assert list(supplier.check()) == []
    assert [one for one in supplier_drift(INITECH, supplier.describe()) if one.severity == "error"] == []


def test_preflight_names_what_is_missing(room, system):
    room.act("drop_field", name="llPartner")
    room.act("drop_activity_type", id=100001)
    room.act("set", native_crm=True)
    supplier = system(handover_ids=(room.program, 4711), activities=("No such thing",))

    found = {one.code: one.message for one in supplier.check()}
    drift = supplier_drift(INITECH, supplier.describe())

    assert "4711" in found["object_missing"] or "100001" in found["object_missing"]
    assert "custom object" in found["read_only"]
    assert [one.detail for one in drift if one.severity == "error"] == ["Lead.llPartner"]


@pytest.mark.parametrize("operation", ["activities.types", "programs.one", "opportunities.describe"])
def test_a_permission_that_is_missing_is_a_finding(room, system, operation):
    room.act("set", denied=[operation])

    findings = list(system().check())

    assert [one.code for one in findings] == ["permission"]
    assert "603" in findings[0].message
