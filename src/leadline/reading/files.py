"""Opening of a supplier's file: spooled, hashed, unpacked, its encoding chosen, its header read."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import dropwhile
from pathlib import Path
from typing import BinaryIO

from leadline.errors import UnreadableFile
from leadline.mapping.source import CsvDialect, SftpSource
from leadline.reading.archives import unpack
from leadline.reading.encodings import Encoding, choose_encoding, mark_undecodable
from leadline.reading.header import Header, is_above_header, read_header
from leadline.reading.records import Record, records

_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class ReadableFile:
    """A file that can be read: what came, where it lies now, and how to read it.

    Attributes:
        name: As the supplier called it.
        received: The bytes as they came; `content`: the plain text file (the same one unless unpacked).
        sha256: Of the bytes as they came; `size` in bytes.
        encoding: The one chosen; a name Python knows.
        header: The first line that is neither blank nor tells Excel the delimiter.
    """

    name: str
    received: Path
    content: Path
    sha256: str
    size: int
    encoding: str
    clean: bool
    dialect: CsvDialect
    header: Header

    def records(self) -> Iterator[Record]:
        """Yield the data records; the header is not among them. Errors: see `records.records`."""
        found = _records(self.content, Encoding(self.encoding, self.clean), self.dialect)
        next(found)
        yield from found


def open_supplier_file(stream: BinaryIO, name: str, source: SftpSource, workdir: Path) -> ReadableFile:
    """Return the file, spooled into `workdir`, which the caller made and removes; one folder per file.

    Args:
        stream: The bytes as received, from the start; plain, gzip, or zip with one file in it.
        name: As the supplier called it.
        source: Names dialect and the cap on bytes, which holds packed and unpacked.

    Raises:
        UnreadableFile: `empty_file`, `too_large`, `bad_archive`, `bad_header`, `duplicate_header`,
            `unterminated_quote`, `line_too_long`. Its `sha256` and `size` are those of the bytes as received.
        ConfigurationError: The dialect names an unknown encoding.
    """
    received = workdir / "received"
    digest = hashlib.sha256()
    size = 0
    try:
        with received.open("wb") as target:
            while chunk := stream.read(_CHUNK_BYTES):
                digest.update(chunk)
                size += len(chunk)
                if size > source.max_bytes:
                    raise UnreadableFile("too_large", f"the file has more than {source.max_bytes} bytes")
                target.write(chunk)
        content = unpack(received, name, workdir / "content", source.max_bytes)
        encoding = choose_encoding(content, source.dialect)
        header = read_header(_records(content, encoding, source.dialect))
    except UnreadableFile as error:
        error.sha256, error.size = digest.hexdigest(), size
        raise
    return ReadableFile(
        name=name,
        received=received,
        content=content,
        sha256=digest.hexdigest(),
        size=size,
        encoding=encoding.name,
        clean=encoding.clean,
        dialect=source.dialect,
        header=header,
    )


def _records(content: Path, encoding: Encoding, dialect: CsvDialect) -> Iterator[Record]:
    errors = mark_undecodable()
    with content.open(encoding=encoding.name, errors=errors, newline="") as text:
        found = records(text, dialect, encoding.clean)
        yield from dropwhile(lambda record: is_above_header(record, dialect.delimiter), found)
