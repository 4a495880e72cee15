"""What goes back of what partners do: rejections, changed fields, events, opportunities (W2, W5-W8, W11)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise

from leadline.mapping.document import Place
from leadline.mapping.fields import Visibility
from leadline.mapping.model import SupplierMapping

OPPORTUNITY_FIELDS = (
    "name",
    "stage",
    "status",
    "probability",
    "amount",
    "currency",
    "close_date",
    "partner_id",
    "partner_name",
    "sales_rep_name",
    "sales_rep_email",
)
EVENT_FIELDS = ("type", "subject", "body", "occurred_at", "key", "lead", "opportunity")


def feedback_problems(mapping: SupplierMapping) -> Iterator[tuple[Place, str]]:
    """Yield what is wrong with the parts of `write_back` that tell what partners did."""
    yield from _rejection_fields(mapping)
    yield from _fields(mapping)
    yield from _targets(mapping)
    chosen = mapping.write_back
    if chosen.events is not None:
        yield from _known(chosen.events.fields, EVENT_FIELDS, ("write_back", "events", "fields"), "an event")
    if chosen.opportunities is not None:
        at: Place = ("write_back", "opportunities")
        yield from _known(chosen.opportunities.fields, OPPORTUNITY_FIELDS, (*at, "fields"), "an opportunity")
        yield from _twice(chosen.opportunities.fields, (*at, "fields"))
        yield from _steps(chosen.opportunities.probability_steps, (*at, "probability_steps"))


def _rejection_fields(mapping: SupplierMapping) -> Iterator[tuple[Place, str]]:
    names = [field.name for field in mapping.rejection_fields]
    for name in mapping.write_back.rejection_fields:
        if name not in names:
            message = f"'{name}' is no rejection field; rejection fields are: {', '.join(names) or 'none'}"
            yield ("write_back", "rejection_fields", name), message


def _fields(mapping: SupplierMapping) -> Iterator[tuple[Place, str]]:
    fields = {field.name: field for field in mapping.fields}
    shared = [field.name for field in mapping.shared_fields]
    for name in mapping.write_back.fields:
        place: Place = ("write_back", "fields", name)
        if name not in fields:
            yield place, f"'{name}' is no lead field; shared lead fields are: {', '.join(shared)}"
        elif fields[name].visibility is not Visibility.SHARED:
            yield place, f"'{name}' is supplier_only: no partner sees it, so none can change it"


def _targets(mapping: SupplierMapping) -> Iterator[tuple[Place, str]]:
    """Find two values that are written into one field of the source record."""
    chosen = mapping.write_back
    taken = {target.casefold(): f"write_back.{name}" for name, target in chosen.mapped.items()}
    for part in ("rejection_fields", "fields"):
        targets: Mapping[str, str] = getattr(chosen, part)
        for name, target in targets.items():
            other = taken.get(target.casefold())
            if other:
                message = f"'{name}' is written into '{target}', where {other} goes already"
                yield ("write_back", part, name), message
            taken.setdefault(target.casefold(), f"write_back.{part}.{name}")


def _known(
    fields: Mapping[str, str], known: tuple[str, ...], at: Place, what: str
) -> Iterator[tuple[Place, str]]:
    for name in fields:
        if name not in known:
            yield (*at, name), f"'{name}' is nothing that we know of {what}; known are: {', '.join(known)}"


def _twice(fields: Mapping[str, str], at: Place) -> Iterator[tuple[Place, str]]:
    taken: dict[str, str] = {}
    for name, target in fields.items():
        if other := taken.get(target.casefold()):
            yield (*at, name), f"'{name}' is written into '{target}', where '{other}' goes already"
        taken.setdefault(target.casefold(), name)


def _steps(steps: tuple[int, ...], at: Place) -> Iterator[tuple[Place, str]]:
    if any(step < 1 or step > 100 for step in steps):
        yield at, f"probability_steps are percents from 1 to 100, not {', '.join(map(str, steps))}"
    elif any(later <= earlier for earlier, later in pairwise(steps)):
        yield at, f"probability_steps must ascend; {', '.join(map(str, steps))} do not"
    elif not any(step < 100 for step in steps):
        yield at, "probability_steps need one below 100: what is open is never at 100"
