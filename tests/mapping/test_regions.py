"""The lists of regions and countries are those of the libraries which judge by them."""

from __future__ import annotations

from itertools import product
from string import ascii_uppercase

import phonenumbers

from leadline.checks.countries import country_code
from leadline.mapping.regions import COUNTRIES, PHONE_REGIONS, is_country


def test_a_region_is_allowed_if_the_library_can_judge_its_numbers() -> None:
    assert phonenumbers.SUPPORTED_REGIONS == PHONE_REGIONS


def test_a_rule_may_name_the_countries_that_a_lead_can_have() -> None:
    pairs = ["".join(pair) for pair in product(ascii_uppercase, repeat=2)]

    assert {code for code in pairs if country_code(code, None) == code} == COUNTRIES
    assert [code for code in ("gb", "UK", "uk", "SW", "EU", "XX", "", "DEU") if is_country(code)] == [
        "gb",
        "UK",
        "uk",
    ]
