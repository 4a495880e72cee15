"""What the subscription refuses: a whole call inside HTTP 200, a row inside a call, or a real HTTP status.

Source: developer.adobe.com/marketo-apis, "Error Codes" (help/rest-api/error-codes.md in AdobeDocs).
"""

from __future__ import annotations

from typing import Any

MESSAGES = {
    "502": "Bad Gateway",
    "600": "Access token not specified",
    "601": "Access token invalid",
    "602": "Access token expired",
    "603": "Access denied",
    "604": "Request timed out",
    "605": "HTTP Method not supported",
    "606": "Max rate limit '100' exceeded with in '20' secs",
    "607": "Daily quota reached",
    "608": "API Temporarily Unavailable",
    "609": "Invalid JSON",
    "610": "Requested resource not found",
    "611": "System error",
    "612": "Invalid Content Type",
    "614": "Unable to determine subscription",
    "615": "Concurrent access limit reached",
    "701": "Field cannot be blank",
    "702": "No data found for a given search scenario",
    "703": "The feature is not enabled for the subscription",
    "704": "Invalid date format",
    "709": "Business rule violation",
    "713": "Transient error",
    "1001": "Invalid value. Required of type another",
    "1002": "Missing value for the required parameter",
    "1003": "Invalid data",
    "1004": "Lead not found",
    "1005": "Lead already exists",
    "1006": "Field not found",
    "1007": "Multiple leads match the lookup criteria",
    "1011": "Lookup field is not supported",
    "1013": "Object not found",
    "1018": "Native CRM integration is enabled; this operation is not allowed",
    "1021": "Company fields cannot be updated by this call",
    "1022": "Object is in use",
    "1025": "Program status not found",
    "1029": "Too many jobs in queue",
    "1035": "Unsupported filter type for target subscription",
    "1036": "Duplicate object found in input",
    "1037": "Lead already in this status or past it",
}


class Refused(Exception):
    """The subscription says no to a call, or to one row of it.

    Args:
        code: Of the vendor's, as text.
        status: HTTP status of the answer; 200 for nearly all.
        body: The answer's whole body, where it is not the usual envelope.
    """

    def __init__(
        self, code: str, message: str | None = None, *, status: int = 200, body: Any = None, media: str = ""
    ) -> None:
        self.code = str(code)
        self.message = message or MESSAGES.get(self.code, "Unknown error")
        self.status = status
        self.body = body
        self.media = media or "application/json;charset=UTF-8"
        super().__init__(f"{self.code}: {self.message}")

    def error(self) -> dict[str, str]:
        """Return code and message as the API writes them, in `errors` and in `reasons`."""
        return {"code": self.code, "message": self.message}
