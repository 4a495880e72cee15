"""Which encoding a file is in: what its bytes prove, else the configured one, else the fallback."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from leadline.errors import ConfigurationError
from leadline.mapping.source import CsvDialect

# UTF-32 first: its little-endian BOM begins with that of UTF-16.
_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
ERRORS = "leadline.marked"
_MARK = "\udcff"
UNDECODABLE = re.compile("[\ud800-\udfff]")
_SHIFTING = ("iso2022", "hz", "utf-7")  # the same bytes are other characters after a shift
_NEEDS_BOM = {"utf-16", "utf-32"}
_HEAD_BYTES = 1 << 16
_CHUNK_BYTES = 1 << 20
_LONGEST_LINE_BYTES = 1 << 24  # what is longer is refused when it is read


@dataclass(frozen=True)
class Encoding:
    """A codec's name, and whether every byte of the file decodes with it."""

    name: str
    clean: bool


def choose_encoding(path: Path, dialect: CsvDialect) -> Encoding:
    """Return the encoding to read this file with.

    A BOM wins. Then UTF-8, if the mapping names another and the bytes prove it (see `_proves_utf_8`). Then
    the configured encoding, if every byte decodes. Otherwise the fallback, if one is configured and the lines
    beyond ASCII speak for it: a UTF-8 file with a few damaged rows stays UTF-8, and those rows are
    quarantined; a file in the other encoding is read in it. UTF-16 and UTF-32 without a BOM are read in the
    byte order that their zeros show.

    Raises:
        ConfigurationError: Python knows no such encoding.
    """
    with path.open("rb") as stream:
        head = stream.read(4)
    for bom, name in _BOMS:
        if head.startswith(bom):
            return Encoding(name, clean=False)
    configured = _in_order(dialect.encoding, path)
    fallback = _in_order(dialect.fallback_encoding, path) if dialect.fallback_encoding else None
    sound, broken = _count_lines(path, configured)
    if (sound or broken) and _proves_utf_8(path, configured):
        return Encoding("utf-8", clean=True)
    if not broken:
        return Encoding(configured, clean=True)
    if fallback and sound < broken:
        _, broken_too = _count_lines(path, fallback)
        if broken_too < broken:
            return Encoding(fallback, clean=not broken_too)
    return Encoding(configured, clean=False)


def mark_undecodable() -> str:
    """Return the name of an error handler that puts one lone surrogate where bytes do not decode."""
    # Unlike surrogateescape it works for UTF-16, too.
    codecs.register_error(ERRORS, lambda error: (_MARK, error.end))  # type: ignore[attr-defined]
    return ERRORS


def _count_lines(path: Path, encoding: str) -> tuple[int, int]:
    """Return how many lines beyond ASCII decode, and how many do not; (0, 0 or 1) for wide encodings."""
    if not _holds_ascii(encoding):
        return 0, 0 if _decodes(path, encoding) else 1
    sound = broken = 0
    for line in _lines(path):
        if line.isascii():
            continue
        try:
            line.decode(encoding)
            sound += 1
        except UnicodeDecodeError:
            broken += 1
    return sound, broken


def _proves_utf_8(path: Path, configured: str) -> bool:
    """Say whether a file is UTF-8 where the mapping names an encoding in which almost any byte is a letter.

    Read as configured such a file would be accepted with `MÃ¼ller` for `Müller`. Every line beyond ASCII must
    decode as UTF-8, and one of them to what the configured encoding could write too: "CAFÉ™" in cp1252 is
    UTF-8 by chance, of a letter that nobody writes there.
    """
    if codecs.lookup(configured).name == "utf-8" or not _holds_ascii(configured):
        return False
    proven = False
    for line in _lines(path):
        if line.isascii():
            continue
        try:
            text = line.decode("utf-8")
        except UnicodeDecodeError:
            return False
        proven = proven or _writes(configured, text)
    return proven


def _writes(encoding: str, text: str) -> bool:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def _holds_ascii(encoding: str) -> bool:
    """Say whether a byte of ASCII is always that character; not so where bytes are wide, or shift a state."""
    if codecs.lookup(encoding).name.startswith(_SHIFTING):
        return False
    try:
        return bytes(range(128)).decode(encoding) == "".join(map(chr, range(128)))
    except UnicodeDecodeError:
        return False


def _lines(path: Path) -> Iterator[bytes]:
    """Yield the physical lines of a file, those that end with CR, too."""
    rest = b""
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            lines = (rest + chunk).splitlines(keepends=True)
            rest = lines.pop() if len(lines[-1]) < _LONGEST_LINE_BYTES else b""
            yield from lines
    yield rest


def _in_order(encoding: str, path: Path) -> str:
    """Return the encoding, with a byte order where Python would ask for a BOM that is not there."""
    try:
        name = codecs.lookup(encoding).name
        "".encode(encoding)  # refuses those that are not of text
    except LookupError as error:
        raise ConfigurationError(f"Python knows no encoding '{encoding}'") from error
    if name not in _NEEDS_BOM:
        return encoding
    with path.open("rb") as stream:
        head = stream.read(_HEAD_BYTES)
    big = head[::2].count(0) > head[1::2].count(0)
    return f"{name}-{'be' if big else 'le'}"


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        with path.open("rb") as stream:
            while chunk := stream.read(_CHUNK_BYTES):
                decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeError:
        return False
    return True
