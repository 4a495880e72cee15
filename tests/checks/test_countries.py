"""The table of countries' own names is what Babel says today."""

from __future__ import annotations

import json

from leadline.checks.countries import OWN_NAMES, country_code, derive_own_names


def test_own_names_are_those_of_this_babel() -> None:
    kept = json.loads(OWN_NAMES.read_text("utf-8"))

    assert kept == derive_own_names(), "`leadline.checks.countries.write_own_names()` keeps them anew"


def test_a_country_is_known_by_a_name_of_its_own() -> None:
    names = ("Österreich", "Suomi", "España", "日本")

    assert [country_code(name, None) for name in names] == ["AT", "FI", "ES", "JP"]
