"""The troubles this room can make when the sandbox's core asks for one.

Before anything is done, or after the commit and before the answer:
  status    {status=503, body, retry_after}  answer that status; the body is JSON, or text as it is
  html      {status=200}           a maintenance page instead of an answer
  hang_up   {}                     close the connection without an answer
  timeout   {seconds=30}           stay silent, then close the connection
  delay     {seconds=1}            stay silent, then go on
After the commit only:
  truncate  {bytes=20}             send the beginning of the answer, then close the connection
Inside the handling (asked for before):
  slow_sync     {polls=5}          `syncs.create`: not done before it was asked for so often; -1: never
  sync_error    {code, message, after=0}  `syncs.create`: ends in error; of an import so many rows are taken
  sync_warning  {code, message}    `syncs.create`: done, with this line in its log
  row_reject    {rows | every | match, code, fields}  `syncs.create`: an import rejects these rows
  short_pages   {rows=1}           `syncs.data`: pages hold at most so many rows
  empty_page    {}                 `syncs.data`, `rest.*.list`: a page without items, though more are to come
  lost_rows     {rows=1}           `syncs.data`: a page leaves rows out and does not say so
  twice         {}                 `syncs.data`: a page repeats its first row
  null_cells    {}                 `syncs.data`: cells without a value are null, not ""
  expired       {status=410}       `syncs.data`: what was staged is gone
  rejects_page  {rows=1}           `syncs.rejects`: pages hold at most so many
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.eloqua.calls import NO_BODY, Answer

WIRE = frozenset({"status", "html", "hang_up", "timeout", "delay", "truncate"})
_PAGE = (
    b"<!DOCTYPE html><html><head><title>Maintenance</title></head><body>We will be back soon.</body></html>"
)
_USUAL = {401: "Login required.", 429: "Too many requests.", 503: "The service is unavailable."}


def answer_of(kind: str, arguments: Mapping[str, Any]) -> Answer:
    """Return what a `status` or `html` fault answers."""
    if kind == "html":
        return Answer(int(arguments.get("status", 200)), _PAGE, media="text/html")
    status = int(arguments.get("status", 503))
    headers = {"Retry-After": str(arguments["retry_after"])} if "retry_after" in arguments else {}
    body = arguments.get("body", _USUAL.get(status, NO_BODY))
    if isinstance(body, str):
        return Answer(status, body.encode(), headers, "text/plain")
    return Answer(status, body, headers)


def aimed(arguments: Mapping[str, Any] | None, number: int, row: Mapping[str, Any]) -> bool:
    """Say whether a `row_reject` is aimed at a row, numbered from 1; at every row if it names none."""
    if arguments is None:
        return False
    rows, every, match = (arguments.get(name) for name in ("rows", "every", "match"))
    if rows is not None:
        return number in ([rows] if isinstance(rows, int) else rows)
    if every is not None:
        return number % int(every) == 0
    return match is None or any(str(match) in str(value) for value in row.values())
