"""Tasks of the health DAG: the hub, the mail outbox, broken mappings, and raw data that expire."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from operators.task import LeadlineOperator, trouble_of_the_hub

logger = logging.getLogger(__name__)

TOLD_LOST = "told_lost"


class HubOperator(LeadlineOperator):
    """Looks whether the hub can be used; word of a lost one goes past the outbox, for that lies in the hub.

    The platform's contacts are told once, until a look finds the hub again. What was told stands in Airflow,
    beside the look.
    """

    template_fields: Sequence[str] = ()

    def work(self, context: Mapping[str, Any]) -> None:
        """Look at the hub."""
        from leadline.errors import HubUnavailable
        from leadline.hub import open_hub

        try:
            hub = open_hub()
            with hub.transaction() as connection:  # which a hub that is locked or read-only refuses as well
                hub.run(connection, "mail_waiting").all()
        except Exception as error:
            trouble = error if isinstance(error, HubUnavailable) else trouble_of_the_hub(error)
            if trouble:
                self._tell(context, str(trouble))
            raise

    def _tell(self, context: Mapping[str, Any], trouble: str) -> None:
        from hooks.smtp import mail_sender
        from leadline.errors import LeadlineError
        from leadline.notices import lost_hub_mails
        from leadline.settings import settings

        ti, run = context["ti"], context["dag_run"]
        before = ti.get_previous_dagrun()
        told = before and ti.xcom_pull(task_ids=self.task_id, key=TOLD_LOST, run_id=before.run_id)
        reached = set(told or ())
        left = set(settings().platform_contacts) - reached
        try:
            with mail_sender() as send:
                for mail in lost_hub_mails(trouble, left, str(run.run_id), url=settings().airflow_url):
                    send(mail)
                    reached.add(mail.recipient)
        except LeadlineError as error:  # the next look tries again
            logger.warning("the platform's contacts could not be told: %s", type(error).__name__)
        ti.xcom_push(key=TOLD_LOST, value=sorted(reached))


class DrainMailOperator(LeadlineOperator):
    """Sends the mails that wait, of all suppliers; returns counts.

    Raises `VendorUnavailable` when mails wait and the server cannot be used, so that the run shows it.
    """

    template_fields: Sequence[str] = ()

    def work(self, context: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ARG002
        """Drain the outboxes."""
        from hooks.smtp import mail_sender
        from leadline.errors import VendorUnavailable
        from leadline.hub import open_hub
        from leadline.notices import drain

        with mail_sender() as send:
            drained = drain(open_hub(), send)
        if drained.stopped:
            raise VendorUnavailable(f"{drained.waiting} mails wait: {drained.stopped}")
        return asdict(drained)


class ReportBrokenMappingsOperator(LeadlineOperator):
    """Queues a mail to the platform's contacts about mappings that cannot be loaded; returns counts.

    One that is gone while the hub has work of its supplier counts as broken, and so does one that
    LEADLINE_TARGETS names and nobody has.
    """

    template_fields: Sequence[str] = ()

    def work(self, context: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ARG002
        """Look at every mapping."""
        from leadline.hub import open_hub
        from leadline.left_behind import as_findings, left_behind
        from leadline.mapping.loading import load_all, mapping_files, target_findings
        from leadline.notices import report_broken_mappings
        from leadline.settings import settings

        directory, hub = settings().mappings_dir, open_hub()
        _, findings = load_all(directory)
        mapped = {path.stem for path in mapping_files(directory)}
        findings += target_findings(settings().targets, mapped)
        findings += as_findings(left_behind(hub, mapped), directory)
        told = report_broken_mappings(hub, findings, settings().platform_contacts, url=settings().airflow_url)
        return asdict(told) | {"findings": len(findings)}


class ExpireRawDataOperator(LeadlineOperator):
    """Removes raw data that are older than the suppliers' mappings allow; returns counts by supplier key."""

    template_fields: Sequence[str] = ()

    def work(self, context: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ARG002
        """Look at every supplier that the hub knows; runs that keep theirs are named in the log."""
        from leadline.hub import open_hub
        from leadline.mapping.loading import load_all
        from leadline.retention import expire_raw_data
        from leadline.settings import settings
        from leadline.staging import Staging

        mappings, _ = load_all(settings().mappings_dir)
        counts = {}
        for one in expire_raw_data(open_hub(), Staging(), mappings):
            if one.kept:
                logger.warning("%s: raw data are kept, not received or balanced: %s", one.supplier, one.kept)
            counts[one.supplier] = asdict(one) | {"kept": len(one.kept)}
        return counts
