"""Leads written into a dealer's Saleslink, and found there again."""

from __future__ import annotations

import pytest

from leadline.errors import ConfigurationError
from leadline.ports import RecordKeys
from tests.hooks.saleslink.room import Dealer, change, create


def test_a_new_lead_carries_standard_fields_own_fields_and_its_owner(dealer: Dealer) -> None:
    result = dealer.write(
        create(1, Tier="Gold", Phone="+49 89 1", OwnerUserId="kim.larsen@k001.example", Notes=None)
    )["D1"]

    (lead,) = dealer.leads()
    assert (result.ok, result.created, result.record_id) == (True, True, lead["LeadId"])
    assert (lead["ExternalId"], lead["LastName"], lead["Tier"]) == ("A1", "Last1", "Gold")
    assert (lead["OwnerUserId"], lead["Phone"], lead["Notes"]) == ("U-1", "+49 89 1", None)


def test_the_same_create_again_finds_the_lead_and_changes_nothing(dealer: Dealer) -> None:
    first = dealer.write(create(1))["D1"]
    dealer.do("update", object="Lead", id=first.record_id, values={"Phone": "1"})

    again = dealer.write(create(1, Phone="2"))["D1"]

    assert (again.ok, again.created, again.record_id) == (True, False, first.record_id)
    assert [one["Phone"] for one in dealer.leads()] == ["1"]


def test_a_create_does_not_bring_back_what_the_partner_deleted(dealer: Dealer) -> None:
    first = dealer.write(create(1))["D1"]
    dealer.do("delete", object="Lead", id=first.record_id)

    again = dealer.write(create(1))["D1"]

    assert (again.ok, again.created, again.record_id) == (True, False, first.record_id)
    assert dealer.leads() == []


def test_two_people_of_one_address_are_two_leads(dealer: Dealer) -> None:
    dealer.write(create(1), create(2, Email="p1@example.org"))

    assert len(dealer.leads()) == 2


def test_an_update_changes_and_clears_only_what_it_names(dealer: Dealer) -> None:
    made = dealer.write(create(1, Tier="Gold", Phone="1"))["D1"]

    result = dealer.write(change(1, made.record_id, Phone=None, Machine="Excavator"))["D1"]

    (lead,) = dealer.leads()
    assert (result.ok, result.created, result.record_id) == (True, False, made.record_id)
    assert (lead["Phone"], lead["Machine"], lead["Tier"], lead["LastName"]) == (
        None,
        "Excavator",
        "Gold",
        "Last1",
    )


@pytest.mark.parametrize("hard", [False, True], ids=["deleted", "gone for good"])
def test_an_update_of_a_lead_that_is_gone_is_refused_as_stale(dealer: Dealer, hard: bool) -> None:
    made = dealer.write(create(1))["D1"]
    dealer.do("delete", object="Lead", id=made.record_id, hard=hard)

    result = dealer.write(change(1, made.record_id, Phone="1"))["D1"]

    assert (result.ok, result.stale, result.retryable, result.code) == (False, True, False, "NOT_FOUND")


def test_a_refused_row_names_code_and_field_and_the_others_go_on(dealer: Dealer) -> None:
    results = dealer.write(create(1, LastName="x" * 81), create(2), create(3, Phone="1" * 41))

    assert [(one.ok, one.code, one.field, one.retryable) for one in results.values()] == [
        (False, "VALIDATION", "LastName", False),
        (True, None, None, False),
        (False, "VALIDATION", "Phone", False),
    ]
    assert [one["ExternalId"] for one in dealer.leads()] == ["A2"]


def test_a_duplicate_names_the_lead_that_is_there(dealer: Dealer) -> None:
    (there,) = dealer.do("insert", object="Lead", rows=[{"LastName": "X", "Email": "P1@example.org"}])
    dealer.do("configure", duplicates_by_email=True)

    result = dealer.write(create(1))["D1"]

    assert (result.ok, result.code, result.record_id, result.object) == (False, "DUPLICATE", there, "Lead")


def test_characters_that_xml_cannot_carry_are_left_out(dealer: Dealer) -> None:
    dealer.write(create(1, Company="A\x00B\x0bC\ufffe & <D>", Notes="one\r\ntwo\tthree 🚜"))

    (lead,) = dealer.leads()
    assert (lead["Company"], lead["Notes"]) == ("ABC & <D>", "one\r\ntwo\tthree 🚜")


def test_an_owner_whom_nobody_knows_must_be_corrected_first(dealer: Dealer) -> None:
    with pytest.raises(ConfigurationError, match=r"no active user 'sam\.former@k001\.example'"):
        dealer.write(create(1, OwnerUserId="sam.former@k001.example"))

    assert dealer.leads() == []


def test_leads_are_found_by_stored_id_and_by_external_id(dealer: Dealer) -> None:
    first, second, third = (dealer.write(create(n))[f"D{n}"].record_id for n in (1, 2, 3))
    dealer.do("delete", object="Lead", id=third)
    keys = [
        RecordKeys("D1", first, "A1", "p1@example.org"),
        RecordKeys("D2", None, "A2", "p2@example.org"),
        RecordKeys("D3", None, "A3", "p3@example.org"),
        RecordKeys("D4", None, "A4", "p1@example.org"),
    ]

    found = dealer.crm.find("Lead", keys)

    assert {key: (one.record_id, one.by) for key, one in found.items()} == {
        "D1": (first, "record_id"),
        "D2": (second, "external_id"),
    }


def test_more_leads_than_fit_into_one_call_are_asked_for_in_several(dealer: Dealer) -> None:
    rows = [{"LastName": "X", "ExternalId": f"A{n}"} for n in range(450)]
    dealer.do("insert", object="Lead", rows=rows)

    found = dealer.crm.find("Lead", [RecordKeys(f"D{n}", None, f"A{n}", "") for n in range(450)])

    assert (len(found), dealer.calls("GetLeads")) == (450, 3)
