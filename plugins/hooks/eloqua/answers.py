"""What Eloqua's answers mean to us: one table for calls, one for syncs, one for single rows.

HTTP statuses: Oracle, "API requests: HTTP status codes". ELQ codes: Oracle, "Eloqua status codes".
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from hooks.waiting import wished_seconds
from hooks.wording import without_addresses
from leadline.errors import (
    BudgetExhausted,
    CredentialsRefused,
    LeadlineError,
    NotAllowed,
    RetryLater,
    SchemaDrift,
    VendorUnavailable,
)
from leadline.ports import RowResult

CALL_STATUSES: Mapping[int, type[LeadlineError]] = {
    400: SchemaDrift,  # a definition names what is not there; other 400s are our mistake and name their part
    401: CredentialsRefused,
    403: CredentialsRefused,  # the service is not enabled for this user
    404: SchemaDrift,
    408: VendorUnavailable,
    409: VendorUnavailable,  # somebody else writes the same now
    410: VendorUnavailable,  # what was staged has expired: ask again
    412: NotAllowed,
    413: BudgetExhausted,  # the staging area is full
    429: BudgetExhausted,
}
"""A whole call that failed; other 4xx are not allowed, 5xx are unavailable."""

RETRY_SECONDS: Mapping[int, float] = {413: 3_600.0, 429: 300.0}
"""Eloqua sends no Retry-After; syncs are counted by the hour."""

SYNC_CODES: Mapping[str, tuple[type[LeadlineError], float | None]] = {
    "ELQ-00107": (VendorUnavailable, None),
    "ELQ-00111": (SchemaDrift, None),
    "ELQ-00121": (SchemaDrift, None),
    "ELQ-00122": (SchemaDrift, None),
    "ELQ-00131": (VendorUnavailable, None),  # what was staged is deleted: stage it again
    "ELQ-00136": (BudgetExhausted, 3_600.0),
    "ELQ-00145": (VendorUnavailable, None),
    "ELQ-00146": (VendorUnavailable, 3_600.0),
}
"""Why a sync ended in error or with a warning -> the error, and seconds to wait. Others are unavailable."""

RETRYABLE_ROWS = frozenset({"ELQ-00107", "ELQ-00131", "ELQ-00145", "ELQ-00146", "NO_VERDICT"})
"""Rows worth another try; every other code is about the row's own data."""

ROW_MESSAGES: Mapping[str, str] = {
    "ELQ-00002": "the e-mail address is not one to Eloqua",
    "ELQ-00026": "two rows of one import name the same record",
    "ELQ-00032": "a number or date is not one to Eloqua",
    "ELQ-00034": "the record is no longer in Eloqua: it was deleted, or merged into another",
    "ELQ-00059": "the row names no record",
    "ELQ-00107": "Eloqua could not process the row; it is sent again",
    "ELQ-00111": "Eloqua does not know a field of the row",
    "ELQ-00145": "Eloqua will try the row again; it is sent again",
    "ELQ-00146": "Eloqua cannot process the row for now; it is sent again",
}
"""Code of a rejected row -> what people read; others show the vendor's own words."""

UNMATCHED = frozenset({"ELQ-00034"})
"""The record that a row is about is not there."""


def call_error(
    status: int, body: bytes, content_type: str, retry_after: str | None, what: str
) -> LeadlineError:
    """Return the error that a failed call means; its text holds no value of a record."""
    kind = CALL_STATUSES.get(status) or (VendorUnavailable if status >= 500 else NotAllowed)
    detail = _detail(body) if "html" not in content_type else "a page for people, not an answer"
    message = f"{what}: HTTP {status}{': ' + detail if detail else ''}"
    if issubclass(kind, RetryLater):
        wish = wished_seconds(retry_after)
        return kind(message, RETRY_SECONDS.get(status) if wish is None else wish)
    return kind(message)


def sync_error(logs: Sequence[Mapping[str, Any]], what: str) -> LeadlineError:
    """Return the error that a sync's log tells: its worst line that we know, else its worst line."""
    lines = [line for line in logs if line.get("severity") == "error"]
    lines += [line for line in logs if line.get("severity") == "warning"]
    known = [line for line in lines if line.get("statusCode") in SYNC_CODES]
    line = (known or lines or [{}])[0]
    code = str(line.get("statusCode") or "no code")
    kind, seconds = SYNC_CODES.get(code, (VendorUnavailable, None))
    message = f"{what}: {code}: {safe_text(str(line.get('message') or 'the sync did not succeed'))}"
    if issubclass(kind, RetryLater):
        return kind(message, seconds)
    return kind(message)


def refused(
    key: str, code: str, message: str, *, field: str | None = None, record_id: str | None = None
) -> RowResult:
    """Return the outcome of a row that was not taken; one whose record is gone is stale."""
    return RowResult(
        key,
        ok=False,
        record_id=record_id,
        code=code,
        field=field,
        message=ROW_MESSAGES.get(code) or safe_text(message) or None,
        retryable=code in RETRYABLE_ROWS,
        stale=code in UNMATCHED,
    )


def _detail(body: bytes) -> str:
    """Return what an answer says of its cause, without the values it quotes: field, constraint, type."""
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError):
        text = body.decode("utf-8", "replace")
        return "a page for people, not an answer" if text.lstrip().startswith("<") else safe_text(text)[:200]
    if isinstance(parsed, str):
        return safe_text(parsed)
    failures = parsed.get("failures") if isinstance(parsed, Mapping) else None
    entries = failures if isinstance(failures, list) else parsed if isinstance(parsed, list) else [parsed]
    return "; ".join(_part(entry) for entry in entries if isinstance(entry, Mapping))[:500]


def safe_text(message: str) -> str:
    """Return a vendor's message without what it quotes and without e-mail addresses."""
    return without_addresses(_QUOTED.sub("…", message))


def _part(entry: Mapping[str, Any]) -> str:
    requirement = entry.get("requirement")
    words = [
        entry.get("field") or entry.get("property") or entry.get("parameter") or entry.get("type"),
        # The name of a field is ours and helps; other values may be a person's.
        entry.get("value") if str(entry.get("value") or "").startswith("{{") else None,
        entry.get("constraint") or (requirement.get("type") if isinstance(requirement, Mapping) else None),
    ]
    return without_addresses(" ".join(str(word) for word in words if word))


# A statement names a field, which is ours; any other quoted text may be a person's.
_QUOTED = re.compile(r"""(?s)(?<!\w)'(?!\{\{).*?'(?!\w)|"(?!\{\{).*?"(?!\w)""")
