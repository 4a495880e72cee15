"""The troubles this room can make when the sandbox's core asks for one.

Before anything is done, or after the commit and before the answer:
  error     {code, message}   HTTP 200 with `success: false`; any code of the vendor's list
  status    {status=502}      a gateway's page with that HTTP status
  html      {}                a gateway's page with HTTP 200
  hang_up   {}                close the connection without an answer
  timeout   {seconds=30}      stay silent, then close the connection
  delay     {seconds=1}       stay silent, then go on
  expire_tokens {}            every token ends now, so that this call (before) or the next one gets 602
  revoke_tokens {}            every token is forgotten: 601
After the commit only:
  truncate  {bytes=20}        send the beginning of the answer, then close the connection
Inside the handling (asked for before):
  row_error {rows | every | match, code, message}
            refuse rows of a batch: by number from 1, each n-th, or those whose text holds `match`
  empty_page {missing=false}  a page of the feed without rows that says `moreResult: true`
  slow_job  {polls=3}         enqueue: the job starts when it has been asked for so often
  job_failed {message}        enqueue: the job will fail
  file_missing {}             file: 404 in plain text although the job is Completed
  corrupt_file {}             file: the last byte is wrong, so that the checksum differs
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .errors import Refused

WIRE = frozenset({"error", "status", "html", "hang_up", "timeout", "delay", "truncate"})
TOKENS = frozenset({"expire_tokens", "revoke_tokens"})

_PAGE = b"<html><head><title>%d</title></head><body><h1>Service</h1></body></html>"


def wire_refusal(kind: str, arguments: Mapping[str, Any]) -> Refused:
    """Return the refusal that a fault on the wire asks for."""
    if kind == "error":
        return Refused(str(arguments.get("code", "608")), arguments.get("message"))
    status = 200 if kind == "html" else int(arguments.get("status", 502))
    return Refused(str(status), status=status, body=_PAGE % status, media="text/html")
