"""Taking quarantined rows again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from operators.task import LeadlineOperator


class ReplayOperator(LeadlineOperator):
    """Lands the quarantined rows that the run's form names as batches of this run; returns their ids."""

    def work(self, context: Mapping[str, Any]) -> list[str]:
        """Land the rows, or find them landed."""
        from leadline import distribution
        from leadline.replay import Selection
        from leadline.settings import settings

        hub, ctx, _ = self.run_values(context)
        params = context["params"]
        rows = params.get("rows")
        selection = Selection(params.get("run"), params.get("batch"), tuple(rows) if rows else None)
        return distribution.replay(hub, settings().staging_url, ctx, selection, "leads")
