"""Lines in a log or on a terminal: each stays one line, and nothing in a value steers the reader.

Values come from suppliers' files, partners and vendors. Written as they are, an escape sequence in one could
hide lines before the reader, and a line break could add one.
"""

from __future__ import annotations

import re

# C0 but the tab, DEL and C1; separators of lines; what turns the direction of writing; halves of characters.
STEERS = "\x00-\x08\x0a-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff"
_IN_TEXT = re.compile(f"[{STEERS}]")


def one_line(text: str) -> str:
    """Return a text with all that would break or steer a line written out, as in `\\n` and `\\x1b`."""
    return _IN_TEXT.sub(_written, text)


def _written(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode()
