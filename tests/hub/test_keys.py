"""Keys stay what they are, and equal mailboxes share one."""

from __future__ import annotations

import pytest

from leadline.hub import keys


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("a", "bc"), ("ab", "c")),
        ((None,), ("",)),
        (("a", None), ("a",)),
        (("1:a",), (1, "a")),
    ],
)
def test_different_parts_have_different_digests(one: tuple[object, ...], other: tuple[object, ...]) -> None:
    assert keys.digest(*one) != keys.digest(*other)


def test_ids_do_not_change_between_versions() -> None:
    lead = keys.lead_id("acme", "salesforce:00Q1:701")
    of_file = keys.lead_id("acme", "file:00:10")
    assignment = keys.assignment_id("acme", of_file, 2)

    assert keys.digest("acme", "file:00:1") == "fe745c9e54cb21b04899ec298a5e1c67"
    assert lead == "L" + keys.digest("acme", "salesforce:00Q1:701")[:26] + "000000"
    assert of_file == "L" + keys.digest("acme", "file:00")[:18] + "0000000a000000"
    assert assignment == "A" + of_file[1:27] + "020000"
    assert keys.delivery_id("acme", assignment, 17) == "D" + assignment[1:29] + "0011"


def test_a_batch_of_leads_has_the_ids_they_have_alone() -> None:
    identities = ["file:00:1", "", "salesforce:ü:", "file:00:2", "file:00:2:run 1", "file:01:2"]

    assert keys.lead_ids("acme", identities) == [keys.lead_id("acme", one) for one in identities]


def test_leads_of_a_file_stand_in_the_order_of_its_records() -> None:
    ids = keys.lead_ids("acme", [f"file:00:{number}" for number in range(1, 400)])

    assert ids == sorted(ids)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("file:00:1", "file:00:01"),
        ("file:00:1", "file:01:1"),
        ("file:00:1", "file:00:1:resent"),
        ("file:00:1:one run", "file:00:1:another"),
        ("file:00:1:", "file:00:1"),
        # more digits than an id has room for, and none at all
        ("file:00:4294967297", "file:00:1"),
        ("file:00:", "file:00"),
        ("file:00:x", "file:00:y"),
        ("filed:00:1", "file:00:1"),
    ],
)
def test_different_records_are_different_leads(one: str, other: str) -> None:
    assert keys.lead_id("acme", one) != keys.lead_id("acme", other)


def test_within_its_lead_each_attempt_and_delivery_is_told_apart() -> None:
    lead = keys.lead_id("acme", "file:00:10")
    attempts = [keys.assignment_id("acme", lead, number) for number in (1, 2, 256)]
    pushes = [keys.delivery_id("acme", attempts[0], number) for number in (1, 2, 65_536)]

    within = [keys.within_lead(lead, one) for one in (*attempts, *pushes)]

    assert within[:2] + within[3:5] == ["010000", "020000", "010001", "010002"]
    # Hashes: what they share with the lead is chance.
    assert (within[2], within[5]) == (attempts[2], pushes[2])


def test_ids_stay_apart_beyond_the_digits_that_count() -> None:
    lead = keys.lead_id("acme", "file:00:1")
    attempts = [keys.assignment_id("acme", lead, number) for number in range(1, 600)]
    deliveries = [keys.delivery_id("acme", attempts[0], number) for number in (1, 0x10000, 0x10001)]
    handmade = [keys.assignment_id("acme", f"L{number:032}", 1) for number in range(3)]

    for ids in (attempts, deliveries, handmade):
        assert len(set(ids)) == len(ids)
        assert {len(one) for one in ids} == {33}


def test_an_assignments_id_is_known_by_its_looks() -> None:
    lead = keys.lead_id("acme", "file:00:1")
    ids = [keys.assignment_id("acme", lead, number) for number in (1, 256)]

    assert all(keys.is_assignment_id(one) for one in ids)
    assert not any(keys.is_assignment_id(one) for one in (lead, ids[0][:-1], "A-1", "", "A" + "x" * 32))


def test_suppliers_never_share_a_lead() -> None:
    assert keys.lead_id("acme", "x") != keys.lead_id("acme~test", "x")


@pytest.mark.parametrize(
    ("email", "key"),
    [
        ("Ann@Example.COM", "ann@example.com"),
        ("  ann@example.com ", "ann@example.com"),
        # international domains, in either form and in full-width letters
        ("ann@Bücher.example", "ann@xn--bcher-kva.example"),
        ("ann@xn--bcher-kva.example", "ann@xn--bcher-kva.example"),
        ("ann＠example.com", "ann@example.com"),  # noqa: RUF001
        ("STRAßE@example.com", "strasse@example.com"),
        # what IDNA refuses is kept: the checks judge it
        ("ann@-ü-.example", "ann@-ü-.example"),
    ],
)
def test_equal_mailboxes_share_a_key(email: str, key: str) -> None:
    assert keys.email_key(email) == key


def test_merge_key_tells_campaigns_apart_only_when_asked() -> None:
    by_both = [keys.merge_key("a@b.example", campaign, by_campaign=True) for campaign in ("C1", "C2", None)]
    by_email = [keys.merge_key("a@b.example", campaign, by_campaign=False) for campaign in ("C1", "C2", None)]

    assert len(set(by_both)) == 3
    assert len(set(by_email)) == 1


def test_ids_of_whole_batches_are_the_single_ones() -> None:
    leads = [("L1", 1), ("L2", 12), ("Lé", 3)]

    assignments = keys.assignment_ids("acmé~test", leads)

    assert assignments == [keys.assignment_id("acmé~test", *one) for one in leads]
    assert keys.first_delivery_ids("acmé~test", assignments) == [
        keys.delivery_id("acmé~test", one, 1) for one in assignments
    ]
