"""Times as clients write them."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from .errors import Refused

_OFFSET = re.compile(r"([+-]\d{2})(\d{2})$")


def read(text: str) -> datetime:
    """Return an aware UTC time.

    Raises:
        Refused: 704, it is none.
    """
    value = str(text).strip().replace(" ", "+")  # a plus sign that nobody encoded
    value = value.removesuffix("+0000") if value.endswith("Z+0000") else value
    try:
        moment = datetime.fromisoformat(_OFFSET.sub(r"\1:\2", value))
    except ValueError:
        raise Refused("704", "Invalid date format") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
