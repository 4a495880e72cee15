"""The ground of every mapping model: frozen, and strict about unknown keys."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, StringConstraints
from pydantic_core import PydanticKnownError

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
"""A name of ours: lower case, digits and underscores, as it appears in SQL, DAG ids and templates."""

Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]


def _whole(value: Any) -> Any:
    # YAML reads `yes` as true, which Python would take for the number 1.
    if isinstance(value, bool):
        raise PydanticKnownError("int_type")
    return value


def _number(value: Any) -> Any:
    if isinstance(value, bool):
        raise PydanticKnownError("float_type")
    return value


NO_TRUTH = BeforeValidator(_whole)
"""Stands behind the bounds of an optional whole number, whose schema would not show them otherwise."""

Whole = Annotated[int, NO_TRUTH]
"""A whole number, and no word that YAML reads as true or false."""

Number = Annotated[float, BeforeValidator(_number)]
"""A number, and no word that YAML reads as true or false."""


Separator = Annotated[
    str, StringConstraints(min_length=1), AfterValidator(lambda written: written.strip() or written)
]
"""What stands between values; blanks around it do not count, and alone they may be it."""


def _day(value: Any) -> Any:
    # Pydantic takes numbers and moments too, and says of others what nobody expects.
    if isinstance(value, str):
        try:
            return date.fromisoformat(value.strip())
        except ValueError:
            pass
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    raise ValueError(f"'{value}' is no day; write it like 2026-01-31")


Day = Annotated[date, BeforeValidator(_day)]
"""A day, written as YYYY-MM-DD."""


def _on_one_line(value: str) -> str:
    if any(ord(character) < 32 or ord(character) == 127 for character in value):
        raise ValueError("this must stand on one line, without control characters")
    return value


Line = Annotated[Text, AfterValidator(_on_one_line)]
"""A text that is shown in one line: in subjects of mails, in lists."""


class Model(BaseModel):
    """A value that never changes and refuses keys it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")
