"""How one reading behaves, and what it did."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class FeedbackLimits:
    """Pages, patience, and how much may be gone at once.

    Attributes:
        ask_records: Known records that one call asks for.
        store_records: Records kept in one transaction.
        overlap: How far before the last stamp a reading starts: what was stamped earlier may appear later.
        recently_ended: How long records of ended assignments are still read.
        missing_after: Two polls at least this far apart must find nothing before a record counts as deleted.
            A little less than a day: a daily run may start early, and one day a year has 23 hours.
        gone_share: Of an account's records, how many may be gone at one reading; more looks like an outage.
        gone_minimum: So many may always be gone.
    """

    ask_records: int = 10_000
    store_records: int = 500
    overlap: timedelta = timedelta(minutes=60)
    recently_ended: timedelta = timedelta(days=30)
    missing_after: timedelta = timedelta(hours=20)
    gone_share: float = 0.2
    gone_minimum: int = 5


@dataclass(frozen=True)
class FeedbackCounts:
    """What one reading of an account did.

    Attributes:
        records: That the CRM told of.
        statuses: Leads whose sales status changed; `accepted` and `rejected`: by what the CRM says.
        fields: Leads of which the partner changed fields; `reps`: assignments that got another rep.
        gone: Records found deleted; `moved`: that were merged or converted and are followed.
        events: Activities that are new.
        listed: Things for the operator to look at, as they stand now.
    """

    records: int = 0
    statuses: int = 0
    accepted: int = 0
    rejected: int = 0
    fields: int = 0
    reps: int = 0
    gone: int = 0
    moved: int = 0
    events: int = 0
    listed: int = 0
