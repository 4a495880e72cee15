"""CSV written cell by cell, so that the physical line of every record is known."""

from __future__ import annotations

from collections.abc import Sequence


def write_cell(text: str, delimiter: str = ",") -> str:
    """Return a cell, quoted where it must be (RFC 4180)."""
    if any(letter in text for letter in (delimiter, '"', "\n", "\r")):
        return '"' + text.replace('"', '""') + '"'
    return text


def write_row(cells: Sequence[str], delimiter: str = ",") -> str:
    """Return a record without its line end."""
    return delimiter.join(write_cell(cell, delimiter) for cell in cells)


class Sheet:
    """The bytes of a file that grows row by row."""

    def __init__(self, encoding: str = "utf-8", newline: str = "\n", *, bom: bool = False) -> None:
        self._encoding = encoding
        self._newline = newline
        self._parts: list[bytes] = ["\ufeff".encode(encoding)] if bom else []
        self._line = 1

    def add(self, record: str, replace: tuple[bytes, bytes] | None = None) -> int:
        """Append a record and return the physical line where it starts; `replace` damages its bytes."""
        started = self._line
        content = record.encode(self._encoding)
        damaged = content.replace(*replace) if replace else content
        self._parts.append(damaged + self._newline.encode(self._encoding))
        self._line += record.count("\n") + 1
        return started

    def content(self) -> bytes:
        """Return the whole file."""
        return b"".join(self._parts)
