from __future__ import annotations

import pytest

from sandbox.salesforce import control, conversion, seeding
from sandbox.salesforce.config import AssignmentEntry, AssignmentRule, DuplicateRule, ValidationRule
from sandbox.salesforce.errors import Refused

QUEUE = "00G000000000001"


def code(answer) -> str:
    return answer.json()[0]["errorCode"]


@pytest.fixture
def ruled(serve):
    """An org whose active assignment rule gives German leads to a queue."""
    entries = (AssignmentEntry(owner=QUEUE, where="Country = 'DE'"),)
    return serve(assignment_rules=(AssignmentRule("01Q000000000001", entries),))


@pytest.mark.parametrize(
    ("header", "owner"),
    [
        (None, "00G"),
        ("TRUE", "00G"),
        ("FALSE", "005"),
        ("01Q000000000001", "00G"),
    ],
)
def test_the_assignment_rule_takes_the_lead_unless_told_not_to(ruled, header, owner):
    rep = ruled.org.user_ids["rep@acme.example"]
    headers = {"Sforce-Auto-Assign": header} if header else {}
    values = {"LastName": "D", "Company": "C", "Country": "DE", "OwnerId": rep}

    lead = ruled.call("POST", "sobjects/Lead", values, headers=headers).json()["id"]

    assert ruled.read("Lead", lead)["OwnerId"][:3] == owner


def test_the_assignment_rule_runs_on_updates_too(ruled):
    lead = ruled.lead(Country="FR")
    assert ruled.read("Lead", lead)["OwnerId"].startswith("005")

    ruled.call("PATCH", f"sobjects/Lead/{lead}", {"Country": "DE"})

    assert ruled.read("Lead", lead)["OwnerId"].startswith("00G")


def test_an_inactive_assignment_rule_keeps_quiet(ruled):
    control.act(ruled.org, "activate_assignment", {"active": False})

    assert ruled.read("Lead", ruled.lead(Country="DE"))["OwnerId"].startswith("005")


@pytest.mark.parametrize(
    ("action", "allow", "status"),
    [("Block", False, 400), ("Block", True, 400), ("Alert", False, 400), ("Alert", True, 201)],
)
def test_duplicates_are_refused_unless_the_rule_only_alerts_and_saving_is_allowed(
    serve, action, allow, status
):
    org = serve(duplicate_rules=(DuplicateRule("Lead", ("Email",), action, against=("Lead", "Contact")),))
    org.create("Contact", LastName="Doe", Email="a@x.example")
    headers = {"Sforce-Duplicate-Rule-Header": f"allowSave={str(allow).lower()}; runAsCurrentUser=true"}

    answer = org.call(
        "POST", "sobjects/Lead", {"LastName": "D", "Company": "C", "Email": "A@X.example"}, headers=headers
    )

    assert answer.status_code == status
    if status == 400:
        assert code(answer) == "DUPLICATES_DETECTED"
        result = answer.json()[0]["duplicateResut"]  # the live API's own spelling
        assert result["allowSave"] is (action == "Alert")
        assert result["matchResults"][0]["matchRecords"][0]["record"]["attributes"]["type"] == "Contact"


def test_a_validation_rule_answers_with_its_own_message(serve):
    rule = ValidationRule(
        "Lead", "Country = 'DE' AND PostalCode = null", "A postal code, please", "PostalCode"
    )
    org = serve(validation_rules=(rule,))

    answer = org.call("POST", "sobjects/Lead", {"LastName": "D", "Company": "C", "Country": "DE"})

    assert code(answer) == "FIELD_CUSTOM_VALIDATION_EXCEPTION"
    assert answer.json()[0]["message"] == "A postal code, please"
    assert org.lead(Country="DE", PostalCode="1")


