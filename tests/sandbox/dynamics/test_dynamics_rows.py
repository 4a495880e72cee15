"""Rows over the Web API: writing under conditions, keys, choices, lengths, states."""

from __future__ import annotations

import pytest

MISSING = "00000000-0000-0000-0000-000000000001"


def code(answer):
    return answer.status_code, answer.json()["error"]["code"]


def test_a_created_row_is_named_by_its_header_and_read_back(environment):
    answer = environment.call("POST", "leads", {"lastname": "Lee", "firstname": "Ann", "subject": "x"})

    row = environment.get(answer.headers["OData-EntityId"])
    assert answer.status_code == 204
    assert (row["fullname"], row["statecode"], row["statuscode"]) == ("Ann Lee", 0, 1)
    assert row["_ownerid_value"] == environment.address["user_id"]


def test_a_change_without_a_condition_brings_back_what_is_gone_and_with_one_it_does_not(environment):
    with_condition = environment.call("PATCH", f"leads({MISSING})", {"lastname": "A"}, If_Match="*")
    without = environment.call("PATCH", f"leads({MISSING})", {"lastname": "A"})

    assert code(with_condition) == (404, "0x80040217")
    assert without.status_code == 204
    assert [row["leadid"] for row in environment.rows("lead")] == [MISSING]


def test_create_only_meets_the_row_that_is_there(environment):
    path = "leads(ll_leadlineid='A1')"
    first = environment.call("PATCH", path, {"lastname": "A"}, If_None_Match="*")
    second = environment.call("PATCH", path, {"lastname": "B"}, If_None_Match="*")

    assert first.status_code == 204
    assert code(second)[0] == 412
    (row,) = environment.rows("lead")
    assert (row["lastname"], row["ll_leadlineid"]) == ("A", "A1")


@pytest.mark.parametrize(("existing", "status"), [(False, 201), (True, 200)])
def test_an_upsert_tells_create_from_update_only_with_its_representation(environment, existing, status):
    if existing:
        environment.insert("lead", lastname="A", ll_leadlineid="O'Neill")

    answer = environment.call(
        "PATCH",
        "leads(ll_leadlineid='O''Neill')?$select=leadid",
        {"lastname": "B"},
        Prefer="return=representation",
    )

    assert answer.status_code == status
    assert answer.json()["leadid"] == environment.rows("lead")[0]["leadid"]


def test_a_key_that_another_row_has_is_refused(environment):
    environment.insert("lead", lastname="A", ll_leadlineid="A1")

    assert code(environment.call("POST", "leads", {"lastname": "B", "ll_leadlineid": "a1"})) == (
        412,
        "0x80060892",
    )


def test_a_key_whose_index_is_not_active_addresses_nothing(environment):
    environment.act("key_state", object="lead", state="Pending")

    assert environment.call("PATCH", "leads(ll_leadlineid='A1')", {"lastname": "A"}).status_code == 400


def test_a_stale_version_is_refused(environment):
    record = environment.insert("lead", lastname="A")
    etag = environment.get(f"leads({record})")["@odata.etag"]
    environment.act("update", object="lead", id=record, values={"lastname": "B"})

    answer = environment.call("PATCH", f"leads({record})", {"lastname": "C"}, If_Match=etag)

    assert code(answer) == (412, "0x80060882")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"lastname": "x" * 51}, "0x80044331"),
        ({"mobilephone": "1" * 21}, "0x80044331"),
        ({"leadsourcecode": 77}, "0x8004431a"),
        ({"leadsourcecode": "Web"}, "0x80048d19"),
        ({"nothing": "x"}, "0x80048d19"),
        ({"LastName": "x"}, "0x80048d19"),
        ({"numberofemployees": "12"}, "0x80048d19"),
        ({"ownerid@odata.bind": f"/systemusers({MISSING})"}, "0x80040217"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_with_its_code(environment, body, expected):
    assert code(environment.call("POST", "leads", {"lastname": "A"} | body))[1] == expected
    assert environment.rows("lead") == []


def test_a_state_takes_only_its_own_reasons_and_a_closed_lead_is_read_only(environment):
    record = environment.insert("lead", lastname="A")
    path = f"leads({record})"

    assert code(environment.call("PATCH", path, {"statecode": 2, "statuscode": 1})) == (400, "0x80048408")
    assert environment.call("PATCH", path, {"statecode": 2, "statuscode": 5}).status_code == 204
    assert environment.call("PATCH", path, {"lastname": "B"}).status_code == 400
    assert environment.call("PATCH", path, {"statecode": 0, "statuscode": 1}).status_code == 204
    assert environment.call("PATCH", path, {"lastname": "B"}).status_code == 204


@pytest.mark.parametrize("binding", ["regardingobjectid_lead_task", "regardingobjectid_lead"])
def test_a_task_is_bound_to_its_lead_by_either_name(environment, binding):
    lead = environment.insert("lead", lastname="A")

    environment.call("POST", "tasks", {"subject": "Call", f"{binding}@odata.bind": f"/leads({lead})"})

    assert environment.rows("task")[0]["regardingobjectid"] == ["lead", lead]


def test_a_duplicate_rule_holds_only_where_it_is_asked(environment):
    environment.act("duplicate_rule", object="lead", columns=["emailaddress1"])
    body = {"lastname": "A", "emailaddress1": "a@b.example"}
    environment.call("POST", "leads", body)

    headers = {"MSCRM.SuppressDuplicateDetection": "false", "Authorization": f"Bearer {environment.token}"}
    asked = environment.http.post(f"{environment.api}/leads", json=body, headers=headers)
    silent = environment.call("POST", "leads", body)

    assert code(asked) == (412, "0x80040333")
    assert silent.status_code == 204


def test_a_deleted_lead_takes_its_notes_and_tasks_along(environment):
    lead = environment.insert("lead", lastname="A")
    environment.call("POST", "annotations", {"subject": "n", "objectid_lead@odata.bind": f"/leads({lead})"})

    assert environment.call("DELETE", f"leads({lead})").status_code == 204
    assert code(environment.call("GET", f"leads({lead})")) == (404, "0x80040217")
    assert environment.rows("annotation") == []


def test_rows_survive_a_restart(tmp_path):
    from sandbox.launch import running

    with running(tmp_path, orgs=(), vendors=("dynamics",)) as before:
        before.control.do("dynamics", "d001", "insert", object="lead", rows=[{"lastname": "A"}])
    with running(tmp_path, orgs=(), vendors=("dynamics",)) as after:
        rows = after.control.do("dynamics", "d001", "rows", object="lead")
        users = after.control.do("dynamics", "d001", "rows", object="systemuser")

    assert [row["lastname"] for row in rows] == ["A"]
    assert len(users) == 4
