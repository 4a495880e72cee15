"""The header line, and where the mapped columns stand in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from leadline.errors import UnreadableFile
from leadline.mapping.fields import FieldMapping
from leadline.reading.records import Record

_DELIMITERS = ",;\t|"


def read_header(records: Iterator[Record]) -> tuple[str, ...]:
    """Return the trimmed cells of the header line.

    Raises:
        UnreadableFile: `empty_file`, `bad_header` or `duplicate_header`; `records` may raise more.
    """
    first = next(records, None)
    if first is None:
        raise UnreadableFile("empty_file", "the file has no header line", 1)
    line, cells, fault = first
    if fault:
        raise UnreadableFile("bad_header", f"the header line cannot be read ({fault})", line)
    header = tuple(cell.strip() for cell in cells)
    # A trailing delimiter leaves columns without a name; nobody maps those.
    counts = Counter(_folded(name) for name in header if name)
    if twice := [name for name, count in counts.items() if count > 1]:
        raise UnreadableFile(
            "duplicate_header", f"the header has a column twice: {', '.join(map(repr, sorted(twice)))}", line
        )
    return header


def locate_columns(
    header: Sequence[str], fields: Sequence[FieldMapping], delimiter: str
) -> dict[str, int | None]:
    """Return source name -> column position, None where an optional field's column is absent.

    Names are compared without case, any run of blanks as one; columns that nobody maps are ignored.

    Raises:
        UnreadableFile: `wrong_delimiter`, or `missing_header` for a required field.
    """
    positions = {_folded(name): index for index, name in enumerate(header)}
    located = {field.source: positions.get(_folded(field.source)) for field in fields}
    missing = sorted({field.source for field in fields if field.required and located[field.source] is None})
    if missing:
        if other := _better_delimiter(header, fields, delimiter):
            raise UnreadableFile(
                "wrong_delimiter", f"the header is delimited by {other!r}; the mapping says {delimiter!r}", 1
            )
        raise UnreadableFile(
            "missing_header", f"the header lacks required columns: {', '.join(map(repr, missing))}", 1
        )
    return located


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
    return " ".join(name.split()).casefold()  # no-break spaces are blanks as well
