"""What preflight finds in a supplier's org."""

from __future__ import annotations

import pytest

from leadline.errors import ConfigurationError
from leadline.mapping.model import EventWriteBack
from tests.hooks.salesforce.rooms import GLOBEX
from tests.hooks.salesforce.write_back.room import DEAL, WrittenOrg, event, mapped


class TestPreflight:
    def test_a_good_org_has_no_findings_and_describes_all_that_is_written(self, org: WrittenOrg) -> None:
        system = org.system()

        assert list(system.check()) == []
        assert {"Lead", "Campaign", "CampaignMember", "Contact", "Task", DEAL} <= set(system.describe())

    def test_what_is_missing_is_named(self, org: WrittenOrg) -> None:
        org.act("drop_field", object="Task", name="Leadline_Id__c")
        org.act("add_field", object=DEAL, name="Leadline_Id__c", length=64)
        org.act("drop_field", object="CampaignMember", name="LL_Rejection_Comment__c")
        org.act("drop_field", object="Lead", name="Products__c")
        org.act("drop_field", object=DEAL, name="Stage__c")
        org.act("add_field", object=DEAL, name="Amount__c", type="currency", createable=False)
        nowhere = GLOBEX.write_back.opportunities
        assert nowhere is not None

        found = {(one.code, one.detail, one.severity) for one in org.system().check()}
        gone = mapped(opportunities=nowhere.model_copy(update={"object": "Gone__c"}))
        missing = {(one.code, one.detail) for one in org.system(gone).check()}

        assert found == {
            ("field_missing", "Task.Leadline_Id__c", "error"),
            ("external_id_not_unique", f"{DEAL}.Leadline_Id__c", "warning"),
            ("field_missing", "CampaignMember.LL_Rejection_Comment__c", "error"),
            ("field_missing", f"{DEAL}.Stage__c", "error"),
            ("field_missing", "Lead.Products__c", "error"),
            ("not_createable", f"{DEAL}.Amount__c", "error"),
        }
        assert ("object_missing", "Gone__c") in missing

    def test_events_in_an_own_object_need_a_field_for_our_key(self, org: WrittenOrg) -> None:
        keyless = mapped(events=EventWriteBack(object=DEAL, fields={"lead": "Lead__c"}))

        (finding,) = org.system(keyless).check()

        assert (finding.code, finding.detail) == ("field_missing", "write_back.events")
        with pytest.raises(ConfigurationError, match="for 'key'"):
            org.events(event("E1", org.member(org.lead())), mapping=keyless)
