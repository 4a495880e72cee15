"""Taking quarantined rows again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from operators.sharing import batches_shared_out
from operators.task import LeadlineOperator


class ReplayOperator(LeadlineOperator):
    """Lands the quarantined rows that the run's form names as batches of this run; returns their ids."""

    def work(self, context: Mapping[str, Any]) -> list[list[str]]:
        """Land the rows, or find them landed.

        Raises:
            FormRefused: The form names neither run nor batch, or rows of no batch.
        """
        from leadline import distribution
        from leadline.errors import FormRefused
        from leadline.replay import Selection
        from leadline.settings import settings

        hub, ctx, _ = self.run_values(context)
        params = context["params"]
        rows = params.get("rows")
        selection = Selection(
            params.get("run") or None, params.get("batch") or None, tuple(rows) if rows else None
        )
        if selection.batch_id is None and (selection.run_id is None or rows):
            raise FormRefused("name the batch of the rows" if rows else "name a run or a batch")
        batches = distribution.replay(hub, settings().staging_url, ctx, selection, "leads")
        return batches_shared_out(batches)
