from __future__ import annotations

import pytest

from sandbox.salesforce import conversion, identifiers


def error(answer) -> tuple[int, str]:
    return answer.status_code, answer.json()[0]["errorCode"]


@pytest.mark.parametrize(
    ("fifteen", "eighteen"),
    [
        # pairs published by the vendor and others
        ("001A0000006Vm9r", "001A0000006Vm9rIAC"),
        ("003D000000QV9n2", "003D000000QV9n2IAD"),
        ("00D000000000062", "00D000000000062EAA"),
    ],
)
def test_ids_of_both_lengths_are_the_same_id(fifteen, eighteen):
    assert identifiers.normal(fifteen) == eighteen
    assert identifiers.normal(eighteen.lower()) == eighteen


def test_a_record_is_created_read_changed_and_deleted(org):
    created = org.call(
        "POST", "sobjects/Lead/", {"LastName": "Doe", "company": "Acme", "Email": "a@x.example"}
    )
    lead = created.json()["id"]
    changed = org.call("PATCH", f"sobjects/Lead/{lead[:15]}", {"Title": "CTO", "Email": None})
    row = org.read("Lead", lead)
    gone = org.call("DELETE", f"sobjects/Lead/{lead}")

    assert created.status_code == 201
    assert created.json() == {"id": lead, "success": True, "errors": []}
    assert (len(lead), lead[:3]) == (18, "00Q")
    assert (changed.status_code, changed.content) == (204, b"")
    assert (row["Name"], row["Title"], row["Email"]) == ("Doe", "CTO", None)
    assert (row["Status"], row["IsConverted"]) == ("Open - Not Contacted", False)
    assert gone.status_code == 204
    assert error(org.call("GET", f"sobjects/Lead/{lead}")) == (404, "NOT_FOUND")
    assert error(org.call("PATCH", f"sobjects/Lead/{lead}", {"Title": "x"})) == (404, "ENTITY_IS_DELETED")


def test_stamps_come_from_the_sandbox_clock_and_move_with_each_change(org):
    lead = org.lead()
    org.bench.later(hours=1)
    org.call("PATCH", f"sobjects/Lead/{lead}", {"Title": "CTO"})

    row = org.read("Lead", lead)

    assert row["CreatedDate"] == "2026-11-22T10:00:00.000+0000"
    assert row["SystemModstamp"] == row["LastModifiedDate"] == "2026-11-22T11:00:00.000+0000"


def test_stamps_do_not_go_back_with_a_jittering_clock(org):
    first = org.read("Lead", org.lead())["SystemModstamp"]
    org.bench.later(seconds=-1)

    second = org.read("Lead", org.lead())["SystemModstamp"]

    assert second == first


