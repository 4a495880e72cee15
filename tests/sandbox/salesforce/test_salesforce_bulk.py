from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from sandbox.salesforce import seeding


def run_job(org: Any, data: str | bytes, operation: str = "upsert", **job: Any) -> str:
    """Create a job, upload, close it; return its id."""
    if operation == "upsert":
        job.setdefault("externalIdFieldName", "Ext_Id__c")
    created = org.call("POST", "jobs/ingest", {"object": "Lead", "operation": operation, **job})
    assert created.status_code == 200, created.text
    body = created.json()
    uploaded = org.session.put(
        f"{org.url}/{body['contentUrl']}", data=data, headers={"Content-Type": "text/csv"}, timeout=20
    )
    assert (body["state"], uploaded.status_code, uploaded.content) == ("Open", 201, b"")
    closed = org.call("PATCH", f"jobs/ingest/{body['id']}", {"state": "UploadComplete"})
    assert closed.json()["state"] == "UploadComplete"
    return str(body["id"])


def info(org: Any, job: str) -> dict[str, Any]:
    return dict(org.call("GET", f"jobs/ingest/{job}").json())


def results(org: Any, job: str, which: str) -> list[dict[str, str]]:
    answer = org.call("GET", f"jobs/ingest/{job}/{which}/")
    assert answer.headers["Content-Type"].startswith("text/csv")
    return list(csv.DictReader(io.StringIO(answer.text, newline="")))


def test_a_job_takes_the_good_rows_and_explains_the_bad_ones(org):
    org.lead(Ext_Id__c="b", LastName="Old")
    data = (
        "Ext_Id__c,LastName,Company,NumberOfEmployees,Street\n"
        'a,Doe,Acme,5,"1 Main St\nFloor 2"\n'
        "b,New,,,\n"
        "c,,Acme,,\n"
        "d,Roe,Acme,many,\n"
    )

    job = run_job(org, data)

    found = info(org, job)
    assert (found["state"], found["numberRecordsProcessed"], found["numberRecordsFailed"]) == (
        "JobComplete",
        4,
        2,
    )
    good = {row["Ext_Id__c"]: row for row in results(org, job, "successfulResults")}
    bad = {row["Ext_Id__c"]: row for row in results(org, job, "failedResults")}
    assert {key: row["sf__Created"] for key, row in good.items()} == {"a": "true", "b": "false"}
    assert good["a"]["Street"] == "1 Main St\nFloor 2"
    assert bad["c"]["sf__Error"].startswith(
        "REQUIRED_FIELD_MISSING:Required fields are missing: [LastName]:LastName"
    )
    assert bad["d"]["sf__Error"].startswith("INVALID_TYPE_ON_FIELD_IN_RECORD:")
    row = org.read("Lead", good["b"]["sf__Id"])
    assert (row["LastName"], row["Company"]) == ("New", "Acme")  # an empty cell is ignored


@pytest.mark.parametrize("spelling", ["unprocessedrecords", "unprocessedRecords"])
def test_unprocessed_rows_are_found_under_both_spellings(org, spelling):
    org.bench.plan("ingest.state", "job_failed", after=2, message="InternalServerError : trouble")

    job = run_job(org, "Ext_Id__c,LastName,Company\n" + "".join(f"k{n},L,C\n" for n in range(5)))

    found = info(org, job)
    assert (found["state"], found["errorMessage"]) == ("Failed", "InternalServerError : trouble")
    assert len(results(org, job, "successfulResults")) == 2
    assert [row["Ext_Id__c"] for row in results(org, job, spelling)] == ["k2", "k3", "k4"]
    assert len(org.query("SELECT Id FROM Lead")) == 2  # what was committed stays


def test_an_unknown_column_fails_the_whole_job(org):
    job = run_job(org, "Ext_Id__c,LastName,Company,Nope__c\na,D,C,x\n")

    found = info(org, job)
    assert (found["state"], found["errorMessage"]) == (
        "Failed",
        "InvalidBatch : Field name not found : Nope__c",
    )
    assert [row["Ext_Id__c"] for row in results(org, job, "unprocessedrecords")] == ["a"]
    assert org.query("SELECT Id FROM Lead") == []


