"""Mails that Leadline sends, all through one outbox, and the incidents they tell about (N8).

`report_failure`, `report_broken_mappings` and `queue_findings` queue, `drain` sends; only adapters talk to
a mail server.
"""

from leadline.notices.findings import queue_findings
from leadline.notices.incidents import (
    Failure,
    Reported,
    close_incidents,
    report_broken_mappings,
    report_failure,
)
from leadline.notices.lost_hub import lost_hub_mails
from leadline.notices.mails import Mail, build_message
from leadline.notices.outbox import Drained, drain, queue_mail

__all__ = [
    "Drained",
    "Failure",
    "Mail",
    "Reported",
    "build_message",
    "close_incidents",
    "drain",
    "lost_hub_mails",
    "queue_findings",
    "queue_mail",
    "report_broken_mappings",
    "report_failure",
]
