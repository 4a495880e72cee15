"""Whatever arrives, in whatever order and however often: books balance, and repeating changes nothing."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leadline import books
from leadline.pulls import judge_pull
from leadline.routing import route_waiting

ARRIVAL = st.fixed_dictionaries(
    {
        "record_id": st.sampled_from("1234"),
        "email": st.sampled_from(["a@x.example", "B@x.example", "b@X.example", "out@example.com", None]),
        "campaign": st.sampled_from(["C1", "C2", None]),
        "company": st.sampled_from(["X", "Y", 'Z"\n\\', None]),
        "stamp": st.sampled_from(["1", "2", "3", None]),
        "deleted": st.booleans() | st.just(False) | st.just(False),
        "merged_into": st.none() | st.none() | st.sampled_from("1234"),
    }
)
RUNS = st.lists(st.lists(ARRIVAL, max_size=7), min_size=1, max_size=3)
SOURCES = st.sampled_from(["email_and_campaign", "email"])


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(arrivals=RUNS, uniqueness=SOURCES, size=st.integers(1, 4))
def test_books_balance_and_repeating_changes_nothing(
    make_intake: Any, record: Any, arrivals: list[list[dict[str, Any]]], uniqueness: str, size: int
) -> None:
    source = {"system": "salesforce", "uniqueness": uniqueness}
    intake = make_intake(batch_rows=size, source=source)
    landed = []
    for number, rows in enumerate(arrivals):
        ctx = intake.start(f"run-{number}")
        landed.append((ctx, intake.land(ctx, *(record(**row) for row in rows))))
        for batch in landed[-1][1].batches:
            intake.receive(ctx, batch)
        judge_pull(intake.hub, ctx, intake.mapping)
        route_waiting(intake.hub, ctx, intake.mapping)
    before = intake.everything()

    for ctx, manifest in reversed(landed):
        again = intake.land(ctx)
        counts = [intake.receive(ctx, batch) for batch in again.batches]
        assert sum(one.received for one in counts) == manifest.rows
    assert intake.everything() == before

    for ctx, manifest in landed:
        found = books.settle(intake.hub, intake.staging, ctx)
        assert found.received == manifest.rows
    leads = intake.rows("lead", "lead_id")
    assert len(leads) == len(intake.rows("receipt", "lead_id", outcome="new"))
    keys = [key for key in intake.rows("lead", "merge_key") if key]
    assert len(set(keys)) == len(keys)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(ARRIVAL, max_size=8), size=st.integers(1, 8))
def test_the_size_of_batches_changes_no_lead(
    make_intake: Any, record: Any, rows: list[dict[str, Any]], size: int
) -> None:
    one, other = make_intake(batch_rows=50), make_intake(batch_rows=size)
    records = [record(**row) for row in rows]

    counts = one.take(*records), other.take(*records)

    assert counts[0] == counts[1]
    for table, names in (
        ("lead", ("lead_id", "merge_key", "email", "attributes", "source_deleted")),
        ("source_link", ("identity", "lead_id", "record_id", "fingerprint", "stamp", "merged_into")),
    ):
        found = [
            sorted(map(repr, each.rows(table, *names))) if table == "source_link" else None
            for each in (one, other)
        ]
        assert found[0] == found[1]
    assert one.rows("lead", "lead_id", "merge_key") == other.rows("lead", "lead_id", "merge_key")
    assert counts[0].received == len(rows)


def as_stored(intake: Any, table: str, names: tuple[str, ...]) -> list[str]:
    """Return rows of a table, sorted; JSON columns have no order in every database."""
    ids = intake.rows(table, names[0])
    return sorted(repr(intake.rows(table, *names[1:], **{names[0]: one})) for one in ids)
