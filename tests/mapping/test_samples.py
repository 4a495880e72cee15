"""The sample suppliers: what newcomers copy from must hold."""

from __future__ import annotations

import pytest

from leadline.mapping.fields import FieldType, Visibility
from leadline.mapping.loading import load_all
from leadline.settings import default_include_dir

MAPPINGS, FINDINGS = load_all(default_include_dir() / "mappings")


def test_the_samples_have_no_findings() -> None:
    assert not FINDINGS
    assert {"acme", "globex"} <= set(MAPPINGS)


def test_acme_has_thirty_fields_of_every_type() -> None:
    fields = MAPPINGS["acme"].fields

    assert len(fields) == 30
    assert {field.type for field in fields} == set(FieldType)


@pytest.mark.parametrize("supplier", ["acme", "globex"])
def test_each_sample_has_a_test_target_apart_from_production(supplier: str) -> None:
    mapping = MAPPINGS[supplier]

    assert set(mapping.targets) == {"production", "test"}
    assert mapping.key() == supplier
    assert mapping.key("test") == f"{supplier}~test"


@pytest.mark.parametrize("supplier", ["acme", "globex"])
def test_supplier_only_fields_of_the_samples_are_mapped_to_no_crm(supplier: str) -> None:
    mapping = MAPPINGS[supplier]
    hidden = {field.name for field in mapping.fields if field.visibility is Visibility.SUPPLIER_ONLY}

    assert hidden
    assert not hidden & {*mapping.crm.salesforce.lead, *mapping.crm.salesforce.contact}
