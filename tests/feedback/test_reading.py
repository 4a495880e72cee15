"""What a reading of one CRM account keeps, and that it keeps it once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from leadline import pull_back
from leadline.errors import FormRefused, LeaseHeld, ThresholdExceeded, VendorUnavailable
from leadline.feedback import FeedbackLimits
from leadline.hub import Hub
from leadline.hub.schema import lead
from leadline.partners import CrmAccount
from leadline.ports import CrmActivity, CrmRecord, CrmUser
from tests.conftest import ON_POSTGRESQL
from tests.feedback.house import ANNA, FIRST, QUEUE, House

MakeHouse = Callable[..., House]
SALESLINK = CrmAccount(id="crm-P1", type="saleslink", connection="crm_p1")


# which accounts


@pytest.mark.parametrize(
    ("named", "says"),
    [
        ("crm-P9", "acme has no CRM account 'crm-P9'; there are: crm-P1"),
        ("crm-P1", "CRM account 'crm-P1' holds no lead: there is nothing to read"),
    ],
)
def test_an_account_that_is_named_for_nothing_is_refused(house: House, named: str, says: str) -> None:
    with pytest.raises(FormRefused, match=says):
        pull_back.feedback_accounts(house.hub, house.ctx, [named])

    assert pull_back.feedback_accounts(house.hub, house.ctx) == []


# sales status


def test_a_status_reaches_the_lead_with_who_said_so(house: House) -> None:
    house.add_lead()
    house.in_crm(status="Working - Contacted")

    counts = house.read()

    (line,) = house.history("sales_status")
    assert house.lead_of("00Q1").sales_status == "contacted"
    assert (counts.statuses, line.actor) == (1, "crm:crm-P1")
    assert json.loads(line.before) == {"sales_status": "open"}
    assert json.loads(line.after)["word"] == "Working - Contacted"


def test_since_reads_further_back_and_never_passes_over_what_came_between(house: House) -> None:
    house.add_lead()
    house.add_lead("00Q2")
    house.in_crm()
    house.in_crm("00Q2")
    house.read()
    house.in_crm(status="Working - Contacted")
    house.in_crm("00Q2", status="Working - Contacted")

    house.read(since=FIRST + timedelta(days=9))

    assert [house.lead_of(one).sales_status for one in ("00Q1", "00Q2")] == ["contacted", "contacted"]

    house.crm.asked.clear()
    house.read(since=FIRST)

    assert {since for _, since in house.crm.asked} == {FIRST}


def test_an_unknown_status_changes_nothing_until_it_is_mapped(house: House) -> None:
    house.add_lead()
    house.in_crm(status="Nurturing")
    house.feedback()

    assert house.lead_of("00Q1").sales_status == "open"
    (finding,) = house.rows("finding", subject="feedback:crm-P1", cleared_at=None)
    assert (finding.code, finding.detail) == ("status_unmapped", "Nurturing")

    house.map_statuses(Nurturing="nurture")
    house.feedback("feedback-2")  # the record itself has not changed since

    assert house.lead_of("00Q1").sales_status == "nurture"
    assert house.rows("finding", subject="feedback:crm-P1", cleared_at=None) == []


def test_a_status_set_elsewhere_stays_while_the_crm_says_nothing_new(house: House) -> None:
    house.add_lead()
    house.in_crm(status="Working - Contacted")
    house.read()
    with house.hub.transaction("acme") as connection:
        connection.execute(update(lead).values(sales_status="nurture"))

    house.in_crm(Title="Head of IT")
    house.read()

    assert house.lead_of("00Q1").sales_status == "nurture"


def test_the_status_that_every_new_record_has_takes_nothing_back(house: House) -> None:
    house.add_lead()
    with house.hub.transaction("acme") as connection:
        connection.execute(update(lead).values(sales_status="contacted"))
    house.in_crm(status="Open - Not Contacted")

    house.read()

    assert house.lead_of("00Q1").sales_status == "contacted"


# reps


def test_the_owner_becomes_the_rep_unless_it_is_a_role_or_a_queue(house: House) -> None:
    house.add_lead()
    house.in_crm(owner=QUEUE)
    house.read()
    assert house.lead_of("00Q1").rep_email is None

    house.in_crm(owner=ANNA)
    counts = house.read()
    assert (house.lead_of("00Q1").rep_name, house.lead_of("00Q1").rep_email, counts.reps) == (
        "Anna Rep",
        "anna@partner.example",
        1,
    )

    house.in_crm(owner=CrmUser("005S", "Sales", "sales@partner.example"))
    house.read()
    assert house.lead_of("00Q1").rep_email is None
    assert len(house.history("rep_assigned")) == 2


def test_the_default_owner_is_no_rep_that_anybody_chose(make_feedback_house: MakeHouse) -> None:
    house = make_feedback_house()
    house.add_partner(crm_owner="005A")
    house.add_lead()
    house.in_crm(owner=ANNA)

    house.read()

    assert house.lead_of("00Q1").rep_email is None


# accepting and rejecting through the CRM


def saleslink(make: MakeHouse, **changes: Any) -> House:
    made = make(account=SALESLINK, **changes)
    made.add_partner()
    return made


def test_a_crm_accepts_and_rejects_with_its_reason(make_feedback_house: MakeHouse) -> None:
    fields = [{"name": "why", "label": "Why", "values": ["Wrong dealer", "No budget"]}]
    house = saleslink(make_feedback_house, rejection_fields=fields)
    house.add_lead("K1", status="pending")
    house.add_lead("K2", status="pending")
    house.in_crm("K1", distribution="accepted", status="Quoted")
    house.in_crm("K2", distribution="rejected", reason="wrong dealer", deleted=True)

    counts = house.read()

    assert (house.lead_of("K1").status, house.lead_of("K1").sales_status) == ("accepted", "qualified")
    assert (house.lead_of("K2").status, house.lead_of("K2").sales_status) == ("rejected", "unqualified")
    assert (counts.accepted, counts.rejected) == (1, 1)
    reasons = [row.reasons for row in house.rows("assignment", status="rejected")]
    assert [json.loads(one) for one in reasons] == [{"why": "Wrong dealer"}]


def test_an_illegal_move_is_listed_and_never_made(make_feedback_house: MakeHouse) -> None:
    house = saleslink(make_feedback_house)
    house.add_lead("K1", status="accepted")
    house.in_crm("K1", distribution="rejected", reason="no")
    house.feedback()

    assert house.lead_of("K1").status == "accepted"
    assert [one.code for one in house.rows("finding", cleared_at=None)] == ["move_refused"]
    assert house.history("rejected") == []


# gone


def test_a_record_deleted_at_salesforce_is_listed_and_rejects_nothing(house: House) -> None:
    house.add_lead()
    house.in_crm(deleted=True)

    house.feedback("f-1")
    house.feedback("f-2")

    assert house.lead_of("00Q1").status == "accepted"
    assert [one.code for one in house.rows("finding", cleared_at=None)] == ["record_gone"]
    assert len(house.history("crm_deleted")) == 1


def test_an_accepted_lead_whose_record_is_gone_stays_and_is_listed(make_feedback_house: MakeHouse) -> None:
    house = saleslink(make_feedback_house)
    house.add_lead("K1", status="pending")
    house.in_crm("K1", distribution="accepted")
    house.read()
    house.in_crm("K1", distribution=None, deleted=True)

    house.feedback()

    assert house.lead_of("K1").status == "accepted"
    assert [one.code for one in house.rows("finding", cleared_at=None)] == ["record_gone"]


def test_a_missing_record_counts_as_deleted_after_two_polls_apart(make_feedback_house: MakeHouse) -> None:
    house = saleslink(make_feedback_house)
    house.add_lead("K1", status="pending")

    house.read()
    house.read()  # the run repeated: no second poll
    assert house.lead_of("K1").status == "pending"

    house.later(hours=24)
    house.read()
    assert house.lead_of("K1").status == "rejected"


def test_a_record_that_is_found_again_was_never_gone(make_feedback_house: MakeHouse) -> None:
    house = saleslink(make_feedback_house)
    house.add_lead("K1", status="pending")
    house.read()
    house.in_crm("K1", distribution="pending")
    house.later(hours=24)
    house.read()
    del house.crm.records["K1"]

    house.read()

    assert house.lead_of("K1").status == "pending"


def test_too_many_gone_at_once_are_not_believed(house: House) -> None:
    for number in range(30):
        house.add_lead(f"00Q{number}")
        house.in_crm(f"00Q{number}", status="Working - Contacted", deleted=number < 7)

    with pytest.raises(ThresholdExceeded, match="7 of 30"):
        house.read()

    assert house.history("crm_deleted") == []
    assert house.rows("watermark", feed="status:crm-P1") == []
    assert house.lead_of("00Q29").sales_status == "contacted"

    assert house.read(believe_gone=True).gone == 7


def test_a_fifth_of_the_records_may_be_gone_at_once(house: House) -> None:
    for number in range(30):
        house.add_lead(f"00Q{number}")
        house.in_crm(f"00Q{number}", deleted=number < 6)

    assert house.read().gone == 6


def test_a_deleted_record_that_returns_says_so(house: House) -> None:
    house.add_lead()
    house.in_crm(deleted=True)
    house.read()

    house.in_crm(deleted=False)
    house.read()

    assert len(house.history("crm_restored")) == 1
    assert [row.gone_at for row in house.rows("crm_seen")] == [None]


# merged and converted


def test_a_lead_merged_into_a_record_that_was_read_already_stands_where_that_one_stands(house: House) -> None:
    house.add_lead("00Q1")
    house.add_lead("00Q2")
    house.in_crm("00Q1", status="Open - Not Contacted")
    house.in_crm("00Q2", status="Working - Contacted", owner=ANNA)
    house.read()

    house.in_crm("00Q1", merged_into="00Q2", status="Working - Contacted", owner=ANNA)
    for _ in range(2):
        house.read()

    leads, assignments = house.rows("lead"), house.rows("assignment")
    assert [one.sales_status for one in leads] == ["contacted", "contacted"]
    assert [one.rep_email for one in assignments] == [ANNA.email, ANNA.email]
    assert len(house.history("sales_status")) == 2


def test_a_merged_record_is_followed_with_what_was_seen_of_it(house: House) -> None:
    house.add_lead()
    house.in_crm()
    house.read()
    house.crm.put("00QX", Email="person1@example.org", LastName="Last1", Company="As the survivor says")
    house.in_crm(merged_into="00QX", deleted=True)

    counts = house.read()

    (record,) = house.rows("crm_record")
    assert (record.record_id, counts.moved, counts.gone) == ("00QX", 1, 0)
    assert house.lead_of("00QX").attributes["company"] == "As the survivor says"
    assert len(house.history("crm_merged")) == 1


def test_a_converted_lead_is_read_on_as_the_contact(house: House) -> None:
    house.add_lead(employees=20)
    house.in_crm(NumberOfEmployees="20")
    house.read()
    values = {"Email": "person1@example.org", "LastName": "Last1", "Employees__c": "25"}
    house.crm.put("003C", "Contact", **values)
    house.in_crm(status="Closed - Converted", converted_to="003C", opportunity_id="006O")

    house.read()

    (record,) = house.rows("crm_record")
    row = house.lead_of("003C")
    assert (record.record_id, record.object, row.sales_status) == ("003C", "Contact", "qualified")
    assert row.attributes["employees"] == 25
    assert row.attributes["company"] == "Example Ltd"


def test_what_a_conversion_did_not_carry_over_was_not_cleared_by_the_partner(
    make_feedback_house: Callable[..., House],
) -> None:
    fields = [
        {"name": "email", "source": "E-Mail", "required": True, "class": "profile"},
        {"name": "last_name", "source": "Last Name", "class": "profile"},
        {"name": "employees", "source": "E", "type": "integer"},
        {"name": "opt_in", "source": "O", "type": "boolean"},
        {"name": "tier", "source": "T"},
    ]
    own = {"employees": "Employees__c", "opt_in": "Opt__c", "tier": "Tier__c"}
    house = make_feedback_house(
        fields=fields, campaigns={}, crm={"salesforce": {"lead": own, "contact": own}}
    )
    house.add_partner()
    house.add_lead(employees=20, opt_in=True, tier="Basic")
    house.in_crm(Employees__c="20", Opt__c="true", Tier__c="Basic")
    house.read()
    made = {"Email": "person1@example.org", "LastName": "Last1", "Opt__c": "false", "Tier__c": "Premium"}
    house.crm.put("003C", "Contact", **made)
    house.in_crm(status="Closed - Converted", converted_to="003C")
    house.read()

    carried = house.lead_of("003C").attributes
    assert (carried["employees"], carried["opt_in"], carried["tier"]) == (20, True, "Premium")

    house.crm.put("003C", Opt__c="true", Tier__c=None, Employees__c="25")
    house.read()
    house.crm.put("003C", Opt__c="false")
    house.read()

    changed = house.lead_of("003C").attributes
    assert (changed["employees"], changed["opt_in"], changed.get("tier")) == (25, False, None)


# activities


def test_activities_are_kept_once_as_the_partners_and_ours_are_not(house: House) -> None:
    lead_id = house.add_lead()
    house.in_crm()
    house.crm.activities = [
        CrmActivity("00T1", "00Q1", "Call", "Called", "They want two", FIRST, stamp="2026-03-02T07:00:00Z"),
        CrmActivity("00T2", "00Q1", "Task", "Ours", None, FIRST, key="E123", stamp="2026-03-02T07:00:00Z"),
    ]

    counts = [house.read(), house.read()]

    (event,) = house.rows("event")
    assert (event.lead_id, event.type, event.subject, event.origin) == (lead_id, "Call", "Called", "partner")
    assert [one.events for one in counts] == [1, 0]


# reading on


def test_a_second_reading_asks_for_what_changed_and_changes_nothing(house: House) -> None:
    house.add_lead()
    house.add_lead("00Q2")
    house.in_crm(status="Working - Contacted", owner=ANNA, Company="Other")
    house.in_crm("00Q2")
    house.read(run_id="f-1")
    before = house.side()
    house.crm.asked.clear()

    house.read(run_id="f-2")
    house.read(run_id="f-2")

    assert house.side() == before
    assert {since is None for _, since in house.crm.asked} == {False}


def test_a_record_pushed_later_is_read_whole(house: House) -> None:
    house.add_lead()
    house.in_crm()
    house.crm.put("00Q2", Email="b@example.org", LastName="B", Company="B", status="Working - Contacted")
    for _ in range(50):
        house.crm.stamp()
    house.in_crm(Title="x")
    house.read()

    house.add_lead("00Q2", email="b@example.org")
    house.read()

    assert house.lead_of("00Q2").sales_status == "contacted"


def test_a_failed_call_leaves_the_cursor_and_marks_the_login(house: House) -> None:
    house.add_lead()
    house.in_crm(status="Working - Contacted")
    house.crm.fault = VendorUnavailable("no answer")

    with pytest.raises(VendorUnavailable):
        house.feedback()

    assert house.rows("watermark") == []
    assert [row.ok for row in house.rows("crm_login")] == [False]

    house.crm.fault = None
    house.feedback()
    assert [bool(row.ok) for row in house.rows("crm_login")] == [True]
    assert house.lead_of("00Q1").sales_status == "contacted"


@ON_POSTGRESQL
def test_a_reading_whose_lock_was_lost_puts_nothing_older_back(
    house: House, cut_off: Callable[[Hub], None]
) -> None:
    house.add_lead()
    house.in_crm(status="Working - Contacted")
    original = house.crm.pull_records

    def overtaken(*asked: Any) -> Iterator[CrmRecord]:
        house.crm.pull_records = original  # type: ignore[method-assign]
        old = list(original(*asked))
        cut_off(house.hub)
        house.in_crm(status="Closed - Converted")
        house.read()
        yield from old

    house.crm.pull_records = overtaken  # type: ignore[method-assign]

    with pytest.raises(LeaseHeld, match="feedback:acme:crm-P1"):
        house.read()

    assert house.lead_of("00Q1").sales_status == "qualified"


def test_pages_are_kept_one_by_one(house: House) -> None:
    for number in range(7):
        house.add_lead(f"00Q{number}")
        house.in_crm(f"00Q{number}", status="Working - Contacted")

    counts = house.read(limits=FeedbackLimits(ask_records=3, store_records=2, overlap=timedelta(0)))

    assert (counts.records, counts.statuses) == (7, 7)


def test_an_ended_assignment_is_seen_and_moves_nothing(house: House) -> None:
    house.add_lead(status="rerouted")
    house.in_crm(status="Working - Contacted", Company="Other", owner=ANNA)

    house.read()

    row = house.lead_of("00Q1")
    assert (row.sales_status, row.attributes["company"], row.rep_email) == ("open", "Example Ltd", None)
