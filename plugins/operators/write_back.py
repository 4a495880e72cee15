"""Telling the supplier's system what became of its leads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from operators.task import LeadlineOperator, target_of


class WriteBackOperator(LeadlineOperator):
    """Writes what changed, where the mapping wants it; returns counts."""

    def work(self, context: Mapping[str, Any]) -> dict[str, Any]:
        """Drain the supplier's outboxes."""
        from leadline import distribution
        from leadline.write_back import tells_supplier

        hub, ctx, mapping = self.run_values(context)
        if not tells_supplier(mapping.write_back):
            return {}  # nothing is mapped: the system is not even called
        from hooks.systems import supplier_system

        with supplier_system(mapping, target_of(ctx.supplier)) as system:
            return dict(distribution.write_back(hub, ctx, mapping, system))
