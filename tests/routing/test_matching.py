"""When values match: trimmed, without case, numbers and dates as such, lists on any overlap."""

from __future__ import annotations

from typing import Any

import pytest

from leadline.mapping.conditions import Condition, Conditions
from leadline.mapping.fields import FieldMapping
from leadline.matching import Fields
from leadline.routing.postal import area, code
from leadline.routing.predicates import predicate
from tests.routing.conftest import FIELDS, condition, make_partner

_COUNTRY = {"name": "land", "source": "Land", "judge": "country"}
FIELDS_OF = Fields(
    tuple(FieldMapping.model_validate(one) for one in [*FIELDS, _COUNTRY]), (), "Europe/Berlin"
)


def holds(text: str, *values: Any, lead: Any = None, partner: Any = None) -> bool:
    """Say whether a condition holds for a lead value and one partner, whose attribute is `x`."""
    one = Condition.model_validate(condition(text, *values))
    who = make_partner("P", **({} if partner is None else {"x": partner}))
    return bool(predicate(one, [who], FIELDS_OF)(lead))


@pytest.mark.parametrize(
    ("text", "values", "lead", "expected"),
    [
        # text: trimmed, without case, composed or not
        ("lead.country equals", ["de "], " DE", True),
        ("lead.state equals", ["Straße"], "STRASSE", True),
        ("lead.state equals", ["Zürich"], "Zürich", True),
        ("lead.state starts_with", ["nord"], "Nordrhein", True),
        ("lead.state equals", ["a"], None, False),
        # negation holds for no value, and for a list only if none matches
        ("lead.country not_equals", ["DE"], None, True),
        ("lead.country not_equals", ["DE"], "de", False),
        ("lead.products none_of", ["Cloud"], ("Routers", "cloud"), False),
        ("lead.products one_of", ["Cloud", "Switches"], ("Routers", "cloud"), True),
        # numbers as numbers
        ("lead.employees at_least", [1000], 1000, True),
        ("lead.employees at_least", [1000], 999, False),
        ("lead.employees equals", ["1e3"], 1000, True),
        ("lead.revenue between", [0.1, 0.3], "0.30", True),
        ("lead.revenue at_most", [0.3], "0.30000001", False),
        ("lead.revenue equals", [10], "10.00", True),
        ("lead.employees at_least", [5], None, False),
        # text that looks like numbers, compared with a number or as codes of equal length
        ("lead.postal_code between", [10000, 19999], "10115", True),
        ("lead.postal_code between", ["10000", "19999"], "10115", True),
        ("lead.postal_code between", ["10000", "19999"], "1011", False),
        ("lead.postal_code between", ["01000", "09999"], "01067", True),
        # dates, and days of moments in the mapping's zone
        ("lead.event_date between", ["2026-01-01", "2026-01-31"], "2026-01-31", True),
        ("lead.event_date at_most", ["2026-01-31"], "2026-02-01", False),
        ("lead.registered_at equals", ["2026-01-31"], "2026-01-30T23:30:00.000000Z", True),
        ("lead.registered_at at_most", ["2026-01-31"], "2026-01-31T23:30:00.000000Z", False),
        ("lead.registered_at at_least", ["2026-01-31T12:00:00"], "2026-01-31T11:00:00.000000Z", True),
        # booleans; YAML reads the country NO as false
        ("lead.opt_in equals", [True], True, True),
        ("lead.opt_in equals", ["yes"], True, True),
        ("lead.opt_in equals", [False], True, False),
        ("lead.country equals", [False], "NO", True),
        ("lead.country one_of", ["SE", False], "se", True),
        ("lead.country equals", [False], "SE", False),
        # empty
        ("lead.products empty", [], (), True),
        ("lead.country empty", [], " ", True),
        ("lead.country not_empty", [], "DE", True),
    ],
)
def test_a_lead_value_is_compared_with_values(
    text: str, values: list[Any], lead: Any, expected: bool
) -> None:
    assert holds(text, *values, lead=lead) is expected


