"""Leads, campaigns and activities out of Eloqua."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from hooks.eloqua import activities, leads
from leadline.drift import supplier_drift
from leadline.errors import ConfigurationError, SchemaDrift
from leadline.ports import Window

DAWN = datetime(2026, 11, 20, tzinfo=UTC)
DAY = Window(DAWN, DAWN + timedelta(days=1))
CONTACT_FIELDS = [
    {"name": "email", "source": "C_EmailAddress", "required": True},
    {"name": "city", "source": "C_City"},
]
NONE = {"fields": CONTACT_FIELDS, "campaigns": {}, "filter": None, "preassignment": None, "routing": {}}
CRM = {"crm": {}}
ALL = {"campaign_search": None}


def plain(*fields):
    return {**NONE, **CRM, "fields": [*CONTACT_FIELDS, *fields]}


def records(pages):
    return [record for page in pages for record in page.records]


def handed(system, window=DAY):
    return [(one.record_id, one.handover) for one in records(system.pull("leads", window))]


class TestForm:
    @pytest.mark.capability(("S4", "S10"), "eloqua", "bulk.exports.create", "bulk.syncs.data")
    def test_every_submission_is_a_lead_also_of_one_person(self, umbrella, eloqua):
        campaign = umbrella.insert("campaign", {"name": "Hive"})[0]
        first = umbrella.submit(
            "2026-11-20T10:00:00Z", "a@buyer.example", campaign=campaign, comments="a & b"
        )
        other = umbrella.submit("2026-11-20T11:00:00Z", "b@buyer.example")
        again = umbrella.submit("2026-11-20T12:00:00.250Z", "a@buyer.example", comments="once more")

        found = records(eloqua().pull("leads", DAY))

        assert [(one.record_id, one.handover) for one in found] == [
            (one["contact"], one["activity"]) for one in (first, other, again)
        ]
        assert first["contact"] == again["contact"]
        assert [one.values["Form.comments"] for one in found] == ["a & b", None, "once more"]
        assert [one.campaign_key for one in found] == [campaign, None, None]
        assert found[2].stamp == "2026-11-20T12:00:00.250Z"

    def test_contact_fields_come_in_exports_of_ten_and_meet_again(self, umbrella, eloqua):
        umbrella.submit("2026-11-20T10:00:00Z")
        umbrella.act(
            "update", object="contact", id="1", values={"C_Country": "DE", "C_Assigned_Partner1": "P011"}
        )

        (found,) = records(eloqua().pull("leads", DAY))

        assert found.values["C_EmailAddress"] == "a@buyer.example"
        assert (found.values["C_Country"], found.values["C_Assigned_Partner1"]) == ("DE", "P011")
        assert umbrella.calls("bulk.exports.create") == 3

    def test_other_forms_hand_nothing_over(self, umbrella, eloqua):
        umbrella.submit("2026-11-20T10:00:00Z", form="8")

        assert handed(eloqua()) == []

    def test_eloqua_may_keep_to_the_form_itself(self, umbrella, eloqua):
        umbrella.submit("2026-11-20T10:00:00Z", form="8")
        mine = umbrella.submit("2026-11-20T10:00:00Z")

        pages = list(eloqua({"form_in_filter": True}).pull("leads", DAY))

        assert [one.handover for one in records(pages)] == [mine["activity"]]
        assert b"Newsletter" not in b"".join(page.raw for page in pages)

    @pytest.mark.parametrize(
        ("at", "inside"),
        [
            ("2026-11-19T23:59:59.999Z", False),
            ("2026-11-20T00:00:00.000Z", True),
            ("2026-11-20T23:59:59.999Z", True),
            ("2026-11-21T00:00:00.000Z", False),
        ],
    )
    def test_a_window_has_its_start_and_not_its_end(self, umbrella, eloqua, at, inside):
        umbrella.submit(at)

        assert len(handed(eloqua())) == inside

    def test_a_window_may_begin_and_end_within_a_second(self, umbrella, eloqua):
        made = [umbrella.submit(f"2026-11-20T10:00:00.{n}00Z")["activity"] for n in (1, 3, 5, 7)]
        at = datetime(2026, 11, 20, 10, tzinfo=UTC)
        window = Window(at + timedelta(milliseconds=300), at + timedelta(milliseconds=700))

        assert [handover for _, handover in handed(eloqua(), window)] == made[1:3]

    def test_without_a_start_everything_before_the_end_comes(self, umbrella, eloqua):
        first = umbrella.submit("2020-01-01T10:00:00Z")["activity"]
        second = umbrella.submit("2026-11-20T10:00:00Z")["activity"]

        assert [one for _, one in handed(eloqua(), Window(None, DAY.end))] == [first, second]

    def test_an_export_that_reaches_the_limit_is_read_in_halves(self, umbrella, eloqua, monkeypatch):
        made = [umbrella.submit(f"2026-11-20T{n:02}:00:00Z")["activity"] for n in range(0, 24, 2)]
        umbrella.act("set", activity_rows=5)
        monkeypatch.setattr(leads.Handovers.__init__, "__defaults__", (5,))

        assert [one for _, one in handed(eloqua())] == made

    def test_a_submission_without_a_contact_is_handed_over_all_the_same(self, umbrella, eloqua):
        made = umbrella.insert(
            "activity",
            {
                "type": "FormSubmit",
                "contact": "",
                "asset_id": "7",
                "fields": {"RawData": "comments=hello"},
                "CreatedAt": "2026-11-20T10:00:00Z",
            },
        )

        (found,) = records(eloqua().pull("leads", DAY))

        assert (found.record_id, found.handover) == (f"unlinked-{made[0]}", made[0])
        assert (found.values["Form.comments"], found.values["C_EmailAddress"]) == ("hello", None)

    def test_pages_hold_the_raw_answers(self, umbrella, eloqua):
        made = umbrella.submit("2026-11-20T10:00:00Z")["activity"]

        raw = b"".join(page.raw for page in eloqua().pull("leads", DAY))

        assert made.encode() in raw


class TestSegment:
    SOURCE = {"handover": "segment", "handover_id": 12}

    def test_who_is_in_the_segment_is_handed_over_once(self, umbrella, eloqua):
        ids = [umbrella.contact(UpdatedAt="2025-01-01"), umbrella.contact(), umbrella.contact()]
        umbrella.act("add_members", segment="12", contacts=ids[:2])
        system = eloqua(self.SOURCE, **plain())

        found = handed(system)

        assert found == [(id_, "segment-12") for id_ in ids[:2]]
        assert handed(system) == found

    def test_a_stamp_of_the_programme_makes_a_second_hand_over(self, umbrella, eloqua):
        contact = umbrella.contact(C_Handed_Over_At1="2026-11-01 08:00:00")
        umbrella.act("add_members", segment="12", contacts=[contact])
        system = eloqua({**self.SOURCE, "segment_stamp": "C_Handed_Over_At1"}, **plain())
        before = handed(system)

        umbrella.act(
            "update", object="contact", id=contact, values={"C_Handed_Over_At1": "2026-11-20 09:00:00"}
        )

        assert before == [(contact, "segment-12-2026-11-01 08:00:00")]
        assert handed(system) == [(contact, "segment-12-2026-11-20 09:00:00")]

    def test_only_changed_members_may_be_wanted(self, umbrella, eloqua):
        ids = [umbrella.contact(UpdatedAt=at) for at in ("2026-11-19", "2026-11-20", "2026-11-21")]
        umbrella.act("add_members", segment="12", contacts=ids)

        found = handed(eloqua({**self.SOURCE, "segment_changed_only": True}, **plain()))

        assert [contact for contact, _ in found] == [ids[1]]

    def test_fields_of_the_account_are_read(self, umbrella, eloqua):
        account = umbrella.insert("account", {"M_CompanyName": "Umbrella"})[0]
        contact = umbrella.contact(account=account)
        umbrella.act("add_members", segment="12", contacts=[contact])

        fields = plain({"name": "company", "source": "Account.M_CompanyName"})
        (found,) = records(eloqua(self.SOURCE, **fields).pull("leads", DAY))

        assert found.values["Account.M_CompanyName"] == "Umbrella"


class TestCustomObject:
    SOURCE = {"handover": "custom_object", "handover_id": 7}
    FIELDS = (
        {"name": "interest", "source": "CustomObject.Interest1"},
        {"name": "campaign", "source": "CustomObject.Campaign_Id1"},
    )

    def test_every_row_is_a_lead_with_values_of_row_and_contact(self, umbrella, eloqua):
        contact = umbrella.contact(C_City="Ulm")
        rows = umbrella.insert(
            "customObject/7",
            {
                "contact": contact,
                "Interest1": "Cloud",
                "Campaign_Id1": "5",
                "UpdatedAt": "2026-11-20T10:00:00Z",
            },
            {"contact": contact, "Interest1": "Storage", "UpdatedAt": "2026-11-20T09:00:00Z"},
            {"contact": contact, "Interest1": "Late", "UpdatedAt": "2026-11-22T09:00:00Z"},
        )
        parts = {**plain(*self.FIELDS), "campaigns": {"lead_field": "campaign"}}

        found = records(eloqua(self.SOURCE, **parts).pull("leads", DAY))

        assert [(one.record_id, one.handover) for one in found] == [(contact, rows[1]), (contact, rows[0])]
        assert [one.values["CustomObject.Interest1"] for one in found] == ["Storage", "Cloud"]
        assert [one.campaign_key for one in found] == [None, "5"]
        assert {one.values["C_City"] for one in found} == {"Ulm"}

    def test_a_row_that_no_contact_belongs_to_is_handed_over_all_the_same(self, umbrella, eloqua):
        (row,) = umbrella.insert(
            "customObject/7", {"Interest1": "Cloud", "UpdatedAt": "2026-11-20T10:00:00Z"}
        )

        assert handed(eloqua(self.SOURCE, **plain(*self.FIELDS))) == [(f"unlinked-{row}", row)]


class TestCampaigns:
    @pytest.mark.capability(("S4", "S6"), "eloqua", "rest.campaigns.list")
    def test_all_come_in_order_of_their_change(self, umbrella, eloqua):
        first, second = umbrella.insert(
            "campaign",
            {"name": "B", "description": "d", "startAt": "2026-11-01", "UpdatedAt": "2026-10-02"},
            {"name": "A", "currentStatus": "Draft", "UpdatedAt": "2026-10-01"},
        )
        fields = [
            {"name": name.lower(), "source": name} for name in ("name", "description", "startAt", "endAt")
        ]
        parts = plain() | {"campaigns": {"fields": fields}}

        found = records(eloqua(ALL, **parts).pull("campaigns", DAY))

        assert [one.record_id for one in found] == [second, first]
        assert found[1].stamp == "2026-10-02T00:00:00Z"
        assert found[1].values == {
            "name": "B",
            "description": "d",
            "startAt": "2026-11-01T00:00:00Z",
            "endAt": None,
        }

    def test_a_search_chooses(self, umbrella, eloqua):
        umbrella.insert("campaign", {"name": "Partner one"}, {"name": "Own"})

        found = records(eloqua({"campaign_search": "name='Partner*'"}).pull("campaigns", DAY))

        assert [one.values["name"] for one in found] == ["Partner one"]

    def test_more_than_a_page_all_come(self, umbrella, eloqua):
        umbrella.insert("campaign", *({"name": f"C{n}"} for n in range(1001)))
        umbrella.fault("empty_page", "rest.campaigns.list", skip=1)

        assert len(records(eloqua(ALL).pull("campaigns", DAY))) == 1001

    def test_a_field_of_their_own_is_read_by_its_id(self, umbrella, eloqua):
        umbrella.insert("campaign", {"name": "C", "fieldValues": [{"id": "77", "value": "x"}]})
        parts = plain() | {"campaigns": {"fields": [{"name": "name", "source": "Field.77"}]}}

        assert records(eloqua(ALL, **parts).pull("campaigns", DAY))[0].values == {"Field.77": "x"}


class TestActivities:
    @pytest.mark.capability("S7", "eloqua", "bulk.syncs.data")
    def test_mapped_types_of_these_contacts_come(self, umbrella, eloqua):
        ours, other = umbrella.contact(), umbrella.contact()
        at = "2026-11-20T10:00:00.500Z"
        seen = umbrella.act("log_activity", type="PageView", contact=ours, at=at, asset_name="Pricing")
        umbrella.act("log_activity", type="PageView", contact=other, at=at)
        umbrella.act("log_activity", type="WebVisit", contact=ours, at=at)
        umbrella.act("log_activity", type="PageView", contact=ours, at="2026-11-21T00:00:00Z")
        system = eloqua({"activities": ["PageView", "EmailOpen"]})

        (found,) = system.pull_events([ours], DAY)

        assert (found.event_id, found.record_id, found.type) == (f"PageView:{seen}", ours, "PageView")
        assert (found.body, found.occurred_at.isoformat()) == ("Pricing", "2026-11-20T10:00:00.500000+00:00")

    def test_a_new_lead_brings_as_many_days_as_the_mapping_says(self, umbrella, eloqua):
        contact = umbrella.contact()
        for day in ("2026-11-01", "2026-11-15"):
            umbrella.act("log_activity", type="PageView", contact=contact, at=day)
        system = eloqua({"activities": ["PageView"], "activity_days": 10})

        found = list(system.pull_events([contact], Window(None, DAY.end)))

        assert [one.occurred_at.day for one in found] == [15]

    def test_nothing_is_asked_for_nobody(self, umbrella, eloqua):
        assert list(eloqua().pull_events(["unlinked-5"], DAY)) == []
        assert umbrella.calls("bulk.exports.create") == 0

    def test_an_export_that_reaches_the_limit_is_read_in_halves(self, umbrella, eloqua, monkeypatch):
        contact = umbrella.contact()
        for hour in range(12):
            umbrella.act("log_activity", type="PageView", contact=contact, at=f"2026-11-20T{hour:02}:00:00Z")
        umbrella.act("set", activity_rows=5)
        monkeypatch.setattr(activities.Activities.__init__, "__defaults__", (5,))

        found = list(eloqua({"activities": ["PageView"]}).pull_events([contact], DAY))

        assert sorted(one.occurred_at.hour for one in found) == list(range(12))


class TestPreflight:
    def test_all_is_well_with_the_sample(self, umbrella, eloqua):
        system = eloqua()

        assert list(system.check()) == []
        assert supplier_drift(system._mapping, system.describe()) == []
        assert umbrella.calls("bulk.syncs.create") == 0
        assert umbrella.rows("definition") == []

    def test_a_form_and_a_custom_object_that_are_gone_are_named(self, umbrella, eloqua):
        umbrella.act("drop_asset", kind="form", id="7")
        umbrella.act("drop_asset", kind="customObject", id="9")

        found = {one.detail: one.code for one in eloqua().check()}

        assert found == {"form 7": "object_missing", "custom object 9": "object_missing"}

    def test_a_field_that_is_gone_is_drift_before_anything_is_read(self, umbrella, eloqua):
        umbrella.act("remove_field", element="contacts", internal="C_Country")
        umbrella.act("remove_field", element="contacts", internal="C_LL_Status1")
        system = eloqua()

        drift = {one.detail for one in supplier_drift(system._mapping, system.describe())}
        checked = [one.message for one in system.check()]

        assert {detail.rpartition(".")[2] for detail in drift} == {"C_Country", "C_LL_Status1"}
        assert len(checked) == 1
        assert "contacts has no field 'C_Country'" in checked[0]
        with pytest.raises(SchemaDrift, match="contacts has no field 'C_Country'"):
            list(system.pull("leads", DAY))

    def test_an_input_of_the_form_that_is_gone_is_drift(self, umbrella, eloqua):
        umbrella.act("update", object="form", id="7", values={"fields": ["emailAddress"]})
        system = eloqua()

        assert [one.detail for one in supplier_drift(system._mapping, system.describe())] == ["Form.comments"]

    def test_wrong_credentials_are_one_finding(self, umbrella, eloqua):
        umbrella.act("change_password", user="Api.User", password="new")

        (finding,) = eloqua().check()

        assert finding.code == "credentials"
        assert "Check company, user and password" in finding.message

    def test_a_source_that_the_hand_over_cannot_give_is_named(self, umbrella, eloqua):
        fields = plain({"name": "company", "source": "Account.M_CompanyName"})

        with pytest.raises(ConfigurationError, match=r"'Account.M_CompanyName' cannot be read .* 'form'"):
            list(eloqua(**fields).pull("leads", DAY))
