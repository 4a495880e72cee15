"""Activities on a supplier's records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from operators.task import LeadlineOperator, target_of


class PullEventsOperator(LeadlineOperator):
    """Keeps the activities of the supplier's leads; returns counts."""

    def work(self, context: Mapping[str, Any]) -> dict[str, Any]:
        """Read what came in the run's window."""
        from hooks.systems import supplier_system
        from leadline import distribution
        from leadline.runs import run_window

        hub, ctx, mapping = self.run_values(context)
        window = run_window(hub, ctx.supplier, ctx.run_id)
        with supplier_system(mapping, target_of(ctx.supplier)) as system:
            return dict(distribution.pull_events(hub, ctx, mapping, system, window))