@pytest.mark.parametrize(("declared", "used"), [("LF", "\r\n"), ("CRLF", "\n")])
def test_line_endings_must_be_the_declared_ones(org, declared, used):
    data = used.join(["Ext_Id__c,LastName,Company", "a,D,C", ""])

    wrong = run_job(org, data, lineEnding=declared)
    right = run_job(org, data, lineEnding="CRLF" if declared == "LF" else "LF")

    assert info(org, wrong)["state"] == "Failed"
    assert "LineEnding is invalid" in info(org, wrong)["errorMessage"]
    assert info(org, right)["state"] == "JobComplete"
    assert org.query("SELECT Company FROM Lead")[0]["Company"] == "C"


def test_an_empty_id_column_is_passed_over_and_na_clears(org):
    lead = org.lead(Ext_Id__c="a", Title="CTO", Email="a@x.example")

    job = run_job(org, "Id,Ext_Id__c,Title,Email\n,a,#N/A,\n")

    assert info(org, job)["numberRecordsFailed"] == 0
    row = org.read("Lead", lead)
    assert (row["Title"], row["Email"]) == (None, "a@x.example")


def test_a_body_in_chunks_is_read_whole(org):
    parts = (b"Ext_Id__c,LastName,Company\n", b"a,D,C\n", "b,Ünal,C\n".encode())

    job = run_job(org, iter(parts))

    assert info(org, job)["numberRecordsProcessed"] == 2
    assert [row["LastName"] for row in org.query("SELECT LastName FROM Lead ORDER BY LastName")] == [
        "D",
        "Ünal",
    ]


def test_other_delimiters_and_operations(org):
    lead = org.lead()

    updated = run_job(org, f"Id|Title\n{lead}|CTO\n", "update", columnDelimiter="PIPE")
    title = org.read("Lead", lead)["Title"]
    deleted = run_job(org, f"Id\n{lead}\n00Q000000000009AAA\n", "delete")
    inserted = run_job(org, "LastName,Company\nD,C\n", "insert")

    assert (info(org, updated)["numberRecordsFailed"], title) == (0, "CTO")
    assert info(org, deleted)["numberRecordsFailed"] == 1
    assert results(org, inserted, "successfulResults")[0]["sf__Created"] == "true"


def test_no_assignment_rule_runs_unless_the_job_names_one(serve):
    from sandbox.salesforce.config import AssignmentEntry, AssignmentRule

    rule = AssignmentRule("01Q000000000001", (AssignmentEntry(owner="00G000000000001"),))
    org = serve(assignment_rules=(rule,))

    run_job(org, "Ext_Id__c,LastName,Company\na,D,C\n")
    run_job(org, "Ext_Id__c,LastName,Company\nb,D,C\n", assignmentRuleId="01Q000000000001")

    owners = {
        row["Ext_Id__c"]: row["OwnerId"][:3] for row in org.query("SELECT Ext_Id__c, OwnerId FROM Lead")
    }
    assert owners == {"a": "005", "b": "00G"}


def test_a_slow_job_does_its_work_when_it_was_asked_often_enough(org):
    org.bench.plan("ingest.state", "slow_job", polls=3)

    job = run_job(org, "Ext_Id__c,LastName,Company\na,D,C\n")
    before = org.query("SELECT Id FROM Lead")
    states = [info(org, job)["state"] for _ in range(4)]

    assert before == []
    assert states == ["InProgress", "InProgress", "JobComplete", "JobComplete"]
    assert len(org.query("SELECT Id FROM Lead")) == 1


def test_the_nth_row_can_be_locked(org):
    org.bench.plan("ingest.state", "row_error", rows=[2])

    job = run_job(org, "Ext_Id__c,LastName,Company\na,D,C\nb,D,C\nc,D,C\n")

    assert [row["Ext_Id__c"] for row in results(org, job, "failedResults")] == ["b"]
    assert results(org, job, "failedResults")[0]["sf__Error"].startswith("UNABLE_TO_LOCK_ROW:")
    assert info(org, job)["state"] == "JobComplete"


def test_jobs_go_through_their_states_only(org):
    job = run_job(org, "Ext_Id__c,LastName,Company\na,D,C\n")
    again = org.session.put(
        f"{org.data}/jobs/ingest/{job}/batches", data="x", headers={"Content-Type": "text/csv"}, timeout=20
    )
    aborted = org.call("PATCH", f"jobs/ingest/{job}", {"state": "Aborted"})
    opened = org.call("POST", "jobs/ingest", {"object": "Lead", "operation": "insert"}).json()["id"]
    early = org.call("GET", f"jobs/ingest/{opened}/failedResults")
    listed = org.call("GET", "jobs/ingest").json()

    assert (again.status_code, aborted.status_code, early.status_code) == (400, 400, 400)
    assert org.call("DELETE", f"jobs/ingest/{opened}").status_code == 400
    assert org.call("PATCH", f"jobs/ingest/{opened}", {"state": "Aborted"}).json()["state"] == "Aborted"
    assert org.call("DELETE", f"jobs/ingest/{opened}").status_code == 204
    assert org.call("GET", f"jobs/ingest/{opened}").status_code == 404
    assert {entry["id"] for entry in listed["records"]} == {job, opened}


