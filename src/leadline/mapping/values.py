"""The ground of every mapping model: frozen, and strict about unknown keys."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, StringConstraints
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


class Model(BaseModel):
    """A value that never changes and refuses keys it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")
