"""Unpacking of compressed drops: gzip, and zip with exactly one file in it."""

from __future__ import annotations

import gzip
import lzma
import stat
import struct
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import Protocol

from leadline.errors import UnreadableFile

GZIP_MAGIC = b"\x1f\x8b"
PGP_ARMOR = b"-----BEGIN PGP MESSAGE-----"
PGP_FIRST_BYTES = b"\x84\x85\x86\x8c\x8d\xc1\xc3\xd2"  # RFC 9580, 4.2: packets 1, 3 and 18
ZIP_MAGICS = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
MAX_RATIO = 100
RATIO_FLOOR_BYTES = 10_000_000  # below it a high ratio is only a repetitive file
_CHUNK_BYTES = 1 << 20
_ENCRYPTED = 0x1  # of a member's flags: APPNOTE.TXT, 4.4.4
_FOLDER_VIEWS = frozenset({"Thumbs.db", "desktop.ini"})
_NOT_READ = {
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "a workbook of Excel, or another document; save it as CSV",
    b"7z\xbc\xaf\x27\x1c": "packed with 7-Zip; use gzip or zip",
    b"Rar!\x1a\x07": "packed with RAR; use gzip or zip",
    b"BZh91AY&SY": "packed with bzip2; use gzip or zip",
    b"\xfd7zXZ\x00": "packed with xz; use gzip or zip",
    b"\x28\xb5\x2f\xfd": "packed with Zstandard; use gzip or zip",
    PGP_ARMOR: "encrypted inside its archive; pack it first, then encrypt it",
}
"""First bytes of what people drop in place of CSV, and what to tell them."""

_WORKBOOK = "[Content_Types].xml"  # in every document of Office
_BROKEN = (
    OSError,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    zipfile.BadZipFile,
    ValueError,  # a name that is not in the encoding it claims
    NotImplementedError,  # an unknown method
)


class _Source(Protocol):
    def read(self, size: int, /) -> bytes: ...


def unpack(received: Path, name: str, content: Path, max_bytes: int) -> Path:
    """Return the path of the plain file: `received` itself, or `content` after unpacking into it.

    What counts is the content, not the name; but a name that promises an archive must hold one.

    Raises:
        UnreadableFile: `bad_archive` (broken, encrypted, nested, not exactly one file, unsafe name,
            suspicious ratio), `encrypted` (OpenPGP that nobody opened), or `too_large` (more than `max_bytes`
            when unpacked).
    """
    with received.open("rb") as stream:
        magic = stream.read(len(PGP_ARMOR))
    named_so = name.lower().endswith((".pgp", ".gpg", ".asc"))
    if magic == PGP_ARMOR or (named_so and magic[:1] and magic[:1] in PGP_FIRST_BYTES):
        raise UnreadableFile(
            "encrypted", "the file is encrypted with OpenPGP: name our key under 'source.pgp' in the mapping"
        )
    _refuse_what_is_no_csv(magic)
    try:
        if magic.startswith(GZIP_MAGIC):
            with gzip.open(received) as source:
                _copy(source, content, received.stat().st_size, max_bytes)
        elif magic.startswith(ZIP_MAGICS):
            with zipfile.ZipFile(received) as archive:
                member = _only_member(archive)
                with archive.open(member) as source:
                    _copy(source, content, received.stat().st_size, max_bytes)
        elif magic and name.lower().endswith((".gz", ".zip")):
            raise UnreadableFile("bad_archive", "the name promises an archive, the content is none")
        else:
            return received
    except EOFError as error:
        raise UnreadableFile("bad_archive", "the archive is cut off: it ends too early") from error
    except _BROKEN as error:
        raise UnreadableFile(
            "bad_archive", f"the archive cannot be unpacked ({type(error).__name__})"
        ) from error
    return content


def _refuse_what_is_no_csv(head: bytes) -> None:
    for magic, what in _NOT_READ.items():
        if head.startswith(magic):
            raise UnreadableFile("bad_archive", f"the file is {what}")


def _only_member(archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    members = archive.infolist()
    for member in members:
        path = PurePosixPath(member.filename.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or any(":" in part for part in path.parts[:1]):
            raise UnreadableFile("bad_archive", "the archive names a path outside itself")
        if stat.S_ISLNK(member.external_attr >> 16):
            raise UnreadableFile("bad_archive", "the archive holds a symbolic link")
    # macOS and Windows add hidden files of their own: resource forks, .DS_Store, Thumbs.db.
    files = [item for item in members if not item.filename.endswith("/")]
    files = [item for item in files if not item.filename.startswith("__MACOSX/")]
    files = [item for item in files if not _is_hidden(item.filename)]
    if any(item.filename == _WORKBOOK for item in files):
        raise UnreadableFile("bad_archive", "the file is a workbook of Excel; save it as CSV")
    if len(files) != 1:
        raise UnreadableFile("bad_archive", f"the archive holds {len(files)} files; one is expected")
    if files[0].flag_bits & _ENCRYPTED:
        raise UnreadableFile(
            "bad_archive", "the archive asks for a password; use OpenPGP, or pack it without"
        )
    return files[0]


def _is_hidden(path: str) -> bool:
    name = path.replace("\\", "/").rpartition("/")[2]
    return (name.startswith(".") and name != ".") or name in _FOLDER_VIEWS


def _copy(source: _Source, content: Path, packed_bytes: int, max_bytes: int) -> None:
    written = 0
    with content.open("wb") as target:
        while chunk := source.read(_CHUNK_BYTES):
            if not written:
                _refuse_what_is_no_csv(chunk)
                if chunk.startswith((GZIP_MAGIC, *ZIP_MAGICS)):
                    raise UnreadableFile("bad_archive", "the archive holds another archive")
            written += len(chunk)
            if written > max_bytes:
                raise UnreadableFile("too_large", f"the file unpacks to more than {max_bytes} bytes")
            if written > RATIO_FLOOR_BYTES and written > MAX_RATIO * packed_bytes:
                raise UnreadableFile(
                    "bad_archive", f"the archive unpacks to more than {MAX_RATIO} times its size"
                )
            target.write(chunk)
