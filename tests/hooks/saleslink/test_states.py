"""What the state of a lead tells, and when it is not believed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from hooks.saleslink.crm import SaleslinkCrm
from leadline.errors import LeadlineError, ThresholdExceeded, VendorUnavailable
from leadline.ports import CrmUser, KnownRecord, RecordKeys
from tests.hooks.saleslink.room import MOMENTS, OTHER_HOUR, Dealer, create


@pytest.mark.capability("W10", "crm:saleslink", "GetLeads")
def test_state_lead_is_pending_any_opportunity_is_accepted_and_deleted_is_rejected(dealer: Dealer) -> None:
    dealer.write(*(create(n) for n in range(1, 5)))
    known = dealer.known(1, 2, 3, 4)
    opportunity = dealer.do("open_opportunity", LeadId=known[1].record_id, Status="Quote")
    dealer.do("win", id=opportunity)
    dealer.do("delete", object="Lead", id=known[2].record_id, reason="Wrong dealer")
    dealer.do("delete", object="Lead", id=known[3].record_id)

    found = {one.record_id: one for one in dealer.pull(known)}

    told = [found[one.record_id] for one in known]
    assert [(one.distribution, one.status, one.reason, one.deleted) for one in told] == [
        ("pending", None, None, False),
        ("accepted", "Won", None, False),
        ("rejected", None, "Wrong dealer", True),
        ("rejected", None, "Deleted in Saleslink", True),
    ]


@pytest.mark.parametrize("hard", [False, True], ids=["tombstone", "gone for good"])
def test_an_opportunity_wins_over_the_deletion_of_its_lead(dealer: Dealer, hard: bool) -> None:
    dealer.write(create(1))
    known = dealer.known(1)
    opportunity = dealer.do("open_opportunity", LeadId=known[0].record_id, Status="Quote")
    dealer.do("delete", object="Lead", id=known[0].record_id, hard=hard)

    (record,) = dealer.pull(known)

    assert (record.distribution, record.status, record.deleted, record.missing) == (
        "accepted",
        "Quote",
        False,
        False,
    )
    assert record.opportunity_id == opportunity


def test_a_lead_that_is_not_to_be_found_is_missing_and_not_rejected(dealer: Dealer) -> None:
    dealer.write(create(1), create(2))
    known = dealer.known(1, 2)
    dealer.do("delete", object="Lead", id=known[0].record_id, hard=True)

    found = {one.record_id: one for one in dealer.pull(known, datetime.now(UTC) + timedelta(days=1))}

    record = found[known[0].record_id]
    assert (record.missing, record.deleted, record.distribution) == (True, False, None)
    assert known[1].record_id not in found


def test_a_restored_lead_is_pending_again(dealer: Dealer) -> None:
    dealer.write(create(1))
    known = dealer.known(1)
    dealer.do("delete", object="Lead", id=known[0].record_id)
    assert dealer.pull(known)[0].distribution == "rejected"

    dealer.do("restore", id=known[0].record_id)

    assert dealer.pull(known)[0].distribution == "pending"


def test_only_what_changed_since_is_told_with_stamp_owner_and_fields(dealer: Dealer) -> None:
    dealer.control.clock(set="2026-03-02T06:00:00+00:00", hold=True)
    dealer.write(create(1, Tier="Gold"), create(2))
    known = dealer.known(1, 2)
    dealer.control.clock(set=OTHER_HOUR.isoformat(), hold=True)
    dealer.do("update", object="Lead", id=known[0].record_id, values={"Tier": "Silver", "Phone": "1"})
    dealer.do("assign", id=known[0].record_id, user="U-2")

    (record,) = dealer.pull(known, OTHER_HOUR, "Tier", "Phone", "Nothing")

    assert (record.record_id, record.stamp) == (known[0].record_id, "2026-03-02T07:00:00.000000Z")
    assert record.owner == CrmUser("U-2", "Robin Vance", "robin.vance@k001.example")
    assert record.values == {"Tier": "Silver", "Phone": "1"}
    assert len(dealer.pull(known, None)) == 2


@pytest.mark.parametrize(
    ("kind", "error", "message"),
    [
        ("all_deleted", ThresholdExceeded, "6 of 6 leads are gone"),
        ("all_missing", ThresholdExceeded, "6 of 6 leads are gone"),
        ("no_items", VendorUnavailable, "left out 6 of 6"),
    ],
)
def test_an_outage_is_never_read_as_everything_deleted(
    dealer: Dealer, kind: str, error: type[LeadlineError], message: str
) -> None:
    dealer.write(*(create(n) for n in range(6)))
    known = dealer.known(*range(6))
    dealer.fault(kind, "Get*", times=None)

    with pytest.raises(error, match=message):
        dealer.pull(known)
    with pytest.raises(error, match=message):
        dealer.crm.find("Lead", [RecordKeys(one.external_id, one.record_id, "", "") for one in known])

    dealer.control.clear_faults()
    assert [one.distribution for one in dealer.pull(known)] == ["pending"] * 6


def test_nothing_is_read_as_gone_while_the_service_itself_is_not_there(dealer: Dealer) -> None:
    dealer.write(create(1))
    known = dealer.known(1)
    dealer.fault("fault", "GetServiceInfo", arguments={"code": "MAINTENANCE"}, times=None)
    dealer.fault("all_missing", "GetLeads", times=None)

    with pytest.raises(VendorUnavailable):
        dealer.pull(known)


def test_deletions_that_were_seen_before_do_not_count_as_an_outage(dealer: Dealer) -> None:
    dealer.write(*(create(n) for n in range(6)))
    known = dealer.known(*range(6))
    for one in known[:4]:
        dealer.do("delete", object="Lead", id=one.record_id)
    stamps = {one["LeadId"]: one["ModifiedUtc"] for one in dealer.leads(deleted=True)}
    seen = [KnownRecord(o.record_id, o.object, o.external_id, o.email, stamps[o.record_id]) for o in known]

    assert [one.distribution for one in dealer.pull(seen)] == ["rejected"] * 4 + ["pending"] * 2


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("operation", ["GetServiceInfo", "GetLeads", "GetUsers"])
@pytest.mark.parametrize("kind", ["hang_up", "empty", "page"])
def test_a_read_bears_a_lost_answer_and_fails_whole_when_it_stays_lost(
    dealer: Dealer, kind: str, operation: str, moment: str
) -> None:
    dealer.write(create(1, OwnerUserId="U-1"))
    known = dealer.known(1)
    fresh = SaleslinkCrm(dealer.client)
    dealer.fault(kind, operation, moment)
    assert len(list(fresh.pull_records(known, (), None))) == 1

    fresh = SaleslinkCrm(dealer.client)
    dealer.fault(kind, operation, moment, times=2)
    with pytest.raises(VendorUnavailable):
        list(fresh.pull_records(known, (), None))


def test_a_crm_without_lists_or_activities_tells_none(dealer: Dealer) -> None:
    assert list(dealer.crm.lists()) == []
    assert list(dealer.crm.pull_activities([], None)) == []
