"""Bringing accepted leads into one partner's CRM."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from operators.task import SUBJECT, LeadlineOperator


class PushOperator(LeadlineOperator):
    """Drains the outbox of one CRM account; returns counts. Mapped over the accounts with work."""

    template_fields: Sequence[str] = ("supplier_key", "account_id")

    def __init__(self, *, account_id: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.account_id = account_id

    def work(self, context: Mapping[str, Any]) -> dict[str, Any]:
        """Push what waits."""
        from hooks.systems import partner_crm
        from leadline import distribution

        context["ti"].xcom_push(key=SUBJECT, value=self.account_id)
        hub, ctx, mapping = self.run_values(context)
        return dict(distribution.push(hub, ctx, mapping, self.account_id, partner_crm))
