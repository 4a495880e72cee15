"""The troubles this room can make when the sandbox's core asks for one.

Before anything is done, or after the commit and before the answer:
  status    {status, code, message, retry_after}  answer that error; 401, 403, 500 and 503 know their usual
            code; `retry_after` in seconds
  page      {status=503, retry_after}  answer a web page, as proxies and maintenance do
  hang_up   {}                       close the connection without an answer
  timeout   {seconds=30}             stay silent, then close the connection
  delay     {seconds=1}              stay silent, then go on
After the commit only:
  truncate  {bytes=20}               send the beginning of the answer, then close the connection
  fewer     {rows=1}                 leave out so many of the answer's last rows, JSON or CSV
Inside the handling (asked for before):
  row_error {rows | every | match, code, message, fields}
            refuse rows of a collection or Bulk job: by number from 1, each n-th, or those whose text holds
            `match`; the code is UNABLE_TO_LOCK_ROW unless given
  short_pages      {rows=1}    query pages hold at most that many rows
  expired_locator  {}          the cursor of this request is gone
  query_timeout    {}          the query fails with QUERY_TIMEOUT
  slow_job         {polls=3}   a Bulk job does its work when it has been asked for so often
  job_failed       {after=0, message}  a Bulk job stops after so many rows: the rest are unprocessed
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from . import csv_text
from .calls import Answer
from .errors import Refused

WIRE = frozenset({"status", "page", "hang_up", "timeout", "delay", "truncate", "fewer"})
INSIDE = frozenset({"row_error", "short_pages", "expired_locator", "query_timeout", "slow_job", "job_failed"})

_PAGE = b"<html><head><title>Salesforce</title></head><body>We are down for maintenance.</body></html>"
_USUAL = {
    401: ("INVALID_SESSION_ID", "Session expired or invalid"),
    403: ("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."),
    500: (
        "UNKNOWN_EXCEPTION",
        "An unexpected error occurred. Please include this ErrorId if you contact support",
    ),
    503: ("SERVER_UNAVAILABLE", "The HTTP server was unable to handle the request. Try again later."),
}
_MESSAGES = {
    "UNABLE_TO_LOCK_ROW": "unable to obtain exclusive access to this record",
    "QUERY_TIMEOUT": "Your query request was running for too long.",
}


def status_error(arguments: Mapping[str, Any]) -> Refused:
    """Return the refusal that a `status` fault asks for."""
    code = arguments.get("code")
    status = int(arguments.get("status", 400 if code else 503))
    usual_code, usual_message = _USUAL.get(status, ("UNKNOWN_EXCEPTION", "An unexpected error occurred."))
    code = str(code or usual_code)
    message = str(arguments.get("message") or _MESSAGES.get(code) or usual_message)
    return Refused(code, message, status=status)


def web_page(arguments: Mapping[str, Any]) -> Answer:
    """Return the page that a `page` fault asks for."""
    return Answer(int(arguments.get("status", 503)), _PAGE, asked_to_wait(arguments), media="text/html")


def asked_to_wait(arguments: Mapping[str, Any]) -> dict[str, str]:
    """Return the header of a fault's `retry_after`."""
    wish = arguments.get("retry_after")
    return {} if wish is None else {"Retry-After": str(wish)}


def fewer(answer: Answer, arguments: Mapping[str, Any]) -> Answer:
    """Return the answer without its last rows; what it counts stays."""
    rows, body = int(arguments.get("rows", 1)), answer.body
    if isinstance(body, list):
        body = body[:-rows]
    elif isinstance(body, dict) and isinstance(body.get("records"), list):
        body = {**body, "records": body["records"][:-rows]}
    elif isinstance(body, bytes):
        lines = list(csv.reader(io.StringIO(body.decode(), newline="")))
        body = csv_text.write([*lines[:1], *lines[1:][:-rows]]).encode()
    return replace(answer, body=body)


def row_error(arguments: Mapping[str, Any] | None, number: int, values: Mapping[str, Any]) -> Refused | None:
    """Return the refusal of a row, numbered from 1, when a `row_error` fault is aimed at it."""
    if arguments is None:
        return None
    rows = arguments.get("rows")
    if isinstance(rows, int):
        rows = [rows]
    every = arguments.get("every")
    match = arguments.get("match")
    aimed = (
        (rows is not None and number in rows)
        or (every is not None and number % int(every) == 0)
        or (match is not None and any(str(match) in str(value) for value in values.values()))
        or (rows is None and every is None and match is None)
    )
    if not aimed:
        return None
    code = str(arguments.get("code", "UNABLE_TO_LOCK_ROW"))
    message = str(arguments.get("message") or _MESSAGES.get(code) or code.replace("_", " ").lower())
    return Refused(code, message, list(arguments.get("fields", [])))
