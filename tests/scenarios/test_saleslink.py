"""Acceptance scenarios 15 and 16: a lead reaches Saleslink at assignment, and is accepted or rejected there.

Played with a CRM in memory on both databases, and against the sandbox's Saleslink over sockets.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Iterator
from typing import Any

# Airflow reads these when it is imported first.
os.environ.setdefault("AIRFLOW_HOME", tempfile.mkdtemp(prefix="leadline-airflow-"))
os.environ.setdefault("AIRFLOW__CORE__LOAD_EXAMPLES", "False")
os.environ.setdefault("AIRFLOW__CORE__UNIT_TEST_MODE", "True")

import pytest

from leadline import distribution
from leadline.errors import BooksDoNotBalance
from leadline.hub.schema import crm_record, delivery, history
from leadline.partners import CrmAccount
from leadline.ports import KnownRecord
from sandbox.launch import RunningSandbox, running
from tests.scenarios.house import House, csv_of

MakeHouse = Callable[..., House]
TENANT = "k001"
CRM = {"saleslink": {"lead": {"tier": "Tier"}}}
ANN = {
    "email": "ann@example.org",
    "last_name": "Ann",
    "company": "Ann Ltd",
    "phone": "+49 89 1234567",
    "tier": "Basic",
    "internal_note": "not for partners",
}


@pytest.fixture(scope="module")
def started() -> Iterator[RunningSandbox]:
    with running(orgs=(), vendors=("saleslink",)) as sandbox:
        yield sandbox


@pytest.fixture
def attach(started: RunningSandbox, monkeypatch: pytest.MonkeyPatch) -> Callable[[House], None]:
    """Let a house push into the sandbox's Saleslink, as a task does: by the hooks, through a connection."""
    from hooks.systems import partner_crm

    started.control.reset()
    address = started.tenant("saleslink", TENANT)
    connection = {
        "conn_type": "saleslink",
        "login": address["username"],
        "password": address["password"],
        "extra": {
            "wsdl_url": f"{address['tls_url']}{address['path']}?wsdl",
            "ca_bundle": started.ca_bundle,
        },
    }
    monkeypatch.setenv("AIRFLOW_CONN_CRM_P1", json.dumps(connection))

    def attach(house: House) -> None:
        house.open_crm = partner_crm

    return attach


@pytest.mark.parametrize(
    "database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True
)
@pytest.mark.parametrize(("crm_type", "pushed"), [("saleslink", 1), ("salesforce", 0)])
def test_scenario_15_with_saleslink_and_auto_accept_off_a_pending_lead_is_pushed(
    make_house: MakeHouse, crm_type: str, pushed: int
) -> None:
    house = make_house(crm=CRM)
    house.add_partner("P1", crm_type=crm_type)
    house.system.drop("leads_1.csv", csv_of(ANN))

    house.distribute()
    house.distribute()

    assert house.given() == [("pending", "P1")]
    assert len(house.crms["crm-P1"].of("Lead")) == pushed
    assert [one.state for one in house.rows("delivery")] == ["sent"] * pushed


def test_the_books_miss_a_pending_lead_that_was_not_queued_for_saleslink(make_house: MakeHouse) -> None:
    house = make_house(crm=CRM)
    house.add_partner("P1", crm_type="saleslink")
    house.system.drop("leads_1.csv", csv_of(ANN))
    house.distribute("run-1")
    with house.hub.transaction(house.key) as connection:
        for table in (delivery, crm_record, history):
            kind = history.c.kind == "pushed" if table is history else table.c.supplier == house.key
            connection.execute(table.delete().where(kind))

    ctx = house.start("run-1")
    with pytest.raises(BooksDoNotBalance, match="to be pushed that no delivery was queued for"):
        distribution.settle(house.hub, house.staging_url, ctx)


def test_scenario_15_on_the_sandbox_with_fields_events_and_a_second_day(
    make_house: MakeHouse, attach: Callable[[House], None], started: RunningSandbox
) -> None:
    house = make_house(crm=CRM)
    house.add_partner("P1", crm_type="saleslink", crm_owner="robin.vance@k001.example")
    attach(house)
    house.system.drop("leads_1.csv", csv_of(ANN))

    house.distribute()
    house.distribute()

    (lead,) = started.control.do("saleslink", TENANT, "rows", object="Lead")
    (assigned,) = house.rows("assignment")
    assert (assigned.status, lead["ExternalId"], lead["LeadState"]) == (
        "pending",
        assigned.assignment_id,
        "Lead",
    )
    assert (lead["Email"], lead["Tier"], lead["Source"]) == ("ann@example.org", "Basic", "Leadline")
    assert lead["OwnerUserId"] == "U-2"
    assert "not for partners" not in repr(lead)
    assert len(started.control.journal("saleslink", operation="CreateLead")) == 1


@pytest.mark.parametrize("moment", ["before", "after"])
def test_scenario_15_survives_a_service_that_falls_silent(
    make_house: MakeHouse, attach: Callable[[House], None], started: RunningSandbox, moment: str
) -> None:
    from leadline.errors import VendorUnavailable

    house = make_house(crm=CRM)
    house.add_partner("P1", crm_type="saleslink")
    attach(house)
    rows = [ANN | {"email": f"p{n}@example.org"} for n in range(5)]
    house.system.drop("leads_1.csv", csv_of(*rows))
    order = {"operation": "CreateLead", "moment": moment, "skip": 2, "times": 2}
    started.control.fault("saleslink", "fault", arguments={"code": "MAINTENANCE", "retry_after": 9}, **order)

    with pytest.raises(VendorUnavailable, match="maintenance"):
        house.distribute("run-1")
    started.control.clear_faults()
    house.distribute("run-1")

    leads = started.control.do("saleslink", TENANT, "rows", object="Lead")
    assert sorted(one["Email"] for one in leads) == [f"p{n}@example.org" for n in range(5)]
    assert [one.state for one in house.rows("delivery")] == ["sent"] * 5


def test_scenario_16_any_opportunity_accepts_and_deletion_rejects_as_the_adapter_tells_it(
    make_house: MakeHouse, attach: Callable[[House], None], started: RunningSandbox
) -> None:
    house = make_house(crm=CRM)
    house.add_partner("P1", crm_type="saleslink")
    attach(house)
    rows = [ANN | {"email": f"p{n}@example.org"} for n in range(3)]
    house.system.drop("leads_1.csv", csv_of(*rows))
    house.distribute()
    leads = {
        one["Email"]: one["LeadId"] for one in started.control.do("saleslink", TENANT, "rows", object="Lead")
    }
    started.control.do(
        "saleslink", TENANT, "open_opportunity", LeadId=leads["p1@example.org"], Status="Quote"
    )
    started.control.do(
        "saleslink", TENANT, "delete", object="Lead", id=leads["p2@example.org"], reason="Too small"
    )
    known = [
        KnownRecord(one.record_id, one.object, one.assignment_id, "") for one in house.rows("crm_record")
    ]

    account = CrmAccount(id="crm-P1", type="saleslink", connection="crm_P1")
    with house.crm(account, house.mapping) as crm:
        told = {one.record_id: one for one in crm.pull_records(known, (), None)}

    found: list[Any] = [told[leads[f"p{n}@example.org"]] for n in range(3)]
    assert [(one.distribution, one.status, one.reason) for one in found] == [
        ("pending", None, None),
        ("accepted", "Quote", None),
        ("rejected", None, "Too small"),
    ]
