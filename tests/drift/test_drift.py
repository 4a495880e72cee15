from __future__ import annotations

from dataclasses import replace

import pytest

from leadline.drift import crm_drift, supplier_drift
from leadline.lifecycle import DistributionStatus
from leadline.mapping.model import SupplierMapping
from leadline.partners import CrmAccount, RecordAs
from leadline.ports import FieldDescription

ACCOUNT = CrmAccount(id="sf-p001", connection="salesforce_p001")
OTHERS = ("Unassigned", "Accepted", "rejected", "Rerouted", "Deactivated", "Waiting")
KEY = FieldDescription("Leadline_Id__c", "string", external_id=True, unique=True)


def text(name, **values):
    return FieldDescription(name, "string", **values)


def told(findings):
    return {(one.code, one.detail, one.severity) for one in findings}


@pytest.fixture
def mapping(make_mapping) -> SupplierMapping:
    """Return a mapping of members of campaigns, with a select field and status to write back."""
    return make_mapping(
        system="salesforce",
        fields=[
            {"name": "email", "source": "Lead.Email", "required": True, "length": 255},
            {"name": "tier", "source": "Lead.Tier__c", "type": "select", "values": ["Basic", "Premium"]},
            {"name": "member_status", "source": "Status"},
            {"name": "secret", "source": "Lead.Secret__c", "visibility": "supplier_only"},
        ],
        campaigns={"fields": [{"name": "name", "source": "Name"}]},
        write_back={
            "object": "CampaignMember",
            "distribution_status": "LL_Status__c",
            "status_labels": {status: status.capitalize() for status in DistributionStatus},
        },
        crm={
            "salesforce": {"lead": {"email": "Email", "tier": "Tier__c"}, "campaign": {"name": "Campaign__c"}}
        },
    )


@pytest.fixture
def described():
    return {
        "Lead": [text("Email"), text("Tier__c", values=("basic", "Premium")), text("Secret__c")],
        "CampaignMember": [text("Status"), text("LL_Status__c")],
        "Campaign": [text("Name")],
    }


@pytest.fixture
def crm():
    return {"Lead": [text("Email"), text("Tier__c"), text("Campaign__c"), KEY]}


class TestSupplier:
    def test_what_is_as_mapped_is_no_finding(self, mapping, described):
        assert supplier_drift(mapping, described) == []

    def test_a_system_that_describes_nothing_drifts_nowhere(self, mapping):
        assert supplier_drift(mapping, {}) == []

    @pytest.mark.parametrize(
        ("object_", "fields", "finding"),
        [
            ("Lead", [text("Tier__c"), text("Secret__c")], ("field_missing", "Lead.Email", "error")),
            (
                "Lead",
                [text("Email"), text("Tier__c", values=("Basic",)), text("Secret__c")],
                ("value_missing", "Lead.Tier__c=Premium", "warning"),
            ),
            (
                "Lead",
                [text("Email"), text("Tier__c", values=("Basic", "Premium", "Ultra")), text("Secret__c")],
                ("value_unmapped", "Lead.Tier__c=Ultra", "warning"),
            ),
            (
                "Lead",
                [text("Email", length=300), text("Tier__c"), text("Secret__c")],
                ("length", "Lead.Email", "warning"),
            ),
            ("Campaign", [], ("field_missing", "Campaign.Name", "error")),
            ("CampaignMember", [text("LL_Status__c")], ("field_missing", "CampaignMember.Status", "error")),
            # what we write
            ("CampaignMember", [text("Status")], ("field_missing", "CampaignMember.LL_Status__c", "error")),
            (
                "CampaignMember",
                [text("Status"), text("LL_Status__c", updateable=False)],
                ("not_updateable", "CampaignMember.LL_Status__c", "error"),
            ),
            (
                "CampaignMember",
                [text("Status"), text("LL_Status__c", restricted=True, values=OTHERS)],
                ("value_missing", "CampaignMember.LL_Status__c=Pending", "error"),
            ),
        ],
    )
    def test_each_difference_is_named(self, mapping, described, object_, fields, finding):
        assert told(supplier_drift(mapping, {**described, object_: fields})) == {finding}

    def test_a_hidden_object_is_one_finding(self, mapping, described):
        del described["Campaign"]

        assert told(supplier_drift(mapping, described)) == {("object_missing", "Campaign", "error")}

    def test_names_differ_by_more_than_case(self, mapping, described):
        described["Lead"] = [replace(field, name=field.name.upper()) for field in described["Lead"]]

        assert supplier_drift(mapping, described) == []


