"""Files after they are received: into the archive, or aside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from operators.task import LeadlineOperator, target_of


class PutAwayOperator(LeadlineOperator):
    """Archives what the hub has received and sets unreadable files aside; fails if there were any."""

    def work(self, context: Mapping[str, Any]) -> dict[str, Any]:
        """Put this run's files away."""
        from hooks.systems import supplier_system
        from leadline import filing
        from leadline.settings import settings

        hub, ctx, mapping = self.run_values(context)
        with supplier_system(mapping, target_of(ctx.supplier)) as system:
            return dict(filing.put_away(hub, settings().staging_url, ctx, system))
