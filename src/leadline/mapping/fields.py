"""Field mapping of leads and campaigns (M1)."""

from __future__ import annotations

import unicodedata
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from leadline.mapping.values import NO_TRUTH, Model, Name, Number, Separator, Text


def folded(text: str) -> str:
    """Return a word in the form in which equal ones are equal.

    Case does not count, nor do kind and number of blanks, nor whether an accent is a character of its own.
    """
    plain = unicodedata.normalize("NFD", unicodedata.normalize("NFD", text).casefold())
    return " ".join(plain.split())


class FieldType(StrEnum):
    """What a value is. In the hub: text as str, integer int, decimal str of digits, boolean bool,
    date "YYYY-MM-DD", datetime "YYYY-MM-DDTHH:MM:SS.ffffffZ" (UTC), select str, multiselect list of str."""

    STRING = "string"
    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    BOOLEAN = "boolean"
    DATE = "date"
    DATETIME = "datetime"
    SELECT = "select"
    MULTISELECT = "multiselect"


class FieldClass(StrEnum):
    """Profile fields are standard (name, e-mail, address, phone); the others are the supplier's own."""

    PROFILE = "profile"
    SUPPLIER = "supplier"


class Visibility(StrEnum):
    """Supplier-only fields are searchable by the supplier and never shown or sent to a partner."""

    SHARED = "shared"
    SUPPLIER_ONLY = "supplier_only"


class Judge(StrEnum):
    """A maintained library's verdict on the value."""

    EMAIL = "email"
    PHONE = "phone"
    COUNTRY = "country"  # ISO 3166-1 alpha-2; names and alpha-3 are accepted and stored as alpha-2
    URL = "url"


class FieldMapping(Model):
    """One field: where it comes from, what it is, who may see it."""

    name: Name
    source: Text  # header of the column, or the vendor's field path ("Lead.Email")
    label: Text | None = None
    partner_label: Text | None = None
    type: FieldType = FieldType.STRING
    required: bool = False
    length: Annotated[int, Field(ge=1, le=131_072), NO_TRUTH] | None = None
    values: tuple[Text, ...] = ()
    klass: FieldClass = Field(default=FieldClass.SUPPLIER, alias="class")
    visibility: Visibility = Visibility.SHARED
    judge: Judge | None = None
    formats: tuple[Text, ...] = ()  # strptime formats for dates, tried in order; ISO 8601 if none
    separator: Separator = ";"  # between the values of a multiselect
    decimal_mark: Text = "."
    true_values: tuple[Text, ...] = ("true", "yes", "y", "1")
    false_values: tuple[Text, ...] = ("false", "no", "n", "0")
    null_values: tuple[str, ...] = ()  # read as no value, besides the empty cell
    minimum: Number | None = None
    maximum: Number | None = None

    @property
    def shown_label(self) -> str:
        """Return the label that partners see."""
        return self.partner_label or self.label or self.name.replace("_", " ").capitalize()

    @property
    def max_length(self) -> int | None:
        """Return the length in characters that the value may have."""
        if self.length is not None:
            return self.length
        return {FieldType.STRING: 255, FieldType.TEXT: 65_000}.get(self.type)

    @model_validator(mode="after")
    def options_fit_the_type(self) -> Self:
        """Check that lists, formats and bounds stand only where they mean something."""
        selects = {FieldType.SELECT, FieldType.MULTISELECT}
        if self.type in selects and not self.values:
            raise ValueError(f"{self.type} needs 'values', the list of what is allowed")
        if self.values and self.type not in selects:
            raise ValueError(f"'values' is for select and multiselect, not for {self.type}")
        if self.formats and self.type not in {FieldType.DATE, FieldType.DATETIME}:
            raise ValueError(f"'formats' is for date and datetime, not for {self.type}")
        if (self.minimum is not None or self.maximum is not None) and self.type not in {
            FieldType.INTEGER,
            FieldType.DECIMAL,
        }:
            raise ValueError(f"'minimum' and 'maximum' are for integer and decimal, not for {self.type}")
        if self.judge and self.type is not FieldType.STRING:
            raise ValueError(f"'judge' is for string, not for {self.type}")
        if self.visibility is Visibility.SUPPLIER_ONLY and self.partner_label:
            raise ValueError("a supplier_only field has no 'partner_label': partners never see it")
        if len(set(map(folded, self.values))) != len(self.values):
            raise ValueError("'values' holds the same value twice (case does not count)")
        return self