class TestCrm:
    def findings(self, mapping, crm, kinds=(RecordAs.LEAD,), account=ACCOUNT):
        return told(crm_drift(mapping, account, kinds, crm))

    def test_what_is_as_mapped_is_no_finding(self, mapping, crm):
        assert self.findings(mapping, crm) == set()

    @pytest.mark.parametrize(
        ("field", "finding"),
        [
            (replace(KEY, name="Other__c"), ("external_id_missing", "Lead.Leadline_Id__c", "error")),
            (replace(KEY, external_id=False), ("external_id_not_external", "Lead.Leadline_Id__c", "error")),
            (replace(KEY, unique=False), ("external_id_not_unique", "Lead.Leadline_Id__c", "error")),
            (replace(KEY, createable=False), ("not_createable", "Lead.Leadline_Id__c", "error")),
        ],
    )
    def test_our_own_id_must_be_able_to_find_a_record_again(self, mapping, crm, field, finding):
        crm["Lead"][-1] = field

        assert self.findings(mapping, crm) == {finding}

    @pytest.mark.parametrize(
        ("number", "field", "finding"),
        [
            (0, text("Mail"), ("field_missing", "Lead.Email", "error")),
            (0, text("Email", createable=False), ("not_createable", "Lead.Email", "error")),
            (0, text("Email", length=80), ("length", "Lead.Email", "warning")),
            (2, text("Other__c"), ("field_missing", "Lead.Campaign__c", "error")),
            (
                1,
                text("Tier__c", restricted=True, values=("Premium",)),
                ("value_missing", "Lead.Tier__c=Basic", "warning"),
            ),
        ],
    )
    def test_each_difference_is_named(self, mapping, crm, number, field, finding):
        crm["Lead"][number] = field

        assert self.findings(mapping, crm) == {finding}

    def test_an_open_picklist_takes_other_values(self, mapping, crm):
        crm["Lead"][1] = text("Tier__c", values=("Premium",))

        assert self.findings(mapping, crm) == set()

    def test_a_required_field_that_nothing_fills_is_named(self, mapping, crm):
        crm["Lead"].append(text("Region__c", required=True))

        assert self.findings(mapping, crm) == {("required_unmapped", "Lead.Region__c", "error")}

    def test_contacts_are_looked_at_where_a_partner_keeps_them(self, mapping, crm):
        assert self.findings(mapping, crm, (RecordAs.LEAD, RecordAs.CONTACT)) == {
            ("object_missing", "Contact", "error")
        }

    def test_an_account_may_have_its_own_id_field(self, mapping, crm):
        account = ACCOUNT.model_copy(update={"external_id_field": "Ours__c"})
        crm["Lead"][-1] = replace(KEY, name="Ours__c")

        assert self.findings(mapping, crm, account=account) == set()

    def test_a_kind_of_crm_that_is_not_known_yet_is_not_judged(self, mapping, crm):
        account = ACCOUNT.model_copy(update={"type": "another"})

        assert self.findings(mapping, crm, account=account) == set()

    def test_an_id_field_that_would_cut_our_ids_is_named(self, mapping, crm):
        crm["Lead"][-1] = replace(KEY, length=32)

        assert self.findings(mapping, crm) == {("length", "Lead.Leadline_Id__c", "error")}

    @pytest.mark.parametrize(
        ("field", "finding"),
        [
            (FieldDescription("Tier__c", "boolean"), ("type", "Lead.Tier__c", "warning")),
            (text("Tier__c", length=6), ("length", "Lead.Tier__c", "warning")),
            (text("Tier__c", createable=False), ("not_createable", "Lead.Tier__c", "error")),
        ],
    )
    def test_a_field_that_cannot_hold_its_values_is_named(self, mapping, crm, field, finding):
        crm["Lead"][1] = field

        assert self.findings(mapping, crm) == {finding}

    def test_words_of_the_status_mapping_must_be_among_the_crm_s(self, mapping, crm):
        words = {"Working \N{EN DASH} Contacted": "contacted", "Parked": "nurture"}
        account = ACCOUNT.model_copy(update={"status_mapping": words})
        status = FieldDescription("Status", "picklist", values=("Open", "Working - Contacted"))
        crm["Lead"].append(status)

        assert self.findings(mapping, crm, account=account) == {
            ("value_missing", "Lead.Status=Parked", "warning")
        }

    @pytest.mark.parametrize("owner", [None, text("OwnerId", createable=False)])
    def test_an_owner_field_matters_where_a_partner_names_an_owner(self, mapping, crm, owner):
        crm["Lead"] += [owner] if owner else []

        named = told(crm_drift(mapping, ACCOUNT, [RecordAs.LEAD], crm, owned=True))

        assert named == {("not_createable", "Lead.OwnerId", "warning")}
        assert self.findings(mapping, crm) == set()

    def test_the_usual_field_is_looked_at_like_one_that_was_chosen(self, make_mapping):
        sector = {"name": "industry", "source": "Sector", "type": "select", "values": ["Retail", "Mining"]}
        email = {"name": "email", "source": "Email", "required": True}
        mapping = make_mapping(fields=[email, sector], campaigns={})
        branch = FieldDescription("industrycode", "picklist", values=("retail",), restricted=True)
        key = replace(KEY, name="ll_leadlineid")
        account = CrmAccount(id="dyn-d001", type="dynamics", connection="dynamics_d001")

        found = self.findings(mapping, {"lead": [branch, key]}, account=account)
        without = self.findings(mapping, {"lead": [replace(branch, createable=False), key]}, account=account)

        assert found == {("value_missing", "lead.industrycode=Mining", "warning")}
        assert without == set()

    def test_a_crm_that_works_without_a_key_is_warned_about(self, make_mapping):
        account = CrmAccount(id="dyn-d001", type="dynamics", connection="dynamics_d001")

        found = self.findings(make_mapping(), {"lead": [text("ll_leadlineid")]}, account=account)

        assert found == {
            ("external_id_not_external", "lead.ll_leadlineid", "warning"),
            ("external_id_not_unique", "lead.ll_leadlineid", "warning"),
        }

    def test_a_required_source_of_leads_is_filled_unless_the_mapping_names_none(self, make_mapping, crm):
        crm["Lead"] = [KEY, text("LeadSource", required=True)]
        silent = make_mapping(crm={"salesforce": {"lead_source": None}})

        assert self.findings(make_mapping(), crm) == set()
        assert self.findings(silent, crm) == {("required_unmapped", "Lead.LeadSource", "error")}
