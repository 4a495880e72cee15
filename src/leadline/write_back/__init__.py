"""What goes back into the supplier's system (W1-W9, W11): only what the mapping names, only when it changed.

Three outboxes: `status` of the source records, partners' `events`, and `opportunities`. Each is queued from
what the hub knows, and drained; a row that was lost on the way is found by its key, or written once more.
"""

from leadline.write_back.bodies import body_of, targets_of, tells_supplier
from leadline.write_back.events import queue_events, write_events
from leadline.write_back.opportunities import queue_opportunities, write_opportunities
from leadline.write_back.outbox import WriteCounts, WriteLimits
from leadline.write_back.status import queue, write
from leadline.write_back.troubles import findings_of

__all__ = [
    "WriteCounts",
    "WriteLimits",
    "body_of",
    "findings_of",
    "queue",
    "queue_events",
    "queue_opportunities",
    "targets_of",
    "tells_supplier",
    "write",
    "write_events",
    "write_opportunities",
]
