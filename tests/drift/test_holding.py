from __future__ import annotations

import pytest

from leadline.drift.holding import can_be_read, can_be_written
from leadline.mapping.fields import FieldType


@pytest.mark.parametrize(
    ("kind", "values", "vendor", "expected"),
    [
        # text and lists may say anything
        ("date", (), "string", True),
        ("integer", (), "picklist", True),
        ("boolean", (), "largeText", True),
        # numbers
        ("integer", (), "double", True),
        ("decimal", (), "money", True),
        ("integer", (), "boolean", False),
        ("decimal", (), "date", False),
        # dates
        ("date", (), "datetime", True),
        ("datetime", (), "date", True),
        ("date", (), "int", False),
        # yes and no
        ("boolean", (), "boolean", True),
        ("boolean", (), "score", True),
        ("boolean", (), "date", False),
        # lists
        ("select", ("Hot", "Cold"), "boolean", False),
        ("select", ("True", "False"), "boolean", True),
        ("select", ("Hot", "Cold"), "multipicklist", False),
        ("multiselect", ("Hot", "Cold"), "multipicklist", True),
        ("select", ("Hot",), "datetime", False),
        # whatever it is
        ("string", (), "boolean", True),
        ("date", (), "somethingNew", True),
    ],
)
def test_what_a_field_holds_may_or_may_not_be_our_type(kind, values, vendor, expected):
    assert can_be_read(FieldType(kind), values, vendor) is expected


@pytest.mark.parametrize(
    ("kind", "values", "vendor", "expected"),
    [
        ("multiselect", ("A",), "string", True),
        ("string", (), "int", False),
        ("integer", (), "currency", True),
        ("decimal", (), "integer", False),
        ("date", (), "datetime", True),
        ("string", (), "date", False),
        ("boolean", (), "boolean", True),
        ("string", (), "boolean", False),
        ("select", ("true", "false"), "boolean", True),
        ("select", ("1", "2"), "number", True),
        ("select", ("A", "B"), "number", False),
        ("multiselect", ("A", "B"), "picklist", False),
        ("multiselect", ("A", "B"), "multiselectpicklist", True),
        ("date", (), "reference", True),
    ],
)
def test_a_field_takes_our_type_or_not(kind, values, vendor, expected):
    assert can_be_written(FieldType(kind), values, vendor) is expected
