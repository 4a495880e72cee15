"""Whatever a CRM reports, in whatever order: histories stay legal, and what was read is not read twice."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leadline.errors import ThresholdExceeded
from leadline.lifecycle import MOVES, DistributionStatus, SalesStatus
from leadline.partners import CrmAccount
from leadline.ports import CrmUser
from tests.feedback.house import CRM, House, furnish

SALESLINK = CrmAccount(id="crm-P1", type="saleslink", connection="crm_p1")
RECORDS = ("R1", "R2")

values = st.sampled_from([None, "", "Example Ltd", "Other", "x" * 300])
said = st.fixed_dictionaries(
    {
        "distribution": st.sampled_from([None, "pending", "accepted", "rejected"]),
        "status": st.sampled_from([None, "", "Quoted", "Nurturing", "Working - Contacted"]),
        "owner": st.sampled_from(
            [None, CrmUser("1", "A", "a@p.example"), CrmUser("2", "Sales", "sales@p.example"), CrmUser("3")]
        ),
        "deleted": st.booleans(),
        "Company": values,
        "Email": st.sampled_from([None, "new@example.org", "no address"]),
    }
)
steps = st.lists(
    st.tuples(st.sampled_from(RECORDS), st.sampled_from(["say", "lose", "wait", "merge"]), said), max_size=6
)


@pytest.mark.parametrize(
    "account",
    [SALESLINK, SALESLINK.model_copy(update={"type": "salesforce"})],
    ids=["saleslink", "salesforce"],
)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=steps, status=st.sampled_from(["pending", "accepted"]))
def test_any_reports_make_legal_histories_and_repeat_to_nothing(
    make_hub: Callable[..., Any],
    make_mapping: Callable[..., Any],
    make_context: Callable[..., Any],
    account: CrmAccount,
    steps: list[Any],
    status: str,
) -> None:
    house = furnish(make_hub(), make_context(), make_mapping("salesforce", crm=CRM), account)
    house.add_partner()
    leads = [house.add_lead(one, status=status) for one in RECORDS]
    for one in RECORDS:
        house.in_crm(one)

    for record, what, changes in steps:
        if what == "say":
            house.crm.put(record, **changes)
        elif what == "lose":
            house.crm.records.pop(record, None)
        elif what == "wait":
            house.later(hours=24)
        else:
            house.crm.put("RX", Company="Survivor", Email="x@example.org")
            house.crm.put(record, merged_into="RX")
        read(house)
        before = house.side()
        read(house)
        assert house.side() == before

    for lead_id in leads:
        check_history(house, lead_id, status)


def read(house: House) -> None:
    try:
        house.read(run_id="f")
    except ThresholdExceeded as error:
        raise AssertionError("two records are never too many") from error


def check_history(house: House, lead_id: str, status: str) -> None:
    at = DistributionStatus(status)
    sales = "open"
    for line in sorted(house.rows("history", lead_id=lead_id), key=lambda row: row.at):
        if line.kind in ("accepted", "rejected"):
            after = DistributionStatus(line.kind)
            assert after in MOVES[at]
            at = after
        if line.kind == "sales_status":
            assert json.loads(line.before)["sales_status"] == sales
            sales = SalesStatus(json.loads(line.after)["sales_status"])
    (row,) = house.rows("lead", lead_id=lead_id)
    assert (row.status, row.sales_status) == (at, sales)
    assert row.attributes["email"] == row.email