@pytest.mark.parametrize(
    ("values", "code", "fields"),
    [
        ({"LastName": None}, "REQUIRED_FIELD_MISSING", ["LastName"]),
        ({"Company": ""}, "REQUIRED_FIELD_MISSING", ["Company"]),
        ({"LastName": "x" * 81}, "STRING_TOO_LONG", ["LastName"]),
        ({"Email": "no address"}, "INVALID_EMAIL_ADDRESS", ["Email"]),
        ({"Tier__c": "Gold"}, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", ["Tier__c"]),
        ({"Products__c": "Cloud;Boats"}, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", ["Products__c"]),
        ({"Nope__c": "x"}, "INVALID_FIELD", None),
        ({"IsConverted": True}, "INVALID_FIELD_FOR_INSERT_UPDATE", ["IsConverted"]),
        ({"Id": "00Q000000000001"}, "INVALID_FIELD_FOR_INSERT_UPDATE", []),
        ({"NumberOfEmployees": "many"}, "JSON_PARSER_ERROR", None),
        ({"NumberOfEmployees": 3_000_000_000}, "NUMBER_OUTSIDE_VALID_RANGE", ["NumberOfEmployees"]),
        ({"Budget__c": 1e9}, "NUMBER_OUTSIDE_VALID_RANGE", ["Budget__c"]),
        ({"Demo_At__c": "22.11.2026"}, "JSON_PARSER_ERROR", None),
        ({"Demo_At__c": "2026-11-22T10:00:00"}, "JSON_PARSER_ERROR", None),  # a zone is needed
        ({"LastName": 5}, "JSON_PARSER_ERROR", None),
        ({"OwnerId": "abc"}, "MALFORMED_ID", ["OwnerId"]),
        ({"OwnerId": "00Q000000000001"}, "MALFORMED_ID", ["OwnerId"]),
        ({"OwnerId": "005000000000009"}, "INVALID_CROSS_REFERENCE_KEY", ["OwnerId"]),
        ({"Status": "Closed - Converted"}, "INVALID_STATUS", ["Status"]),
    ],
)
def test_values_that_break_a_rule_are_refused(org, values, code, fields):
    answer = org.call("POST", "sobjects/Lead", {"LastName": "Doe", "Company": "Acme", **values})

    assert answer.status_code == 400
    assert answer.json()[0]["errorCode"] == code
    assert answer.json()[0].get("fields") == fields
    assert org.query("SELECT Id FROM Lead") == []


def test_length_is_counted_in_utf16_units(org):
    fits = org.call("POST", "sobjects/Lead", {"LastName": "😀" * 40, "Company": "C"})
    too_long = org.call("POST", "sobjects/Lead", {"LastName": "😀" * 41, "Company": "C"})

    assert fits.status_code == 201
    assert error(too_long) == (400, "STRING_TOO_LONG")


def test_text_is_trimmed_and_unrestricted_picklists_take_anything(org):
    row = org.read("Lead", org.lead(LastName="  Doe ", Industry="Basket weaving", Title="   "))

    assert (row["LastName"], row["Industry"], row["Title"]) == ("Doe", "Basket weaving", None)


def test_an_owner_may_be_a_queue_and_not_an_inactive_user(org):
    gone = org.org.user_ids["gone@acme.example"]

    lead = org.lead(OwnerId="00G000000000001")

    assert org.query("SELECT Owner.Name, Owner.Type FROM Lead")[0]["Owner"]["Name"] == "Web leads"
    assert error(org.call("PATCH", f"sobjects/Lead/{lead}", {"OwnerId": gone})) == (
        400,
        "INACTIVE_OWNER_OR_USER",
    )
    contact = org.call("POST", "sobjects/Contact", {"LastName": "x", "OwnerId": "00G000000000001"})
    assert error(contact) == (400, "MALFORMED_ID")


def test_unique_keys_are_unique_whatever_their_case(org):
    first = org.lead(Ext_Id__c="K-1")

    answer = org.call("POST", "sobjects/Lead", {"LastName": "x", "Company": "y", "Ext_Id__c": "k-1"})

    assert error(answer) == (400, "DUPLICATE_VALUE")
    assert first[:15] in answer.json()[0]["message"]


def test_a_deleted_record_gives_its_key_back(org):
    org.call("DELETE", f"sobjects/Lead/{org.lead(Ext_Id__c='K-1')}")

    assert org.lead(Ext_Id__c="K-1")


def test_upsert_by_key_creates_then_changes(org):
    created = org.call("PATCH", "sobjects/Lead/Ext_Id__c/a%2Fb%20c", {"LastName": "Doe", "Company": "C"})
    changed = org.call("PATCH", "sobjects/Lead/ext_id__c/A%2FB%20C", {"Title": "CTO"})

    assert (created.status_code, created.json()["created"]) == (201, True)
    assert (changed.status_code, changed.json()["created"]) == (200, False)
    assert changed.json()["id"] == created.json()["id"]
    row = org.call("GET", "sobjects/Lead/Ext_Id__c/a%2Fb%20c").json()
    assert (row["Ext_Id__c"], row["Title"]) == ("a/b c", "CTO")


def test_upsert_by_a_key_that_several_share_writes_nothing(org):
    ids = [org.lead(Email="a@x.example"), org.lead(Email="A@x.example")]

    answer = org.call("PATCH", "sobjects/Lead/Email/a@x.example", {"Title": "CTO"})

    assert answer.status_code == 300
    assert [url.rsplit("/", 1)[1] for url in answer.json()] == sorted(ids)
    assert {row["Title"] for row in org.query("SELECT Title FROM Lead")} == {None}


def test_upsert_can_be_kept_from_creating(org):
    answer = org.call("PATCH", "sobjects/Lead/Ext_Id__c/x?updateOnly=true", {"LastName": "D", "Company": "C"})

    assert error(answer) == (404, "NOT_FOUND")


@pytest.mark.parametrize("body", [{"Ext_Id__c": "x"}, {"Id": "00Q000000000001"}])
def test_the_key_must_not_be_in_the_body(org, body):
    answer = org.call("PATCH", "sobjects/Lead/Ext_Id__c/x", {"LastName": "D", "Company": "C", **body})

    assert error(answer) == (400, "INVALID_FIELD")


def test_a_field_that_is_no_key_names_no_records(org):
    assert error(org.call("GET", "sobjects/Lead/Title/CTO")) == (404, "NOT_FOUND")


def test_a_parent_may_be_named_by_its_own_key(org):
    campaign = org.create("Campaign", Name="Fair", Ext_Id__c="C-7")
    lead = org.lead()

    member = org.create("CampaignMember", LeadId=lead, Campaign={"Ext_Id__c": "C-7"})
    missing = org.call("POST", "sobjects/CampaignMember", {"LeadId": lead, "Campaign": {"Ext_Id__c": "C-8"}})

    assert org.read("CampaignMember", member)["CampaignId"] == campaign
    assert error(missing) == (400, "INVALID_FIELD")


def test_updated_and_deleted_list_a_window(org):
    old = org.lead()
    org.bench.later(minutes=30)
    new, gone = org.lead(), org.lead()
    org.call("DELETE", f"sobjects/Lead/{gone}")
    org.bench.later(minutes=30)
    window = {"start": "2026-11-22T10:30:40+00:00", "end": "2026-11-22T11:00:00+00:00"}

    updated = org.call("GET", "sobjects/Lead/updated/", params=window).json()
    deleted = org.call("GET", "sobjects/Lead/deleted/", params=window).json()
    blank = org.call("GET", "sobjects/Lead/updated/?start=2026-11-22T10:30:40+00:00&end=2026-11-22T11:00:00Z")

    assert updated == {"ids": [new], "latestDateCovered": "2026-11-22T11:00:00.000+0000"}
    assert old not in updated["ids"]
    assert [row["id"] for row in deleted["deletedRecords"]] == [gone]
    assert error(blank) == (400, "INVALID_REPLICATION_DATE")  # the plus was not encoded


def test_describe_tells_types_lengths_and_keys(org):
    body = org.call("GET", "sobjects/lead/describe/").json()
    fields = {field["name"]: field for field in body["fields"]}
    needed = {
        name
        for name, field in fields.items()
        if not field["nillable"] and field["createable"] and not field["defaultedOnCreate"]
    }

    assert (body["name"], body["keyPrefix"]) == ("Lead", "00Q")
    assert needed == {"LastName", "Company"}
    assert (fields["LastName"]["type"], fields["LastName"]["length"]) == ("string", 80)
    assert fields["Ext_Id__c"]["externalId"] is fields["Ext_Id__c"]["unique"] is True
    assert fields["Ext_Id__c"]["custom"] is True
    assert fields["Email"]["idLookup"] is True
    assert [value["value"] for value in fields["Tier__c"]["picklistValues"]] == ["Basic", "Plus"]
    assert fields["OwnerId"]["referenceTo"] == ["Group", "User"]
    assert {"CampaignMembers", "Tasks"} <= {child["relationshipName"] for child in body["childRelationships"]}
    listed = {entry["name"] for entry in org.call("GET", "sobjects").json()["sobjects"]}
    assert {"Lead", "Contact", "Campaign", "CampaignMember", "Task", "Opportunity", "User"} <= listed


def test_unknown_things_are_not_found(org):
    assert error(org.call("GET", "sobjects/Nope/describe")) == (404, "NOT_FOUND")
    assert error(org.call("GET", "nope")) == (404, "NOT_FOUND")
    assert error(org.call("GET", "sobjects/Lead/00Q000000000009")) == (404, "NOT_FOUND")
    assert error(org.call("PUT", "sobjects/Lead")) == (405, "METHOD_NOT_ALLOWED")
    assert error(org.call("POST", "sobjects/Lead", data="{")) == (400, "JSON_PARSER_ERROR")


def test_deleting_a_lead_takes_its_memberships_and_undeleting_brings_them_back(org):
    lead, campaign = org.lead(), org.create("Campaign", Name="Fair")
    org.create("CampaignMember", CampaignId=campaign, LeadId=lead)
    org.bench.later(minutes=1)
    org.call("DELETE", f"sobjects/Lead/{lead}")
    empty = org.query("SELECT Id FROM CampaignMember")
    counted = org.read("Campaign", campaign)["NumberOfLeads"]
    org.bench.later(minutes=1)

    conversion.undelete(org.org, lead)

    assert (empty, counted) == ([], 0)
    assert len(org.query("SELECT Id FROM CampaignMember")) == 1
    assert org.read("Campaign", campaign)["NumberOfLeads"] == 1


def test_state_survives_a_restart(serve):
    before = serve()
    lead = before.lead(Ext_Id__c="K-1")
    authorization = before.session.headers["Authorization"]
    before.stop()

    after = serve()
    after.session.headers["Authorization"] = authorization

    assert after.read("Lead", lead)["Ext_Id__c"] == "K-1"
    assert after.lead() != lead


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_a_change_under_a_condition_that_does_not_hold_is_refused(org, method):
    lead = org.call("POST", "sobjects/Lead", {"LastName": "Doe", "Company": "C"}).json()["id"]
    body = {"Title": "x"} if method == "PATCH" else None

    def change(since: str) -> int:
        return org.call(
            method, f"sobjects/Lead/{lead}", body, headers={"If-Unmodified-Since": since}
        ).status_code

    assert change("Tue, 01 Jan 2019 00:00:00 GMT") == 412
    assert change("Tue, 01 Jan 2030 00:00:00 GMT") == 204


def test_xml_is_refused_rather_than_answered_in_json(org):
    assert org.call("GET", "limits", headers={"Accept": "application/xml"}).status_code == 406
    assert org.call("GET", "limits", headers={"Accept": "application/xml, */*"}).status_code == 200


@pytest.mark.parametrize("number", [b"NaN", b"-Infinity"])
def test_a_number_that_json_does_not_know_spoils_the_whole_call(org, number):
    row = b'{"attributes": {"type": "Lead"}, "LastName": "Doe", "Company": "C", "AnnualRevenue": %b}'

    refused = org.session.post(
        f"{org.data}/composite/sobjects",
        data=b'{"records": [' + row % b"1" + b"," + row % number + b"]}",
        headers={"Content-Type": "application/json"},
        timeout=20,
    )

    assert (refused.status_code, refused.json()[0]["errorCode"]) == (400, "JSON_PARSER_ERROR")
    assert org.query("SELECT Id FROM Lead") == []
