"""What the org refuses, with the vendor's code, and the HTTP status that each code travels under.

`Refused` ends one row or one request; rows of a collection or a Bulk job carry it as a value.
Source: REST API Developer Guide, "Status Codes and Error Responses" (errorcodes.htm).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

STATUS_OF_CODE = {
    "INVALID_SESSION_ID": 401,
    "INVALID_AUTH_HEADER": 401,
    "REQUEST_LIMIT_EXCEEDED": 403,
    "API_DISABLED_FOR_ORG": 403,
    "API_CURRENTLY_DISABLED": 403,
    "INSUFFICIENT_ACCESS": 403,
    "NOT_FOUND": 404,
    "METHOD_NOT_ALLOWED": 405,
    "UNSUPPORTED_MEDIA_TYPE": 415,
    "UNSUPPORTED_API_VERSION": 410,
    "UNKNOWN_EXCEPTION": 500,
    "SERVER_UNAVAILABLE": 503,
    "API_TEMPORARILY_UNAVAILABLE": 503,
}


class Refused(Exception):
    """The org says no: `code` is the vendor's, `fields` the API names it is about."""

    def __init__(
        self,
        code: str,
        message: str,
        fields: Sequence[str] | None = None,
        *,
        status: int | None = None,
        extra: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.fields = list(fields) if fields is not None else None
        self.status = status if status is not None else STATUS_OF_CODE.get(code, 400)
        self.extra = extra or {}

    def body(self) -> list[dict[str, Any]]:
        """Return the JSON array that a refused single request answers."""
        error: dict[str, Any] = {**self.extra, "message": self.message, "errorCode": self.code}
        if self.fields is not None:
            error["fields"] = self.fields
        return [error]

    def row(self) -> dict[str, Any]:
        """Return the error object of a row in a collection: the key is `statusCode` there."""
        return {"statusCode": self.code, "message": self.message, "fields": self.fields or []}

    def csv(self) -> str:
        """Return the text of `sf__Error` in Bulk results: code, message and fields in one cell."""
        return f"{self.code}:{self.message}:{','.join(self.fields or [])} --"


def no_such_column(name: str, entity: str) -> Refused:
    """Return the refusal of an unknown field in a record."""
    return Refused("INVALID_FIELD", f"No such column '{name}' on sobject of type {entity}")


def session_expired() -> Refused:
    """Return the refusal of a token that is unknown or too old."""
    return Refused("INVALID_SESSION_ID", "Session expired or invalid")


def not_found(message: str = "The requested resource does not exist") -> Refused:
    """Return the refusal of a path, object or record that is not there."""
    return Refused("NOT_FOUND", message)