@pytest.mark.parametrize(
    "job",
    [
        {"object": "Nope", "operation": "insert"},
        {"object": "Lead", "operation": "replace"},
        {"object": "Lead", "operation": "upsert"},
        {"object": "Lead", "operation": "upsert", "externalIdFieldName": "Title"},
        {"object": "Lead", "operation": "insert", "columnDelimiter": "DOT"},
    ],
)
def test_a_job_that_cannot_work_is_not_made(org, job):
    assert org.call("POST", "jobs/ingest", job).status_code == 400


def test_ten_thousand_rows_are_all_there(org):
    data = "Ext_Id__c,LastName,Company\n" + "".join(f"k{n},L{n},C\n" for n in range(10_000))

    job = run_job(org, data)

    assert info(org, job)["numberRecordsProcessed"] == 10_000
    good = results(org, job, "successfulResults")
    assert {row["Ext_Id__c"] for row in good} == {f"k{n}" for n in range(10_000)}
    assert good[0]["Ext_Id__c"] != "k0"  # the order of the file is not kept


def test_query_jobs_are_read_in_pages(org):
    seeding.insert(
        org.org, "Lead", [{"LastName": f'"{n}", x', "Company": "C", "Demo__c": n == 0} for n in range(250)]
    )
    soql = "SELECT Id, LastName, demo__c, CreatedDate, Owner.Name, Email FROM Lead ORDER BY Id"
    job = org.call("POST", "jobs/query", {"operation": "query", "query": soql}).json()
    state = org.call("GET", f"jobs/query/{job['id']}").json()

    rows, sizes, locator = [], [], None
    while locator != "null":
        params = {"maxRecords": 100, **({"locator": locator} if locator else {})}
        page = org.call("GET", f"jobs/query/{job['id']}/results", params=params)
        rows += csv.DictReader(io.StringIO(page.text, newline=""))
        sizes.append(int(page.headers["Sforce-NumberOfRecords"]))
        locator = page.headers["Sforce-Locator"]

    assert (job["state"], state["state"], state["numberRecordsProcessed"]) == (
        "UploadComplete",
        "JobComplete",
        250,
    )
    assert sizes == [100, 100, 50]
    assert list(rows[0]) == ["Id", "LastName", "Demo__c", "CreatedDate", "Owner.Name", "Email"]
    assert rows[0]["LastName"] == '"0", x'
    assert (rows[0]["Demo__c"], rows[1]["Demo__c"], rows[0]["Email"]) == ("true", "false", "")
    assert rows[0]["CreatedDate"] == "2026-11-22T10:00:00.000Z"


def test_query_results_are_not_there_before_the_job_is_done(org):
    org.bench.plan("bulk_query.create", "slow_job", polls=1)
    job = org.call("POST", "jobs/query", {"operation": "query", "query": "SELECT Id FROM Lead"}).json()["id"]

    early = org.call("GET", f"jobs/query/{job}/results")
    org.call("GET", f"jobs/query/{job}")
    late = org.call("GET", f"jobs/query/{job}/results")

    assert (early.status_code, late.status_code) == (412, 200)
    assert late.headers["Sforce-Locator"] == "null"


@pytest.mark.parametrize(
    "soql",
    [
        "SELECT COUNT() FROM Lead",
        "SELECT Address FROM Lead",
        "SELECT Id FROM Lead LIMIT 1 OFFSET 1",
        "SELECT x",
    ],
)
def test_queries_that_bulk_does_not_run_are_refused(org, soql):
    assert org.call("POST", "jobs/query", {"operation": "query", "query": soql}).status_code == 400


def test_jobs_survive_a_restart(serve):
    before = serve()
    before.bench.plan("ingest.state", "slow_job", polls=1)
    job = run_job(before, "Ext_Id__c,LastName,Company\na,D,C\n")
    before.stop()

    after = serve()

    assert info(after, job)["state"] == "JobComplete"
    assert [row["Ext_Id__c"] for row in results(after, job, "successfulResults")] == ["a"]
