"""Pulling a supplier's campaigns and leads into the staging area."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from operators.mails import tell_findings
from operators.sharing import batches_shared_out
from operators.task import LeadlineOperator, target_of

if TYPE_CHECKING:
    from leadline.ports import Kind


class _PullOperator(LeadlineOperator):
    """Lands the run's window; returns the ids of its batches, as tasks share them."""

    kind: Kind

    def work(self, context: Mapping[str, Any]) -> list[list[str]]:
        """Land what the window holds, or find it landed."""
        from hooks.systems import supplier_system
        from leadline import distribution
        from leadline.runs import run_window
        from leadline.settings import settings

        hub, ctx, mapping = self.run_values(context)
        window = run_window(hub, ctx.supplier, ctx.run_id)
        with supplier_system(mapping, target_of(ctx.supplier)) as system:
            tell = partial(tell_findings, hub, ctx.supplier, mapping, context, {})
            batches = distribution.pull(
                hub, settings().staging_url, ctx, mapping, self.kind, system, window, tell
            )
        return batches_shared_out(batches)


class PullCampaignsOperator(_PullOperator):
    """Lands the supplier's chosen campaigns."""

    kind = "campaigns"


class PullLeadsOperator(_PullOperator):
    """Lands the supplier's leads."""

    kind = "leads"
