"""Checking and receiving batches, and judging the pull once all are received."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from operators.sharing import work_on
from operators.task import LeadlineOperator


class ValidateBatchOperator(LeadlineOperator):
    """Checks batches and writes their receipts; returns counts. Mapped over a pull's, small ones together."""

    template_fields: Sequence[str] = ("supplier_key", "batch_ids")

    def __init__(self, *, batch_ids: list[str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.batch_ids = batch_ids

    def work(self, context: Mapping[str, Any]) -> dict[str, Any]:
        """Receive the batches, or find them received; one that fails keeps none of the others back."""
        from leadline import distribution
        from leadline.settings import settings

        hub, ctx, mapping = self.run_values(context)
        return work_on(
            self.batch_ids,
            lambda batch_id: distribution.validate(hub, settings().staging_url, ctx, mapping, batch_id),
        )


class JudgeThresholdOperator(LeadlineOperator):
    """Fails if too many rows of this pull were quarantined; its leads then wait for a release."""

    def work(self, context: Mapping[str, Any]) -> None:
        """Judge once; a second time repeats the verdict."""
        from leadline import distribution

        distribution.judge(*self.run_values(context))
