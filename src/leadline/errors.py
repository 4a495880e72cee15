"""Every error Leadline raises, in one tree that answers: what do we do now?

    LeadlineError
    |-- ConfigurationError        fix the configuration: fail now, mail the configured contact
    |   |-- MappingError          a mapping has findings (path, line, message)
    |   |-- PartnerFileError      a partner file has findings; nothing was imported
    |   |-- FormRefused           a new run with other parameters is due
    |   |-- UnknownSupplier
    |   +-- UnknownRun
    |-- UnreadableFile            set this one file aside; other files go on
    |-- RetryLater                try again, after `retry_after_seconds`
    |   |-- VendorUnavailable     time-out, 5xx, lost connection
    |   |-- HubUnavailable        the hub's database is locked, full, lost
    |   |-- StagingUnavailable    the staging area cannot be read or written now
    |   |-- BudgetExhausted       the vendor's quota, or the share of it that we allow ourselves
    |   +-- LeaseHeld             another run reads this supplier now
    |-- ActionRefused             a person asked for what this lead's state does not allow; nothing changed
    +-- Stop                      a person must look: fail without a retry, mail
        |-- CredentialsRefused
        |-- SchemaDrift           a mapped field, object or picklist value is gone
        |-- ThresholdExceeded     too many bad rows in one pull
        |-- BooksDoNotBalance
        |-- StagingDamaged        what lies in the staging area is not what was put there
        |   +-- RawDataGone       what was put there is not there any more
        |-- ChecksFailed          a batch could not be judged; none of its rows was taken
        |-- LeftUnfinished        what a dead run left cannot go on by itself
        +-- NotAllowed            the vendor refuses the action for good

A record that a vendor or a check refuses is no exception but an outcome: see
`ports.RowResult` and `receipts`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class LeadlineError(Exception):
    """The root: every error below is one of ours.

    `vendor_code` is what the other side called it, where it gave a code; `parts` are what the message is made
    of where it tells several things at once, each a line for people.
    """

    vendor_code: str | None = None
    parts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong in a file a person wrote.

    `line` counts from 1; 0 means the file as a whole.
    """

    path: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}"


class ConfigurationError(LeadlineError):
    """Somebody must change a file, a setting or a connection before this can work."""

    def __init__(self, message: str, findings: Sequence[Finding] = ()) -> None:
        super().__init__(message)
        self.findings = tuple(findings)
        self.parts = tuple(str(finding) for finding in findings)


class MappingError(ConfigurationError):
    """A mapping does not hold; `findings` say where and what is allowed."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__("; ".join(str(finding) for finding in findings), findings)


class PartnerFileError(ConfigurationError):
    """A partner file does not hold; nothing of it was imported."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__("; ".join(str(finding) for finding in findings), findings)


class FormRefused(ConfigurationError):
    """What a person asked of a run cannot be done; the same asked again cannot either."""


class UnknownSupplier(ConfigurationError):
    """No mapping has this name."""


class UnknownRun(ConfigurationError):
    """The hub has no run, batch or mapping version of this name."""


class UnreadableFile(LeadlineError):
    """A whole file cannot be taken; `code` is a fault name of `reading`, `line` where it shows.

    `sha256` and `size` are those of the bytes as received, where they came in whole.
    """

    def __init__(self, code: str, message: str, line: int = 0) -> None:
        super().__init__(message)
        self.code = code
        self.line = line
        self.sha256: str | None = None
        self.size: int | None = None


class RetryLater(LeadlineError):
    """Trying again may succeed; `retry_after_seconds` is the vendor's wish, if it had one."""

    def __init__(self, message: str, retry_after_seconds: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class VendorUnavailable(RetryLater):
    """The other side did not answer, or answered that it cannot now."""


class HubUnavailable(RetryLater):
    """The hub's database is locked by somebody, full, gone, or not ours to write."""


class StagingUnavailable(RetryLater):
    """The staging area is full, gone, or not ours to read or write."""


class BudgetExhausted(RetryLater):
    """The vendor's quota is used up, or the share of it that Leadline may take."""


class LeaseHeld(RetryLater):
    """Another run reads this supplier; one reader at a time."""


class ActionRefused(LeadlineError):
    """A person asked for something that this lead, or partner, does not allow now; nothing was changed."""


class Stop(LeadlineError):
    """Trying again cannot help; a person must look first."""


class CredentialsRefused(Stop):
    """The vendor does not know these credentials, or they lack a permission."""


class SchemaDrift(Stop):
    """A mapped object, field or value is no longer in the vendor's description."""


class ThresholdExceeded(Stop):
    """More rows of one pull were quarantined than the supplier's threshold allows."""


class BooksDoNotBalance(Stop):
    """A recount from raw manifest and receipts differs; `differences` name what and by how much."""

    def __init__(self, differences: Sequence[str]) -> None:
        super().__init__("; ".join(differences))
        self.differences = self.parts = tuple(differences)


class StagingDamaged(Stop):
    """An object of the staging area is not what was put there: cut off, edited, or a bad disk."""


class RawDataGone(StagingDamaged):
    """A batch's raw data are not in the staging area: expired, or removed by hand."""


class ChecksFailed(Stop):
    """A batch could not be judged, or two counts of its faults differ; none of its rows may be taken."""


class LeftUnfinished(Stop):
    """What dead runs left could not be finished, or is held; `pulls` say which, and why."""

    def __init__(self, pulls: Sequence[str]) -> None:
        super().__init__("; ".join(pulls))
        self.pulls = self.parts = tuple(pulls)


class NotAllowed(Stop):
    """The vendor refuses this action whatever we send."""
