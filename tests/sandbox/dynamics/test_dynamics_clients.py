"""Clients that nobody here wrote, against the room: dataverse-api, and Microsoft's own."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
import requests
from azure.identity import ClientSecretCredential
from dataverse_api import DataverseClient as CommunityClient
from PowerPlatform.Dataverse.client import DataverseClient
from PowerPlatform.Dataverse.core.errors import HttpError
from PowerPlatform.Dataverse.models.upsert import UpsertItem


@pytest.fixture
def community(environment, monkeypatch) -> Iterator[CommunityClient]:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", environment.sandbox.ca_bundle)
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {environment.token}"
        yield CommunityClient(session, environment.address["tls_url"] + "/")


@pytest.fixture
def microsoft(environment, monkeypatch) -> Iterator[DataverseClient]:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", environment.sandbox.ca_bundle)
    address = environment.address
    credential = ClientSecretCredential(
        address["tenant_id"],
        address["client_id"],
        address["client_secret"],
        authority=address["tls_url"],
        disable_instance_discovery=True,
    )
    with DataverseClient(address["tls_url"], credential) as client, credential:
        yield client


def test_dataverse_api_reads_the_schema_it_needs(community):
    lead = community.entity("lead")

    assert (lead.entity_set_name, lead.primary_id_attr) == ("leads", "leadid")
    assert ["ll_leadlineid"] in lead.alternate_keys.values()
    assert lead.supports_create_multiple


@pytest.mark.parametrize("mode", ["individual", "multiple", "batch"])
def test_dataverse_api_creates_rows_in_each_of_its_ways(environment, community, mode):
    community.entity("lead").create(mode=mode, data=[{"lastname": f"L{n}"} for n in range(3)])

    assert sorted(row["lastname"] for row in environment.rows("lead")) == ["L0", "L1", "L2"]


def test_dataverse_api_upserts_reads_pages_and_deletes(environment, community):
    lead = community.entity("lead")
    rows = [{"ll_leadlineid": f"A{n}", "lastname": f"L{n}"} for n in range(5)]
    for mode in ("individual", "batch"):
        lead.upsert(rows, mode=mode, altkey_name="ll_leadkey")

    read = lead.read(
        select=["lastname", "statuscode"],
        filter="statecode eq 0",
        order_by="lastname asc",
        page_size=2,
        return_formatted_values=True,
    )
    lead.delete(mode="individual", ids=[row["leadid"] for row in read[:2]])

    assert [row["lastname"] for row in read] == ["L0", "L1", "L2", "L3", "L4"]
    assert read[0]["statuscode@OData.Community.Display.V1.FormattedValue"] == "New"
    assert len(environment.rows("lead")) == 3


def test_microsofts_client_signs_in_and_writes_one_and_many(environment, microsoft):
    one = microsoft.records.create("lead", {"lastname": "Z", "leadsourcecode": "Web"})
    many = microsoft.records.create("lead", [{"lastname": "A"}, {"lastname": "B"}])
    microsoft.records.update("lead", one, {"firstname": "Q"})
    microsoft.records.update("lead", many, {"firstname": "R"})
    items = [UpsertItem(alternate_key={"ll_leadlineid": f"X{n}"}, record={"lastname": "U"}) for n in (1, 2)]
    microsoft.records.upsert("lead", items[:1])
    microsoft.records.upsert("lead", items)

    rows = {row["leadid"]: row for row in environment.rows("lead")}
    pages = list(
        microsoft.records.list_pages("lead", select=["lastname"], filter="statecode eq 0", page_size=2)
    )
    assert (rows[one]["leadsourcecode"], rows[one]["firstname"]) == (8, "Q")
    assert [rows[each]["firstname"] for each in many] == ["R", "R"]
    assert len(rows) == 5
    assert [len(page) for page in pages] == [2, 2, 1]


def test_microsofts_client_reads_each_part_of_a_batch(environment, microsoft):
    batch = microsoft.batch.new()
    batch.records.create("lead", {"lastname": "alone"})
    with batch.changeset() as changes:
        changes.records.create("lead", {"lastname": "together"})
    batch.records.update("lead", "00000000-0000-0000-0000-000000000001", {"lastname": "x"})

    responses = batch.execute(continue_on_error=True).responses

    assert [one.status_code for one in responses] == [204, 204, 404]
    assert responses[2].error_code == "0x80040217"
    assert len(environment.rows("lead")) == 2


def test_microsofts_client_tells_a_throttled_call(environment, microsoft):
    environment.fault("throttle", "create", arguments={"retry_after": 3})

    with pytest.raises(HttpError) as caught:
        microsoft.records.create("lead", {"lastname": "A"})

    assert caught.value.status_code == 429
    assert caught.value.details["retry_after"] == 3
    assert json.dumps(caught.value.details["service_error_code"]) == '"0x80072322"'
