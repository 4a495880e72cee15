from __future__ import annotations

import pytest


def leads(count: int, **values) -> list[dict]:
    return [
        {"attributes": {"type": "Lead"}, "LastName": f"L{n}", "Company": "C", "Ext_Id__c": f"k{n}", **values}
        for n in range(count)
    ]


def codes(answer) -> list[str | None]:
    return [row["errors"][0]["statusCode"] if row["errors"] else None for row in answer.json()]


def test_rows_answer_in_order_and_a_bad_one_spoils_no_other(org):
    records = leads(3)
    records[1]["LastName"] = None

    answer = org.call("POST", "composite/sobjects", {"records": records})

    assert answer.status_code == 200
    assert [row["success"] for row in answer.json()] == [True, False, True]
    assert answer.json()[1]["errors"][0] == {
        "statusCode": "REQUIRED_FIELD_MISSING",
        "message": "Required fields are missing: [LastName]",
        "fields": ["LastName"],
    }
    assert len(org.query("SELECT Id FROM Lead")) == 2


def test_all_or_none_rolls_everything_back(org):
    records = leads(3)
    records[1]["Email"] = "no address"

    answer = org.call("POST", "composite/sobjects", {"allOrNone": True, "records": records})

    rolled_back = "ALL_OR_NONE_OPERATION_ROLLED_BACK"
    assert codes(answer) == [rolled_back, "INVALID_EMAIL_ADDRESS", rolled_back]
    assert org.query("SELECT Id FROM Lead") == []


def test_upsert_tells_new_from_known_and_refuses_a_key_twice(org):
    first = org.call("PATCH", "composite/sobjects/Lead/Ext_Id__c", {"records": leads(2)}).json()
    second = org.call(
        "PATCH", "composite/sobjects/Lead/Ext_Id__c", {"records": [*leads(3, Title="CTO"), *leads(1)]}
    )

    assert [row["created"] for row in first] == [True, True]
    assert [row.get("created") for row in second.json()] == [False, False, True, None]
    assert codes(second)[3] == "DUPLICATE_VALUE"
    assert [row["id"] for row in second.json()[:2]] == [row["id"] for row in first]


def test_updates_and_deletes_name_records_by_id(org):
    kept, gone = org.lead(), org.lead()
    org.call("DELETE", f"sobjects/Lead/{gone}")
    records = [
        {"attributes": {"type": "Lead"}, "Id": record_id, "Title": "CTO"} for record_id in (kept, gone)
    ]

    updated = org.call("PATCH", "composite/sobjects", {"records": records})
    deleted = org.call("DELETE", f"composite/sobjects?ids={kept},{gone},00Q000000000009AAA&allOrNone=false")

    assert codes(updated) == [None, "ENTITY_IS_DELETED"]
    assert codes(deleted) == [None, "ENTITY_IS_DELETED", "INVALID_CROSS_REFERENCE_KEY"]


def test_several_records_are_read_at_once(org):
    lead = org.lead(Title="CTO")

    answer = org.call(
        "POST", "composite/sobjects/Lead", {"ids": [lead, lead[:-3][:-1] + "9"], "fields": ["title"]}
    )

    assert [row and row["Title"] for row in answer.json()] == ["CTO", None]


@pytest.mark.parametrize(
    "body",
    [
        {"records": leads(201)},
        {"records": [{"LastName": "x"}]},  # attributes.type is missing
        {"records": "x"},
        {},
    ],
)
def test_a_malformed_collection_is_refused_as_a_whole(org, body):
    assert org.call("POST", "composite/sobjects", body).status_code == 400


def test_an_id_in_an_upsert_by_key_is_refused(org):
    answer = org.call("PATCH", "composite/sobjects/Lead/Ext_Id__c", {"records": leads(1, id=org.lead())})

    assert answer.status_code == 400


