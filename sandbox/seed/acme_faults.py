"""What may be wrong with a row of Acme's: each kind spoils a good row and knows the reasons it will be given.

A reason is (field, rule); structural faults have no field. Rules: required, email, phone, country, url, type,
values, minimum, maximum, length; short_row, long_row, blank_row, nul_byte, bad_bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sandbox.seed.dice import Dice

Cells = dict[str, str]
Reason = tuple[str | None, str]


@dataclass(frozen=True)
class CellFault:
    """One cell of a row is replaced."""

    field: str
    rule: str
    write: Callable[[Dice, Cells], str]


def one_of(*texts: str) -> Callable[[Dice, Cells], str]:
    return lambda dice, _: dice.pick(texts)


NOTHING = one_of("", "   ")

CELL_FAULTS: dict[str, tuple[CellFault, ...]] = {
    "missing_email": (CellFault("email", "required", NOTHING),),
    "bad_email": (
        CellFault(
            "email",
            "email",
            one_of("anna(at)firm.example", "b..c@firm.example", "no at all", "x@@y.example"),
        ),
    ),
    "missing_last_name": (CellFault("last_name", "required", NOTHING),),
    "missing_company": (CellFault("company", "required", NOTHING),),
    "missing_country": (CellFault("country", "required", NOTHING),),
    "missing_ref": (CellFault("supplier_ref", "required", NOTHING),),
    "bad_phone": (CellFault("phone", "phone", one_of("call me", "12", "+49 1", "0000000000000000000")),),
    "bad_mobile": (CellFault("mobile", "phone", one_of("none yet", "+1 555", "99")),),
    "bad_country": (CellFault("country", "country", one_of("Atlantis", "XX", "Germoney", "D-Land")),),
    "bad_website": (CellFault("website", "url", one_of("no web site", "http://", "we have none yet")),),
    "bad_select": (CellFault("industry", "values", one_of("Space Mining", "IT", "?")),),
    "bad_timeframe": (CellFault("timeframe", "values", one_of("soon", "0-3", "tomorrow")),),
    "bad_multiselect": (
        CellFault("products", "values", one_of("Routers|Toasters", "Clouds", "Routers;Switches")),
    ),
    "bad_integer": (CellFault("employees", "type", one_of("about 50", "12.5", "many")),),
    "negative_integer": (CellFault("employees", "minimum", one_of("-5", "-1")),),
    "negative_decimal": (CellFault("annual_revenue", "minimum", one_of("-1000.00", "-0.01")),),
    "bad_decimal": (CellFault("annual_revenue", "type", one_of("12 million", "1.000.000", "EUR 5")),),
    "too_large": (CellFault("supplier_score", "maximum", one_of("101", "250")),),
    "bad_date": (
        CellFault("event_date", "type", one_of("31.02.2026", "2026/05/01", "13.13.2026", "in May")),
    ),
    "bad_datetime": (
        CellFault("registered_at", "type", one_of("2026-02-30 10:00:00", "yesterday", "2026-05-01 25:00:00")),
    ),
    "bad_boolean": (CellFault("existing_customer", "type", one_of("perhaps", "2", "jein")),),
    "too_long": (
        CellFault("supplier_ref", "length", lambda _, cells: cells["supplier_ref"] + "-" + "x" * 40),
    ),
    "city_too_long": (
        CellFault("city", "length", lambda _, cells: (cells["city"].strip() + " am Ende der Welt ") * 3),
    ),
    "two_faults": (
        CellFault("email", "email", one_of("nobody", "a@b@c.example")),
        CellFault("employees", "type", one_of("some", "a few")),
    ),
}
ROW_FAULTS = ("short_row", "long_row", "blank_row", "nul_byte", "bad_bytes")
FAULT_KINDS = (*CELL_FAULTS, *ROW_FAULTS)


def spoil(
    kind: str, dice: Dice, cells: Cells, table: Mapping[str, tuple[CellFault, ...]] = CELL_FAULTS
) -> tuple[Cells, list[Reason]]:
    """Return the cells with the fault in them, and the reasons for which the row is refused, by field."""
    if kind in ROW_FAULTS:
        return cells, [(None, kind)]
    spoiled = dict(cells)
    for fault in table[kind]:
        spoiled[fault.field] = fault.write(dice, cells)
    return spoiled, [(fault.field, fault.rule) for fault in table[kind]]
