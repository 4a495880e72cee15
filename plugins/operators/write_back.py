"""Writing distribution status back into the supplier's system."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from operators.task import LeadlineOperator, target_of


class WriteBackOperator(LeadlineOperator):
    """Writes what changed, where the mapping wants it; returns counts."""

    def work(self, context: Mapping[str, Any]) -> dict[str, Any]:
        """Drain the supplier's write-back queue."""
        hub, ctx, mapping = self.run_values(context)
        if not mapping.write_back.mapped:
            return {}  # nothing is mapped: the system is not even called
        from hooks.systems import supplier_system
        from leadline import distribution

        with supplier_system(mapping, target_of(ctx.supplier)) as system:
            return dict(distribution.write_back(hub, ctx, mapping, system))
