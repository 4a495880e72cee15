"""Texts of CRMs as values of the hub: many read together are what each is alone."""

from __future__ import annotations

from leadline.feedback.fields import FieldPairs
from leadline.mapping.fields import FieldMapping, FieldType, Judge
from leadline.mapping.model import SupplierMapping
from tests.feedback.house import House

LEADS = ({"country": "DE"}, {"country": "US"}, {})


def field(name: str, type_: FieldType = FieldType.STRING, **values: object) -> FieldMapping:
    return FieldMapping.model_validate({"name": name, "source": name, "type": type_, **values})


FIELDS = (
    field("phone", judge=Judge.PHONE),
    field("country", judge=Judge.COUNTRY),
    field("employees", FieldType.INTEGER, minimum=1),
    field("revenue", FieldType.DECIMAL),
    field("last_visit", FieldType.DATE),
    field("interests", FieldType.MULTISELECT, values=("Cloud", "Security")),
    field("company", required=True, length=12),
)
TEXTS = (
    None, "", "  ", "030 901820", "(212) 555-0142", "+49 30 901820", "USA", "Deutschland", "Germany",
    "Vereinigte Staaten", "35.0", "35", "-1", "1.50", "2026-11-22", "2026-11-22T10:00:00.000+0000",
    "Cloud;security", "Cloud;Other", "Example GmbH", "A name that is longer",
)  # fmt: skip


def pairs_of(house: House) -> FieldPairs:
    mapping: SupplierMapping = house.mapping
    return FieldPairs(mapping, "salesforce", "Lead")


def test_texts_read_together_are_what_each_is_alone(house: House) -> None:
    asked = [(one, text, lead) for one in FIELDS for text in TEXTS for lead in LEADS]
    together = pairs_of(house)
    together.learn(asked)
    alone = {number: pairs_of(house).read(*one) for number, one in enumerate(asked)}

    assert {number: together.read(*one) for number, one in enumerate(asked)} == alone
    # They are worth comparing: read and refused, and other numbers of one text in other countries.
    assert {one.refused for one in alone.values()} == {
        None, "phone", "country", "type", "minimum", "values", "length", "required",
    }  # fmt: skip
    numbers = [pairs_of(house).read(FIELDS[0], "(212) 555-0142", lead).value for lead in LEADS]
    assert numbers[1] == "+12125550142" != numbers[0]
