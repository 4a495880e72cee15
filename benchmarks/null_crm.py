"""A CRM that takes everything and keeps nothing: what is left is our own cost."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from leadline.ports import (
    ActivityWrite,
    CheckFinding,
    FieldDescription,
    FoundRecord,
    JobLedger,
    RecordKeys,
    RecordWrite,
    RowResult,
)


class NullCrm:
    """Fulfils `ports.PartnerCrm`."""

    def find(self, object_: str, keys: Sequence[RecordKeys]) -> Mapping[str, FoundRecord]:  # noqa: ARG002
        """Return that nothing is there."""
        return {}

    def write(self, writes: Sequence[RecordWrite], jobs: JobLedger) -> Iterator[RowResult]:  # noqa: ARG002
        """Yield that every record was created."""
        for write in writes:
            yield RowResult(key=write.key, ok=True, record_id=f"00Q{write.key[-15:]}", created=True)

    def add_activities(self, activities: Sequence[ActivityWrite]) -> Iterator[RowResult]:
        """Yield that every activity was added."""
        for activity in activities:
            yield RowResult(key=activity.key, ok=True, record_id="00T", created=True)

    def describe(self, objects: Iterable[str]) -> Mapping[str, Sequence[FieldDescription]]:  # noqa: ARG002
        """Return nothing: no length is known, nothing is shortened."""
        return {}

    def check(self) -> Iterator[CheckFinding]:
        """Yield nothing."""
        yield from ()
