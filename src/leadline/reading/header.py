"""The header line, and where the mapped columns stand in it."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from leadline.errors import UnreadableFile
from leadline.mapping.fields import FieldMapping
from leadline.reading.records import BLANK_ROW, NUL_BYTE, Record

_DELIMITERS = ",;\t|"
_OTHER_LINE_ENDS = frozenset("\x85\u2028\u2029")
_INVISIBLE = str.maketrans("", "", "\ufeff\u200b")


class Header(NamedTuple):
    """The header line: the trimmed cells, and where it stands; the file's first line is 1."""

    names: tuple[str, ...]
    line: int


def is_above_header(record: Record, delimiter: str) -> bool:
    """Say whether this is none of the rows: blank, or the line that tells Excel the delimiter (`sep=;`).

    One that tells another delimiter than the mapping is the header, and refused as such.
    """
    _, cells, fault = record
    return fault == BLANK_ROW or (not fault and delimiter.join(cells).casefold() == f"sep={delimiter}")


def read_header(records: Iterator[Record]) -> Header:
    """Return the header line, the first of these records.

    Raises:
        UnreadableFile: `empty_file`, `bad_header` or `duplicate_header`; `records` may raise more.
    """
    first = next(records, None)
    if first is None:
        raise UnreadableFile("empty_file", "the file is empty: it has no header line", 1)
    line, cells, fault = first
    if fault == NUL_BYTE:
        what = "no text, or UTF-16 without a byte order mark (name it in 'dialect.encoding')"
        raise UnreadableFile("bad_header", f"the header line holds a NUL byte: this is {what}", line)
    if fault:
        raise UnreadableFile("bad_header", f"the header line cannot be read ({fault})", line)
    header = tuple(cell.strip() for cell in cells)
    if any(_OTHER_LINE_ENDS & set(cell) for cell in header) and next(records, None) is None:
        raise UnreadableFile("bad_header", "lines end with a character that is neither LF nor CR", line)
    # A trailing delimiter leaves columns without a name; nobody maps those.
    counts = Counter(filter(None, map(_folded, header)))
    if twice := [name for name, count in counts.items() if count > 1]:
        raise UnreadableFile(
            "duplicate_header", f"the header has a column twice: {', '.join(map(repr, sorted(twice)))}", line
        )
    return Header(header, line)


def locate_columns(
    header: Header, fields: Sequence[FieldMapping], needed: Collection[str], delimiter: str
) -> dict[str, int | None]:
    """Return source name -> column position, None where an optional field's column is absent.

    Names are compared without case, any run of blanks as one, and without marks that nobody sees; columns
    that nobody maps are ignored.

    Raises:
        UnreadableFile: `wrong_delimiter`, or `missing_header` for a column that is `needed`.
    """
    positions = {_folded(name): index for index, name in enumerate(header.names)}
    located = {field.source: positions.get(_folded(field.source)) for field in fields}
    missing = sorted(source for source in needed if located[source] is None)
    if missing:
        if other := _better_delimiter(header.names, fields, delimiter):
            message = f"the header is delimited by {other!r}; the mapping says {delimiter!r}"
            raise UnreadableFile("wrong_delimiter", message, header.line)
        required = {field.source for field in fields if field.required}
        named = (f"{one!r}{'' if one in required else ' (the filter looks at it)'}" for one in missing)
        message = f"the header lacks columns that are required: {', '.join(named)}"
        raise UnreadableFile("missing_header", message, header.line)
    return located


def unmapped_columns(header: Header, fields: Sequence[FieldMapping]) -> tuple[str, ...]:
    """Return the names of the columns that no field reads, in the order of the file."""
    mapped = {_folded(field.source) for field in fields}
    return tuple(name for name in header.names if _folded(name) and _folded(name) not in mapped)


def _better_delimiter(header: Sequence[str], fields: Sequence[FieldMapping], delimiter: str) -> str | None:
    wanted = {_folded(field.source) for field in fields}
    line = delimiter.join(header)

    def found(candidate: str) -> int:
        return len(wanted & {_folded(cell.strip().strip('"')) for cell in line.split(candidate)})

    others = [candidate for candidate in _DELIMITERS if candidate != delimiter]
    best = max(others, key=found)
    if found(best) > found(delimiter):
        return best
    if len(header) == 1:
        return next((candidate for candidate in others if candidate in line), None)
    return None


def _folded(name: str) -> str:
    # No-break spaces are blanks as well; a letter and its accent may come as one character or as two.
    plain = unicodedata.normalize("NFC", name.translate(_INVISIBLE))
    return " ".join(plain.split()).casefold()
