"""Row faults, physical lines, and what csv.writer writes comes back."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from leadline.mapping.model import SupplierMapping
from leadline.reading import open_supplier_file, tables

Read = Callable[..., list[dict[str, Any]]]
MakeMapping = Callable[..., SupplierMapping]

# Cells as people write them: no control characters but line ends and tabs, and none that Python strips off.
CELLS = st.text(
    st.one_of(
        st.sampled_from('abcÄß€日 ,;|\t"\n\r'), st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"))
    ),
    max_size=12,
)

# Nothing but empty cells is a blank line.
ROWS = st.lists(CELLS, min_size=3, max_size=3).filter(lambda row: any(map(str.strip, row)))


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("only-one-cell", "short_row"),
        ("a@b.com,Ann,too much", "long_row"),
        ("", "blank_row"),
        ("   ", "blank_row"),
        (",", "blank_row"),
        (' ,"",,', "blank_row"),
        ("a@b.com,A\0nn", "nul_byte"),
        ('a@b.com,"Ann" Smith', "bad_quote"),
        ('a@b.com,"Ann "the boss" Smith"', "bad_quote"),
        ("a@b.com," + "x" * 140_000, "oversize_field"),
    ],
)
def test_a_damaged_row_is_marked_and_its_neighbours_are_not(read: Read, line: str, fault: str) -> None:
    content = f"Email,Name\nfirst@b.com,First\n{line}\nlast@b.com,Last\n"

    rows = read(content.encode())

    assert [(row["line"], row["number"], row["fault"]) for row in rows] == [
        (2, 1, None),
        (3, 2, fault),
        (4, 3, None),
    ]
    assert rows[1]["f:Email"] is None
    assert rows[2]["f:Name"] == "Last"


def test_undecodable_bytes_damage_one_row_of_a_utf8_file(read: Read) -> None:
    rows = read("Email,Name\na@b.com,Zoë\nb@b.com,".encode() + b"\xff\xfe\nc@b.com,Ann")

    assert [row["fault"] for row in rows] == [None, "bad_bytes", None]
    assert rows[0]["f:Name"] == "Zoë"


def test_a_quote_that_runs_into_the_next_row_damages_only_its_own(read: Read) -> None:
    content = 'Email,Name\na@b.com,"Ann\nb@b.com,"Bob"\nc@b.com,"Cid"\n'

    rows = read(content.encode())

    assert [(row["line"], row["fault"], row["f:Name"]) for row in rows] == [
        (2, "bad_quote", None),
        (3, None, "Bob"),
        (4, None, "Cid"),
    ]


def test_a_quote_inside_an_unquoted_cell_is_text(read: Read) -> None:
    rows = read(b'Email,Name\na@b.com,5" pipe\n')

    assert rows[0]["f:Name"] == '5" pipe'


def test_blank_lines_at_the_end_are_no_rows(read: Read) -> None:
    rows = read(b"\n,,\nEmail,Name\na@b.com,Ann\n\n\r\n  \n,\n , ,,\n\n")

    assert [(row["line"], row["fault"]) for row in rows] == [(4, None)]


def test_a_cell_too_long_damages_its_row_alone_also_after_one_with_line_breaks(read: Read) -> None:
    content = 'Email,Name\n"a@b.com\n","' + "x" * 140_000 + '"\nb@b.com,Bob\n'

    rows = read(content.encode())

    assert [(row["line"], row["fault"]) for row in rows] == [
        (2, "oversize_field"),
        (3, "bad_quote"),
        (4, None),
    ]


def test_line_ends_may_be_mixed_and_the_last_may_be_missing(read: Read) -> None:
    rows = read(b'Email,Name\r\na@b.com,Ann\rb@b.com,"Bob\r\nthe ""second"""\nc@b.com,Cid')

    assert [(row["line"], row["f:Name"]) for row in rows] == [
        (2, "Ann"),
        (3, 'Bob\r\nthe "second"'),
        (5, "Cid"),
    ]


