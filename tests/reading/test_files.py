"""Whole files: encodings, archives, headers, and what makes a file unreadable."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import lzma
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from leadline.errors import ConfigurationError, UnreadableFile
from leadline.mapping.model import SupplierMapping
from leadline.reading import open_supplier_file, tables

Read = Callable[..., list[dict[str, Any]]]
MakeMapping = Callable[..., SupplierMapping]

GOOD = "Email,Name\na@b.com,Zoë\n".encode()
OLD_WORKBOOK = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(500)


def packed(content: bytes) -> bytes:
    """Return it as gzip without the time, which would give each test process other test names."""
    return gzip.compress(content, mtime=0)


def zipped(*members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a zip of members from 1980, for the reason that `packed` has."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members:
            archive.writestr(zipfile.ZipInfo(name), content, method)
    return buffer.getvalue()


def broken_lzma() -> bytes:
    content = bytearray(zipped(("leads.csv", GOOD * 50), method=zipfile.ZIP_LZMA))
    content[60:70] = b"\xff" * 10
    return bytes(content)


def misnamed() -> bytes:
    return zipped(("leads_ü.csv", GOOD)).replace("ü".encode(), b"\xff\xff")


def locked() -> bytes:
    content = bytearray(zipped(("leads.csv", GOOD)))
    content[6] |= 1  # flags of the member, and of its entry in the directory
    content[content.index(b"PK\x01\x02") + 8] |= 1
    return bytes(content)


def linked() -> bytes:
    member = zipfile.ZipInfo("leads.csv")
    member.external_attr = 0o120777 << 16
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(member, "/etc/passwd")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "code", "line"),
    [
        (b"", "empty_file", 1),
        (b"\xef\xbb\xbf", "empty_file", 1),
        (b"\n\r\n  \n", "empty_file", 1),
        (b"Email;Name\na@b.com;Ann\n", "wrong_delimiter", 1),
        (b"Email\tName, full\na@b.com\tAnn\n", "wrong_delimiter", 1),
        (b"a@b.com,Ann\n", "missing_header", 1),
        (b"Name,City\nAnn,Ulm\n", "missing_header", 1),
        (b"\r\n \nName,City\nAnn,Ulm\n", "missing_header", 3),
        (b"\nEmail;Name\na@b.com;Ann\n", "wrong_delimiter", 2),
        ("Email,Name\u0085a@b.com,Ann\u0085".encode(), "bad_header", 1),
        ("Email,Name\u2028a@b.com,Ann\u2028".encode(), "bad_header", 1),
        (b"\nEmail,Name, email \na@b.com,Ann,x\n", "duplicate_header", 2),
        (b'Email,Name\na@b.com,Ann\nb@b.com,"Bob\nc@b.com,Cid\n', "unterminated_quote", 3),
        (b'Email,"Name\na@b.com,Ann\n', "unterminated_quote", 1),
        (b'Email,Name\n"a\r\nb","x""\ny",5" pipe,"Bob\nc@b.com,Cid\n', "unterminated_quote", 4),
        (b'Email,Name\n"a\nb","Bob' + b"x,y\n" * 50_000, "unterminated_quote", 3),
        (b'Email,"Na"me\na@b.com,Ann\n', "bad_header", 1),
        (b"Email,Na\0me\na@b.com,Ann\n", "bad_header", 1),
        (b"Email,Name\na@b.com," + b"x" * 4_100_000, "line_too_long", 2),
        (b'Email,"Name\n' + b'a","b\n' * 100_001, "unterminated_quote", 1),
        (b"Email,Name\n" + b'a","b\n' * 3_000 + b'"z"z\n', "unterminated_quote", 356),
        (b'Email,Name\na@b.com,"' + b"x,y\n" * 50_000 + b'"\n', "unterminated_quote", 2),
    ],
)
def test_an_unreadable_file_is_refused_whole(read: Read, content: bytes, code: str, line: int) -> None:
    with pytest.raises(UnreadableFile) as caught:
        read(content)

    assert (caught.value.code, caught.value.line) == (code, line)


def test_nothing_is_given_away_of_a_file_whose_end_is_unreadable(
    make_mapping: MakeMapping, tmp_path: Path
) -> None:
    content = b"Email,Name\n" + b"a@b.com,Ann\n" * 5_000 + b'b@b.com,"Bob\n'
    mapping = make_mapping("Name", batch_rows=100)
    file = open_supplier_file(io.BytesIO(content), "leads.csv", mapping.source, tmp_path)  # type: ignore[arg-type]

    with pytest.raises(UnreadableFile):
        next(iter(tables(file, mapping, "leads")))


def test_a_header_without_rows_is_a_file_without_rows(read: Read) -> None:
    assert read(b"Email,Name\n") == []


@pytest.mark.parametrize("line", [b"sep=,", b"\xef\xbb\xbfSEP=,", b'"sep=,"', b",,\n\nsep=,\n,"])
def test_the_line_that_tells_excel_the_delimiter_is_no_header(read: Read, line: bytes) -> None:
    rows = read(line + b"\r\nEmail,Name\r\na@b.com,Ann\r\n")

    assert [(row["number"], row["f:Email"], row["f:Name"]) for row in rows] == [(1, "a@b.com", "Ann")]


def test_a_line_that_tells_excel_another_delimiter_than_the_mapping_is_told(read: Read) -> None:
    with pytest.raises(UnreadableFile, match="';'") as caught:
        read(b"sep=;\nEmail;Name\na@b.com;Ann\n")

    assert caught.value.code == "wrong_delimiter"


def test_columns_are_found_by_name_whatever_their_case_and_place(read: Read) -> None:
    rows = read(b" Extra , NAME,email,,\n1,Ann,a@b.com,,\n")

    assert (rows[0]["f:Email"], rows[0]["f:Name"]) == ("a@b.com", "Ann")


def test_blanks_in_a_column_name_count_as_one_whatever_wrote_them(
    read: Read, make_mapping: MakeMapping
) -> None:
    content = "Email,Job\u00a0 Title\na@b.com,Buyer\n".encode()  # as copied out of a spreadsheet

    assert read(content, make_mapping("Job Title"))[0]["f:Job Title"] == "Buyer"


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" * 2 + b'"Email","Pr\xc3\xa9nom"\na@b.com,Zo\n',  # a byte order mark of two tools each
        b"\n\xef\xbb\xbfEmail,Pr\xc3\xa9nom\na@b.com,Zo\n",
        "Email\u200b,Pre\u0301nom\na@b.com,Zo\n".encode(),
    ],
)
def test_marks_that_nobody_sees_do_not_change_a_column_name(
    read: Read, make_mapping: MakeMapping, content: bytes
) -> None:
    (row,) = read(content, make_mapping("Prénom"))

    assert (row["f:Email"], row["f:Prénom"]) == ("a@b.com", "Zo")


def test_an_unusual_line_break_in_a_column_name_is_one_if_rows_follow(read: Read) -> None:
    assert [row["f:Email"] for row in read("Email,a\u2028b\na@b.com,x\n".encode())] == ["a@b.com"]


def test_the_column_of_an_optional_field_may_be_absent(read: Read) -> None:
    rows = read(b"Email\na@b.com\n")

    assert rows == [{"line": 2, "number": 1, "fault": None, "f:Email": "a@b.com", "f:Name": None}]


def test_a_campaign_file_brings_its_key(read: Read) -> None:
    rows = read(b"Code,Name,Email\nC1,Spring,x\n", kind="campaigns")

    assert (rows[0]["f:Code"], rows[0]["f:Name"]) == ("C1", "Spring")
    with pytest.raises(UnreadableFile, match="Code"):
        read(b"Name\nSpring\n", kind="campaigns")


@pytest.mark.parametrize(
    ("content", "dialect", "encoding"),
    [
        (GOOD, {}, "utf-8"),
        ("\ufeff".encode() + GOOD, {"encoding": "cp1252"}, "utf-8-sig"),
        (GOOD.decode().encode("utf-16"), {}, "utf-16"),
        (b"\xfe\xff" + GOOD.decode().encode("utf-16-be"), {}, "utf-16"),
        (GOOD.decode().encode("utf-16-le"), {"encoding": "utf-16-le"}, "utf-16-le"),
        (GOOD.decode().encode("utf-16-le"), {"encoding": "UTF-16"}, "utf-16-le"),
        (GOOD.decode().encode("utf-16-be"), {"encoding": "utf_16"}, "utf-16-be"),
        (GOOD.decode().encode("utf-32-be"), {"encoding": "utf-32"}, "utf-32-be"),
        (GOOD.decode().encode("cp1252"), {"encoding": "cp1252"}, "cp1252"),
        (GOOD.decode().encode("cp1252"), {"fallback_encoding": "cp1252"}, "cp1252"),
        (GOOD, {"fallback_encoding": "cp1252"}, "utf-8"),
        ("Email,Name\na@b.com,Zoë\n".encode("utf-16-le"), {"encoding": "utf-16-le"}, "utf-16-le"),
    ],
)
def test_the_encoding_is_chosen_and_recorded(
    make_mapping: MakeMapping, tmp_path: Path, content: bytes, dialect: dict[str, str], encoding: str
) -> None:
    mapping = make_mapping("Name", dialect=dialect)

    file = open_supplier_file(io.BytesIO(content), "leads.csv", mapping.source, tmp_path)  # type: ignore[arg-type]

    (table,) = tables(file, mapping, "leads")
    assert file.encoding == encoding
    assert table["f:Name"].to_pylist() == ["Zoë"]


@pytest.mark.parametrize(
    ("name", "written_in", "encoding", "read_as"),
    [
        ("Zoë", "utf-8", "cp1252", "utf-8"),
        ("Ágnes", "utf-8", "cp1252", "utf-8"),  # a byte of it is none of cp1252
        ("Иван", "utf-8", "cp1251", "utf-8"),
        ("Zoë", "cp1252", "cp1252", "cp1252"),
        ("Ann", "cp1252", "cp1252", "cp1252"),
        ("LE CAFÉ™", "cp1252", "cp1252", "cp1252"),  # UTF-8 by chance, of a letter that cp1252 has not
    ],
)
def test_utf_8_is_not_read_as_an_encoding_in_which_nearly_any_bytes_are_text(
    make_mapping: MakeMapping, tmp_path: Path, name: str, written_in: str, encoding: str, read_as: str
) -> None:
    mapping = make_mapping("Name", dialect={"encoding": encoding})
    content = io.BytesIO(f"Email,Name\na@b.com,{name}\n".encode(written_in))

    file = open_supplier_file(content, "leads.csv", mapping.source, tmp_path)  # type: ignore[arg-type]

    (table,) = tables(file, mapping, "leads")
    assert (file.encoding, table["f:Name"].to_pylist()) == (read_as, [name])


def test_one_line_that_is_no_utf_8_leaves_a_file_in_the_encoding_of_its_mapping(
    make_mapping: MakeMapping, tmp_path: Path
) -> None:
    mapping = make_mapping("Name", dialect={"encoding": "cp1252"})
    content = io.BytesIO("Email,Name\na@b.com,Zoë\nb@b.com,Ã©\n".encode("cp1252"))

    file = open_supplier_file(content, "leads.csv", mapping.source, tmp_path)  # type: ignore[arg-type]

    (table,) = tables(file, mapping, "leads")
    assert (file.encoding, table["f:Name"].to_pylist()) == ("cp1252", ["Zoë", "Ã©"])


def test_a_utf8_file_with_a_damaged_row_is_not_taken_for_the_fallback(
    read: Read, make_mapping: MakeMapping
) -> None:
    content = "Email,Name\na@b.com,Zoë\nb@b.com,Jörg\n".encode() + b"c@b.com,\xe9\n"

    rows = read(content, make_mapping("Name", dialect={"fallback_encoding": "cp1252"}))

    assert [(row["f:Name"], row["fault"]) for row in rows] == [
        ("Zoë", None),
        ("Jörg", None),
        (None, "bad_bytes"),
    ]


@pytest.mark.parametrize("size", [3, 120_000], ids=["short", "of several blocks"])
def test_lines_that_end_with_cr_are_told_apart_when_the_encoding_is_chosen(
    read: Read, make_mapping: MakeMapping, size: int
) -> None:
    content = ("Email,Name\r" + "a@b.com,日本語\r" * size).encode() + b"c@b.com,\xe9\r"

    rows = read(content, make_mapping("Name", dialect={"fallback_encoding": "latin-1"}))

    assert [row["fault"] for row in rows] == [None] * size + ["bad_bytes"]
    assert rows[0]["f:Name"] == "日本語"


def test_a_file_that_is_no_text_says_what_it_may_be(read: Read) -> None:
    with pytest.raises(UnreadableFile, match="UTF-16 without a byte order mark"):
        read(GOOD.decode().encode("utf-16-be"))


@pytest.mark.parametrize(
    ("encoding", "broken"),
    [("utf-7", b"+\x01"), ("iso2022_jp", b"\x1b$B~~\x1b(B")],
    ids=["utf-7", "iso2022_jp"],
)
def test_bytes_of_ascii_may_damage_a_row_too(
    read: Read, make_mapping: MakeMapping, encoding: str, broken: bytes
) -> None:
    content = "Email,Name\na@b.com,日本\n".encode(encoding) + b"b@b.com," + broken + b"\n"

    rows = read(content, make_mapping("Name", dialect={"encoding": encoding}))

    assert [(row["f:Name"], row["fault"]) for row in rows] == [("日本", None), (None, "bad_bytes")]


def test_a_utf16_file_that_ends_in_half_a_character_damages_its_last_row(read: Read) -> None:
    rows = read("Email,Name\na@b.com,Ann\nb@b.com,Bob".encode("utf-16") + b"\x41")

    assert [row["fault"] for row in rows] == [None, "bad_bytes"]


def test_an_unknown_encoding_is_a_matter_of_the_mapping(read: Read, make_mapping: MakeMapping) -> None:
    with pytest.raises(ConfigurationError, match="klingon"):
        read("Email\nä@b.com".encode(), make_mapping(dialect={"encoding": "klingon"}))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("leads.csv.gz", packed(GOOD)),
        ("leads.csv", packed(GOOD)),  # what counts is the content
        ("leads.csv.gz", packed(GOOD[:10]) + packed(GOOD[10:])),
        ("leads.zip", zipped(("deep/leads.csv", GOOD))),
        ("leads.zip", zipped(("./", b""), ("./leads.csv", GOOD))),
        ("leads.zip", zipped(("deep/", b""), ("deep/leads.csv", GOOD), ("__MACOSX/deep/._leads.csv", b"x"))),
        ("leads.zip", zipped(("a/.DS_Store", b"x"), ("a/leads.csv", GOOD), ("a/Thumbs.db", b"x"))),
    ],
)
def test_a_packed_file_is_read_like_a_plain_one(
    make_mapping: MakeMapping, tmp_path: Path, name: str, content: bytes
) -> None:
    mapping = make_mapping("Name")

    file = open_supplier_file(io.BytesIO(content), name, mapping.source, tmp_path)  # type: ignore[arg-type]

    (table,) = tables(file, mapping, "leads")
    assert table["f:Name"].to_pylist() == ["Zoë"]
    assert (file.sha256, file.size) == (hashlib.sha256(content).hexdigest(), len(content))
    assert file.received.read_bytes() == content


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("truncated.gz", packed(GOOD * 100)[:-12]),
        ("none.gz", GOOD),
        ("nested.gz", packed(zipped(("leads.csv", GOOD)))),
        ("nested.zip", zipped(("leads.csv.gz", packed(GOOD)))),
        ("several.zip", zipped(("a.csv", GOOD), ("b.csv", GOOD))),
        ("empty.zip", zipped()),
        ("climbing.zip", zipped(("../leads.csv", GOOD))),
        ("rooted.zip", zipped(("/leads.csv", GOOD))),
        ("windows.zip", zipped(("C:\\leads.csv", GOOD))),
        ("linked.zip", linked()),
        ("unnamed.zip", zipped((".", GOOD), ("", GOOD))),
        ("misnamed.zip", misnamed()),
        ("workbook.csv", zipped(("[Content_Types].xml", b"<Types/>"))),
        ("broken_lzma.zip", broken_lzma()),
        ("broken.zip", zipped(("leads.csv", GOOD * 50))[:-40]),
        ("bomb.gz", packed(b"Email\n" + b"a" * 30_000_000)),
        ("bomb.zip", zipped(("leads.csv", b"Email\n" + b"a" * 30_000_000))),
    ],
)
def test_a_bad_archive_is_refused(read: Read, name: str, content: bytes) -> None:
    with pytest.raises(UnreadableFile) as caught:
        read(content, name=name)

    assert caught.value.code == "bad_archive"
    assert caught.value.sha256 == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize(
    ("content", "advice"),
    [
        (OLD_WORKBOOK, "save it as CSV"),
        (packed(OLD_WORKBOOK), "save it as CSV"),
        (bz2.compress(GOOD), "use gzip or zip"),
        (lzma.compress(GOOD), "use gzip or zip"),
        (packed(b"-----BEGIN PGP MESSAGE-----\n\nwV4D\n"), "pack it first, then encrypt it"),
        (locked(), "password"),
        (packed(GOOD * 100)[:-12], "cut off"),
    ],
    ids=["workbook", "packed workbook", "bzip2", "xz", "encrypted inside", "locked", "cut off"],
)
def test_what_is_no_file_of_ours_says_what_to_do_about_it(read: Read, content: bytes, advice: str) -> None:
    with pytest.raises(UnreadableFile, match=advice) as caught:
        read(content)

    assert caught.value.code == "bad_archive"


@pytest.mark.parametrize("content", [GOOD * 100, packed(GOOD * 100), zipped(("a.csv", GOOD * 100))])
def test_more_bytes_than_the_mapping_allows_are_refused(
    read: Read, make_mapping: MakeMapping, content: bytes
) -> None:
    with pytest.raises(UnreadableFile) as caught:
        read(content, make_mapping("Name", max_bytes=200))

    assert caught.value.code == "too_large"
