"""What a mapping expects of the supplier's own system: what is read there, and what is written back."""

from __future__ import annotations

from collections.abc import Generator, Iterator

from leadline.drift.comparing import Described, Description, folded, once, untaken
from leadline.drift.holding import can_be_read, can_be_written, holds, is_text
from leadline.drift.vocabularies import CAMPAIGNS, LEADS, SOURCES, SourceVocabulary
from leadline.drift.written import SELECTS, Written, written
from leadline.mapping.fields import FieldMapping
from leadline.mapping.model import SupplierMapping
from leadline.mapping.source import ActivitySource
from leadline.ports import CheckFinding, FieldDescription


def supplier_drift(mapping: SupplierMapping, described: Described) -> list[CheckFinding]:
    """Return what the mapping expects of the supplier's system and does not find there.

    Args:
        mapping: The mapping.
        described: `SupplierSystem.describe()`; empty where a system describes nothing.
    """
    vocabulary = SOURCES.get(mapping.source.system)
    if not described or vocabulary is None:
        return []
    return once(_Comparison(mapping, vocabulary, Description(described)).findings())


class _Comparison:
    """One mapping against one description."""

    def __init__(
        self, mapping: SupplierMapping, vocabulary: SourceVocabulary, description: Description
    ) -> None:
        self._mapping = mapping
        self._source = mapping.source
        self._names = vocabulary
        self._there = description

    def findings(self) -> Iterator[CheckFinding]:
        """Yield what differs; of several mentions of one field each."""
        start = str(getattr(self._source, "object", LEADS))
        for field in self._mapping.fields:
            yield from self._read(field, start)
        for field in self._mapping.campaigns.fields:
            yield from self._read(field, CAMPAIGNS)
        if self._mapping.campaigns.key:
            yield from self._named(self._mapping.campaigns.key, CAMPAIGNS, "campaigns.key")
        yield from self._activities()
        back = self._mapping.write_back.object or LEADS
        for one in written(self._mapping, self._names, lambda path: self._place(path, back)[:2]):
            yield from self._write(one)

    def _read(self, field: FieldMapping, start: str) -> Iterator[CheckFinding]:
        object_, name, is_link = self._place(field.source, start)
        found = yield from self._field(object_, name, f"mapped as '{field.name}'")
        if found is None or is_link:
            return
        where, words = f"{object_}.{name}", self._names.field_words(object_, name, self._source)
        if not can_be_read(field.type, field.values, found.type):
            yield CheckFinding(
                "type",
                where,
                f"{words} now holds {holds(found.type)}, which '{field.name}' ({field.type}) cannot be: its "
                "rows are quarantined",
                "error" if field.required else "warning",
            )
        if field.type in SELECTS and found.values:
            yield from self._values(field, where, words, found)
        longest = field.max_length
        if found.length and longest and found.length > longest and found.type != "textarea":
            yield CheckFinding(
                "length",
                where,
                f"{words} holds {found.length} characters, '{field.name}' {longest}: longer rows are "
                "quarantined",
                "warning",
            )

    def _values(
        self, field: FieldMapping, where: str, words: str, found: FieldDescription
    ) -> Iterator[CheckFinding]:
        ours, theirs = folded(field.values), folded(found.values)
        for key in ours.keys() - theirs.keys():
            text = f"{words} no longer offers '{ours[key]}', which '{field.name}' lists"
            yield CheckFinding("value_missing", f"{where}={ours[key]}", text, "warning")
        for key in theirs.keys() - ours.keys():
            text = f"{words} offers '{theirs[key]}', which '{field.name}' does not list: quarantined"
            yield CheckFinding("value_unmapped", f"{where}={theirs[key]}", text, "warning")

    def _activities(self) -> Iterator[CheckFinding]:
        chosen = getattr(self._source, "activities", None)
        if not isinstance(chosen, ActivitySource) or not self._there.has(chosen.object):
            return  # an object that is hidden is the adapter's own finding
        names = (chosen.lead_field, chosen.type_field, chosen.at_field, chosen.text_field)
        for name in filter(None, names):
            yield from self._named(name, chosen.object, "source.activities")

    def _named(self, path: str, start: str, by: str) -> Iterator[CheckFinding]:
        object_, name, _ = self._place(path, start)
        yield from self._field(object_, name, f"which {by} names")

    def _place(self, path: str, start: str) -> tuple[str, str, bool]:
        """Return object and field of a path, and whether the field only links to what is not described."""
        return self._names.place(path, start, self._there)

    def _field(
        self, object_: str, name: str, why: str
    ) -> Generator[CheckFinding, None, FieldDescription | None]:
        """Return a field that is there; of one that is not, say so."""
        if not self._there.has(object_):
            yield self._missing(object_)
            return None
        found = self._there.field(object_, name)
        if found is None:
            words = self._names.field_words(object_, name, self._source)
            text = f"{words}, {why}, is not there, or hidden from us"
            yield CheckFinding("field_missing", f"{object_}.{name}", text)
        return found

    def _write(self, one: Written) -> Iterator[CheckFinding]:
        if not self._there.has(one.object):
            # What else is written to may be hidden, read-only or gone: the adapter's check knows which.
            if not one.apart:
                yield self._missing(one.object)
            return
        where = f"{one.object}.{one.field}"
        words = self._names.field_words(one.object, one.field, self._source)
        found = self._there.field(one.object, one.field)
        if found is None:
            text = f"{words}, to which {one.what} is written, is not there"
            yield CheckFinding("field_missing", where, text)
            return
        if one.made and not found.createable:
            text = f"{words}, to which {one.what} is written, may not be written by us"
            yield CheckFinding("not_createable", where, text)
        elif not one.made and not found.updateable:
            text = f"{words}, to which {one.what} is written, may not be written by us"
            yield CheckFinding("not_updateable", where, text)
        yield from self._fit(one, where, words, found)

    def _fit(self, one: Written, where: str, words: str, found: FieldDescription) -> Iterator[CheckFinding]:
        if one.type and not can_be_written(one.type, one.all_words, found.type):
            text = f"{words} takes {holds(found.type)}, and {one.what} is not: it is refused"
            yield CheckFinding("type", where, text, "warning")
        for word in untaken(one.all_words, found):
            text = f"{words} does not take '{word}' of {one.what}"
            promised = word in one.promised
            detail = f"{where}={word}"
            yield CheckFinding("value_missing", detail, text, "error" if promised else "warning")
        if found.length and one.longest and one.longest > found.length and is_text(found.type):
            text = f"{words} holds {found.length} characters, {one.what} has up to {one.longest}"
            yield CheckFinding("length", where, text, "error" if one.our_id else "warning")
        if one.is_key and self._names.key and not (found.unique or found.external_id):
            text = f"{words}, by which a repeated {one.what} is known, is no key there: it must be unique"
            yield CheckFinding("external_id_not_unique", where, text, self._names.key)

    def _missing(self, object_: str) -> CheckFinding:
        words = self._names.object_words(object_, self._source)
        return CheckFinding("object_missing", words, f"{words} is not there, or hidden from us")