def test_tables_hold_the_rows_of_a_batch(make_mapping: MakeMapping, tmp_path: Path) -> None:
    content = b"Email\n" + b"a@b.com\n" * 2_503
    mapping = make_mapping(batch_rows=700)

    file = open_supplier_file(io.BytesIO(content), "leads.csv", mapping.source, tmp_path)  # type: ignore[arg-type]

    assert [table.num_rows for table in tables(file, mapping, "leads")] == [700, 700, 700, 403]


def test_batches_keep_the_order_of_the_file(read: Read, make_mapping: MakeMapping) -> None:
    content = "Email\n" + "".join(f"lead{number}@b.com\n" for number in range(2_503))

    rows = read(content.encode(), make_mapping(batch_rows=700))

    assert [row["f:Email"] for row in rows] == [f"lead{number}@b.com" for number in range(2_503)]
    assert [row["number"] for row in rows] == list(range(1, 2_504))


@given(
    table=st.lists(ROWS, max_size=8),
    delimiter=st.sampled_from(",;|\t"),
    line_end=st.sampled_from(["\n", "\r\n", "\r"]),
    quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL, csv.QUOTE_NONNUMERIC]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le+bom", "utf-32"]),
)
@settings(deadline=None, max_examples=150)
def test_what_csv_writes_is_read_back_with_its_lines(
    read: Read,
    make_mapping: MakeMapping,
    table: list[list[str]],
    delimiter: str,
    line_end: str,
    quoting: Any,
    encoding: str,
) -> None:
    # Python's writer quotes no line end but its own, and then nobody could tell a cell's from a record's.
    bare = quoting == csv.QUOTE_MINIMAL and line_end != "\r\n"
    assume(not bare or not any(mark in cell for row in table for cell in row for mark in "\r\n"))
    header = ["Email", "B", "C"]
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, delimiter=delimiter, lineterminator=line_end, quoting=quoting)
    writer.writerow(header)
    lines = []
    for row in table:
        lines.append(_line_breaks(buffer.getvalue()) + 1)
        writer.writerow(row)
    text = buffer.getvalue()
    content = b"\xff\xfe" + text.encode("utf-16-le") if encoding == "utf-16-le+bom" else text.encode(encoding)

    rows = read(content, make_mapping("B", "C", dialect={"delimiter": delimiter}))

    assert [[row[f"f:{name}"] for name in header] for row in rows] == table
    assert [row["line"] for row in rows] == lines
    assert [row["number"] for row in rows] == list(range(1, len(table) + 1))
    assert {row["fault"] for row in rows} <= {None}


MUTATIONS: dict[str, Callable[[str], str]] = {
    "short_row": lambda line: line.rsplit(",", 1)[0],
    "long_row": lambda line: f"{line},more",
    "blank_row": lambda _: "",
    "nul_byte": lambda line: f"\0{line}",
    "bad_quote": lambda line: f'"quoted"x,{line.split(",", 1)[1]}',
}


@given(
    table=st.lists(ROWS, min_size=1, max_size=8),
    place=st.integers(min_value=0),
    fault=st.sampled_from(sorted(MUTATIONS)),
)
@settings(deadline=None, max_examples=150)
def test_damaging_one_row_damages_exactly_that_row(
    read: Read, make_mapping: MakeMapping, table: list[list[str]], place: int, fault: str
) -> None:
    place %= len(table)
    assume(fault != "blank_row" or place < len(table) - 1)  # at the end it would be no row
    lines = [_written(row) for row in table]
    lines[place] = MUTATIONS[fault](_written(["a@b.com", "x", "y"]))

    rows = read(("Email,B,C\n" + "\n".join(lines) + "\n").encode(), make_mapping("B", "C"))

    assert [row["fault"] for row in rows] == [fault if at == place else None for at in range(len(table))]
    others = [[row[f"f:{name}"] for name in ("Email", "B", "C")] for row in rows if not row["fault"]]
    assert others == table[:place] + table[place + 1 :]


def _written(row: list[str]) -> str:
    buffer = io.StringIO(newline="")
    csv.writer(buffer, lineterminator="\r\n").writerow(row)
    return buffer.getvalue().removesuffix("\r\n")


def _line_breaks(text: str) -> int:
    return text.replace("\r\n", "\n").replace("\r", "\n").count("\n")