def test_a_composite_request_uses_what_came_before(org):
    base = "/services/data/v62.0/sobjects"
    parts = [
        {
            "method": "POST",
            "url": f"{base}/Lead",
            "referenceId": "L",
            "body": {"LastName": "D", "Company": "C"},
        },
        {
            "method": "POST",
            "url": f"{base}/Task",
            "referenceId": "T",
            "body": {"Subject": "x", "WhoId": "@{L.id}"},
        },
        {"method": "GET", "url": f"{base}/Lead/@{{L.id}}?fields=LastName", "referenceId": "R"},
    ]

    answer = org.call("POST", "composite", {"allOrNone": True, "compositeRequest": parts}).json()

    found = answer["compositeResponse"]
    assert [part["httpStatusCode"] for part in found] == [201, 201, 200]
    assert found[2]["body"]["LastName"] == "D"
    assert org.query("SELECT WhoId FROM Task")[0]["WhoId"] == found[0]["body"]["id"]
    assert org.org.usage.used == 2  # the composite call and the query


@pytest.mark.parametrize(("together", "left"), [(True, 0), (False, 1)])
def test_a_failed_part_halts_an_all_or_none_composite(org, together, left):
    base = "/services/data/v62.0/sobjects"
    parts = [
        {
            "method": "POST",
            "url": f"{base}/Lead",
            "referenceId": "L",
            "body": {"LastName": "D", "Company": "C"},
        },
        {"method": "POST", "url": f"{base}/Lead", "referenceId": "M", "body": {"LastName": "D"}},
        {"method": "POST", "url": f"{base}/Task", "referenceId": "T", "body": {"WhoId": "@{M.id}"}},
    ]

    answer = org.call("POST", "composite", {"allOrNone": together, "compositeRequest": parts}).json()

    found = [part["body"][0]["errorCode"] if isinstance(part["body"], list) else None
             for part in answer["compositeResponse"]]  # fmt: skip
    assert found[1:] == ["REQUIRED_FIELD_MISSING", "PROCESSING_HALTED"]
    assert len(org.query("SELECT Id FROM Lead")) == left


def test_each_request_of_a_batch_counts(org):
    parts = [{"method": "GET", "url": "v62.0/limits"}, {"method": "GET", "url": "v62.0/sobjects/Nope"}]

    answer = org.call("POST", "composite/batch", {"batchRequests": parts}).json()

    assert answer["hasErrors"] is True
    assert [part["statusCode"] for part in answer["results"]] == [200, 404]
    assert org.org.usage.used == 2


def test_a_tree_is_planted_whole_or_not_at_all(org):
    def tree(last: str | None) -> dict:
        contact = {"attributes": {"type": "Contact", "referenceId": "c"}, "LastName": last}
        account = {"attributes": {"type": "Account", "referenceId": "a"}, "Name": "Acme"}
        return {"records": [{**account, "Contacts": {"records": [contact]}}]}

    bad = org.call("POST", "composite/tree/Account", tree(None))
    none = org.query("SELECT Id FROM Account")
    good = org.call("POST", "composite/tree/Account", tree("Doe"))

    assert (bad.status_code, bad.json()["hasErrors"], none) == (400, True, [])
    assert good.status_code == 201
    assert org.query("SELECT Account.Name FROM Contact")[0]["Account"]["Name"] == "Acme"


def test_every_answer_tells_the_usage_and_the_limit_ends_it(org):
    org.org.usage.set(used=4, maximum=5)

    last = org.call("GET", "limits")
    refused = org.call("GET", "limits")
    org.bench.later(hours=25)
    org.renew_session()
    tomorrow = org.call("GET", "limits")

    assert last.headers["Sforce-Limit-Info"] == "api-usage=5/5"
    assert last.json()["DailyApiRequests"] == {"Max": 5, "Remaining": 0}
    assert (refused.status_code, refused.json()[0]["errorCode"]) == (403, "REQUEST_LIMIT_EXCEEDED")
    assert tomorrow.status_code == 200
