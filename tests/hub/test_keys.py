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
    lead = keys.lead_id("acme", "file:00:1")

    assert lead == "L" + keys.digest("acme", "file:00:1")
    assert keys.digest("acme", "file:00:1") == "fe745c9e54cb21b04899ec298a5e1c67"


def test_a_batch_of_leads_has_the_ids_they_have_alone() -> None:
    identities = ["file:00:1", "", "salesforce:ü:"]

    assert keys.lead_ids("acme", identities) == [keys.lead_id("acme", one) for one in identities]


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
