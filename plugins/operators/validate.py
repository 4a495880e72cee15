"""Checking and receiving batches, and judging the pull once all are received."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from math import ceil
from typing import Any

from operators.task import LeadlineOperator

MOST_TASKS = 500
"""Of a pull; Airflow maps over 1,024 values at most (`core.max_map_length`), and fails what returns more."""


def shared_out(batch_ids: Sequence[str]) -> list[str] | list[list[str]]:
    """Return what tasks are mapped over: the batches, or lists of them where one task each were too many.

    A batch holds rows of one file, so that a thousand small files make a thousand batches.
    """
    from leadline.chunks import chunks

    if len(batch_ids) <= MOST_TASKS:
        return list(batch_ids)
    return list(chunks(batch_ids, ceil(len(batch_ids) / MOST_TASKS)))


class ValidateBatchOperator(LeadlineOperator):
    """Checks a batch, or several, and writes their receipts; returns counts. Mapped over those of a pull."""

    template_fields: Sequence[str] = ("supplier_key", "batch_id")

    def __init__(self, *, batch_id: str | list[str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.batch_id = batch_id

    def work(self, context: Mapping[str, Any]) -> dict[str, Any]:
        """Receive the batches, or find them received; one that fails keeps none of the others back."""
        from leadline import distribution
        from leadline.errors import LeadlineError
        from leadline.settings import settings

        hub, ctx, mapping = self.run_values(context)
        counts: Counter[str] = Counter()
        failed: LeadlineError | None = None
        for batch_id in [self.batch_id] if isinstance(self.batch_id, str) else self.batch_id:
            try:
                counts.update(distribution.validate(hub, settings().staging_url, ctx, mapping, batch_id))
            except LeadlineError as error:
                failed = failed or error
        if failed:
            raise failed
        return dict(counts)


class JudgeThresholdOperator(LeadlineOperator):
    """Fails if too many rows of this pull were quarantined; its leads then wait for a release."""

    def work(self, context: Mapping[str, Any]) -> None:
        """Judge once; a second time repeats the verdict."""
        from leadline import distribution

        distribution.judge(*self.run_values(context))
