"""Looking at a supplier's system and its partners' CRMs before a run needs them."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from operators.mails import send_now, tell_findings
from operators.start import chosen_mapping, refuse_unknown
from operators.task import TOLD, LeadlineOperator, run_name

if TYPE_CHECKING:
    from leadline.partners import Partner

logger = logging.getLogger(__name__)


class PreflightOperator(LeadlineOperator):
    """Keeps findings in the hub and mails new ones; returns counts. Fails where the supplier's system does.

    A partner's CRM that is not well does not stop the others: its findings stand in the hub, and its own
    push fails. With `strict`, they fail this task too. New findings are told in one mail to each of the
    configured contacts, and those about a CRM to its partners too; the failure mail leaves them out.
    """

    template_fields: Sequence[str] = ()
    in_dry_run = True

    def __init__(self, *, supplier: str, accounts: bool = True, strict: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supplier = supplier
        self.accounts = accounts
        self.strict = strict

    def work(self, context: Mapping[str, Any]) -> dict[str, Any]:
        """Look at everything, tell what is new, then say what stands."""
        from hooks.systems import partner_crm, supplier_system
        from leadline import preflight
        from leadline.crm_logins import mark_login
        from leadline.delivery.payload import owner_of
        from leadline.errors import RetryLater
        from leadline.hub import open_hub
        from leadline.partners import load_accounts, load_partners

        refuse_unknown(context)
        mapping, hub = chosen_mapping(self.supplier, context["params"]), open_hub()
        run_id, keeps = run_name(context), not context["params"].get("dry_run")
        found = {preflight.SOURCE: preflight.look_at_supplier(mapping, partial(supplier_system, mapping))}
        owners: dict[str, list[Partner]] = {}
        if self.accounts:
            with hub.reading() as connection:
                accounts = load_accounts(hub, connection, mapping.key())
                partners = load_partners(hub, connection, mapping.key())
            for account in accounts:
                theirs = [one for one in partners if one.active and one.crm == account.id]
                if theirs:
                    subject = f"crm:{account.id}"
                    kinds = [one.record_as for one in theirs]
                    owners[subject] = theirs
                    owns = {one.id: owner for one in theirs if (owner := owner_of(one))}
                    found[subject] = preflight.look_at_account(
                        mapping, account, kinds, partial(partner_crm, account, mapping), owns
                    )
                    login = preflight.login_shown(found[subject])
                    if keeps and login is not None:
                        mark_login(hub, mapping.key(), mapping, account.id, run_id, ok=login)
        serious = found[preflight.SOURCE]
        if self.strict:
            serious = [finding for findings in found.values() for finding in findings]
        error = preflight.stop_for(serious)
        if isinstance(error, RetryLater) and _tries_left(context):
            raise error  # what is well again in a minute is nobody's trouble
        if keeps:
            tell = partial(tell_findings, hub, mapping.key(), mapping, context, owners)
            kept = preflight.keep_findings(hub, mapping.key(), run_id, found, tell)
            if kept.opened:
                send_now(hub)
            counts = {"opened": kept.opened, "cleared": kept.cleared}
        else:
            counts = {"opened": 0, "cleared": 0}
        if error:
            context["ti"].xcom_push(key=TOLD, value=True)
            raise error
        return {"subjects": len(found), "standing": sum(map(len, found.values())), **counts}


def _tries_left(context: Mapping[str, Any]) -> bool:
    ti = context["ti"]
    return bool(ti.try_number <= ti.max_tries)