def test_a_person_is_in_a_campaign_once(org):
    lead, campaign = org.lead(), org.create("Campaign", Name="Fair")
    org.create("CampaignMember", CampaignId=campaign, LeadId=lead, Status="Responded")

    again = org.call("POST", "sobjects/CampaignMember", {"CampaignId": campaign, "LeadId": lead})
    nobody = org.call("POST", "sobjects/CampaignMember", {"CampaignId": campaign})

    member = org.query("SELECT HasResponded, FirstRespondedDate, Status FROM CampaignMember")[0]
    assert code(again) == "DUPLICATE_VALUE"
    assert code(nobody) == "REQUIRED_FIELD_MISSING"
    assert member == {"HasResponded": True, "FirstRespondedDate": "2026-11-22", "Status": "Responded"}
    counted = org.read("Campaign", campaign)
    assert (counted["NumberOfLeads"], counted["NumberOfResponses"]) == (1, 1)


def test_campaign_and_person_of_a_member_cannot_change(org):
    member = org.create("CampaignMember", CampaignId=org.create("Campaign", Name="F"), LeadId=org.lead())

    answer = org.call("PATCH", f"sobjects/CampaignMember/{member}", {"LeadId": org.lead()})

    assert code(answer) == "INVALID_FIELD_FOR_INSERT_UPDATE"


def test_a_task_on_a_lead_is_related_to_nothing_else(org):
    lead, campaign = org.lead(), org.create("Campaign", Name="Fair")

    answer = org.call("POST", "sobjects/Task", {"Subject": "Call", "WhoId": lead, "WhatId": campaign})
    task = org.create("Task", Subject="Call", WhoId=lead, Status="Completed")

    assert code(answer) == "FIELD_INTEGRITY_EXCEPTION"
    row = org.query(f"SELECT IsClosed, Priority, Who.Name, Who.Type FROM Task WHERE Id = '{task}'")[0]
    assert (row["IsClosed"], row["Priority"], row["Who"]["Type"]) == (True, "Normal", "Lead")


def test_an_opportunity_takes_its_numbers_from_the_stage(org):
    deal = org.create(
        "Opportunity", Name="Deal", StageName="Closed Won", CloseDate="2026-12-31", Amount=100.5
    )
    incomplete = org.call("POST", "sobjects/Opportunity", {"Name": "Deal"})

    row = org.read("Opportunity", deal)
    assert (row["IsClosed"], row["IsWon"], row["Probability"], row["FiscalQuarter"]) == (True, True, 100.0, 4)
    assert incomplete.json()[0]["fields"] == ["StageName", "CloseDate"]


def test_a_converted_lead_is_read_only_and_points_at_what_came_of_it(org):
    lead, campaign = org.lead(Email="a@x.example"), org.create("Campaign", Name="Fair")
    org.create("CampaignMember", CampaignId=campaign, LeadId=lead)
    task = org.create("Task", Subject="Call", WhoId=lead)
    org.bench.later(minutes=5)

    made = conversion.convert(org.org, lead)

    row = org.query(
        "SELECT IsConverted, Status, ConvertedDate, ConvertedContact.Email, ConvertedAccount.Name, "
        f"ConvertedOpportunity.StageName, SystemModstamp FROM Lead WHERE Id = '{lead}'"
    )[0]
    assert (row["IsConverted"], row["Status"]) == (True, "Closed - Converted")
    assert row["ConvertedContact"]["Email"] == "a@x.example"
    assert row["ConvertedAccount"]["Name"] == "Acme"
    assert row["ConvertedOpportunity"]["StageName"] == "Prospecting"
    assert row["SystemModstamp"] == "2026-11-22T10:05:00.000+0000"
    assert org.read("Task", task)["WhoId"] == made["contact_id"]
    assert org.query("SELECT ContactId FROM CampaignMember")[0]["ContactId"] == made["contact_id"]
    assert (
        org.query("SELECT Contact.Email FROM OpportunityContactRole")[0]["Contact"]["Email"] == "a@x.example"
    )
    assert code(org.call("PATCH", f"sobjects/Lead/{lead}", {"Title": "x"})) == "CANNOT_UPDATE_CONVERTED_LEAD"


