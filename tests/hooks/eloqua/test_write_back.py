"""Status, events and opportunities into Eloqua."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from leadline.ports import EventWrite, OpportunityWrite, StatusRow, Window

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
PLAIN = {
    "fields": [{"name": "email", "source": "C_EmailAddress", "required": True}],
    "campaigns": {},
    "filter": None,
    "preassignment": None,
    "routing": {},
    "crm": {},
}


def status(contact, handover="1", lead="L1", **values):
    values = values or {"C_LL_Status1": "Accepted"}
    return StatusRow(f"eloqua:{contact}:{handover}", contact, 1, values, lead)


def by_key(results):
    return {result.key: result for result in results}


class TestContacts:
    @pytest.mark.capability(
        ("W1", "W2", "W3", "W4", "W9", "W11"), "eloqua", "bulk.imports.data", "bulk.syncs.rejects"
    )
    def test_every_mapped_value_reaches_the_contact(self, umbrella, eloqua):
        contact = umbrella.contact(C_City="Ulm", C_LL_Not_Routed1="Not routed")
        told = {
            "C_LL_Status1": "Rejected",
            "C_LL_Status_At1": "2026-11-20T12:00:00.500Z",
            "C_LL_Not_Routed1": None,
            "C_LL_Partner1": "Kestrel & Söhne",
            "C_LL_Sales_Status1": "Contacted",
            "C_LL_Rep_Name1": "Rep",
            "C_LL_Rep_Email1": "rep@kestrel.example",
            "C_LL_Rejection1": "Wrong region",
            "C_LL_Reject_Comment1": "a\nb",
            "C_LL_Phone1": "+49 1",
        }

        (result,) = eloqua().write_back([status(contact, **told)])

        (row,) = umbrella.rows("contact")
        assert (result.ok, result.record_id) == (True, contact)
        assert {name: row[name] for name in told} == told | {
            "C_LL_Not_Routed1": "", "C_LL_Status_At1": "2026-11-20 12:00:00",
        }  # fmt: skip
        assert row["C_City"] == "Ulm"

    def test_a_row_tells_only_what_it_names(self, umbrella, eloqua):
        first = umbrella.contact(C_LL_Partner1="Kestrel")
        second = umbrella.contact(C_LL_Status1="Pending")

        results = list(
            eloqua().write_back(
                [status(first, C_LL_Status1="Accepted"), status(second, C_LL_Partner1="Lumen")]
            )
        )

        assert all(result.ok for result in results)
        rows = [(row["C_LL_Status1"], row["C_LL_Partner1"]) for row in umbrella.rows("contact")]
        assert rows == [("Accepted", "Kestrel"), ("Pending", "Lumen")]

    def test_of_two_leads_of_one_contact_the_later_is_told_for_both(self, umbrella, eloqua):
        contact = umbrella.contact()

        found = by_key(
            eloqua().write_back(
                [
                    status(contact, "1", C_LL_Status1="Rejected", C_LL_Partner1="Kestrel"),
                    status(contact, "2", C_LL_Status1="Accepted"),
                ]
            )
        )

        assert {key: result.ok for key, result in found.items()} == {
            f"eloqua:{contact}:1": True, f"eloqua:{contact}:2": True,
        }  # fmt: skip
        (row,) = umbrella.rows("contact")
        assert (row["C_LL_Status1"], row["C_LL_Partner1"]) == ("Accepted", "Kestrel")

    def test_a_deleted_contact_is_refused_and_not_made_again(self, umbrella, eloqua):
        gone, there = umbrella.contact(), umbrella.contact()
        umbrella.act("delete", object="contact", id=gone)

        found = by_key(eloqua().write_back([status(gone), status(there)]))

        refused = found[f"eloqua:{gone}:1"]
        assert (refused.ok, refused.code, refused.stale, refused.retryable) == (
            False,
            "ELQ-00034",
            True,
            False,
        )
        assert refused.message == "the record is no longer in Eloqua: it was deleted, or merged into another"
        assert found[f"eloqua:{there}:1"].ok
        assert [row["id"] for row in umbrella.rows("contact")] == [there]

    def test_a_hand_over_without_a_contact_is_refused(self, umbrella, eloqua):
        (result,) = eloqua().write_back([status("unlinked-7", "7")])

        assert (result.ok, result.code) == (False, "NO_CONTACT")
        assert umbrella.calls("bulk.imports.create") == 0

    @pytest.mark.parametrize(
        ("code", "retryable"), [("ELQ-00107", True), ("ELQ-00145", True), ("ELQ-00032", False)]
    )
    def test_a_rejected_row_is_told_by_its_key_and_the_others_are_written(
        self, umbrella, eloqua, code, retryable
    ):
        contacts = [umbrella.contact() for _ in range(4)]
        umbrella.fault(
            "row_reject",
            "bulk.syncs.create",
            arguments={"rows": [2], "code": code, "fields": ["C_LL_Status1"]},
        )

        found = by_key(eloqua().write_back([status(one) for one in contacts]))

        refused = found[f"eloqua:{contacts[1]}:1"]
        assert (refused.code, refused.field, refused.retryable) == (code, "C_LL_Status1", retryable)
        assert sum(result.ok for result in found.values()) == 3
        assert [row.get("C_LL_Status1") for row in umbrella.rows("contact")] == [
            "Accepted", None, "Accepted", "Accepted",
        ]  # fmt: skip

    def test_many_rejects_are_all_read(self, umbrella, eloqua):
        contacts = umbrella.insert("contact", *({"C_EmailAddress": f"{n}@b.example"} for n in range(30)))
        umbrella.fault("row_reject", "bulk.syncs.create", arguments={"every": 2, "code": "ELQ-00032"})
        umbrella.fault("rejects_page", "bulk.syncs.rejects", times=None, arguments={"rows": 4})

        found = list(eloqua().write_back([status(one) for one in contacts]))

        assert sum(not result.ok for result in found) == 15
        assert sum(row.get("C_LL_Status1") == "Accepted" for row in umbrella.rows("contact")) == 15

    def test_a_warning_that_names_no_row_is_no_success(self, umbrella, eloqua):
        contact = umbrella.contact()
        umbrella.fault("sync_warning", "bulk.syncs.create", arguments={"code": "ELQ-00145"})

        (result,) = eloqua().write_back([status(contact)])

        assert (result.ok, result.code, result.retryable) == (False, "NO_VERDICT", True)
        assert "ELQ-00145" in result.message


@pytest.mark.capability("S10", "eloqua", "bulk.exports.create", "bulk.imports.data")
@pytest.mark.parametrize("handover", ["form", "segment", "custom_object"])
def test_what_we_wrote_back_is_no_news(umbrella, eloqua, handover):
    made = umbrella.submit("2026-11-20T10:00:00Z")
    umbrella.act("add_members", segment="12", contacts=[made["contact"]])
    umbrella.insert("customObject/7", {"contact": made["contact"], "UpdatedAt": "2026-11-20T10:00:00Z"})
    source = {"handover": handover, "handover_id": 12 if handover == "segment" else 7}
    system = eloqua(source, **PLAIN)
    window = Window(None, datetime(2100, 1, 1, tzinfo=UTC))

    def pulled():
        return [
            (one.record_id, one.handover, one.values)
            for page in system.pull("leads", window)
            for one in page.records
        ]

    before = pulled()
    rows = [
        StatusRow(f"eloqua:{one}:{two}", one, 1, {"C_LL_Status1": "Accepted"}, "L1") for one, two, _ in before
    ]
    results = list(system.write_back(rows))

    assert [result.ok for result in results] == [True]
    assert pulled() == before


class TestCustomObjects:
    def test_the_row_that_was_handed_over_is_written(self, umbrella, eloqua):
        contact = umbrella.contact()
        rows = umbrella.insert("customObject/7", {"contact": contact}, {"contact": contact}, {})
        source = {"handover": "custom_object", "handover_id": 7}
        system = eloqua(source, **PLAIN, write_back={"object": "7", "distribution_status": "LL_Status1"})

        told = [
            StatusRow(f"eloqua:{contact}:{rows[1]}", contact, 1, {"LL_Status1": "Accepted"}, "L1"),
            StatusRow("eloqua:9:404", "9", 1, {"LL_Status1": "Accepted"}, "L2"),
        ]
        found = by_key(system.write_back(told))

        assert [row.get("LL_Status1") for row in umbrella.rows("customObject/7")] == [None, "Accepted", None]
        assert found[told[0].identity].ok
        assert (found[told[1].identity].code, found[told[1].identity].stale) == ("ELQ-00034", True)

    def test_an_object_of_our_own_has_one_row_a_lead(self, umbrella, eloqua):
        contact = umbrella.contact()
        chosen = {
            "object": "10",
            "key": "Lead_Key1",
            "lead_field": "Contact_Id1",
            "distribution_status": "LL_Status1",
        }
        system = eloqua({"link_rows_by": "{{Contact.Id}}"}, write_back=chosen)

        for word in ("Pending", "Accepted"):
            results = list(
                system.write_back(
                    [
                        status(contact, "1", "L1", LL_Status1=word),
                        status(contact, "2", "L2", LL_Status1="Rejected"),
                    ]
                )
            )
            assert [result.ok for result in results] == [True, True]

        rows = umbrella.rows("customObject/10")
        assert [(row["Lead_Key1"], row["LL_Status1"]) for row in rows] == [
            ("L1", "Accepted"),
            ("L2", "Rejected"),
        ]
        assert {row["Contact_Id1"] for row in rows} == {row["contact"] for row in rows} == {contact}


class TestEvents:
    def event(self, key="E1", **changes):
        values = {
            "key": key,
            "record_id": "5",
            "type": "Call",
            "occurred_at": NOON,
            "subject": "Called",
            "body": "b",
        }
        return EventWrite(**(values | changes))

    @pytest.mark.capability("W5", "eloqua", "bulk.imports.data")
    def test_an_event_is_a_row_with_our_key(self, umbrella, eloqua):
        results = list(eloqua().write_events([self.event(), self.event("E2", body=None, occurred_at=None)]))

        assert [result.ok for result in results] == [True, True]
        first, second = umbrella.rows("customObject/8")
        assert {name: first[name] for name in first if name.endswith("1")} == {
            "Event_Key1": "E1",
            "Contact_Id1": "5",
            "Event_Type1": "Call",
            "Subject1": "Called",
            "Body1": "b",
            "Occurred_At1": "2026-11-20 12:00:00",
        }
        assert (second["Body1"], second["Occurred_At1"]) == ("", "")

    def test_an_event_told_twice_is_one_row(self, umbrella, eloqua):
        system = eloqua()
        for _ in range(2):
            list(system.write_events([self.event()]))

        assert len(umbrella.rows("customObject/8")) == 1

    @pytest.mark.capability("W8", "eloqua", "bulk.imports.data")
    def test_an_event_on_an_opportunity_needs_its_field(self, umbrella, eloqua):
        on_deal = self.event(on="opportunity", record_id="1001")
        (refused,) = eloqua().write_events([on_deal])
        events = {
            "object": "8",
            "fields": {"key": "Event_Key1", "opportunity": "Contact_Id1", "type": "Event_Type1"},
        }
        (taken,) = eloqua(write_back={"events": events}).write_events([on_deal])

        assert (refused.ok, refused.code) == (False, "NOT_SUPPORTED")
        assert taken.ok
        assert umbrella.rows("customObject/8")[0]["Contact_Id1"] == "1001"

    def test_without_a_mapping_events_are_not_supported(self, umbrella, eloqua):
        (result,) = eloqua(write_back={}).write_events([self.event()])

        assert (result.code, result.retryable) == ("NOT_SUPPORTED", False)


class TestOpportunities:
    def deal(self, external="O1", record=None, key=None, **values):
        values = {"Name1": "Deal", "Amount1": "100.50", "Close_Date1": "2026-12-01"} | values
        return OpportunityWrite(key or f"W-{external}", external, record, "5", values)

    @pytest.mark.capability(("W6", "W7"), "eloqua", "bulk.imports.data", "bulk.exports.create")
    def test_a_deal_is_made_then_changed(self, umbrella, eloqua):
        system = eloqua()

        (made,) = system.write_opportunities([self.deal()])
        (changed,) = system.write_opportunities([self.deal(record=made.record_id, Stage1="Won")])

        (row,) = umbrella.rows("customObject/9")
        assert (made.ok, made.created, made.record_id) == (True, True, row["id"])
        assert (changed.ok, changed.created, changed.record_id) == (True, False, row["id"])
        assert (row["Leadline_Id1"], row["Contact_Id1"], row["Stage1"]) == ("O1", "5", "Won")
        assert (row["Amount1"], row["Close_Date1"]) == ("100.50", "2026-12-01 00:00:00")

    def test_a_repeated_create_finds_its_row(self, umbrella, eloqua):
        system = eloqua()
        (first,) = system.write_opportunities([self.deal()])
        (second,) = system.write_opportunities([self.deal()])

        assert (second.record_id, second.created) == (first.record_id, False)
        assert len(umbrella.rows("customObject/9")) == 1

    def test_a_row_that_is_gone_is_stale_and_not_made_again(self, umbrella, eloqua):
        system = eloqua()
        (made,) = system.write_opportunities([self.deal()])
        umbrella.act("delete", object="customObject/9", id=made.record_id)

        found = by_key(system.write_opportunities([self.deal(record=made.record_id), self.deal("O2")]))

        assert (found["W-O1"].ok, found["W-O1"].stale) == (False, True)
        assert found["W-O2"].created
        assert [row["Leadline_Id1"] for row in umbrella.rows("customObject/9")] == ["O2"]

    def test_a_wrong_amount_is_refused_alone(self, umbrella, eloqua):
        found = by_key(eloqua().write_opportunities([self.deal("O1", Amount1="lots"), self.deal("O2")]))

        assert (found["W-O1"].ok, found["W-O1"].code, found["W-O1"].field) == (False, "ELQ-00032", "Amount1")
        assert found["W-O2"].ok

    @pytest.mark.parametrize("count", [60, 350])
    def test_many_deals_all_get_their_ids(self, umbrella, eloqua, count):
        system = eloqua()
        first = by_key(system.write_opportunities([self.deal(f"O{n}") for n in range(count)]))
        again = by_key(system.write_opportunities([self.deal(f"O{n}") for n in range(count)]))

        assert {key: one.record_id for key, one in first.items()} == {
            key: one.record_id for key, one in again.items()
        }
        assert len(umbrella.rows("customObject/9")) == count
        assert all(one.created for one in first.values())
        assert not any(one.created for one in again.values())

    def test_without_a_mapping_deals_are_not_supported(self, umbrella, eloqua):
        (result,) = eloqua(write_back={}).write_opportunities([self.deal()])

        assert result.code == "NOT_SUPPORTED"


def test_ten_thousand_rows_go_in_uploads_the_vendor_takes(umbrella, eloqua, monkeypatch):
    monkeypatch.setattr("hooks.eloqua.bulk.UPLOAD_BYTES", 200_000)
    umbrella.act("set", upload_bytes=260_000)
    contacts = umbrella.insert("contact", *({"C_EmailAddress": f"{n}@b.example"} for n in range(5_000)))

    results = list(eloqua().write_back([status(one, C_LL_Partner1="x" * 80) for one in contacts]))

    assert sum(result.ok for result in results) == 5_000
    assert umbrella.calls("bulk.imports.data") > 2
    assert {row["C_LL_Partner1"] for row in umbrella.rows("contact")} == {"x" * 80}


def test_the_stamp_of_a_status_may_be_of_another_zone(umbrella, eloqua):
    contact = umbrella.contact()
    later = (NOON + timedelta(hours=1)).isoformat().replace("+00:00", "+02:00")

    list(eloqua().write_back([status(contact, C_LL_Status_At1=later)]))

    assert umbrella.rows("contact")[0]["C_LL_Status_At1"] == "2026-11-20 11:00:00"
