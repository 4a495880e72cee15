"""A partner's org that is well, out of order, or out of calls."""

from __future__ import annotations

from typing import Any

import pytest

from leadline.errors import BudgetExhausted, VendorUnavailable
from tests.hooks.salesforce.crm.room import OWNER, PartnerOrg, create


@pytest.mark.capability("P4", "crm:salesforce", "limits", "describe")
def test_check_finds_nothing_where_all_is_well_and_names_what_is_not(make_org: Any) -> None:
    assert list(make_org().crm.check()) == []

    (finding,) = make_org(consumer_secret="wrong").crm.check()

    assert (finding.code, finding.severity) == ("credentials", "error")


def test_check_warns_of_what_cannot_be_read_back(org: PartnerOrg) -> None:
    match = {"object": "Opportunity"}
    arguments = {"status": 404, "code": "NOT_FOUND"}
    org.control.fault("salesforce", "status", operation="describe", match=match, arguments=arguments)

    (finding,) = org.crm.check()

    assert (finding.code, finding.detail, finding.severity) == ("object_missing", "Opportunity", "warning")


def test_what_an_org_puts_into_new_records_is_described(org: PartnerOrg) -> None:
    found = {one.name: one.default for one in org.crm.describe(["Lead"])["Lead"]}

    assert [found[name] for name in ("Status", "IsUnreadByOwner", "DoNotCall", "Company")] == [
        "Open - Not Contacted", "true", "false", None,
    ]  # fmt: skip


def test_an_org_that_is_down_is_found_by_check(org: PartnerOrg) -> None:
    org.control.org_up(org.name, False)
    try:
        (finding,) = org.crm.check()
    finally:
        org.control.org_up(org.name, True)

    assert finding.code == "connection"


def test_an_expired_session_is_renewed_once_and_keeps_the_headers(org: PartnerOrg) -> None:
    org.write(create(1, OwnerId=OWNER))
    org.fault("status", "collections.upsert", arguments={"status": 401})

    org.write(create(2, OwnerId=OWNER))

    assert {record["OwnerId"] for record in org.records("Lead")} == {OWNER}


def test_an_unavailable_org_is_tried_again_and_then_given_up(org: PartnerOrg) -> None:
    org.fault("status", "collections.upsert", arguments={"status": 503}, times=2)
    assert org.write(create(1))["D1"].ok

    org.fault("status", "collections.upsert", arguments={"status": 503}, times=9)
    with pytest.raises(VendorUnavailable):
        org.write(create(2))


def test_a_spent_quota_says_so(org: PartnerOrg) -> None:
    org.fault("status", "collections*", arguments={"status": 403, "code": "REQUEST_LIMIT_EXCEEDED"})

    with pytest.raises(BudgetExhausted):
        org.write(create(1))
