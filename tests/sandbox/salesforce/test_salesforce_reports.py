from __future__ import annotations

import pytest

from sandbox.salesforce import control, conversion
from sandbox.salesforce.config import CustomField, CustomObject

DEAL = "Deal__c"


def code(answer) -> str:
    return answer.json()[0]["errorCode"]


@pytest.fixture
def people(org):
    """Three leads and a report over two of them."""
    for number, country in enumerate(("DE", "DE", "FR")):
        org.lead(LastName=f"L{number}", Email=f"l{number}@x.example", Country=country)
    return control.act(
        org.org,
        "add_report",
        {"name": "Germans", "object": "Lead", "columns": ["Name", "Id", "Email"], "where": "Country = 'DE'"},
    )


def run(org, report, body=None, **query):
    query = {"includeDetails": "true"} | query
    path = f"analytics/reports/{report}?" + "&".join(f"{name}={value}" for name, value in query.items())
    return org.call("POST" if body else "GET", path, body).json()


def labels(answer, column):
    place = answer["reportMetadata"]["detailColumns"].index(column)
    return [row["dataCells"][place]["label"] for row in answer["factMap"]["T!T"]["rows"]]


def test_a_tabular_report_answers_its_rows_and_says_what_its_columns_are(org, people):
    answer = run(org, people)

    assert sorted(labels(answer, "EMAIL")) == ["l0@x.example", "l1@x.example"]
    assert answer["allData"] is True
    assert answer["reportMetadata"]["reportFormat"] == "TABULAR"
    assert answer["reportExtendedMetadata"]["detailColumnInfo"]["EMAIL"]["dataType"] == "email"
    name = answer["factMap"]["T!T"]["rows"][0]["dataCells"][0]
    assert name["value"].startswith("00Q")  # a name leads to its record
    assert answer["factMap"]["T!T"]["aggregates"] == [{"label": "2", "value": 2}]


def test_without_details_there_are_only_totals(org, people):
    answer = run(org, people, includeDetails="false")

    assert "rows" not in answer["factMap"]["T!T"]
    assert answer["hasDetailRows"] is False


def test_more_rows_than_an_answer_holds_are_cut_and_said_to_be(org, people):
    control.act(org.org, "set_report_rows", {"rows": 1})
    order = [{"sortColumn": "LEAD_ID", "sortOrder": "Asc"}]

    first = run(org, people, {"reportMetadata": {"sortBy": order}})
    (last,) = labels(first, "LEAD_ID")
    wish = [{"column": "LEAD_ID", "operator": "greaterThan", "value": last}]
    second = run(org, people, {"reportMetadata": {"sortBy": order, "reportFilters": wish}})

    assert (first["allData"], second["allData"]) == (False, True)
    assert labels(second, "LEAD_ID")[0] > last


def test_reports_are_listed_described_and_queried(org, people):
    listed = org.call("GET", "analytics/reports").json()
    described = org.call("GET", f"analytics/reports/{people}/describe").json()
    found = org.call("GET", "query?q=SELECT+Id,Name,Format+FROM+Report+WHERE+Format='Tabular'").json()

    assert [(one["id"], one["name"]) for one in listed] == [(people, "Germans")]
    assert described["reportMetadata"]["detailColumns"] == ["NAME", "LEAD_ID", "EMAIL"]
    assert [row["Name"] for row in found["records"]] == ["Germans"]


def test_a_report_that_is_not_there_is_not_found(org):
    answer = org.call("GET", "analytics/reports/00O000000000009AAA")

    assert (answer.status_code, code(answer)) == (404, "NOT_FOUND")


def test_a_report_stays_over_a_restart_and_goes_with_a_reset(org, people):
    before = run(org, people)
    org.org.close()
    org.org.open()

    assert labels(run(org, people), "EMAIL") == labels(before, "EMAIL")
    org.org.reset()
    assert org.org.store.tables["Report"] == {}


def test_reading_many_by_post_is_not_journalled_as_writing(org):
    lead = org.lead()

    org.call("POST", "composite/sobjects/Lead", {"ids": [lead], "fields": ["Id"]})

    entry = org.bench.entries[-1]
    assert (entry["operation"], entry["writes"]) == ("collections.retrieve", False)


@pytest.fixture
def dealing(serve):
    """An org with an object of its own that names leads."""
    fields = (
        CustomField(DEAL, "Key__c", length=64, external_id=True, unique=True),
        CustomField(DEAL, "Lead__c", "reference", reference_to=("Lead",)),
    )
    return serve(custom_objects=(CustomObject(DEAL, "Deal", "a01", fields, activities=True),))


def test_an_own_object_names_a_lead_and_takes_tasks(dealing):
    lead = dealing.lead(LastName="Doe")
    made = dealing.call("PATCH", f"sobjects/{DEAL}/Key__c/k1", {"Name": "D", "Lead__c": lead}).json()

    task = dealing.call("POST", "sobjects/Task", {"WhatId": made["id"], "Subject": "Call"})
    found = dealing.call("GET", f"query?q=SELECT+Lead__r.LastName+FROM+{DEAL}").json()

    assert task.status_code == 201
    assert found["records"][0]["Lead__r"]["LastName"] == "Doe"
    assert made["id"].startswith("a01")


def test_what_names_a_merged_lead_names_its_survivor_after(dealing):
    lesser, master = dealing.lead(), dealing.lead()
    made = dealing.call("POST", f"sobjects/{DEAL}", {"Name": "D", "Lead__c": lesser}).json()["id"]

    conversion.merge(dealing.org, "Lead", master, lesser)

    assert dealing.read(DEAL, made)["Lead__c"] == master
