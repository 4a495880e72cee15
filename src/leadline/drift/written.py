"""Everything that a mapping has us write into the supplier's system, with what may stand in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from leadline.drift.comparing import KEY_LENGTH
from leadline.drift.vocabularies import LEADS, SourceVocabulary
from leadline.lifecycle import DistributionStatus, SalesStatus
from leadline.mapping.fields import FieldType
from leadline.mapping.model import SupplierMapping

SELECTS = frozenset({FieldType.SELECT, FieldType.MULTISELECT})

Place = Callable[[str], tuple[str, str]]
"""From a path of `write_back` to object and field."""

_TYPES: Mapping[str, FieldType] = {
    "distribution_status_at": FieldType.DATETIME,
    "occurred_at": FieldType.DATETIME,
    "probability": FieldType.INTEGER,
    "amount": FieldType.DECIMAL,
    "close_date": FieldType.DATE,
}
"""Of what we tell; the rest is text, but for links, whose type is the vendor's business."""
_LINKS = frozenset({"lead", "opportunity"})
_EVENT_KEY = 32
_LENGTHS = {FieldType.DATETIME: 24, FieldType.DATE: 10}


@dataclass(frozen=True)
class Written:
    """One field that is written.

    Attributes:
        what: What is written there, in the mapping's words.
        type: Of what is written; None: the vendor's own ids.
        promised: Words that the mapping chose itself and that will be written.
        words: Words that may be written besides.
        longest: The most characters there may be; None: nobody knows.
        made: Written when a record is made; else when it is changed.
        our_id: It holds an id of ours, which must not be cut.
        is_key: By it a repeated record is known.
        apart: In a record of our own, not in what was handed over.
    """

    what: str
    object: str
    field: str
    type: FieldType | None = FieldType.STRING
    promised: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    longest: int | None = None
    made: bool = False
    our_id: bool = False
    is_key: bool = False
    apart: bool = False

    @property
    def all_words(self) -> tuple[str, ...]:
        """Return all that may be written, where that is a list."""
        return self.promised + self.words


def written(mapping: SupplierMapping, names: SourceVocabulary, place: Place) -> Iterator[Written]:
    """Yield every field that is written to."""
    back = mapping.write_back
    yield from _status(mapping, place)
    yield from _answers(mapping, place)
    usual = back.object or LEADS
    if back.key:
        yield Written("our lead's id", usual, back.key, longest=KEY_LENGTH, our_id=True, is_key=True)
    if back.lead_field:
        yield Written("the record's id", usual, back.lead_field, None)
    for source, name in back.converted.items():
        yield Written(f"{source} of a converted lead", names.converted, name, None, apart=True)
    yield from _events(mapping)
    yield from _opportunities(mapping, names)


def _status(mapping: SupplierMapping, place: Place) -> Iterator[Written]:
    back = mapping.write_back
    for name, path in back.mapped.items():
        object_, field = place(path)
        promised: tuple[str, ...] = ()
        words: tuple[str, ...] = ()
        if name == "not_routed":
            promised = (back.not_routed_value,)
        elif name in ("distribution_status", "sales_status"):
            codes = list(map(str, DistributionStatus if name == "distribution_status" else SalesStatus))
            promised = tuple(back.status_labels[code] for code in codes if code in back.status_labels)
            words = tuple(code for code in codes if code not in back.status_labels)
        type_ = _TYPES.get(name, FieldType.STRING)
        longest = max(map(len, promised + words), default=_LENGTHS.get(type_))
        yield Written(name, object_, field, type_, promised, words, longest)


def _answers(mapping: SupplierMapping, place: Place) -> Iterator[Written]:
    """Yield what partners say: when they reject a lead (W2), and what they changed of it (W11)."""
    questions = {one.name: one for one in mapping.rejection_fields}
    for name, path in mapping.write_back.rejection_fields.items():
        words = questions[name].values if name in questions else ()
        longest = max(map(len, words), default=None)
        yield Written(f"the rejection field '{name}'", *place(path), words=words, longest=longest)
    fields = {one.name: one for one in mapping.fields}
    for name, path in mapping.write_back.fields.items():
        field = fields.get(name)
        if field is None:
            yield Written(f"'{name}'", *place(path), None)
        elif field.type in SELECTS:
            longest = max(map(len, field.values), default=None)
            yield Written(f"'{name}'", *place(path), field.type, words=field.values, longest=longest)
        else:
            longest = field.length or _LENGTHS.get(field.type)
            yield Written(f"'{name}'", *place(path), field.type, longest=longest)


def _events(mapping: SupplierMapping) -> Iterator[Written]:
    events = mapping.write_back.events
    for name, field in events.fields.items() if events else ():
        what, ours = f"an event's {name}", name == "key"
        type_ = None if name in _LINKS else _TYPES.get(name, FieldType.STRING)
        words = tuple(events.types.values()) if events and name == "type" else ()
        longest = _EVENT_KEY if ours else max(map(len, words), default=None)
        object_ = events.object if events else ""
        yield Written(
            what, object_, field, type_, words=words, longest=longest, made=True, our_id=ours, apart=True
        )


def _opportunities(mapping: SupplierMapping, names: SourceVocabulary) -> Iterator[Written]:
    deals, labels = mapping.write_back.opportunities, mapping.write_back.status_labels
    if deals is None:
        return
    yield Written(
        "an opportunity's id",
        deals.object,
        deals.external_id,
        longest=KEY_LENGTH,
        made=True,
        our_id=True,
        is_key=True,
        apart=True,
    )
    if deals.object.casefold() not in names.linked_apart:
        yield Written("an opportunity's lead", deals.object, deals.lead_field, None, made=True, apart=True)
    for name, field in deals.fields.items():
        words: tuple[str, ...] = ()
        if name == "status":
            words = tuple(labels.get(f"opportunity_{one}", one) for one in ("open", "won", "lost"))
        type_ = _TYPES.get(name, FieldType.STRING)
        longest = max(map(len, words), default=_LENGTHS.get(type_))
        yield Written(
            f"an opportunity's {name}",
            deals.object,
            field,
            type_,
            words=words,
            longest=longest,
            made=True,
            apart=True,
        )
