"""Status, events and opportunities into an imitated Marketo: nothing lost or doubled, whatever call fails."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest

from leadline.errors import BudgetExhausted, CredentialsRefused, NotAllowed, RetryLater, SchemaDrift
from leadline.mapping.model import EventWriteBack, OpportunityMapping
from leadline.ports import EventWrite, OpportunityWrite, StatusRow
from tests.hooks.marketo.room import DAWN, IDS, INITECH, LATER, PASSING, handed, records

MOMENTS = pytest.mark.parametrize("moment", ["before", "after"])
TROUBLES = pytest.mark.parametrize(("kind", "arguments"), PASSING, ids=IDS)
OBJECT = {"object": "distribution_c", "key": "distributionId", "lead_field": "leadId"}
OBJECT |= {"distribution_status": "status", "partner_name": "partner", "rejection_fields": {}, "fields": {}}
MEMBER = {"object": "program_member", "distribution_status": "statusName", "partner_name": "llMemberPartner"}
DEAL_OBJECT = OpportunityMapping(object="partnerDeal_c", external_id="dealId", lead_field="leadId")


def status(lead, value="Accepted", identity=None, **more):
    values = {"llDistributionStatus": value, **more.pop("values", {})}
    identity = identity or f"marketo:{lead}:1"
    return StatusRow(identity, str(lead), 1, values, more.pop("lead_id", f"L{identity}"), **more)


def event(lead, key="E1", after=0, **more):
    at = DAWN + timedelta(seconds=after)
    return EventWrite(key, str(lead), "Call", at, more.pop("subject", "Called"), "Body", **more)


def deal(lead, key="W1", external_id="O1", record_id=None, **values):
    values = {"name": "Deal", "stage": "Proposal", **values}
    return OpportunityWrite(key, external_id, record_id, str(lead), values)


def of(rows, **where):
    return [row for row in rows if all(row.get(name) == value for name, value in where.items())]


@pytest.mark.capability(("W1", "W2", "W3", "W4", "W9", "W11"), "marketo", "leads.sync")
def test_every_mapped_value_reaches_its_field(room, system):
    lead = room.lead()
    chosen = INITECH.write_back
    fields = [*chosen.mapped.values(), *chosen.rejection_fields.values(), *chosen.fields.values()]
    values = {name: f"{name}@x.example" for name in fields}
    values |= {"llDistributionStatusAt": "2026-11-22T10:00:00.123Z"}

    (result,) = system().write_back([StatusRow(f"marketo:{lead}:1", str(lead), 1, values, "L1")])

    (row,) = room.rows("lead")
    assert result.ok
    assert len(fields) == 11
    assert {name: row[name] for name in fields} == values | {"llDistributionStatusAt": "2026-11-22T10:00:00Z"}


def test_status_reaches_the_leads_by_their_ids(room, system):
    leads = [room.lead() for _ in range(3)]

    results = list(system().write_back([status(lead) for lead in leads]))

    assert [(one.key, one.ok, one.record_id) for one in results] == [
        (f"marketo:{lead}:1", True, str(lead)) for lead in leads
    ]
    assert [row["llDistributionStatus"] for row in room.rows("lead")] == ["Accepted"] * 3


def test_two_leads_of_one_address_are_told_apart(room, system):
    first, second = room.lead(email="twin@x.example"), room.lead(email="twin@x.example")

    list(system().write_back([status(second, "Rejected")]))

    assert {row["id"]: row.get("llDistributionStatus") for row in room.rows("lead")} == {
        first: None,
        second: "Rejected",
    }


def test_many_rows_go_in_calls_of_three_hundred(room, system):
    leads = room.insert("lead", *({"email": f"w{n}@x.example"} for n in range(700)))

    results = list(system().write_back([status(lead) for lead in leads]))

    assert len({one.key for one in results if one.ok}) == 700
    assert room.calls("leads.sync") == 3


def test_a_cleared_value_is_cleared_and_an_unmapped_field_is_never_sent(room, system):
    lead = room.lead(llPartner="Old", title="Boss")

    list(system().write_back([status(lead, values={"llPartner": None, "title": "Changed"})]))

    (row,) = room.rows("lead")
    assert (row["llPartner"], row["title"]) == (None, "Boss")


def test_two_hand_overs_of_one_lead_both_get_their_result(room, system):
    lead = room.lead()
    rows = [status(lead, "Pending", f"marketo:{lead}:1"), status(lead, "Accepted", f"marketo:{lead}:2")]

    results = list(system().write_back(rows))

    assert sorted((one.key, one.ok) for one in results) == [
        (f"marketo:{lead}:1", True),
        (f"marketo:{lead}:2", True),
    ]
    assert room.rows("lead")[0]["llDistributionStatus"] == "Accepted"


@MOMENTS
@TROUBLES
def test_write_back_survives_a_call_that_fails_once(room, system, kind, arguments, moment):
    leads = [room.lead() for _ in range(3)]
    room.fault(kind, "leads.sync", moment=moment, arguments=arguments)

    results = list(system().write_back([status(lead) for lead in leads]))

    assert [one.ok for one in results] == [True] * 3
    changes = of(room.rows("activity"), activityTypeId=13)
    assert Counter(one["leadId"] for one in changes) == dict.fromkeys(leads, 1)


def test_refused_rows_are_told_by_lead_with_code_and_field(room, system):
    good, gone, bad = room.lead(), room.lead(), room.lead()
    room.act("delete", object="lead", id=gone)
    supplier = system(write_back={"sales_status": "demoDate"})
    rows = [status(gone), status(bad, values={"demoDate": "soon"}), status(good)]

    results = {one.key: one for one in supplier.write_back(rows)}

    assert results[f"marketo:{good}:1"].ok
    assert (results[f"marketo:{gone}:1"].code, results[f"marketo:{gone}:1"].stale) == ("1004", True)
    refused = results[f"marketo:{bad}:1"]
    assert (refused.code, refused.field, refused.retryable) == ("1001", "demoDate", False)
    assert "soon" not in refused.message


def test_rows_that_may_pass_are_retryable_and_the_others_go(room, system):
    leads = [room.lead() for _ in range(4)]
    room.fault("row_error", "leads.sync", arguments={"rows": [2], "code": "713"})

    results = {one.record_id: one for one in system().write_back([status(lead) for lead in leads])}

    assert [results[str(lead)].ok for lead in leads] == [True, False, True, True]
    assert results[str(leads[1])].retryable


def test_a_merged_leads_status_goes_to_the_survivor(room, system):
    winner, loser = room.lead(), room.lead()
    room.act("merge", winner=winner, losers=[loser])

    (result,) = system().write_back([status(loser)])

    assert (result.ok, result.record_id) == (True, str(winner))
    assert room.rows("lead")[0]["llDistributionStatus"] == "Accepted"


@pytest.mark.parametrize(
    ("code", "error"),
    [("607", BudgetExhausted), ("603", CredentialsRefused), ("1006", SchemaDrift), ("608", RetryLater)],
)
def test_a_whole_call_that_goes_on_failing_is_an_error(room, system, code, error):
    lead = room.lead()
    room.fault("error", "leads.sync", times=None, arguments={"code": code})

    with pytest.raises(error, match=code):
        list(system().write_back([status(lead)]))


@pytest.mark.capability("S10", "marketo", "activities.changes", "leads.sync", "external.add")
def test_pull_write_back_pull_adds_nothing(room, system):
    lead = room.lead(5)
    supplier = system()
    before = handed(supplier)
    row = status(lead, values={"llPartner": "Kestrel", "llPhone": "+49301"})
    assert next(supplier.write_back([row])).ok
    activity = event(lead)
    assert next(supplier.write_events([activity])).ok

    assert handed(supplier) == before
    assert records(supplier, LATER) == []
    assert list(supplier.pull_events([str(lead)], LATER)) == []


def test_a_row_per_distribution_goes_into_the_custom_object_once(room, system):
    first, second = room.lead(), room.lead()
    supplier = system(write_back=OBJECT)
    rows = [
        StatusRow(f"marketo:{lead}:1", str(lead), 1, {"status": "Pending", "partner": "K"}, f"L{lead}")
        for lead in (first, second)
    ]

    for _ in range(2):
        assert all(one.ok for one in supplier.write_back(rows))

    found = {(row["distributionId"], row["leadId"], row["status"]) for row in room.rows("distribution_c")}
    assert len(room.rows("distribution_c")) == 2
    assert found == {(f"L{first}", first, "Pending"), (f"L{second}", second, "Pending")}


@MOMENTS
@TROUBLES
def test_a_custom_object_gets_each_row_once_though_a_call_fails(room, system, kind, arguments, moment):
    lead = room.lead()
    room.fault(kind, "custom.write", moment=moment, arguments=arguments)
    row = StatusRow("i", str(lead), 1, {"status": "Pending"}, "L1")

    results = list(system(write_back=OBJECT).write_back([row]))

    assert [one.ok for one in results] == [True]
    assert len(room.rows("distribution_c")) == 1


@MOMENTS
@pytest.mark.parametrize("kind", ["hang_up", "html", "expire_tokens"])
def test_a_member_gets_status_and_fields_though_a_call_fails(room, system, kind, moment):
    lead = room.lead(5)
    for operation in ("members.status", "members.write"):
        room.fault(kind, operation, moment=moment)
    row = StatusRow("i", str(lead), 1, {"statusName": "Accepted", "llMemberPartner": "K"}, "L1")

    results = list(system(write_back=MEMBER).write_back([row]))

    (member,) = room.rows("member")
    assert [one.ok for one in results] == [True]
    assert (member["statusName"], member["llMemberPartner"]) == ("Accepted", "K")
    assert len(of(room.rows("activity"), activityTypeId=104)) == 2  # handed over, accepted


def test_a_member_that_is_past_a_status_says_so(room, system):
    lead = room.lead(5)
    room.act("set_status", program_id=room.program, lead_ids=[lead], status="Won")
    row = StatusRow("i", str(lead), 1, {"statusName": "Accepted"}, "L1", campaign_key=str(room.program))

    (result,) = system(write_back=MEMBER).write_back([row])

    assert (result.ok, result.code, result.retryable) == (False, "1037", False)
    assert "never go back" in result.message


def test_which_member_is_meant_must_be_known(room, system):
    lead = room.lead(5)
    row = StatusRow("i", str(lead), 1, {"statusName": "Accepted"}, "L1")

    (result,) = system(write_back=MEMBER, handover_ids=(room.program, 9)).write_back([row])

    assert (result.ok, result.code) == (False, "NOT_SUPPORTED")


@pytest.mark.capability("W5", "marketo", "external.add")
def test_events_are_custom_activities_with_our_key(room, system):
    lead = room.lead()

    (result,) = system().write_events([event(lead)])

    (activity,) = of(room.rows("activity"), activityTypeId=100001)
    told = {one["name"]: one["value"] for one in activity["attributes"]}
    assert (result.ok, result.created, result.record_id) == (True, True, activity["marketoGUID"])
    assert (activity["leadId"], activity["primaryAttributeValue"]) == (lead, "Call")
    assert told == {
        "Subject": "Called",
        "Body": "Body",
        "Occurred At": "2026-11-20T00:00:00Z",
        "Leadline Key": "E1",
    }


@MOMENTS
@TROUBLES
def test_no_event_is_lost_or_doubled_though_a_call_fails(room, system, kind, arguments, moment):
    leads = [room.lead() for _ in range(3)]
    events = [event(lead, f"E{lead}") for lead in leads]
    room.fault(kind, "external.add", moment=moment, arguments=arguments)
    supplier = system()

    results = list(supplier.write_events(events))
    again = list(supplier.write_events(events))

    assert {one.key for one in results if one.ok} == {one.key for one in events}
    assert len(results) == len(again) == 3
    assert all(one.ok and not one.created for one in again)
    added = of(room.rows("activity"), activityTypeId=100001)
    assert Counter(one["leadId"] for one in added) == dict.fromkeys(leads, 1)


def test_an_event_that_was_added_before_the_run_died_is_found(room, system):
    lead = room.lead()
    room.fault("hang_up", "external.add", moment="after")
    room.fault("error", "activities.read", times=None, skip=1, arguments={"code": "607"})
    with pytest.raises(BudgetExhausted):
        list(system().write_events([event(lead)]))
    room.control.clear_faults()

    (result,) = system().write_events([event(lead)])

    assert (result.ok, result.created) == (True, False)
    assert len(of(room.rows("activity"), activityTypeId=100001)) == 1


def test_an_event_of_a_lead_that_is_gone_is_refused_and_the_others_are_added(room, system):
    gone, lead = room.lead(), room.lead()
    room.act("delete", object="lead", id=gone)

    results = {one.key: one for one in system().write_events([event(gone, "E1"), event(lead, "E2")])}

    assert (results["E1"].ok, results["E1"].code, results["E1"].retryable) == (False, "1004", False)
    assert results["E2"].ok


def test_events_and_opportunities_of_a_merged_lead_are_the_survivors(room, system):
    winner, loser = room.lead(), room.lead()
    room.act("merge", winner=winner, losers=[loser])

    results = [
        *system().write_events([event(loser, "E1"), event(winner, "E2")]),
        *system().write_opportunities([deal(loser, "W1"), deal(winner, "W2", "O2")]),
    ]

    assert {(one.key, one.ok) for one in results} == {(key, True) for key in ("E1", "E2", "W1", "W2")}
    told = of(room.rows("activity"), activityTypeId=100001)
    assert [one["leadId"] for one in told] == [winner, winner]
    assert {(one["externalOpportunityId"], one["leadId"]) for one in room.rows("role")} == {
        ("O1", winner),
        ("O2", winner),
    }


def test_events_may_go_into_a_custom_object_found_by_our_key(room, system):
    lead = room.lead()
    fields = {"key": "dealId", "lead": "leadId", "type": "eventType", "subject": "subject"}
    supplier = system(write_back={"events": EventWriteBack(object="partnerDeal_c", fields=fields)})
    room.fault("hang_up", "custom.write", moment="after")

    results = list(supplier.write_events([event(lead)]))

    (row,) = room.rows("partnerDeal_c")
    assert [one.ok for one in results] == [True]
    assert (row["dealId"], row["leadId"], row["eventType"], row["subject"]) == ("E1", lead, "Call", "Called")


def test_without_a_place_for_events_each_is_refused(room, system):
    (result,) = system(write_back={"events": None}).write_events([event(1)])

    assert (result.ok, result.code) == (False, "NOT_SUPPORTED")


@MOMENTS
@TROUBLES
@pytest.mark.parametrize("operation", ["opportunities.write", "roles.write"])
def test_an_opportunity_and_its_role_are_made_once(room, system, kind, arguments, moment, operation):
    lead = room.lead()
    room.fault(kind, operation, moment=moment, arguments=arguments)
    supplier = system()

    (result,) = supplier.write_opportunities([deal(lead)])
    (again,) = supplier.write_opportunities([deal(lead)])

    (record,), (role,) = room.rows("opportunity"), room.rows("role")
    assert (result.ok, again.ok, again.record_id) == (True, True, result.record_id)
    assert record["marketoGUID"] == result.record_id
    assert (record["externalOpportunityId"], record["name"], record["stage"]) == ("O1", "Deal", "Proposal")
    assert (role["leadId"], role["role"]) == (lead, "Distributed lead")


def test_an_opportunity_whose_role_failed_is_not_done_and_the_next_try_makes_no_other(room, system):
    lead = room.lead()
    room.fault("row_error", "roles.write", arguments={"code": "713"})
    supplier = system()

    (first,) = supplier.write_opportunities([deal(lead)])
    (second,) = supplier.write_opportunities([deal(lead)])

    assert (first.ok, first.retryable, second.ok) == (False, True, True)
    assert (len(room.rows("opportunity")), len(room.rows("role"))) == (1, 1)


@pytest.mark.capability(("W6", "W7"), "marketo", "opportunities.write")
def test_an_update_changes_the_record_and_one_that_is_gone_is_stale(room, system):
    lead = room.lead()
    supplier = system()
    (made,) = supplier.write_opportunities([deal(lead)])

    (updated,) = supplier.write_opportunities([deal(lead, record_id=made.record_id, stage="Won", name=None)])
    room.act("delete", object="opportunity", id=made.record_id)
    (gone,) = supplier.write_opportunities([deal(lead, record_id=made.record_id, stage="Lost")])

    assert updated.ok
    assert (gone.ok, gone.stale) == (False, True)
    assert room.rows("opportunity") == []


def test_an_opportunity_of_a_lead_that_is_gone_is_refused(room, system):
    (result,) = system().write_opportunities([deal(4711)])

    assert (result.ok, result.code, result.retryable) == (False, "1004", False)


def test_a_read_only_subscription_is_reported_once_and_clearly(room, system):
    lead = room.lead()
    room.act("set", native_crm=True)

    with pytest.raises(NotAllowed, match=r"read-only \(1018\); map them to a custom object"):
        list(system().write_opportunities([deal(lead)]))


def test_opportunities_may_be_rows_of_a_custom_object(room, system):
    lead = room.lead()
    room.act("set", native_crm=True)
    supplier = system(write_back={"opportunities": DEAL_OBJECT})
    room.fault("hang_up", "custom.write", moment="after")

    (result,) = supplier.write_opportunities([deal(lead, stage="Open")])

    (row,) = room.rows("partnerDeal_c")
    assert (result.ok, result.record_id) == (True, row["marketoGUID"])
    assert (row["dealId"], row["leadId"], row["name"], row["stage"]) == ("O1", lead, "Deal", "Open")


@pytest.mark.capability("W8", "marketo", "external.add")
@pytest.mark.parametrize(
    "chosen", [INITECH.write_back.opportunities, DEAL_OBJECT], ids=["built-in", "custom"]
)
def test_an_event_on_an_opportunity_is_told_on_its_lead(room, system, chosen):
    lead = room.lead()
    supplier = system(write_back={"opportunities": chosen})
    (made,) = supplier.write_opportunities([deal(lead)])

    results = list(
        supplier.write_events(
            [event(made.record_id, "E1", on="opportunity"), event("none", "E2", on="opportunity")]
        )
    )

    assert {one.key: one.ok for one in results} == {"E1": True, "E2": False}
    (activity,) = of(room.rows("activity"), activityTypeId=100001)
    assert activity["leadId"] == lead
