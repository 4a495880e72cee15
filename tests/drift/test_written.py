"""What is written into suppliers' systems of every kind, and paths that lead over relations."""

from __future__ import annotations

from dataclasses import replace

import pytest

from leadline.drift import supplier_drift
from leadline.ports import FieldDescription

EMAIL = {"name": "email", "source": "email", "required": True}
TIER = {"name": "tier", "source": "tier", "type": "select", "values": ["Basic", "Premium"]}
MARKETO = {"system": "marketo", "handover_ids": [1]}
ELOQUA = {"system": "eloqua", "handover": "custom_object", "handover_id": 7}


def text(name, **values):
    return FieldDescription(name, "string", **values)


def told(mapping, described):
    return {(one.code, one.detail, one.severity) for one in supplier_drift(mapping, described)}


@pytest.fixture
def make_plain(make_mapping):
    """Return a factory of mappings of two fields and no campaigns."""

    def make(source, **changes):
        return make_mapping(**({"source": source, "fields": [EMAIL, TIER], "campaigns": {}} | changes))

    return make


WRITE_BACK = {
    "object": "status_c",
    "key": "leadId",
    "lead_field": "marketoId",
    "not_routed": "notRouted",
    "sales_status": "sales",
    "status_labels": {"open": "Offen", "opportunity_won": "Gewonnen"},
    "rejection_fields": {"reason": "why"},
    "fields": {"tier": "tier"},
    "events": {"object": "100001", "fields": {"key": "ours", "occurred_at": "at", "lead": "person"}},
    "opportunities": {
        "object": "deal_c",
        "external_id": "dealId",
        "lead_field": "person",
        "fields": {"amount": "amount", "status": "status"},
    },
}
REJECTION = [{"name": "reason", "label": "Why?", "values": ["Too far", "Other"]}]


class TestObjectsOfTheirOwn:
    @pytest.fixture
    def mapping(self, make_plain):
        return make_plain(MARKETO, write_back=WRITE_BACK, rejection_fields=REJECTION)

    @pytest.fixture
    def described(self):
        return {
            "Lead": [text("email"), text("tier")],
            "Campaign": [],
            "status_c": [text(name) for name in ("marketoId", "notRouted", "sales", "why", "tier")]
            + [text("leadId", unique=True)],
            "100001": [text("ours"), FieldDescription("at", "datetime"), text("person")],
            "deal_c": [
                text("dealId", unique=True),
                text("person"),
                text("status"),
                FieldDescription("amount", "double"),
            ],
        }

    def test_what_is_as_mapped_is_no_finding(self, mapping, described):
        assert told(mapping, described) == set()

    @pytest.mark.parametrize(
        ("object_", "field", "finding"),
        [
            ("status_c", text("sales", updateable=False), ("not_updateable", "status_c.sales", "error")),
            ("status_c", text("leadId"), ("external_id_not_unique", "status_c.leadId", "error")),
            ("status_c", text("leadId", unique=True, length=20), ("length", "status_c.leadId", "error")),
            ("status_c", text("notRouted", length=5), ("length", "status_c.notRouted", "warning")),
            ("status_c", text("tier", length=6), ("length", "status_c.tier", "warning")),
            (
                "status_c",
                text("why", restricted=True, values=("Other",)),
                ("value_missing", "status_c.why=Too far", "warning"),
            ),
            (
                "status_c",
                text("tier", restricted=True, values=("basic",)),
                ("value_missing", "status_c.tier=Premium", "warning"),
            ),
            # the words that the mapping chose for a status stop work; what it left as it is costs rows
            (
                "status_c",
                text("sales", restricted=True, values=("contacted", "nurture", "qualified", "unqualified")),
                ("value_missing", "status_c.sales=Offen", "error"),
            ),
            (
                "status_c",
                text("sales", restricted=True, values=("Offen", "contacted", "nurture", "qualified")),
                ("value_missing", "status_c.sales=unqualified", "warning"),
            ),
            ("100001", text("ours", length=10), ("length", "100001.ours", "error")),
            ("100001", FieldDescription("at", "boolean"), ("type", "100001.at", "warning")),
            ("deal_c", text("dealId"), ("external_id_not_unique", "deal_c.dealId", "error")),
            ("deal_c", FieldDescription("amount", "date"), ("type", "deal_c.amount", "warning")),
            ("deal_c", text("person", createable=False), ("not_createable", "deal_c.person", "error")),
            (
                "deal_c",
                text("status", restricted=True, values=("open", "lost")),
                ("value_missing", "deal_c.status=Gewonnen", "warning"),
            ),
        ],
    )
    def test_each_difference_is_named(self, mapping, described, object_, field, finding):
        rest = [one for one in described[object_] if one.name != field.name]

        assert told(mapping, described | {object_: [*rest, field]}) == {finding}

    @pytest.mark.parametrize("object_", ["status_c", "100001", "deal_c"])
    def test_a_field_that_is_gone_is_named(self, mapping, described, object_):
        first, *rest = described[object_]

        assert ("field_missing", f"{object_}.{first.name}", "error") in told(
            mapping, described | {object_: rest}
        )

    def test_an_object_beside_the_status_that_is_left_out_is_the_adapter_s_to_tell(self, mapping, described):
        del described["deal_c"], described["100001"]

        assert told(mapping, described) == set()

    def test_the_object_of_the_status_is_missed(self, mapping, described):
        del described["status_c"]

        assert told(mapping, described) == {("object_missing", "custom object status_c", "error")}


