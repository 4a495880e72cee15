"""Feedback by `dag.test()` against the sandbox: a partner works with its leads in its own CRM."""

from __future__ import annotations

from leadline.books import run_books
from tests.dags.house import leads
from tests.dags.runs import run


def record_of(house, ref):
    (found,) = [one for one in house.control.records("p001", "Lead") if one["Supplier_Ref__c"] == ref]
    return found


def test_a_day_of_work_in_the_partners_crm_comes_back_once(house, airflow_database):
    house.drop("leads_1.csv", leads("a1", "a2"))
    run("north_distribution")
    assert run("north_feedback").state == "success"
    assert house.rows("lead", "sales_status") == ["open", "open"]
    assert house.rows("history", "kind", kind="crm_updated") == []

    house.control.act(
        "p001", "update", id=record_of(house, "a1")["Id"],
        values={"Status": "Working - Contacted", "Company": "Buyer GmbH"},
    )  # fmt: skip
    ended = run("north_feedback")

    assert ended.state == "success"
    assert sorted(house.rows("lead", "sales_status")) == ["contacted", "open"]
    (before, after) = house.rows("history", "before", "after", kind="crm_updated")[0]
    assert '"Buyer Ltd"' in before
    assert '"Buyer GmbH"' in after
    assert house.rows("run", "balanced", run_id=f"feedback:{ended.run_id}") == [True]
    (row,) = run_books(house.hub, run_id=f"feedback:{ended.run_id}")
    came = {name: value for name, value in list(row.items())[20:] if value}
    assert came == {"records_read": 2, "statuses_changed": 1, "fields_changed": 1}

    quiet = house.hub_side("north")
    run("north_feedback")
    again = house.hub_side("north")
    same = {"run", "mapping_version", "crm_seen", "crm_reading", "watermark", "crm_login"}
    assert {name: rows for name, rows in again.items() if name not in same} == {
        name: rows for name, rows in quiet.items() if name not in same
    }