def test_conversion_may_leave_the_opportunity_out_and_wants_a_person_as_owner(org):
    queued = org.lead(OwnerId=QUEUE)
    rep = org.org.user_ids["rep@acme.example"]

    with pytest.raises(Refused, match="owner"):
        conversion.convert(org.org, queued)
    made = conversion.convert(org.org, queued, opportunity=False, owner_id=rep)

    assert made["opportunity_id"] is None
    assert org.read("Contact", made["contact_id"])["OwnerId"] == rep


def test_a_merged_lead_is_deleted_and_names_its_master(org):
    master, lesser = org.lead(LastName="A"), org.lead(LastName="B", Title="CTO")
    org.create("CampaignMember", CampaignId=org.create("Campaign", Name="F"), LeadId=lesser)

    conversion.merge(org.org, "Lead", master, lesser)

    rows = org.query("SELECT Id, MasterRecordId FROM Lead WHERE IsDeleted = true", "queryAll")
    assert rows == [{"Id": lesser, "MasterRecordId": master}]
    assert org.read("Lead", master)["Title"] == "CTO"
    assert org.query("SELECT LeadId FROM CampaignMember")[0]["LeadId"] == master


def test_a_merged_lead_s_campaign_keeps_one_member(org):
    master, lesser = org.lead(LastName="A"), org.lead(LastName="B")
    both, one = org.create("Campaign", Name="both"), org.create("Campaign", Name="one")
    stays = org.create("CampaignMember", CampaignId=both, LeadId=master)
    goes = org.create("CampaignMember", CampaignId=both, LeadId=lesser)
    moves = org.create("CampaignMember", CampaignId=one, LeadId=lesser)

    conversion.merge(org.org, "Lead", master, lesser)

    members = org.query("SELECT Id FROM CampaignMember WHERE LeadId = '" + master + "'")
    assert sorted(row["Id"] for row in members) == sorted([stays, moves])
    gone = org.query("SELECT Id FROM CampaignMember WHERE IsDeleted = true", "queryAll")
    assert [row["Id"] for row in gone] == [goes]


def test_a_note_is_two_writes_and_found_through_its_link_only(org):
    lead = org.lead()
    note = org.create("ContentNote", Title="About", Content="PGI+aGk8L2I+")
    org.create("ContentDocumentLink", ContentDocumentId=note, LinkedEntityId=lead, ShareType="V")

    linked = org.query(
        f"SELECT ContentDocument.Title FROM ContentDocumentLink WHERE LinkedEntityId = '{lead}'"
    )
    unfiltered = org.call("GET", "query", params={"q": "SELECT Id FROM ContentDocumentLink"})

    assert linked[0]["ContentDocument"]["Title"] == "About"
    assert code(unfiltered) == "MALFORMED_QUERY"


def test_administrators_may_take_fields_and_values_away(org):
    control.act(org.org, "drop_field", {"object": "Lead", "name": "Budget__c"})
    control.act(org.org, "set_picklist", {"object": "Lead", "name": "Tier__c", "values": ["Basic"]})

    dropped = org.call("POST", "sobjects/Lead", {"LastName": "D", "Company": "C", "Budget__c": 1})
    closed = org.call("POST", "sobjects/Lead", {"LastName": "D", "Company": "C", "Tier__c": "Plus"})

    assert code(dropped) == "INVALID_FIELD"
    assert code(closed) == "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"


def test_seeded_leads_may_be_converted_already(org):
    seeding.insert(
        org.org,
        "Lead",
        [{"LastName": "D", "Company": "C", "Status": "Closed - Converted", "IsConverted": True}],
    )

    assert org.query("SELECT IsConverted FROM Lead") == [{"IsConverted": True}]
