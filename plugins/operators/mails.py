"""Mails about findings, and sending what was just queued; what cannot leave now is sent by the health DAG."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from operators.task import run_name

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from leadline.hub import Hub
    from leadline.mapping.model import SupplierMapping
    from leadline.partners import Partner
    from leadline.ports import CheckFinding

logger = logging.getLogger(__name__)


def send_now(hub: Hub) -> None:
    """Try to send the mails that wait; a server that is down changes nothing for the caller."""
    from hooks.smtp import mail_sender
    from leadline.notices import drain

    with mail_sender() as send:
        drained = drain(hub, send)
    if drained.stopped:
        logger.warning("the mail server cannot be used now; %s mails wait", drained.waiting)


def tell_findings(
    hub: Hub,
    supplier: str,
    mapping: SupplierMapping,
    context: Mapping[str, Any],
    owners: Mapping[str, Sequence[Partner]],
    connection: Connection,
    findings: Mapping[str, Sequence[CheckFinding]],
) -> None:
    """Queue the mails about new findings: one to each contact, and one to each partner about its own CRM."""
    from leadline.hub import now_us
    from leadline.notices import queue_findings
    from leadline.settings import settings

    run_id, dag_id = str(context["run_id"]), str(context["dag_run"].dag_id)
    queue_findings(
        hub,
        connection,
        supplier,
        run_name(context),
        findings,
        owners,
        mapping.contacts,
        label=mapping.title,
        url=f"{settings().airflow_url.rstrip('/')}/dags/{quote(dag_id)}/runs/{quote(run_id, safe='')}",
        at=now_us(),
    )
