"""The troubles this room can make when the sandbox's core asks for one.

On the wire, before anything is done, or after the commit and before the answer:
  status    {status=500}       an HTTP error with a page of HTML, as a proxy sends it, and no SOAP
  empty     {}                 HTTP 200 with nothing in it
  page      {}                 HTTP 200 with a page of HTML, as a sign-in page
  hang_up   {}                 close the connection without an answer
  timeout   {seconds=30}       stay silent, then close the connection
  delay     {seconds=1}        stay silent, then go on
  fault     {code=INTERNAL, message, field, lead_id, retry_after, retryable}
            that SOAP fault: AUTH, VERSION, VALIDATION, NOT_FOUND, DUPLICATE, THROTTLED, INTERNAL, MAINTENANCE
After the commit only:
  truncate  {bytes=200}        send the beginning of the answer, then close the connection
Inside the handling of reads (asked for before):
  all_deleted  {}              every lead is told as deleted, as by a restored empty database
  all_missing  {}              no lead is known
  no_items     {}              a good answer with nothing in it
  short_pages  {rows=1}        pages hold at most that many rows
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.saleslink.soap import Refused

WIRE = frozenset({"status", "empty", "page", "hang_up", "timeout", "delay", "fault", "truncate"})


def ordered(arguments: Mapping[str, Any]) -> Refused:
    """Return the refusal that a `fault` order asks for."""
    code = str(arguments.get("code", "INTERNAL"))
    wait = arguments.get("retry_after")
    return Refused(
        code,
        str(arguments.get("message") or f"ordered: {code}"),
        field=arguments.get("field"),
        lead_id=arguments.get("lead_id"),
        retry_after=None if wait is None else int(wait),
        retryable=arguments.get("retryable"),
    )
