"""The structural pass: physical lines in, records with the line they start at and their faults out."""

from __future__ import annotations

import csv
import re
from bisect import bisect_right
from collections import deque
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import TextIO

from leadline.errors import UnreadableFile
from leadline.mapping.source import CsvDialect
from leadline.reading.encodings import UNDECODABLE

SHORT_ROW = "short_row"
LONG_ROW = "long_row"
BLANK_ROW = "blank_row"
NUL_BYTE = "nul_byte"
BAD_BYTES = "bad_bytes"
BAD_QUOTE = "bad_quote"
OVERSIZE_FIELD = "oversize_field"

MAX_CELL_CHARACTERS = 131_072
MAX_LINE_CHARACTERS = 4_000_000
MAX_RECORD_LINES = 100_000
MAX_LINES_READ_AGAIN = 1_000_000


Record = tuple[int, list[str], str | None]
"""The line a record starts at, its cells (none if it has a fault), its fault. Plain: there is one per row."""


class Lines:
    """Physical lines of a text, from 1; LF, CRLF and CR all end a line.

    It remembers the lines of the record at hand, so that a record with a stray quote can be given back, all
    but its first line.
    """

    def __init__(self, text: TextIO, clean: bool) -> None:
        self._text = text
        self._clean = clean
        self._again: deque[str] = deque()
        self._read_again = 0
        self.record: list[str] = []
        self.fault: str | None = None

    def __iter__(self) -> Iterator[str]:
        read, again, record, clean = self._text.readline, self._again, self.record, self._clean
        # Two tools, one after the other, leave two byte order marks; a codec takes only the first.
        again.append(read(MAX_LINE_CHARACTERS).lstrip("\ufeff"))
        while True:
            line = again.popleft() if again else read(MAX_LINE_CHARACTERS)
            if not line:
                return
            record.append(line)
            if "\0" in line:
                self.fault = NUL_BYTE
            elif not clean and not line.isascii() and UNDECODABLE.search(line):
                self.fault = self.fault or BAD_BYTES
            if len(record) > MAX_RECORD_LINES:
                raise UnreadableFile("unterminated_quote", "a quote that opens here is not closed in time")
            if len(line) >= MAX_LINE_CHARACTERS:
                raise UnreadableFile("line_too_long", f"a line has over {MAX_LINE_CHARACTERS} characters")
            yield line

    def give_back(self, start: int) -> None:
        """Read all but the first line of this record again; a file of nothing but stray quotes is refused."""
        self._read_again += len(self.record) - 1
        if self._read_again > MAX_LINES_READ_AGAIN:
            raise UnreadableFile("unterminated_quote", "too many quotes up to here are not closed", start)
        self._again.extendleft(reversed(self.record[1:]))
        del self.record[1:]


def records(text: TextIO, dialect: CsvDialect, clean: bool) -> Iterator[Record]:
    """Yield every record of a text, the header's first; trailing blank lines are none.

    A line of nothing but delimiters is blank, too: spreadsheets write them below the last row.

    After a stray quote the reader goes on with the next physical line, so that one damaged row does not take
    the following ones with it.

    Args:
        text: Opened with `newline=""`; undecodable bytes are lone surrogates.
        dialect: Delimiter and quote.
        clean: Every byte decoded, so that nobody needs to look for surrogates.

    Raises:
        UnreadableFile: `unterminated_quote`, at the line where it opens, or `line_too_long`.

    Source: RFC 4180; Python's csv in strict mode.
    """
    csv.field_size_limit(MAX_CELL_CHARACTERS)  # of the whole process: another library may have raised it
    lines = Lines(text, clean)
    reader = csv.reader(iter(lines), delimiter=dialect.delimiter, quotechar=dialect.quote, strict=True)
    position = 0
    blanks: list[Record] = []
    while True:
        lines.record.clear()
        lines.fault = None
        cells: list[str] = []
        start = position + 1
        try:
            cells = next(reader)
            fault = lines.fault
        except StopIteration:
            return
        except csv.Error as error:
            fault = _fault_of(str(error), start, lines.record, dialect)
            lines.give_back(start)
        except UnreadableFile as error:
            error.line = start
            raise
        position += len(lines.record)
        if fault:
            record: Record = (start, [], fault)
        elif not cells or (not cells[0].strip() and _are_blank(cells)):
            blanks.append((start, [], BLANK_ROW))
            continue
        else:
            record = (start, cells, None)
        if blanks:
            yield from blanks
            blanks.clear()
        yield record


def _are_blank(cells: Sequence[str]) -> bool:
    return not any(map(str.strip, cells))


def _fault_of(message: str, start: int, record: Sequence[str], dialect: CsvDialect) -> str:
    if "end of data" in message:
        line = start + _lines_before_open_cell(record, dialect)
        raise UnreadableFile("unterminated_quote", "a quote that opens here is never closed", line)
    if "field limit" in message:
        before = _lines_before_open_cell(record, dialect)
        if before < len(record) - 1:  # that long over several lines: somebody forgot to close a quote
            what = "a quote that opens here is not closed in time"
            raise UnreadableFile("unterminated_quote", what, start + before)
        return OVERSIZE_FIELD
    return BAD_QUOTE


def _lines_before_open_cell(record: Sequence[str], dialect: CsvDialect) -> int:
    """Return how many lines of an unfinished record come before the cell that it breaks off in."""
    quote, delimiter = re.escape(dialect.quote), re.escape(dialect.delimiter)
    quoted = f"{quote}(?:[^{quote}]|{quote}{quote})*+{quote}"
    whole_cell = re.compile(f"(?:{quoted}|(?!{quote})[^{delimiter}]*+){delimiter}")
    text = "".join(record)
    position = 0
    while found := whole_cell.match(text, position):
        position = found.end()
    return bisect_right(list(accumulate(map(len, record))), position)
