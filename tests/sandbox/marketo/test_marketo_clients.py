"""marketorestpython, which nobody here wrote, against the imitated Marketo: every group of calls."""

from __future__ import annotations

import csv
import io
import warnings

import pytest

SINCE = "2020-01-01T00:00:00Z"
PRIMARY = {"primaryAttributeApiName": "kind", "primaryAttributeName": "Kind"}


@pytest.fixture
def client(tenant):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its own string literals
        from marketorestpython.client import MarketoClient

    address = tenant.address
    client = MarketoClient(
        address["munchkin_id"], address["client_id"], address["client_secret"], max_retry_time=1
    )
    client.host = address["url"]
    yield client
    client.API_LIMIT = 0


def test_leads_are_written_found_merged_and_deleted(tenant, client):
    leads = [{"email": f"p{n}@x.example", "firstName": "Ann"} for n in range(3)]

    written = client.create_update_leads(leads, action="createOrUpdate", lookupField="email")
    again = client.create_update_leads([{"email": "p0@x.example", "firstName": "Bea"}])
    ids = [row["id"] for row in written]
    found = client.get_multiple_leads_by_filter_type(
        "email", ["p0@x.example", "p1@x.example"], fields=["id", "firstName"]
    )
    client.merge_lead(ids[0], [ids[1]])
    deleted = client.delete_lead([ids[2]])

    assert [row["status"] for row in written] == ["created"] * 3
    assert again == [{"id": ids[0], "status": "updated"}]
    assert found == [{"id": ids[0], "firstName": "Bea"}, {"id": ids[1], "firstName": "Ann"}]
    assert deleted == [{"id": ids[2], "status": "deleted"}]
    assert [row["id"] for row in tenant.rows("lead")] == [ids[0]]
    assert client.get_lead_by_id(ids[0], fields=["firstName"])[0]["firstName"] == "Bea"


def test_leads_are_described(client):
    names = {entry["rest"]["name"] for entry in client.describe() if "rest" in entry}
    (described,) = client.describe2()

    assert {"id", "email", "llDistributionStatus"} <= names
    assert ["email"] in described["searchableFields"]
    assert client.get_lead_partitions()[0]["name"] == "Default"


def test_lists_are_filled_read_and_emptied(tenant, client):
    (list_,) = tenant.insert("list", {"name": "Hand over"})
    ids = tenant.insert("lead", {"email": "a@x.example"}, {"email": "b@x.example"})

    added = client.add_leads_to_list(list_, ids)
    members = client.get_multiple_leads_by_list_id(list_, fields=["email"])
    client.remove_leads_from_list(list_, [ids[0]])

    assert [row["status"] for row in added] == ["added"] * 2
    assert [row["email"] for row in members] == ["a@x.example", "b@x.example"]
    assert [row["status"] for row in client.member_of_list(list_, ids)] == ["notmemberof", "memberof"]
    assert [row["name"] for row in client.get_multiple_lists(id=[list_])] == ["Hand over"]


def test_programs_channels_and_membership(tenant, client):
    programs = tenant.insert("program", *({"name": f"P{n}", "tags": {"Theme": "Cloud"}} for n in range(25)))
    ids = tenant.insert("lead", {"email": "a@x.example", "program": programs[0]}, {"email": "b@x.example"})

    changed = client.change_lead_program_status(programs[0], ids, "Accepted")
    backwards = client.change_lead_program_status(programs[0], ids[:1], "Member")
    fields = client.sync_program_member_data(programs[0], [{"leadId": ids[0], "llMemberPartner": "K"}])
    members = client.get_multiple_leads_by_program_id(programs[0], fields=["email"])

    assert [row["status"] for row in changed] == ["updated", "created"]
    assert backwards[0]["reasons"][0]["code"] == "1037"
    assert fields[0]["status"] == "updated"
    assert [row["membership"]["progressionStatus"] for row in members] == ["Accepted"] * 2
    assert sum(len(page) for page in client.get_programs_yield(maxReturn=10)) == 25
    assert client.get_program_by_id(programs[0])[0]["tags"] == [{"tagType": "Theme", "tagValue": "Cloud"}]
    assert client.get_program_by_name("P3")[0]["id"] == programs[3]
    assert "Accepted" in {one["name"] for one in client.get_channels()[0]["progressionStatuses"]}
    assert len(client.get_multiple_campaigns()) == 25
    assert client.describe_program_member()[0]["name"] == "API Program Membership"


def test_activities_changes_and_deletions(tenant, client):
    (program,) = tenant.insert("program", {"name": "P1"})
    ids = tenant.insert("lead", *({"email": f"a{n}@x.example", "program": program} for n in range(5)))
    tenant.act("update", object="lead", id=ids[0], values={"company": "New"})
    tenant.act("delete", object="lead", id=ids[1])
    tenant.act("set", page_rows=2)

    handed = client.get_lead_activities(activityTypeIds=["104"], sinceDatetime=SINCE)
    changes = client.get_lead_changes(fields=["company"], sinceDatetime=SINCE)
    gone = client.get_deleted_leads(sinceDatetime=SINCE)

    assert [row["leadId"] for row in handed] == ids
    assert [row["fields"][0]["newValue"] for row in changes if row["fields"]] == ["New"]
    assert [row["leadId"] for row in gone] == [ids[1]]
    assert {104, 24, 12, 13} <= {row["id"] for row in client.get_activity_types()}


