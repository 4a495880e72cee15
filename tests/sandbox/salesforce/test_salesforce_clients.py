"""Clients that nobody here wrote talk to the org as they would to the vendor."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from simple_salesforce import Salesforce, SalesforceMalformedRequest, format_soql
from simple_salesforce.exceptions import SalesforceMoreThanOneRecord, SalesforceResourceNotFound

from sandbox.salesforce import reports, seeding

ROOT = Path(__file__).parents[3]
TAP = ROOT / "tests" / "sandbox" / "clients" / "tap_salesforce_at.py"
CLIENTS = ROOT / ".venv-clients" / "bin" / "python"


class ToSandbox(requests.adapters.HTTPAdapter):
    """Sends what simple-salesforce means for https hosts to the org's plain port."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        assert request.url is not None
        request.url = self._url + request.url.split(urlsplit(request.url).netloc, 1)[1]
        return super().send(request, *args, **options)


@pytest.fixture
def connect(org) -> Callable[..., Salesforce]:
    """Sign in with simple-salesforce's own arguments."""

    def sign_in(**arguments: Any) -> Salesforce:
        session = requests.Session()
        session.mount("https://", ToSandbox(org.url))
        return Salesforce(session=session, version="62.0", **arguments)

    return sign_in


@pytest.fixture
def client(connect) -> Salesforce:
    """simple-salesforce, signed in by client credentials."""
    return connect(consumer_key="key", consumer_secret="secret", domain="acme.my")


def test_simple_salesforce_signs_in_by_a_signed_assertion(connect, key_pair):
    client = connect(username="api@acme.example", consumer_key="key", privatekey=key_pair[0], domain="login")

    assert client.query("SELECT Id FROM User WHERE Username = 'api@acme.example'")["totalSize"] == 1
    assert client.api_usage["api-usage"].used == 1


def test_simple_salesforce_reads_and_writes_records(client):
    lead = client.Lead.create({"LastName": "O'Neil", "Company": "C", "Ext_Id__c": "a"})["id"]
    client.Lead.update(lead, {"Title": "CTO"})
    assert client.Lead.upsert("Ext_Id__c/b", {"LastName": "B", "Company": "C"}) == 201

    rows = client.query_all(format_soql("SELECT Id, Title FROM Lead WHERE LastName = {}", "O'Neil"))[
        "records"
    ]

    assert [(row["Id"], row["Title"]) for row in rows] == [(lead, "CTO")]
    assert client.Lead.get_by_custom_id("Ext_Id__c", "a")["Id"] == lead
    assert client.Lead.describe()["name"] == "Lead"
    client.Lead.delete(lead)
    with pytest.raises(SalesforceResourceNotFound):
        client.Lead.get(lead)
    with pytest.raises(SalesforceMalformedRequest, match="REQUIRED_FIELD_MISSING"):
        client.Lead.create({"Company": "C"})


def test_simple_salesforce_hears_of_several_records_under_one_key(client):
    for _ in range(2):
        client.Lead.create({"LastName": "L", "Company": "C", "Email": "a@x.example"})

    with pytest.raises(SalesforceMoreThanOneRecord):
        client.Lead.upsert("Email/a@x.example", {"Title": "CTO"})


def test_simple_salesforce_signs_in_again_when_the_session_has_expired(client, org):
    org.bench.later(minutes=121)

    client.Lead.create({"LastName": "L", "Company": "C"})

    assert [entry["operation"] for entry in org.bench.entries].count("token") == 2


def test_simple_salesforce_follows_pages(client, org):
    seeding.insert(org.org, "Lead", [{"LastName": f"L{n}", "Company": "C"} for n in range(4_100)])

    assert sum(1 for _ in client.query_all_iter("SELECT Id FROM Lead")) == 4_100


def test_simple_salesforce_sends_collections(client):
    base = f"{client.base_url}composite/sobjects"
    rows = [{"attributes": {"type": "Lead"}, "LastName": f"L{n}", "Company": "C"} for n in range(200)]

    answer = client._call_salesforce("POST", base, data=json.dumps({"records": rows})).json()

    assert len({row["id"] for row in answer if row["success"]}) == 200


def test_simple_salesforce_runs_bulk_jobs_both_ways(client):
    rows = [{"Ext_Id__c": f"k{n}", "LastName": f"Zoë {n}", "Company": 'A "quoted"\nname'} for n in range(500)]
    rows[7] = {**rows[7], "LastName": ""}

    job = client.bulk2.Lead.upsert(records=rows, external_id_field="Ext_Id__c", wait=0.01)[0]
    failed = client.bulk2.Lead.get_failed_records(job["job_id"])
    good = client.bulk2.Lead.get_successful_records(job["job_id"])
    left = client.bulk2.Lead.get_unprocessed_records(job["job_id"])
    read = "".join(client.bulk2.Lead.query("SELECT Ext_Id__c, Company FROM Lead", max_records=200, wait=0.01))

    assert (job["numberRecordsTotal"], job["numberRecordsFailed"]) == (500, 1)
    assert "k7" in failed
    assert "REQUIRED_FIELD_MISSING" in failed
    assert '"k8"' in good
    assert left.count("\n") <= 1
    assert read.count('"k') == 499
    assert 'A ""quoted""\nname' in read


