"""The hub's tables. Every row is bound to a supplier key (`acme`, or `acme~test` for its test target).

Times are UTC in microseconds since 1970 (`*_at`). Lead and campaign attributes are JSON in the types of
`mapping.fields.FieldType`; other structured values are JSON text that only Python reads.
Identifiers of ours are deterministic, so a repeated step writes the same rows:
`lead_id` from the identity (or merge key), `assignment_id` from lead and attempt, and so on (`hub.keys`).
"""

from sqlalchemy import event as happening

from leadline.hub.schema.foundation import metadata
from leadline.hub.schema.inbound import (
    crm_login,
    crm_reading,
    crm_seen,
    event_write,
    opportunity,
    opportunity_write,
    writeback,
)
from leadline.hub.schema.intake import (
    batch,
    lease,
    mapping_version,
    pull,
    receipt,
    run,
    source_file,
    supplier,
    watermark,
)
from leadline.hub.schema.leads import campaign, event, history, lead, source_link
from leadline.hub.schema.notices import finding, incident, mail
from leadline.hub.schema.outbound import crm_job, crm_record, delivery, event_delivery
from leadline.hub.schema.partners import (
    assignment,
    crm_account,
    partner,
    rotation,
    routing_decision,
    routing_trace,
)
from leadline.hub.schema.sizes import tell_sizes

happening.listen(metadata, "after_create", lambda of, connection, **_: tell_sizes(connection, of))

__all__ = [
    "assignment",
    "batch",
    "campaign",
    "crm_account",
    "crm_job",
    "crm_login",
    "crm_reading",
    "crm_record",
    "crm_seen",
    "delivery",
    "event",
    "event_delivery",
    "event_write",
    "finding",
    "history",
    "incident",
    "lead",
    "lease",
    "mail",
    "mapping_version",
    "metadata",
    "opportunity",
    "opportunity_write",
    "partner",
    "pull",
    "receipt",
    "rotation",
    "routing_decision",
    "routing_trace",
    "run",
    "source_file",
    "source_link",
    "supplier",
    "watermark",
    "writeback",
]
