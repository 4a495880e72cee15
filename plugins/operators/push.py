"""Bringing accepted leads into one partner's CRM."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from operators.sharing import Share, work_on
from operators.task import LeadlineOperator


class PushOperator(LeadlineOperator):
    """Drains the outbox of a CRM account, or of several; returns counts. Mapped over those with work."""

    template_fields: Sequence[str] = ("supplier_key", "account_id")

    def __init__(self, *, account_id: Share, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.account_id = account_id

    def work(self, context: Mapping[str, Any]) -> dict[str, Any]:
        """Push what waits."""
        from hooks.systems import partner_crm
        from leadline import distribution

        about = self.about(context, self.account_id)
        hub, ctx, mapping = self.run_values(context)
        return work_on(
            self.account_id,
            lambda account_id: distribution.push(hub, ctx, mapping, account_id, partner_crm),
            about,
        )