def test_an_opportunity_with_roles_needs_no_field_for_its_lead(make_plain):
    deals = {"object": "opportunity", "external_id": "externalOpportunityId", "lead_field": "leadId"}
    mapping = make_plain(MARKETO, write_back={"opportunities": deals})
    described = {"Lead": [text("email"), text("tier")], "opportunity": [text("externalOpportunityId")]}

    assert told(mapping, described) == {
        ("external_id_not_unique", "opportunity.externalOpportunityId", "error")
    }


def test_a_path_into_an_element_is_looked_for_there(make_plain):
    fields = [EMAIL | {"source": "CustomObject.Email1"}, TIER | {"source": "Account.M_Tier"}]
    mapping = make_plain(ELOQUA, fields=fields)
    described = {"Lead": [], "Account": [text("M_Other")], "CustomObject": [text("Email1")]}

    assert told(mapping, described) == {("field_missing", "Account.M_Tier", "error")}
    del described["CustomObject"]
    assert ("object_missing", "custom object 7", "error") in told(mapping, described)


class TestRelations:
    # A link says nothing about what it leads to: neither its type nor its length.
    DESCRIBED = {
        "CampaignMember": [text("LeadId"), text("Partner__c", length=400), text("Status")],
        "Lead": [text("email"), FieldDescription("OwnerId", "boolean"), text("tier")],
    }

    @pytest.mark.parametrize("path", ["Lead.Owner.Name", "Partner__r.Account.Name", "Lead.tier", "Status"])
    def test_a_relation_is_there_where_its_link_is(self, make_plain, path):
        fields = [EMAIL | {"source": "Lead.email"}, {"name": "other", "source": path}]
        number = [EMAIL | {"source": "Lead.email"}, {"name": "other", "source": path, "type": "integer"}]

        for chosen in (fields, number):
            assert told(make_plain({"system": "salesforce"}, fields=chosen), self.DESCRIBED) == set()

    @pytest.mark.parametrize(
        ("path", "link"),
        [("Lead.Manager.Name", "Lead.ManagerId"), ("Region__r.Name", "CampaignMember.Region__c")],
    )
    def test_a_relation_whose_link_is_gone_is_named(self, make_plain, path, link):
        fields = [EMAIL | {"source": "Lead.email"}, {"name": "other", "source": path}]
        mapping = make_plain({"system": "salesforce"}, fields=fields)

        assert told(mapping, self.DESCRIBED) == {("field_missing", link, "error")}


def test_a_field_that_must_have_a_value_stops_work_where_it_cannot(make_plain):
    fields = [EMAIL, {"name": "seats", "source": "seats", "type": "integer", "required": True}]
    described = {"Lead": [text("email"), FieldDescription("seats", "boolean")]}

    assert told(make_plain(MARKETO, fields=fields), described) == {("type", "Lead.seats", "error")}
    fields[1]["required"] = False
    assert told(make_plain(MARKETO, fields=fields), described) == {("type", "Lead.seats", "warning")}


def test_activities_and_contacts_of_converted_leads_are_looked_at(make_plain):
    source = {"system": "salesforce", "object": "Lead", "activities": {"type_field": "Kind__c"}}
    mapping = make_plain(source, write_back={"converted": {"Phone": "Phone"}})
    task = [text(name) for name in ("WhoId", "ActivityDate", "Description")]
    described = {"Lead": [text("email"), text("tier")], "Task": task, "Contact": []}

    assert told(mapping, described) == {
        ("field_missing", "Task.Kind__c", "error"),
        ("field_missing", "Contact.Phone", "error"),
    }


def test_a_value_is_compared_without_case(make_plain):
    described = {"Lead": [text("email"), replace(text("tier"), values=("BASIC", "premium "))]}

    assert told(make_plain(MARKETO), described) == set()
