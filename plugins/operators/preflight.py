"""Looking at a supplier's system and its partners' CRMs before a run needs them."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from operators.mails import send_now
from operators.start import chosen_mapping
from operators.task import LeadlineOperator, run_name

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from leadline.hub import Hub
    from leadline.mapping.model import SupplierMapping
    from leadline.partners import Partner
    from leadline.ports import CheckFinding

logger = logging.getLogger(__name__)


class PreflightOperator(LeadlineOperator):
    """Keeps findings in the hub and mails new ones; returns counts. Fails where the supplier's system does.

    A partner's CRM that is not well does not stop the others: its findings stand in the hub, and its own
    push fails. With `strict`, they fail this task too. New findings go to the configured contacts; those
    about a CRM go to its partners too.
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
        from leadline.hub import open_hub
        from leadline.partners import load_accounts, load_partners

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
        opened = cleared = 0
        for subject, findings in found.items() if keeps else ():
            tell = partial(_tell, hub, mapping, context, subject, owners.get(subject, ()))
            kept = preflight.keep_findings(hub, mapping.key(), run_id, subject, findings, tell)
            opened, cleared = opened + kept.opened, cleared + kept.cleared
        if opened:
            send_now(hub)
        serious = found[preflight.SOURCE]
        if self.strict:
            serious = [finding for findings in found.values() for finding in findings]
        if error := preflight.stop_for(serious):
            raise error
        standing = sum(map(len, found.values()))
        return {"subjects": len(found), "standing": standing, "opened": opened, "cleared": cleared}


def _tell(
    hub: Hub,
    mapping: SupplierMapping,
    context: Mapping[str, Any],
    subject: str,
    owners: Sequence[Partner],
    connection: Connection,
    findings: Sequence[CheckFinding],
) -> None:
    """Queue the mails about new findings of one subject: the supplier's people with a link to the run."""
    from leadline.hub import now_us
    from leadline.notices import queue_findings
    from leadline.settings import settings

    run_id = str(context["run_id"])
    dag_id = str(context["dag_run"].dag_id)
    url = f"{settings().airflow_url.rstrip('/')}/dags/{quote(dag_id)}/runs/{quote(run_id, safe='')}"
    account = subject.removeprefix("crm:") if owners else None
    system = f"the CRM account {account}" if account else "its system"
    told = partial(
        queue_findings,
        hub,
        connection,
        mapping.key(),
        run_name(context),
        findings,
        label=mapping.label,
        at=now_us(),
    )
    told([*mapping.contacts.configured, *mapping.contacts.technical], system=system, url=url)
    # A partner knows its CRM, and cannot sign in to our Airflow.
    told([one.email for one in owners if one.email], system="your CRM", url=None)
