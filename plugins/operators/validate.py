"""Checking and receiving batches, and judging the pull once all are received."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from operators.task import LeadlineOperator


class ValidateBatchOperator(LeadlineOperator):
    """Checks one batch and writes its receipts; returns counts. Mapped over the batches of a pull."""

    template_fields: Sequence[str] = ("supplier_key", "batch_id")

    def __init__(self, *, batch_id: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.batch_id = batch_id

    def work(self, context: Mapping[str, Any]) -> dict[str, Any]:
        """Receive the batch, or find it received."""
        from leadline import distribution
        from leadline.settings import settings

        hub, ctx, mapping = self.run_values(context)
        return dict(distribution.validate(hub, settings().staging_url, ctx, mapping, self.batch_id))


class JudgeThresholdOperator(LeadlineOperator):
    """Fails if too many rows of this pull were quarantined; its leads then wait for a release."""

    def work(self, context: Mapping[str, Any]) -> None:
        """Judge once; a second time repeats the verdict."""
        from leadline import distribution

        distribution.judge(*self.run_values(context))