def test_tap_salesforce_discovers_and_reads_the_leads(org, tmp_path):
    # The tap keeps no bookmark of a stamp that is later than its own clock.
    org.bench.clock = datetime.now(UTC) - timedelta(hours=1)
    seeding.insert(
        org.org,
        "Lead",
        [
            {"LastName": f"L{n}", "Company": "C", "Ext_Id__c": f"k{n}", "Demo__c": n % 2 == 0, "Budget__c": n}
            for n in range(2_300)
        ],
    )
    gone = org.lead(LastName="Gone")
    org.call("DELETE", f"sobjects/Lead/{gone}")
    settings = tmp_path / "tap.json"
    settings.write_text(
        json.dumps(
            {
                "client_id": "key", "client_secret": "secret", "refresh_token": "refresh-1",
                "api_type": "REST",
                "start_date": f"{org.bench.clock - timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}",
                "select_fields_by_default": "true",
                "quota_percent_total": "80", "quota_percent_per_run": "25",
            }
        )
    )  # fmt: skip

    catalog = json.loads(tap(org.url, "--config", str(settings), "--discover"))
    for stream in catalog["streams"]:
        root = next(entry["metadata"] for entry in stream["metadata"] if entry["breadcrumb"] == [])
        chosen = stream["tap_stream_id"] in {"Lead", "User"}
        root.update(
            {"selected": chosen, "replication-method": "INCREMENTAL", "replication-key": "SystemModstamp"}
        )
    chosen_catalog = tmp_path / "catalog.json"
    chosen_catalog.write_text(json.dumps(catalog))
    output = tap(org.url, "--config", str(settings), "--properties", str(chosen_catalog))

    messages = [json.loads(line) for line in output.splitlines()]
    leads = [m["record"] for m in messages if m["type"] == "RECORD" and m["stream"] == "Lead"]
    state = [m["value"] for m in messages if m["type"] == "STATE"][-1]
    assert {"Lead", "Contact", "Campaign", "CampaignMember", "Task"} <= {
        stream["tap_stream_id"] for stream in catalog["streams"]
    }
    assert len(leads) == 2_301
    assert {row["Ext_Id__c"] for row in leads if not row["IsDeleted"]} == {f"k{n}" for n in range(2_300)}
    assert [row["Id"] for row in leads if row["IsDeleted"]] == [gone]
    assert state["bookmarks"]["Lead"]["SystemModstamp"].startswith(f"{org.bench.clock:%Y-%m-%dT%H:%M}")


def tap(url: str, *arguments: str) -> str:
    """Return what tap-salesforce writes; it has an environment of its own, with older libraries."""
    done = subprocess.run(
        [str(CLIENTS), str(TAP), url, *arguments], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return done.stdout


def test_simple_salesforce_runs_reports_and_reads_many_records(client, org):
    leads = [client.Lead.create({"LastName": f"L{number}", "Company": "C"})["id"] for number in range(3)]
    report = reports.add(org.org, "All", "Lead", ["Id", "Name"])

    answer = client.restful(f"analytics/reports/{report}", {"includeDetails": "true"})
    found = client.restful(
        "composite/sobjects/Lead", method="POST", json={"ids": leads, "fields": ["Id", "LastName"]}
    )

    rows = answer["factMap"]["T!T"]["rows"]
    assert sorted(row["dataCells"][0]["value"] for row in rows) == sorted(leads)
    assert [row["LastName"] for row in found] == ["L0", "L1", "L2"]


def test_simple_salesforce_works_with_opportunities_and_their_contacts(client):
    contact = client.Contact.create({"LastName": "D", "Email": "d@x.example"})["id"]
    deal = client.Opportunity.create(
        {"Name": "5 routers", "StageName": "Prospecting", "CloseDate": "2026-12-31"}
    )["id"]
    client.OpportunityContactRole.create({"OpportunityId": deal, "ContactId": contact})

    found = client.query(
        "SELECT Opportunity.Probability, Opportunity.IsWon, Contact.Email FROM OpportunityContactRole "
        "WHERE Contact.Email IN ('d@x.example') AND Opportunity.SystemModstamp >= 2026-01-01T00:00:00Z"
    )["records"]

    assert [(one["Opportunity"]["Probability"], one["Opportunity"]["IsWon"]) for one in found] == [
        (10, False)
    ]
