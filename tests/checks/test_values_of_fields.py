"""What each type and judge takes, and how the hub stores it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from leadline.checks import CheckedBatch
from leadline.checks.dates import parse_datetime
from leadline.mapping.model import SupplierMapping

Check = Callable[..., CheckedBatch]
MakeMapping = Callable[..., SupplierMapping]

CASES: list[tuple[dict[str, Any], dict[str, Any], dict[str, str]]] = [
    # (field, text -> stored value, text -> rule it breaks)
    (
        {"type": "string", "length": 5},
        {" Ünal\u00a0": "Ünal", "12345": "12345", "": None, " \t ": None},
        {"123456": "length"},
    ),
    ({"null_values": ["N/A", "-"]}, {"n/a": None, " - ": None, "N/A.": "N/A."}, {}),
    (
        {"type": "integer", "minimum": 0, "maximum": 100},
        {"007": 7, "+5": 5, "0": 0, "100": 100, "-0": 0},
        {"-1": "minimum", "101": "maximum", "1.0": "type", "1 000": "type", "٣": "type", "1e3": "type"},
    ),
    (
        {"type": "integer"},
        {"9223372036854775807": 2**63 - 1, "-9223372036854775808": -(2**63)},
        {"9223372036854775808": "type", "9" * 400: "type"},
    ),
    (
        {"type": "decimal", "minimum": -1},
        {"1.50": "1.5", "+.5": "0.5", "5.": "5", "-0.00": "0", "007.10": "7.1", "9" * 38: "9" * 38},
        {"1,5": "type", "1e5": "type", "-1.01": "minimum", "NaN": "type", "9" * 60: "type", ".": "type"},
    ),
    (
        {"type": "decimal"},
        {"-0." + "1" * 38: "-0." + "1" * 38, "-" + "9" * 38: "-" + "9" * 38},
        {"9" * 39: "type", "-1." + "9" * 38: "type"},
    ),
    ({"type": "decimal", "decimal_mark": ","}, {"1,50": "1.5"}, {"1.5": "type", "1.234,5": "type"}),
    (
        {"type": "boolean", "true_values": ["ja", "1"], "false_values": ["nein", "0"]},
        {"JA": True, " 0 ": False},
        {"yes": "type", "2": "type"},
    ),
    (
        {"type": "date", "formats": ["%d.%m.%Y", "%d. %b %Y"]},
        {"31.12.2026": "2026-12-31", "1.2.2026": "2026-02-01", "05. Mar 2026": "2026-03-05"},
        {"31.02.2026": "type", "2026-01-01": "type", "01.01.26": "type", "today": "type"},
    ),
    (
        {"type": "date"},
        {"2026-01-31": "2026-01-31"},
        {"2026-02-29": "type", "2026-01-31T10:00:00": "type", "31.01.2026": "type"},
    ),
    (
        {"type": "datetime", "formats": ["%Y-%m-%d %H:%M:%S"]},
        {
            "2026-07-01 00:30:00": "2026-06-30T22:30:00.000000Z",
            "2026-10-25 02:30:00": "2026-10-25T00:30:00.000000Z",  # twice that night: the first of the two
        },
        {"2026-03-29 02:30:00": "type", "2026-01-01 24:00:00": "type", "0001-01-01 00:00:00": "type"},
    ),
    (
        {"type": "datetime"},
        {
            "2026-07-01T00:30:00.123+0000": "2026-07-01T00:30:00.123000Z",
            "2026-01-01 12:00": "2026-01-01T11:00:00.000000Z",
            "2026-01-01": "2025-12-31T23:00:00.000000Z",
            "9999-12-31T23:59:59": "9999-12-31T22:59:59.000000Z",  # how some say "never"
        },
        {"12:00": "type", "now": "type"},
    ),
    (
        {"type": "datetime", "formats": ["%d/%m/%y %H:%M %z"]},
        {"01/07/26 00:30 +0200": "2026-06-30T22:30:00.000000Z"},
        {},
    ),
    (
        {"type": "select", "values": ["Public Sector", "IT"]},
        {" public SECTOR ": "Public Sector", "Public\u00a0 Sector": "Public Sector"},
        {"Pub": "values"},
    ),
    (
        {"type": "select", "values": ["Zürich", "Straße"]},  # an accent may come as a character of its own
        {"ZU\u0308RICH": "Zürich", "STRASSE": "Straße"},
        {"Zurich": "values"},
    ),
    (
        {"type": "multiselect", "values": ["Côte d'Or", "Ain"]},
        {"ain;co\u0302te  d'or": ["Côte d'Or", "Ain"]},
        {"Cote d'Or": "values"},
    ),
    (
        {"type": "multiselect", "values": ["Routers", "Cloud"], "separator": "|"},
        {"cloud | Routers|cloud": ["Routers", "Cloud"], "|": None, "Cloud|": ["Cloud"]},
        {"Routers|Toasters": "values", "Routers;Cloud": "values"},
    ),
    (
        {"type": "multiselect", "values": ["Routers", "Cloud"], "separator": " "},
        {"cloud  Routers": ["Routers", "Cloud"], "Cloud": ["Cloud"]},
        {"Routers|Cloud": "values"},
    ),
    (
        {"type": "multiselect", "values": ["Routers", "Cloud"], "separator": "\n"},
        {"cloud\nRouters": ["Routers", "Cloud"]},
        {"Routers Cloud": "values"},
    ),
    (
        {"judge": "country"},
        {"Germany": "DE", "deu": "DE", "Österreich": "AT", "usa": "US", "Frankreich": "FR", "u.k.": "GB"},
        {"Atlantis": "country", "XX": "country", "EU": "country"},
    ),
    (
        {"judge": "url", "type": "string"},
        {"firm.de": "firm.de", "https://www.firm.de/a?b=c": "https://www.firm.de/a?b=c"},
        {"not a page": "url", "localhost": "url", "a@firm.de": "url", "ftp://firm.de": "url", "n.a": "url"},
    ),
    (
        {"judge": "phone"},
        {
            "030 1234567": "+49301234567",
            "+1 (505) 292-1492": "+15052921492",
            "030 1234567 ext. 12": "+49301234567 ext. 12",
        },
        {"12": "phone", "call me": "phone", "+1 555 123 4567": "phone"},
    ),
]


@pytest.mark.parametrize(
    ("field", "stored", "refused"),
    CASES,
    ids=[
        f"{case[0].get('judge') or case[0].get('type', 'string')}-{place}" for place, case in enumerate(CASES)
    ],
)
def test_values_are_stored_canonically_or_refused_by_their_rule(
    check: Check,
    make_mapping: MakeMapping,
    field: dict[str, Any],
    stored: dict[str, Any],
    refused: dict[str, str],
) -> None:
    mapping = make_mapping({"name": "value", **field})

    checked = check(mapping, *({"value": text} for text in [*stored, *refused]))

    assert checked.accepted["value"].to_pylist() == list(stored.values())
    found = {
        list(refused)[row.row - len(stored)]: [reason.rule for reason in row.reasons]
        for row in checked.rejected
    }
    assert found == {text: [rule] for text, rule in refused.items()}


@pytest.mark.parametrize(
    ("address", "good"),
    [
        ("ann.lee+x@firm.co.uk", True),
        ("ann@bücher.de", True),
        ("ann@firm", False),
        ("ann.@firm.com", False),
        ("ann lee@firm.com", False),
        ("ann@@firm.com", False),
        ("ann@firm..com", False),
        ("ann@firm.test", False),
        ("x" * 250 + "@firm.com", False),
        ("", False),
        (None, False),
    ],
)
def test_an_email_is_required_and_judged_whatever_the_mapping_says(
    check: Check, make_mapping: MakeMapping, address: str | None, good: bool
) -> None:
    checked = check(make_mapping(), {"email": address})

    assert checked.accepted.num_rows == int(good)


@pytest.mark.parametrize(
    ("format_", "text", "stored"),
    [
        ("%d%m%Y", "4112026", "2026-11-04"),  # only one reading is a date
        ("%Y  %m %d", "2026 3\t4", "2026-03-04"),
        ("%m/%d/%y", "3/4/26", "2026-03-04"),
        ("%j/%Y", "32/2026", "2026-02-01"),
        ("100%% %Y-%m-%d", "100% 2026-03-04", "2026-03-04"),
    ],
)
def test_formats_are_those_of_strptime(
    check: Check, make_mapping: MakeMapping, format_: str, text: str, stored: str
) -> None:
    checked = check(make_mapping({"name": "day", "type": "date", "formats": [format_]}), {"day": text})

    assert checked.accepted["day"].to_pylist() == [stored]


@given(
    # A text does not say which of an hour that comes twice it means: the first, and never the fold of chance.
    moment=st.datetimes(datetime(1970, 1, 1), datetime(2037, 1, 1)).map(
        lambda at: at.replace(microsecond=0, fold=0)
    ),
    zone=st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "UTC"]),
)
@example(moment=datetime(2012, 11, 4, 1), zone="America/New_York")
@settings(deadline=None, max_examples=500)
def test_local_times_become_utc_as_zoneinfo_says(moment: datetime, zone: str) -> None:
    utc = moment.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    was = utc.astimezone(ZoneInfo(zone)).replace(tzinfo=None) == moment

    stored = parse_datetime(str(moment), ["%Y-%m-%d %H:%M:%S"], ZoneInfo(zone))

    assert stored == (utc.strftime("%Y-%m-%dT%H:%M:%S.%fZ") if was else None)


def test_a_phone_number_is_dialled_in_the_country_of_its_lead(
    check: Check, make_mapping: MakeMapping
) -> None:
    mapping = make_mapping({"name": "phone", "judge": "phone"}, {"name": "country", "judge": "country"})

    checked = check(
        mapping,
        {"phone": "020 7946 0958", "country": "United Kingdom"},
        {"phone": "030 1234567", "country": None},  # the supplier's region
        {"phone": "+49 30 1234567", "country": "US"},
    )

    assert checked.accepted["phone"].to_pylist() == ["+442079460958", "+49301234567", "+49301234567"]


def test_a_phone_number_without_any_region_needs_its_country_code(
    check: Check, make_mapping: MakeMapping
) -> None:
    mapping = make_mapping({"name": "phone", "judge": "phone"}, default_region=None)

    checked = check(mapping, {"phone": "030 1234567"}, {"phone": "+49 30 1234567"})

    assert [row.row for row in checked.rejected] == [0]