def test_custom_activities(tenant, client):
    (lead,) = tenant.insert("lead", {"email": "a@x.example"})
    made = client.create_custom_activity_type("ownType", "Own", "Own", "Own", *PRIMARY.values())
    draft = {"leadId": lead, "activityDate": "2026-11-22T01:00:00Z", "activityTypeId": made[0]["id"]}
    draft |= {"primaryAttributeValue": "x", "attributes": []}

    before = client.add_custom_activities([draft])
    client.approve_custom_activity_type("ownType")
    after = client.add_custom_activities([draft, {**draft, "leadId": 9}])

    assert before[0]["errors"][0]["code"] == "1003"
    assert [row["status"] for row in after] == ["added", "skipped"]
    assert after[1]["errors"][0]["code"] == "1004"
    assert {row["apiName"] for row in client.get_custom_activity_types()} == {"partnerEvent", "ownType"}


def test_custom_objects(tenant, client):
    (lead,) = tenant.insert("lead", {"email": "a@x.example"})
    row = {"distributionId": "D1", "leadId": lead, "status": "Pending"}

    made = client.create_update_custom_objects("distribution_c", [row], "createOrUpdate", "dedupeFields")
    again = client.create_update_custom_objects("distribution_c", [{**row, "status": "Accepted"}])
    found = client.get_custom_objects(
        "distribution_c", [{"distributionId": "D1"}], "dedupeFields", ["status"]
    )

    assert (made[0]["status"], again[0]["status"]) == ("created", "updated")
    assert again[0]["marketoGUID"] == made[0]["marketoGUID"]
    assert [one["status"] for one in found] == ["Accepted"]
    assert client.describe_custom_object("distribution_c")[0]["dedupeFields"] == ["distributionId"]
    assert {one["name"] for one in client.get_list_of_custom_objects()} >= {"distribution_c"}
    assert (
        client.delete_custom_objects("distribution_c", [{"distributionId": "D1"}])[0]["status"] == "deleted"
    )


def test_opportunities_and_roles(tenant, client):
    (lead,) = tenant.insert("lead", {"email": "a@x.example"})
    deal = {"externalOpportunityId": "O1", "name": "Deal", "amount": "100"}
    role = {"externalOpportunityId": "O1", "leadId": lead, "role": "Buyer"}

    made = client.create_update_opportunities([deal], "createOrUpdate", "dedupeFields")
    linked = client.create_update_opportunities_roles([role], "createOrUpdate", "dedupeFields")
    found = client.get_opportunities("externalOpportunityId", ["O1"], fields="name")
    roles = client.get_opportunity_roles("leadId", [str(lead)], fields="role")

    assert (made[0]["status"], linked[0]["status"]) == ("created", "created")
    assert [one["name"] for one in found] == ["Deal"]
    assert [one["role"] for one in roles] == ["Buyer"]
    assert client.describe_opportunity()[0]["idField"] == "marketoGUID"
    assert "leadId" in client.describe_opportunity_role()[0]["dedupeFields"]
    assert (
        client.delete_opportunities([{"externalOpportunityId": "O1"}], "dedupeFields")[0]["status"]
        == "deleted"
    )


@pytest.mark.parametrize("entity", ["leads", "activities"])
def test_bulk_extract(tenant, client, entity):
    now = tenant.control.clock()["now"][:10]
    tenant.insert("lead", {"email": "a@x.example"}, {"email": "b@x.example", "company": "Null"})
    bounds = {"startAt": f"{now}T00:00:00Z", "endAt": f"{now}T23:59:59Z"}
    fields = ["id", "email", "company"] if entity == "leads" else None

    (job,) = client.execute(
        method=f"create_{entity}_export_job", fields=fields, filters={"createdAt": bounds}
    )
    client.execute(method=f"enqueue_{entity}_export_job", job_id=job["exportId"])
    states = [
        client.execute(method=f"get_{entity}_export_job_status", job_id=job["exportId"])[0]["status"]
        for _ in range(2)
    ]
    content = client.execute(method=f"get_{entity}_export_job_file", job_id=job["exportId"])
    listed = client.execute(method=f"get_{entity}_export_jobs_list")

    rows = list(csv.DictReader(io.StringIO(content.decode())))
    assert states == ["Processing", "Completed"]
    assert len(rows) == 2
    if entity == "leads":
        assert [row["company"] for row in rows] == ["null", "Null"]
    assert [one["exportId"] for one in listed] == [job["exportId"]]


def test_usage_and_errors(client):
    client.describe()

    (today,) = client.get_daily_usage()

    assert today["total"] >= 1
    assert today["users"][0]["userId"] == "leadline@initech.example"
    assert client.get_daily_errors()[0]["total"] == 0
    assert len(client.get_last_7_days_usage()) >= 1


def test_an_ended_token_is_survived(tenant, client):
    tenant.insert("lead", {"email": "a@x.example"})
    client.authenticate()
    tenant.fault("error", "leads.describe", arguments={"code": "602"})

    assert client.execute(method="describe")
