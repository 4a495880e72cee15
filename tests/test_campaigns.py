"""Campaigns are received and counted like leads, kept by their key, and shared as the mapping says."""

from __future__ import annotations

from leadline.receipts import Counts


def take(intake, *campaigns, run_id="run-1"):
    return intake.take(*campaigns, run_id=run_id, kind="campaigns")


def test_campaigns_are_counted_and_kept(intake, record) -> None:
    counts = take(
        intake, record("C1", name="Sale", theme=" SUMMER"), record("C2", name="Fair"), record("C3", name=None)
    )

    assert counts == Counts(quarantined=1, new=2)
    assert intake.rows("campaign", "campaign_key", "name", "shared") == [
        ("C1", "Sale", True),
        ("C2", "Fair", False),
    ]
    assert intake.rows("receipt", "row", "outcome", "lead_id") == [
        (0, "new", None),
        (1, "new", None),
        (2, "quarantined", None),
    ]
    assert intake.rows("watermark", "feed") == ["campaigns"]


def test_a_campaign_that_comes_again_is_known_or_updated(intake, record) -> None:
    take(intake, record("C1", name="Sale"), record("C2", name="Fair"))

    counts = take(
        intake, record("C1", name="Sale"), record("C2", name="Fair", theme="Summer"),
        record("C2", name="Fair", theme="Summer"), run_id="run-2",
    )  # fmt: skip

    assert counts == Counts(known=2, updated=1)
    assert intake.rows("campaign", "campaign_key", "shared", "updated_run") == [
        ("C1", False, "run-1"),
        ("C2", True, "run-2"),
    ]


def test_sharing_follows_the_mapping_without_being_news(make_mapping, intake, record) -> None:
    take(intake, record("C1", name="Sale", theme="Summer"))
    campaigns = intake.mapping.campaigns.model_copy(update={"share": None})
    intake.mapping = intake.mapping.model_copy(update={"campaigns": campaigns})

    counts = take(intake, record("C1", name="Sale", theme="Summer"), run_id="run-2")

    assert counts == Counts(known=1)
    assert intake.rows("campaign", "shared") == [False]


def test_a_deleted_campaign_is_kept_and_no_longer_shared(intake, record) -> None:
    gone = record("C1", name="Sale", theme="Summer", deleted=True)
    take(intake, record("C1", name="Sale", theme="Summer"))

    counts = [take(intake, gone, run_id=f"run-{number}") for number in (2, 3)]

    assert counts == [Counts(updated=1), Counts(known=1)]
    assert intake.rows("campaign", "campaign_key", "shared") == [("C1", False)]
    assert take(intake, record("C9", deleted=True), run_id="run-4") == Counts(filtered=1)


def test_receiving_campaigns_again_changes_nothing(intake, record) -> None:
    ctx = intake.start()
    (batch,) = intake.land(ctx, record("C1", name="Sale"), kind="campaigns").batches
    first = intake.receive(ctx, batch)
    before = intake.everything()

    assert intake.receive(ctx, batch) == first
    assert intake.everything() == before
