"""Looking at a supplier's system and its partners' CRMs before a run needs them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from operators.start import chosen_mapping
from operators.task import LeadlineOperator


class PreflightOperator(LeadlineOperator):
    """Keeps findings in the hub; returns counts. Fails where the supplier's own system cannot be used.

    A partner's CRM that is not well does not stop the others: its findings stand in the hub, and its own
    push fails. With `strict`, they fail this task too.
    """

    template_fields: Sequence[str] = ()
    in_dry_run = True

    def __init__(self, *, supplier: str, accounts: bool = True, strict: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supplier = supplier
        self.accounts = accounts
        self.strict = strict

    def work(self, context: Mapping[str, Any]) -> dict[str, Any]:
        """Look at everything, then say what stands."""
        from hooks.systems import partner_crm, supplier_system
        from leadline import preflight
        from leadline.hub import open_hub
        from leadline.partners import load_accounts, load_partners

        mapping, hub, run_id = (
            chosen_mapping(self.supplier, context["params"]),
            open_hub(),
            str(context["run_id"]),
        )
        keeps = not context["params"].get("dry_run")
        found = {preflight.SOURCE: preflight.look_at_supplier(mapping, partial(supplier_system, mapping))}
        if self.accounts:
            with hub.reading() as connection:
                accounts = load_accounts(hub, connection, mapping.key())
                partners = load_partners(hub, connection, mapping.key())
            for account in accounts:
                kinds = [one.record_as for one in partners if one.active and one.crm == account.id]
                if kinds:
                    found[f"crm:{account.id}"] = preflight.look_at_account(
                        mapping, account, kinds, partial(partner_crm, account, mapping)
                    )
        opened = cleared = 0
        for subject, findings in found.items() if keeps else ():
            kept = preflight.keep_findings(hub, mapping.key(), run_id, subject, findings)
            opened, cleared = opened + kept.opened, cleared + kept.cleared
        serious = found[preflight.SOURCE]
        if self.strict:
            serious = [finding for findings in found.values() for finding in findings]
        if error := preflight.stop_for(serious):
            raise error
        standing = sum(map(len, found.values()))
        return {"subjects": len(found), "standing": standing, "opened": opened, "cleared": cleared}