@pytest.mark.parametrize(
    ("text", "lead", "partner", "expected"),
    [
        ("lead.country same_as_partner x", "de", ["FR", "DE "], True),
        ("lead.country same_as_partner x", "de", "DE", True),
        ("lead.country same_as_partner x", "de", None, False),
        ("lead.country same_as_partner x", None, None, False),
        ("lead.products same_as_partner x", ("Cloud", "Routers"), ["routers"], True),
        ("lead.employees same_as_partner x", 5, ["5.0"], True),
        ("lead.opt_in same_as_partner x", True, "yes", True),
        ("lead.event_date same_as_partner x", "2026-01-31", "2026-01-31", True),
        # countries by name or code
        ("lead.land same_as_partner x", "DE", ["Germany"], True),
        ("lead.land same_as_partner x", "GB", ["UK"], True),
        ("lead.land same_as_partner x", "GB", ["Narnia"], False),
        # areas
        ("lead.postal_code within_partner_ranges x", "80331", "80000-89999", True),
        ("lead.postal_code within_partner_ranges x", "80000", "80000-89999", True),
        ("lead.postal_code within_partner_ranges x", "89999", ["80000-89999", "90000-99999"], True),
        ("lead.postal_code within_partner_ranges x", "90000", ["80000-89999", "90001-99999"], False),
        ("lead.postal_code within_partner_ranges x", "8033", "80000-89999", False),
        ("lead.postal_code within_partner_ranges x", "80331", ["9", "8033"], True),
        ("lead.postal_code within_partner_ranges x", "sw1a 1aa", ["SW1"], True),
        ("lead.postal_code within_partner_ranges x", "12345-6789", "12000-12999", True),
        ("lead.postal_code within_partner_ranges x", "80331", 80331, True),
        ("lead.postal_code within_partner_ranges x", None, "8", False),
    ],
)
def test_a_lead_value_is_compared_with_a_partner_field(
    text: str, lead: Any, partner: Any, expected: bool
) -> None:
    assert holds(text, lead=lead, partner=partner) is expected


@pytest.mark.parametrize(
    ("text", "values", "partner", "expected"),
    [
        ("partner.x equals", ["Gold"], "gold", True),
        ("partner.x equals", [1], "1", True),
        ("partner.x equals", ["1"], 1.0, True),
        ("partner.x at_least", [3], "10", True),
        ("partner.x equals", [True], "yes", True),
        ("partner.x one_of", ["a", "b"], ["B", "c"], True),
        ("partner.x not_equals", ["a"], None, True),
        ("partner.id equals", ["p"], None, True),
        ("partner.name starts_with", ["partner"], None, True),
    ],
)
def test_a_partner_field_is_compared_with_values(
    text: str, values: list[Any], partner: Any, expected: bool
) -> None:
    assert holds(text, *values, partner=partner) is expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("SW1", ("sw1", None)),
        ("80*", ("80", None)),
        (" 10000 - 19999 ", ("10000", "19999")),
        ("10000\N{EN DASH}19999", ("10000", "19999")),
        ("1000-001", ("1000-001", None)),  # a Portuguese code, no range
        ("00-000-19-999", ("00-000", "19-999")),
    ],
)
def test_an_area_is_a_prefix_or_a_range(written: str, expected: tuple[str, str | None]) -> None:
    assert area(written) == expected


def test_a_long_american_code_is_compared_by_its_first_five_digits() -> None:
    assert code("12345-6789") == "12345"
    assert code("1000-001") == "1000-001"


def test_a_population_is_chosen_by_partner_fields(mapping: Any) -> None:
    from leadline.routing import partners_matching

    partners = [make_partner("A", tier="gold"), make_partner("B", tier="bronze"), make_partner("C")]
    gold_or_c = Conditions.model_validate(
        {
            "any": [
                {"all": [condition("partner.tier one_of", "gold", "silver")]},
                {"all": [condition("partner.id equals", "C")]},
            ]
        }
    )

    assert [one.id for one in partners_matching(gold_or_c, partners, mapping)] == ["A", "C"]
