"""What the Web API refuses, with its code and HTTP status.

Source: Microsoft Learn, "Compose HTTP requests and handle errors"; "Web service error codes".
"""

from __future__ import annotations

from typing import Any

_STATUSES = {
    "0x80040217": 404,
    "0x80060891": 404,
    "0x80060892": 412,
    "0x80040237": 412,
    "0x80040333": 412,
    "0x80060882": 412,
    "0x80044331": 400,
    "0x8004431a": 400,
    "0x80048408": 400,
    "0x80048d19": 400,
    "0x80060888": 400,
    "0x8006088a": 404,
    "0x80040265": 400,
    "0x80040224": 500,
    "0x80040220": 403,
    "0x80048306": 403,
    "0x80072560": 403,
    "0x80072321": 429,
    "0x80072322": 429,
    "0x80072326": 429,
    "0x80040216": 500,
    "0x80044150": 500,
    "0x80044151": 500,
}


class Refused(Exception):
    """One refusal: `code` as Dataverse writes it, `status` of HTTP."""

    def __init__(
        self, code: str, message: str, status: int | None = None, headers: dict[str, str] | None = None
    ):
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status if status is not None else _STATUSES.get(code, 400)
        self.headers = headers or {}

    def body(self) -> dict[str, Any]:
        """Return the JSON of the answer."""
        return {"error": {"code": self.code, "message": self.message}}


def no_record(table: str, record_id: str) -> Refused:
    """Return the refusal of an id that is not there."""
    return Refused("0x80040217", f"{table} With Id = {record_id} Does Not Exist")


def no_segment(name: str) -> Refused:
    """Return the refusal of a path that names nothing."""
    return Refused("0x8006088a", f"Resource not found for the segment '{name}'.")


def no_property(table: str, name: str) -> Refused:
    """Return the refusal of a query that names an unknown property."""
    text = f"Could not find a property named '{name}' on type 'Microsoft.Dynamics.CRM.{table}'."
    return Refused("0x80060888", text)


def bad_query(text: str) -> Refused:
    """Return the refusal of a query that cannot be read."""
    return Refused("0x80060888", text)


def bad_payload(text: str) -> Refused:
    """Return the refusal of a body that cannot be read."""
    return Refused("0x80048d19", f"Error identified in Payload provided by the user for Entity :'', {text}")
