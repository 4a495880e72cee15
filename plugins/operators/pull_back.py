"""Reading partners' CRMs back: which accounts, their leads, their opportunities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from operators.sharing import Share, shared_out, work_on
from operators.start import moment_of
from operators.task import LeadlineOperator


class FeedbackAccountsOperator(LeadlineOperator):
    """Returns the ids of the CRM accounts to read: those with leads, or those that the form names."""

    def work(self, context: Mapping[str, Any]) -> list[str] | list[list[str]]:
        """List accounts."""
        from leadline import pull_back

        hub, ctx, _ = self.run_values(context)
        return shared_out(pull_back.feedback_accounts(hub, ctx, context["params"].get("accounts") or ()))


class OpportunityAccountsOperator(LeadlineOperator):
    """Returns the ids of the CRM accounts whose partners share opportunities."""

    def work(self, context: Mapping[str, Any]) -> list[str] | list[list[str]]:
        """List accounts."""
        from leadline import pull_back

        hub, ctx, _ = self.run_values(context)
        return shared_out(pull_back.opportunity_accounts(hub, ctx, context["params"].get("accounts") or ()))


class _AccountOperator(LeadlineOperator):
    """Works with a CRM account, or several. Mapped over those to read: one that fails stops no other."""

    template_fields: Sequence[str] = ("supplier_key", "account_id")

    def __init__(self, *, account_id: Share, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.account_id = account_id


class ReadFeedbackOperator(_AccountOperator):
    """Keeps what the partners of one CRM account did with their leads; returns counts."""

    def work(self, context: Mapping[str, Any]) -> dict[str, Any]:
        """Read the account's records and activities."""
        from hooks.systems import partner_crm
        from leadline import pull_back

        about = self.about(context, self.account_id)
        hub, ctx, mapping = self.run_values(context)
        params = context["params"]
        since, believed = moment_of(params.get("since")), bool(params.get("believe_deletions"))
        return work_on(
            self.account_id,
            lambda account_id: pull_back.read_feedback(
                hub, ctx, mapping, account_id, partner_crm, since=since, believe_gone=believed
            ),
            about,
        )


class ReadOpportunitiesOperator(_AccountOperator):
    """Keeps the opportunities that the partners of one CRM account share; returns counts."""

    def work(self, context: Mapping[str, Any]) -> dict[str, Any]:
        """Read the account's opportunities."""
        from hooks.systems import partner_crm
        from leadline import pull_back

        about = self.about(context, self.account_id)
        hub, ctx, mapping = self.run_values(context)
        since = moment_of(context["params"].get("since"))
        return work_on(
            self.account_id,
            lambda account_id: pull_back.read_opportunities(
                hub, ctx, mapping, account_id, partner_crm, since=since
            ),
            about,
        )
