"""Landing: a supplier's files or pages become raw bytes, raw batches and a manifest.

Nothing counts before the manifest is written; a pull that died half-way is read again from the start, one
that wrote its manifest is taken from there. Memory holds one batch, whatever the size of the pull.
"""

from __future__ import annotations

import gzip
import logging
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, Protocol
from urllib.parse import quote

import pyarrow as pa

from leadline.errors import UnreadableFile
from leadline.handovers import KnownHandovers, names_people
from leadline.hub import Hub
from leadline.hub.schema import run
from leadline.landed import is_known, register
from leadline.manifests import Batch, LandedSource, Manifest
from leadline.mapping.model import SupplierMapping
from leadline.mapping.source import SftpSource
from leadline.ports import Kind, RecordPage, SourceFile, Window
from leadline.raw_tables import file_table, record_table, renumbered
from leadline.runs import RunContext
from leadline.staging import Staging

logger = logging.getLogger(__name__)

_RAW_NAME_CHARACTERS = 200  # quoted; file systems take 255 bytes with the hash before it


class OpenedFile(Protocol):
    """A supplier's file, spooled and opened: see `reading.ReadableFile`."""

    @property
    def received(self) -> Path: ...
    @property
    def sha256(self) -> str: ...
    @property
    def size(self) -> int: ...
    @property
    def encoding(self) -> str: ...


class FileReader(Protocol):
    """What reads files: the package `leadline.reading`, or a test's own."""

    def open_supplier_file(
        self, stream: BinaryIO, name: str, source: SftpSource, workdir: Path, /
    ) -> Any: ...  # an OpenedFile

    def tables(self, file: Any, mapping: SupplierMapping, kind: Kind, /) -> Iterator[pa.Table]: ...

    def absent_columns(self, file: Any, mapping: SupplierMapping, kind: Kind, /) -> tuple[str, ...]: ...


def land(
    hub: Hub,
    ctx: RunContext,
    mapping: SupplierMapping,
    kind: Kind,
    items: Iterable[SourceFile | RecordPage],
    window: Window,
    staging: Staging,
    reader: FileReader,
) -> Manifest:
    """Return the manifest of this pull, landing its items first if no earlier attempt committed one.

    `items` is not touched when the manifest is there. An unreadable file is noted in the manifest and
    none of its rows is taken; a file whose content the hub received before is noted as known. Only a
    scheduled run's pull moves the watermark, to the end of its window.

    Args:
        items: Complete files or pages; files are hashed and spooled one at a time.
        reader: `leadline.reading`.
    """
    manifest = staging.read_manifest(ctx.supplier, ctx.run_id, kind)
    if manifest is None:
        landing = _Landing(hub, ctx, mapping, kind, window, staging)
        landing.take(items, reader)
        manifest = landing.manifest(_is_scheduled(hub, ctx))
        staging.write_manifest(manifest)
    else:
        logger.info(
            "%s: run %s, %s: the manifest of an earlier attempt is used", ctx.supplier, ctx.run_id, kind
        )
    register(hub, ctx, manifest)
    logger.info(
        "%s: run %s, %s: %s rows in %s batches, %s files known, %s unreadable",
        ctx.supplier,
        ctx.run_id,
        kind,
        manifest.rows,
        len(manifest.batches),
        len(manifest.known_files),
        len(manifest.unreadable),
    )
    return manifest


