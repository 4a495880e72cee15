"""The two protocols that adapters to outside systems fulfil, and the values that pass through them.

`SupplierSystem`: leads and campaigns out; status, events and opportunities in.
`PartnerCrm`: leads in; status, opportunities and lists out.
Adapters live in `plugins/hooks`, one per vendor. They translate every vendor answer: a whole call that
fails becomes an error of `leadline.errors`, a row that is refused becomes a `RowResult`.
"""

from leadline.ports.answers import ApiUsage, CheckFinding, FieldDescription, RowResult
from leadline.ports.crm import (
    ActivityWrite,
    FoundRecord,
    JobLedger,
    OwnerDirectory,
    PartnerCrm,
    RecordKeys,
    RecordWrite,
)
from leadline.ports.crm_records import (
    ContactList,
    CrmActivity,
    CrmOpportunity,
    CrmRecord,
    CrmUser,
    KnownRecord,
    ListMember,
)
from leadline.ports.supplier import (
    KINDS,
    EventWrite,
    Kind,
    OpportunityWrite,
    RecordPage,
    SourceEvent,
    SourceFile,
    SourceRecord,
    StatusRow,
    SupplierSystem,
    Window,
)
from leadline.ports.texts import SAYS_YES, cut_text, storable, text_of, with_storable_texts

__all__ = [
    "KINDS",
    "SAYS_YES",
    "ActivityWrite",
    "ApiUsage",
    "CheckFinding",
    "ContactList",
    "CrmActivity",
    "CrmOpportunity",
    "CrmRecord",
    "CrmUser",
    "EventWrite",
    "FieldDescription",
    "FoundRecord",
    "JobLedger",
    "Kind",
    "KnownRecord",
    "ListMember",
    "OpportunityWrite",
    "OwnerDirectory",
    "PartnerCrm",
    "RecordKeys",
    "RecordPage",
    "RecordWrite",
    "RowResult",
    "SourceEvent",
    "SourceFile",
    "SourceRecord",
    "StatusRow",
    "SupplierSystem",
    "Window",
    "cut_text",
    "storable",
    "text_of",
    "with_storable_texts",
]
