"""Text of a supplier's system that no database keeps: its row is set aside, and the others go on."""

from __future__ import annotations

import pytest

from leadline.checks import check_batch
from leadline.receipts import receive


def taken(intake, *records):
    """Land records, judge them by the real checks and receive them."""
    ctx = intake.start()
    (batch,) = intake.land(ctx, *records).batches
    checked = check_batch(intake.staging.read(batch), intake.mapping, "leads", None)
    return receive(intake.hub, ctx, intake.mapping, batch, checked)


@pytest.mark.parametrize(("value", "fault"), [("Acme\0", "nul_byte"), ("Ac\ud800me", "half_character")])
def test_a_record_with_text_that_cannot_be_kept_is_quarantined_alone(
    make_intake, record, value, fault
) -> None:
    intake = make_intake()

    counts = taken(intake, record("00Q1", company=value), record("00Q2", company="Acme 😀 \u202e"))

    assert (counts.new, counts.quarantined) == (1, 1)
    found = dict(intake.rows("receipt", "identity", "reasons"))
    assert fault in str(found["salesforce:00Q1:C1"])
    assert not found["salesforce:00Q2:C1"]


def test_a_campaign_key_that_cannot_be_kept_is_no_key(make_intake, record) -> None:
    counts = taken(make_intake(), record("00Q1", campaign="C\0"))

    assert (counts.new, counts.quarantined) == (0, 1)
