"""Routing what waits, and naming the CRM accounts that have work."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from operators.sharing import shared_out
from operators.task import LeadlineOperator


class RouteOperator(LeadlineOperator):
    """Gives every lead that waits its partner, or a reason why not; returns counts."""

    def work(self, context: Mapping[str, Any]) -> dict[str, Any]:
        """Drain the supplier's queue of undecided leads."""
        from leadline import distribution

        return dict(distribution.route(*self.run_values(context)))


class RerouteOperator(LeadlineOperator):
    """Routes leads anew whose partner left them too long, or rejected them; returns counts."""

    def work(self, context: Mapping[str, Any]) -> dict[str, Any]:
        """Look at what is pending."""
        from leadline import distribution

        return dict(distribution.reroute(*self.run_values(context)))


class ListAccountsOperator(LeadlineOperator):
    """Returns the ids of the CRM accounts that have deliveries waiting."""

    def work(self, context: Mapping[str, Any]) -> list[str] | list[list[str]]:
        """List accounts."""
        from leadline import distribution

        hub, ctx, _ = self.run_values(context)
        return shared_out(distribution.accounts(hub, ctx))
