"""Which records of a partner's org stand for our leads already."""

from __future__ import annotations

from leadline.ports import RecordKeys
from tests.hooks.salesforce.crm.room import EXTERNAL, PartnerOrg, change, keys


def test_records_are_found_by_id_then_external_id_then_email(org: PartnerOrg) -> None:
    by_id = org.insert("Lead", LastName="A", Company="C", Email="other@example.org")
    by_key = org.insert("Lead", LastName="B", Company="C", Email="x@example.org", **{EXTERNAL: "A2"})
    by_email = org.insert("Lead", LastName="C", Company="C", Email="P3@Example.org")
    org.insert("Lead", LastName="D", Company="C", Email="p3@example.org")  # younger

    found = org.crm.find("Lead", [keys(1, by_id[:15]), keys(2), keys(3), keys(4)])

    assert {key: (one.record_id, one.by) for key, one in found.items()} == {
        "D1": (by_id, "record_id"),
        "D2": (by_key, "external_id"),
        "D3": (by_email, "email"),
    }


def test_an_email_leads_past_the_records_that_are_to_be_left_apart(org: PartnerOrg) -> None:
    ids = [
        org.insert("Lead", LastName=name, Company="C", Email="p1@example.org", **more)
        for name, more in (("A", {EXTERNAL: "A9"}), ("B", {EXTERNAL: "A8"}), ("C", {}))
    ]

    found = [
        org.crm.find("Lead", [keys(1)._replace(apart=frozenset(apart))]) for apart in (ids[:1], ids[:2], ids)
    ]

    assert [{one.record_id for one in some.values()} for some in found] == [{ids[1]}, {ids[2]}, set()]


def test_many_people_are_looked_for_in_few_calls(org: PartnerOrg) -> None:
    org.insert("Lead", LastName="C", Company="C", Email="p999@example.org")
    wanted = [
        RecordKeys(f"D{n}", None, f"A{n:032}", f"p{n}@example.org" if n else "o'b\\r%ien+ü@example.org")
        for n in range(1_000)
    ]

    found = org.crm.find("Lead", wanted)

    assert list(found) == ["D999"]
    assert org.calls("query") < 15


def test_a_converted_lead_names_the_contact_it_became(org: PartnerOrg) -> None:
    lead = org.insert("Lead", LastName="A", Company="C", Email="p1@example.org")
    org.control.act(org.name, "convert", lead_id=lead)

    found = org.crm.find("Lead", [keys(1)])["D1"]

    (person,) = org.records("Contact")
    assert found.converted_to == person["Id"]
    result = org.write(change(1, lead, Title="CTO"))["D1"]
    assert (result.ok, result.stale) == (False, True)


def test_a_merged_record_leads_to_its_survivor(org: PartnerOrg) -> None:
    gone = org.insert("Lead", LastName="A", Company="C", Email="p1@example.org")
    kept = org.insert("Lead", LastName="B", Company="C", Email="other@example.org")
    org.control.act(org.name, "merge", object="Lead", master_id=kept, lesser_ids=[gone])

    found = org.crm.find("Lead", [keys(1, gone)])["D1"]

    assert (found.record_id, found.by) == (kept, "record_id")


def test_a_deleted_record_is_not_found_and_an_update_of_it_is_stale(org: PartnerOrg) -> None:
    lead = org.insert("Lead", LastName="A", Company="C", Email="p1@example.org")
    org.control.act(org.name, "delete", id=lead)

    assert org.crm.find("Lead", [keys(1, lead)]) == {}
    assert org.write(change(1, lead, Title="CTO"))["D1"].stale


def test_a_contact_that_an_email_led_to_has_the_id_of_the_lead_that_became_it(org: PartnerOrg) -> None:
    lead = org.insert("Lead", LastName="A", Company="C", Email="p1@example.org", **{EXTERNAL: "A9"})
    org.control.act(org.name, "convert", lead_id=lead)
    org.insert("Contact", LastName="B", Email="p2@example.org")

    found = org.crm.find("Contact", [keys(1), keys(2)])

    assert {key: (one.by, one.external_id) for key, one in found.items()} == {
        "D1": ("email", "A9"),
        "D2": ("email", None),
    }
