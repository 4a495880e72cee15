"""Sending what was just queued; what cannot leave now is sent by the health DAG."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from leadline.hub import Hub

logger = logging.getLogger(__name__)


def send_now(hub: Hub) -> None:
    """Try to send the mails that wait; a server that is down changes nothing for the caller."""
    from hooks.smtp import mail_sender
    from leadline.notices import drain

    with mail_sender() as send:
        drained = drain(hub, send)
    if drained.stopped:
        logger.warning("the mail server cannot be used now; %s mails wait", drained.waiting)
