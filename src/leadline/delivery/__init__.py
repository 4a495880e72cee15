"""Bringing leads into partners' CRMs: a queue, decisions that are saved, and their results.

Accepted leads go; into Saleslink every lead goes once it is assigned.
`queue` fills the outbox, `send` drains it; nothing here knows a vendor.
"""

from leadline.delivery.activities import pass_over_events
from leadline.delivery.limits import PushCounts, PushLimits
from leadline.delivery.queue import accounts_with_work, queue_first, queue_updates
from leadline.delivery.send import push

__all__ = [
    "PushCounts",
    "PushLimits",
    "accounts_with_work",
    "pass_over_events",
    "push",
    "queue_first",
    "queue_updates",
]