class _Landing:
    """One pull while it is landed."""

    def __init__(
        self,
        hub: Hub,
        ctx: RunContext,
        mapping: SupplierMapping,
        kind: Kind,
        window: Window,
        staging: Staging,
    ) -> None:
        self._hub, self._ctx, self._mapping, self._kind = hub, ctx, mapping, kind
        self._window, self._staging = window, staging
        self._folder = staging.folder(ctx.supplier, ctx.run_id)
        self._sources: list[LandedSource] = []
        self._batches: list[Batch] = []

    def take(self, items: Iterable[SourceFile | RecordPage], reader: FileReader) -> None:
        """Land every item, in the order they come."""
        self._take_pages(self._pages_among(items, reader))

    def manifest(self, scheduled: bool) -> Manifest:
        """Return what was landed."""
        return Manifest(
            supplier=self._ctx.supplier,
            run_id=self._ctx.run_id,
            kind=self._kind,
            mapping_hash=self._ctx.mapping_hash,
            window=self._window,
            watermark_to=self._window.end if scheduled else None,
            sources=tuple(self._sources),
            batches=tuple(self._batches),
            uri=self._staging.manifest_uri(self._ctx.supplier, self._ctx.run_id, self._kind),
        )

    def _pages_among(
        self, items: Iterable[SourceFile | RecordPage], reader: FileReader
    ) -> Iterator[RecordPage]:
        for item in items:
            if isinstance(item, RecordPage):
                yield item
            else:
                self._take_file(item, reader)

    def _take_file(self, file: SourceFile, reader: FileReader) -> None:
        source = self._mapping.source
        if not isinstance(source, SftpSource):
            raise TypeError(f"{source.system} gives pages, not files")
        facts: dict[str, Any] = {
            "name": file.name,
            "path": file.path,
            "modified_at": file.modified_at.isoformat(),
        }
        first = len(self._batches)
        with tempfile.TemporaryDirectory(prefix="leadline-") as folder:
            try:
                with file.open() as stream:
                    opened: OpenedFile = reader.open_supplier_file(stream, file.name, source, Path(folder))
                facts |= {"sha256": opened.sha256, "size": opened.size, "encoding": opened.encoding}
                facts["origin"] = f"file:{opened.sha256}"
                if self._is_known(opened.sha256):
                    self._sources.append(LandedSource(**facts, rows=0, known=True))
                    return
                name = quote(file.name, safe="")[-_RAW_NAME_CHARACTERS:]
                raw = f"{self._folder}/raw/{opened.sha256[:16]}-{name}"
                self._staging.upload(opened.received, raw)
                for table in reader.tables(opened, self._mapping, self._kind):
                    raw_table = file_table(
                        table,
                        self._mapping,
                        self._kind,
                        sha256=opened.sha256,
                        name=file.name,
                        resent_by=self._ctx.run_id if self._window.resend else None,
                    )
                    self._add(raw_table, facts["origin"])
                facts["absent"] = reader.absent_columns(opened, self._mapping, self._kind)
            except UnreadableFile as error:
                del self._batches[first:]  # nothing of it is taken; the next file takes the numbers
                logger.warning(
                    "%s: a file is unreadable: %s, line %s", self._ctx.supplier, error.code, error.line
                )
                self._sources.append(_unreadable(facts, file, error))
                return
        rows = sum(batch.rows for batch in self._batches[first:])
        self._sources.append(LandedSource(**facts, rows=rows))

    def _is_known(self, sha256: str) -> bool:
        if any(source.sha256 == sha256 and not source.error for source in self._sources):
            return True  # twice in one pull
        return not self._window.resend and is_known(self._hub, self._ctx, sha256)

    def _take_pages(self, pages: Iterable[RecordPage]) -> None:
        system = self._mapping.source.system
        handovers = KnownHandovers(self._hub, self._ctx)
        by_person = self._kind == "leads" and names_people(self._mapping.source)
        held: list[pa.Table] = []
        count = size = number = 0
        for number, page in enumerate(pages, start=1):
            size += len(page.raw)
            with self._staging.writing(f"{self._folder}/raw/{self._kind}-page-{number:06}.gz") as target:
                target.write(gzip.compress(page.raw, compresslevel=3, mtime=0))
            records = handovers.settled(page.records) if by_person else page.records
            while records:
                part, records = (
                    records[: self._mapping.batch_rows - count],
                    records[self._mapping.batch_rows - count :],
                )
                held.append(record_table(part, self._mapping, self._kind))
                count += len(part)
                if count == self._mapping.batch_rows:
                    self._add(pa.concat_tables(held), system)
                    held, count = [], 0
        if held:
            self._add(pa.concat_tables(held), system)
        if number or system != "sftp":
            rows = sum(batch.rows for batch in self._batches)
            self._sources.append(LandedSource(system, system, "", None, size, None, rows))

    def _add(self, table: pa.Table, origin: str) -> None:
        number = len(self._batches) + 1
        uri = f"{self._folder}/{self._kind}-{number:04}.parquet"
        self._staging.write_table(uri, renumbered(table))
        self._batches.append(
            Batch(
                batch_id=f"{self._ctx.run_id}:{self._kind}:{number}",
                run_id=self._ctx.run_id,
                kind=self._kind,
                number=number,
                uri=uri,
                origin=origin,
                rows=table.num_rows,
            )
        )


def _unreadable(facts: dict[str, Any], file: SourceFile, error: UnreadableFile) -> LandedSource:
    sha256 = error.sha256 or facts.get("sha256")
    where = f" (line {error.line})" if error.line else ""
    return LandedSource(
        **{
            **facts,
            "origin": f"file:{sha256}" if sha256 else f"file:{file.path}",
            "sha256": sha256,
            "size": error.size or facts.get("size") or file.size,
            "encoding": facts.get("encoding"),
            "rows": 0,
            "error": f"{error.code}: {error}{where}",
        }
    )


def _is_scheduled(hub: Hub, ctx: RunContext) -> bool:
    with hub.reading() as connection:
        kind = connection.execute(
            run.select()
            .with_only_columns(run.c.kind)
            .where(run.c.supplier == ctx.supplier, run.c.run_id == ctx.run_id)
        ).scalar()
    return kind == "scheduled"
