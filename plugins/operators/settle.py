"""Closing a run's books."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from operators.task import LeadlineOperator


class SettleOperator(LeadlineOperator):
    """Recounts the run from its raw data; returns the books, fails if they do not balance."""

    def work(self, context: Mapping[str, Any]) -> dict[str, Any]:
        """Settle the run."""
        from leadline import distribution
        from leadline.settings import settings

        hub, ctx, _ = self.run_values(context)
        return dict(distribution.settle(hub, settings().staging_url, ctx))
