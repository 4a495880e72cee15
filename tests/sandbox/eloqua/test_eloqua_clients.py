"""A client that nobody here wrote talks to the tenant as it would to the vendor: eloqua-python-sdk."""

from __future__ import annotations

import json

import pytest
from eloquasdk.bulk import EloquaBulkClient
from eloquasdk.error import EloquaException
from eloquasdk.rest import EloquaRestClient


@pytest.fixture
def bulk(tenant) -> EloquaBulkClient:
    url = f"{tenant.address['url']}/api/bulk/2.0"
    return EloquaBulkClient(username=tenant.user, password=tenant.address["password"], bulk_url=url)


@pytest.fixture
def rest(tenant) -> EloquaRestClient:
    url = f"{tenant.address['url']}/api/rest/2.0"
    return EloquaRestClient(username=tenant.user, password=tenant.address["password"], rest_url=url)


def finished(bulk, definition):
    sync = bulk.execute("create_sync", definition["uri"])
    while bulk.execute("check_sync_status", sync["uri"])["status"] in ("pending", "active"):
        pass
    return sync["uri"]


def test_sdk_lists_the_fields_of_every_element(bulk):
    contacts = {field["internalName"] for field in bulk.execute("get_fields", "contacts")}
    submits = {field["internalName"] for field in bulk.get_fields("activities", activityType="FormSubmit")}
    by_id = bulk.get_fields("customObjects", parentId=9)
    by_name = bulk.get_fields("customObjects", parentName="Partner opportunities")

    assert {"C_EmailAddress", "C_LL_Status1"} <= contacts
    assert "RawData" in submits
    assert "Url" not in submits
    assert by_id == by_name
    assert by_id[0]["statement"] == "{{CustomObject[9].Field[91]}}"


def test_sdk_exports_contacts_with_all_their_fields(tenant, bulk):
    tenant.insert("contact", {"C_EmailAddress": "a@x.example", "UpdatedAt": "2026-10-01"})
    tenant.insert("contact", {"C_EmailAddress": "b@x.example", "UpdatedAt": "2026-11-02"})

    definition = bulk.create_export("n", "contacts", filter="'{{Contact.UpdatedAt}}' >= '2026-11-01'")
    data = bulk.execute("get_synced_data", finished(bulk, definition), 0, 1000)

    assert [row["C_EmailAddress"] for row in data["items"]] == ["b@x.example"]
    assert data["hasMore"] is False
    assert definition["areSystemTimestampsInUTC"] is False


def test_sdk_pages_through_what_a_sync_left(tenant, bulk):
    tenant.insert("contact", *({"C_EmailAddress": f"{number}@x.example"} for number in range(5)))

    uri = finished(bulk, bulk.create_export("n", "contacts", {"mail": "{{Contact.Field(C_EmailAddress)}}"}))
    pages = [bulk.get_synced_data(uri, offset, 2) for offset in (0, 2, 4, 6)]

    assert [page["count"] for page in pages] == [2, 2, 1, 0]
    assert [page["hasMore"] for page in pages] == [True, True, False, False]
    assert "items" not in pages[3]
    assert {row["mail"] for page in pages[:3] for row in page["items"]} == {
        f"{n}@x.example" for n in range(5)
    }


def test_sdk_exports_activities_and_custom_objects(tenant, bulk):
    tenant.act("submit_form", form="7", values={"emailAddress": "a@x.example", "comments": "a & b"})
    tenant.insert("customObject/7", {"Interest1": "Cloud", "contact": "1"})

    activities = bulk.create_export(
        "n", "activities", filter="'{{Activity.Type}}'='FormSubmit'", activityType="FormSubmit"
    )
    rows = bulk.create_export("n", "customObjects", customObjectName="Partner hand-over")

    (activity,) = bulk.get_synced_data(finished(bulk, activities), 0, 10)["items"]
    (row,) = bulk.get_synced_data(finished(bulk, rows), 0, 10)["items"]
    assert (activity["ContactId"], activity["AssetId"]) == ("1", "7")
    assert "comments=a+%26+b" in activity["RawData"]
    assert row["Interest1"] == "Cloud"


def test_sdk_imports_contacts_and_reads_the_rejects(tenant, bulk):
    (known,) = tenant.insert("contact", {"C_EmailAddress": "a@x.example"})
    fields = {"id": "{{Contact.Id}}", "budget": "{{Contact.Field(C_Budget1)}}"}

    definition = bulk.create_import("n", "contacts", fields, identifier_field_name="id")
    rows = [{"id": known, "budget": "5"}, {"id": "999", "budget": "much"}]
    assert bulk.execute("upload_data", f"{definition['uri']}/data", rows) is None
    uri = finished(bulk, definition)

    assert bulk.check_sync_status(uri)["status"] == "warning"
    # This client hands limit and offset on as headers, which must be text.
    (reject,) = bulk.execute("get_sync_rejects", uri, "0", "10")["items"]
    assert (reject["statusCode"], reject["recordIndex"]) == ("ELQ-00032", 2)
    assert reject["fieldValues"] == {"id": "999", "budget": "much"}
    assert [row.get("C_Budget1") for row in tenant.rows("contact")] == ["5"]


def test_sdk_imports_rows_of_a_custom_object_linked_to_contacts(tenant, bulk):
    (contact,) = tenant.insert("contact", {"C_EmailAddress": "a@x.example"})
    fields = {"key": "{{CustomObject[7].Field[73]}}", "mail": "{{CustomObject[7].Field[71]}}"}

    definition = bulk.create_import(
        "n",
        "customObjects",
        fields,
        parent_id=7,
        identifier_field_name="key",
        is_sync_triggered_on_import=True,
        map_data_cards=True,
        map_data_cards_entity_field="{{Contact.Field(C_EmailAddress)}}",
        map_data_cards_entity_type="Contact",
        map_data_cards_source_field="mail",
    )
    sync = bulk.upload_data(f"{definition['uri']}/data", [{"key": "k1", "mail": "A@x.example"}])

    assert sync["syncedInstanceUri"] == definition["uri"]
    (row,) = tenant.rows("customObject/7")
    assert (row["Interest1"], row["contact"]) == ("k1", contact)


def test_sdk_lists_assets(tenant, rest):
    tenant.insert("campaign", {"name": "Hive Briefing"}, {"name": "Vault"})

    found = {
        kind: [one["name"] for one in rest.get_assets(kind)["elements"]]
        for kind in ("campaigns", "forms", "contact/segments", "contact/lists", "customObjects")
    }
    deep = rest.get_assets("campaigns", depth="complete", search="name='Hive*'", count=1, page=1)

    assert found["campaigns"] == ["Hive Briefing", "Vault"]
    assert found["forms"] == ["Partner enquiry", "Newsletter"]
    assert found["contact/segments"][0] == "Ready for partners"
    assert "Partner events" in found["customObjects"]
    assert (deep["total"], deep["elements"][0]["currentStatus"]) == (1, "Active")


def test_sdk_is_told_what_is_wrong(tenant, bulk):
    with pytest.raises(EloquaException) as refused:
        bulk.create_export("n", "contacts", {"x": "{{Contact.Field(C_Gone)}}"})
    assert json.loads(refused.value.args[1])["failures"][0]["field"] == "fields"

    stranger = EloquaBulkClient(username=tenant.user, password="wrong", bulk_url=bulk.bulk_url)
    with pytest.raises(EloquaException, match="Unauthorized"):
        stranger.get_fields("contacts")
