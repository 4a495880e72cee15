"""What a supplier's system tells of a person, for every lead that the person was handed over as.

Where each hand-over is a lead of its own, the feed of changes, deletions and merges names the person only.
Before landing, such a record becomes one for each hand-over that the hub holds, or none. A hand-over of
somebody who was merged into another since is the survivor's, unless the hub has it from before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from leadline.hub import Hub
from leadline.mapping.source import MarketoSource, Source
from leadline.ports import SourceRecord
from leadline.runs import RunContext


@dataclass(frozen=True)
class Held:
    """One hand-over that the hub holds: whose it was, and whose record stands for it now."""

    person: str
    handover: str
    record_id: str
    campaign_key: str | None
    merged_into: str | None


def names_people(source: Source) -> bool:
    """Return whether records without a hand-over stand for a person of this source."""
    return isinstance(source, MarketoSource)


class KnownHandovers:
    """The hand-overs of one supplier, as the hub held them when a pull began to land."""

    def __init__(self, hub: Hub, ctx: RunContext) -> None:
        self._hub = hub
        self._ctx = ctx
        self._merged: dict[str, list[Held]] | None = None  # by whom a person was merged into
        self._taken: dict[str, list[Held]] = {}  # the same, but only what this pull told of

    def settled(self, records: Sequence[SourceRecord]) -> list[SourceRecord]:
        """Return the records to land, in their order, each with its hand-over."""
        if not records:
            return []
        held = self._held(records)
        return [settled for record in records for settled in self._settle(record, held)]

    def _settle(self, record: SourceRecord, held: Mapping[str, Sequence[Held]]) -> Iterator[SourceRecord]:
        if record.handover is None:
            # What this very pull merged into somebody without a hand-over stands for that person now.
            known = [*(held.get(record.record_id) or self._taken.get(record.record_id) or ())]
            if record.deleted or record.merged_into:  # with a survivor goes what came with the merged
                known += self._merged_into(record.record_id)
            for one in {(one.person, one.handover): one for one in known}.values():
                yield replace(
                    record, record_id=one.person, handover=one.handover, campaign_key=one.campaign_key
                )
                if record.merged_into:
                    self._note_merge(replace(one, merged_into=record.merged_into), record.merged_into)
            return
        heir = record.merged_into
        if heir is not None:
            if any(
                one.person == record.record_id and one.handover == record.handover
                for one in [*self._all(record.record_id, held), *self._all(heir, held)]
            ):
                return  # the hub has it, and the merge is told by a record of its own, in its turn
            record = replace(record, record_id=heir, merged_into=None)
        # A merge may be news of this very pull: the hub does not know yet whom it joined.
        people = [record.record_id, *record.took_in]
        known = [one for person in people for one in self._all(person, held)]
        former = [one for one in known if one.handover == record.handover]
        if former and former[0].person in record.took_in and former[0].merged_into != record.record_id:
            return  # as above: what the survivor is must not reach the lead of whom it takes in
        yield replace(record, record_id=former[0].person) if former else record

    def _note_merge(self, one: Held, survivor: str) -> None:
        """Let what follows in this pull find a hand-over at the survivor, as the next pull will."""
        self._taken.setdefault(survivor, []).append(one)
        if self._merged is not None:
            self._merged.setdefault(survivor, []).append(one)

    def _all(self, person: str, held: Mapping[str, Sequence[Held]]) -> list[Held]:
        return [*held.get(person, ()), *self._merged_into(person)]

    def _merged_into(self, person: str) -> list[Held]:
        return (self._merged or {}).get(person, [])

    def _held(self, records: Sequence[SourceRecord]) -> dict[str, list[Held]]:
        """Return what the hub holds of these people and their heirs, by the record that stands for it now."""
        people = {record.record_id for record in records}
        people |= {record.merged_into for record in records if record.merged_into}
        people |= {person for record in records for person in record.took_in}
        with self._hub.transaction() as connection:
            self._hub.load(connection, "source_link", ["record_id"], ((one,) for one in sorted(people)))
            rows = self._hub.run(connection, "source_link_by_record", supplier=self._ctx.supplier).all()
            if self._merged is None:
                merged = self._hub.run(connection, "source_link_merged", supplier=self._ctx.supplier).all()
                self._merged = _by(_read(merged), "merged_into")
        return _by(_read(rows), "record_id")


def _read(rows: Iterable[object]) -> Iterator[Held]:
    for row in rows:
        identity = getattr(row, "identity", "")
        system, person, handover = (*identity.split(":", 2), "", "")[:3]
        if system and person and handover:
            yield Held(
                person,
                handover,
                str(getattr(row, "record_id", "")),
                getattr(row, "campaign_key", None),
                getattr(row, "merged_into", None),
            )


def _by(held: Iterable[Held], name: str) -> dict[str, list[Held]]:
    found: dict[str, list[Held]] = {}
    for one in held:
        found.setdefault(str(getattr(one, name)), []).append(one)
    return found
