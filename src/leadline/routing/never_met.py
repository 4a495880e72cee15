"""What a rule set asks of partners that none of its leads or partners can ever answer (R1, R6).

A mapping and a partner file are written apart, so neither can be refused for the other: a misspelt attribute
or country only leaves a partner without leads. It is said where the two meet, and stops nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from leadline.mapping.conditions import Condition, Operator
from leadline.mapping.fields import FieldMapping
from leadline.mapping.model import SupplierMapping
from leadline.mapping.regions import is_country
from leadline.matching import Fields, Subject, comparison, text, values_of
from leadline.partners import Partner
from leadline.routing.postal import area

NEVER_MET = "never met: "
"""What a command prints before such a line."""

_BY_VALUE = {Operator.EQUALS, Operator.ONE_OF}
_BY_BOUND = {Operator.STARTS_WITH, Operator.BETWEEN, Operator.AT_LEAST, Operator.AT_MOST}


def never_met(mapping: SupplierMapping, partners: Sequence[Partner]) -> tuple[str, ...]:
    """Return a line for each thing that cannot be met, in the order of the rules.

    Args:
        partners: All partners of the supplier; those that are inactive do not count.
    """
    active = [one for one in partners if one.active]
    if not active:
        return ()
    found = [
        line for where, condition in _conditions(mapping) for line in _of(where, condition, mapping, active)
    ]
    name = mapping.routing.default_partner
    if name is not None and name not in {one.id for one in active}:
        found.append(
            f"the default partner '{name}' is no active partner: what no rule routes stays unassigned"
        )
    return tuple(dict.fromkeys(found))


def _conditions(mapping: SupplierMapping) -> Iterator[tuple[str, Condition]]:
    """Yield each condition that names a partner field, with where it stands."""
    population = mapping.campaigns.population
    places = [(f"rule '{one.name}'", one.any) for one in mapping.routing.rules]
    for where, groups in [*places, ("campaigns.population", population.any if population else ())]:
        for group in groups:
            yield from ((where, one) for one in group.all if one.partner is not None)


def _of(
    where: str, condition: Condition, mapping: SupplierMapping, partners: Sequence[Partner]
) -> Iterator[str]:
    name = condition.partner or ""
    held = [(one, value) for one in partners for value in values_of(one.value(name))]
    operator = condition.operator
    if not held:
        if operator is not Operator.EMPTY:
            known = ", ".join(sorted({"id", "name", *(key for one in partners for key in one.attributes)}))
            yield f"{where}: no partner has a value of '{name}'; partners have: {known}"
        return
    fields = Fields.of(mapping)
    if operator is Operator.WITHIN_PARTNER_RANGES:
        for partner, value in held:
            if problem := _no_area(value):
                yield f"{where}: partner {partner.id}: {name} '{value}' {problem}"
    elif operator is Operator.SAME_AS_PARTNER:
        field = next(one for one in mapping.fields if one.name == condition.lead)
        subject = fields.subject("lead", field.name)
        for partner, value in held:
            if problem := _no_value_of(field, subject, value):
                yield f"{where}: partner {partner.id}: {name} '{value}' {problem}"
    else:
        yield from _unheld(where, condition, fields.subject("partner", name), [value for _, value in held])


def _unheld(where: str, condition: Condition, subject: Subject, held: Sequence[object]) -> Iterator[str]:
    asked = condition.values if condition.value is None else (condition.value,)
    if condition.operator in _BY_VALUE:
        for value in asked:
            meets = comparison(Operator.EQUALS, (value,), subject)
            if not any(meets(one) for one in held):
                yield f"{where}: no partner's {condition.partner} is '{value}'"
    elif condition.operator in _BY_BOUND:
        meets = comparison(condition.operator, asked, subject)
        if not any(meets(one) for one in held):
            bounds = " and ".join(str(one) for one in asked)
            yield f"{where}: no partner's {condition.partner} is {condition.operator} {bounds}"


def _no_value_of(field: FieldMapping, subject: Subject, value: object) -> str | None:
    """Return why no lead's value can equal this one of a partner; None: one can."""
    key = subject.key(value)
    if key is None:
        return f"is no {field.type}, as the lead's {field.name} is"
    if subject.country and not is_country(str(key)):
        return "is no country of ISO 3166-1: no lead has it"
    if field.values and key not in {text(one) for one in field.values}:
        return f"is no value of the lead's {field.name}: {', '.join(field.values)}"
    return None


def _no_area(value: object) -> str | None:
    first, last = area(value)
    if last is not None:
        return f"is a range that holds nothing: '{last}' is before '{first}'" if last < first else None
    bounds = first.split("-")
    if len(bounds) == 2 and all(one.isdigit() for one in bounds) and len(bounds[1]) > len(bounds[0]):
        return "is no range: the bounds of one have the same length"
    return None
