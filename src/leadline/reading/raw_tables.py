"""Raw tables of a supplier's file, one per batch, with flat memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Any

import pyarrow as pa

from leadline.mapping.inbound import inbound_fields, indispensable_sources
from leadline.mapping.model import SupplierMapping
from leadline.ports import Kind
from leadline.reading.files import ReadableFile
from leadline.reading.header import locate_columns
from leadline.reading.records import LONG_ROW, SHORT_ROW, Record

_BLOCK_ROWS = 1_000  # rows alive as Python strings; more are slower, by the garbage collector


def tables(file: ReadableFile, mapping: SupplierMapping, kind: Kind) -> Iterator[pa.Table]:
    """Yield the raw rows in file order, at most `mapping.batch_rows` a table.

    The whole file is read before the first table is yielded, into a spool beside it, so nothing of an
    unreadable file is ever taken.

    Returns:
        Columns `line` int32 (physical line where the record starts; the file's first line is 1), `number`
        int64 (from 1), `fault` string (null: sound), and `f:<source>` string per mapped field: the cell as it
        stands, null where the row has a fault or the file lacks an optional column.

    Raises:
        UnreadableFile: `wrong_delimiter`, `missing_header`, `unterminated_quote`, `line_too_long`.
    """
    columns = _columns_of(file, mapping, kind)
    spool = file.content.with_name("rows.arrow")
    _spool(file.records(), columns, len(file.header.names), spool)
    with pa.OSFile(str(spool)) as source, pa.ipc.open_stream(source) as reader:
        yield from _regroup(reader, mapping.batch_rows)
    spool.unlink()


def absent_columns(file: ReadableFile, mapping: SupplierMapping, kind: Kind) -> tuple[str, ...]:
    """Return the columns that optional fields read and the file has not: in no row have they a value.

    Raises:
        UnreadableFile: `wrong_delimiter`, `missing_header`.
    """
    return tuple(source for source, at in _columns_of(file, mapping, kind).items() if at is None)


def _columns_of(file: ReadableFile, mapping: SupplierMapping, kind: Kind) -> dict[str, int | None]:
    needed = indispensable_sources(mapping, kind)
    return locate_columns(file.header, inbound_fields(mapping, kind), needed, file.dialect.delimiter)


def _spool(records: Iterable[Record], columns: dict[str, int | None], width: int, spool: Path) -> None:
    schema = pa.schema(
        [("line", pa.int32()), ("number", pa.int64()), ("fault", pa.string())]
        + [(f"f:{source}", pa.string()) for source in columns]
    )
    iterator = iter(records)
    number = 1
    with pa.OSFile(str(spool), "wb") as target, pa.ipc.new_stream(target, schema) as writer:
        while block := list(islice(iterator, _BLOCK_ROWS)):
            writer.write_batch(_to_arrow(block, list(columns.values()), width, number, schema))
            number += len(block)


def _to_arrow(
    block: Sequence[Record], positions: Sequence[int | None], width: int, number: int, schema: pa.Schema
) -> pa.RecordBatch:
    rows: list[Any] = [record[1] for record in block]
    faults = [record[2] for record in block]
    if set(map(len, rows)) != {width}:
        rows, faults = _mark_ragged(rows, faults, width)
    cells = list(zip(*rows, strict=True))
    empty = pa.nulls(len(block), pa.string())
    arrays = [
        pa.array([record[0] for record in block], pa.int32()),
        pa.array(range(number, number + len(block)), pa.int64()),
        pa.array(faults, pa.string()),
        *(empty if at is None else pa.array(cells[at], pa.string()) for at in positions),
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _mark_ragged(rows: list[Any], faults: list[str | None], width: int) -> tuple[list[Any], list[str | None]]:
    blank = [None] * width
    kept: list[Any] = []
    found: list[str | None] = []
    for row, fault in zip(rows, faults, strict=True):
        if not fault and len(row) != width:
            fault = SHORT_ROW if len(row) < width else LONG_ROW
        kept.append(blank if fault else row)
        found.append(fault)
    return kept, found


def _regroup(batches: Iterable[pa.RecordBatch], size: int) -> Iterator[pa.Table]:
    held: list[pa.RecordBatch] = []
    count = 0
    for batch in chain.from_iterable(_sliced(batch, size) for batch in batches):
        take = min(batch.num_rows, size - count)
        held.append(batch.slice(0, take))
        count += take
        if count == size:
            yield pa.Table.from_batches(held).combine_chunks()
            rest = batch.slice(take)
            held, count = ([rest], rest.num_rows) if rest.num_rows else ([], 0)
    if held:
        yield pa.Table.from_batches(held).combine_chunks()


def _sliced(batch: pa.RecordBatch, size: int) -> Iterator[pa.RecordBatch]:
    for start in range(0, batch.num_rows, size):
        yield batch.slice(start, size)
