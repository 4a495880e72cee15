"""What a mapping says per CRM type, and what holds where it says nothing."""

from __future__ import annotations

import pytest

from leadline.mapping.model import CrmMappings


@pytest.mark.parametrize(
    ("crm", "field"),
    [("salesforce", "Leadline_Id__c"), ("dynamics", "ll_leadlineid"), ("saleslink", "ExternalId")],
)
def test_a_section_that_names_fields_keeps_the_external_id_of_its_crm(crm: str, field: str) -> None:
    mapped = CrmMappings.model_validate({crm: {"lead": {"products": "some_field"}}})

    assert getattr(mapped, crm).external_id == field
    assert getattr(CrmMappings(), crm).external_id == field
