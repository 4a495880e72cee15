"""What the body of an answer holds, if it is what was asked for.

Between us and Salesforce are proxies and maintenance pages: an answer of another shape means that something
else than the API spoke, and the call is tried again.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from typing import Any

import requests

from leadline.errors import VendorUnavailable

Json = dict[str, Any]


def parse(answer: requests.Response) -> Any:
    """Return an answer's JSON.

    Raises:
        VendorUnavailable: It is none.
    """
    try:
        return json.loads(answer.content)
    except (ValueError, RecursionError):
        raise VendorUnavailable(f"HTTP {answer.status_code}: the answer is not JSON") from None


def parse_object(answer: requests.Response, *names: str) -> Json:
    """Return an answer's JSON object, in which all of these names stand.

    Raises:
        VendorUnavailable: It is something else.
    """
    body = parse(answer)
    if not isinstance(body, Mapping) or any(name not in body for name in names):
        raise VendorUnavailable(f"HTTP {answer.status_code}: the answer lacks {', '.join(names) or 'all'}")
    return dict(body)


def parse_csv(answer: requests.Response, *columns: str) -> list[dict[str, str]]:
    """Return the rows of a CSV answer that has these columns; none where it is empty.

    Raises:
        VendorUnavailable: It is something else.
    """
    try:
        text = answer.content.decode("utf-8-sig")
        reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
        rows = list(reader)
    except (ValueError, csv.Error):  # its text may quote a row
        raise VendorUnavailable(f"HTTP {answer.status_code}: the answer is not CSV") from None
    if any(name not in (reader.fieldnames or ()) for name in columns) and text.strip():
        raise VendorUnavailable(f"HTTP {answer.status_code}: the answer has no column {columns[0]}")
    if any(None in row or None in row.values() for row in rows):
        raise VendorUnavailable(f"HTTP {answer.status_code}: a row of the answer was cut off")
    return rows
