"""The staging area: raw bytes as received, raw batches as Parquet, and the manifest that commits them.

Any store that fsspec knows. Layout and columns: docs/architecture.md, "Staging layout".
"""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, cast
from urllib.parse import quote, unquote

import pyarrow as pa
import pyarrow.parquet as pq
from fsspec.core import url_to_fs
from fsspec.implementations.local import LocalFileSystem

from leadline.errors import RawDataGone, StagingDamaged, StagingUnavailable
from leadline.manifests import Batch, Manifest
from leadline.ports import Kind
from leadline.settings import settings

_MANIFEST = ".manifest.json"
_LONGEST_FOLDER = 200  # file systems take 255 bytes; a run id of 250 characters is longer when quoted


@dataclass(frozen=True)
class Staged:
    """One object of a run: where it lies, bytes, when it was written, and whether it commits a pull."""

    path: str
    size: int
    written_at: datetime
    is_manifest: bool


class Staging:
    """A store of raw data under one URL. Opening costs nothing; the first read or write connects.

    Reads and writes raise `StagingUnavailable` when the store cannot be used, reads of a batch or a manifest
    `StagingDamaged` when it is not what was written, and `RawDataGone` when a batch is not there.
    """

    def __init__(self, url: str | None = None) -> None:
        self._url = (url or settings().staging_url).rstrip("/")

    def folder(self, supplier: str, run_id: str) -> str:
        """Return the URI under which this run's raw data lies. Run ids hold colons: they are quoted."""
        name = quote(run_id, safe="")
        if name in {".", ".."}:  # no folder's name, but a way out of it
            name = name.replace(".", "%2E")
        if len(name) > _LONGEST_FOLDER:
            name = f"{name[: _LONGEST_FOLDER - 33]}-{hashlib.sha256(run_id.encode()).hexdigest()[:32]}"
        return f"{self._url}/{quote(supplier, safe='~')}/{name}"

    def manifest_uri(self, supplier: str, run_id: str, kind: Kind) -> str:
        """Return where the manifest of this pull is, or will be."""
        return f"{self.folder(supplier, run_id)}/{kind}{_MANIFEST}"

    def read_manifest(self, supplier: str, run_id: str, kind: Kind) -> Manifest | None:
        """Return what this pull landed; None if it has not committed anything."""
        fs, path = self._locate(self.manifest_uri(supplier, run_id, kind))
        try:
            with self._usable("read"):
                content = fs.cat_file(path)
        except FileNotFoundError:
            return None
        try:
            return Manifest.from_json(content)
        except (ValueError, KeyError, TypeError) as error:
            raise self._damaged(path) from error

    def write_manifest(self, manifest: Manifest) -> None:
        """Commit a pull. Where the store can rename, nobody ever sees half a manifest."""
        fs, path = self._locate(manifest.uri)
        with self._usable("written"):
            self._make_folder(fs, path)
            if isinstance(fs, LocalFileSystem):
                unfinished = f"{path}.{uuid.uuid4().hex}.tmp"
                fs.pipe_file(unfinished, manifest.to_json())
                Path(unfinished).replace(path)
            else:  # object stores show an object only when all of it is there
                fs.pipe_file(path, manifest.to_json())

    def write_table(self, uri: str, table: pa.Table) -> None:
        """Write a raw batch as Parquet, replacing what an earlier attempt left there."""
        with self.writing(uri) as target:
            pq.write_table(table, target, compression="zstd", write_page_checksum=True)

    def read(self, batch: Batch) -> pa.Table:
        """Return a raw batch: the columns of docs/architecture.md, shape (batch.rows, ...)."""
        with self._there(batch), self.reading(batch.uri) as source:
            content = pa.py_buffer(source.read())
        try:
            # Without its sums, three of four flipped bytes are other values, and no error.
            return pq.read_table(content, page_checksum_verification=True)
        except (pa.ArrowException, OSError) as error:
            raise self._damaged(batch.uri) from error

    def count_rows(self, batch: Batch) -> int:
        """Return how many rows the Parquet file itself says it has, without reading them."""
        with self._there(batch), self.reading(batch.uri) as source:
            try:
                return int(pq.read_metadata(source).num_rows)
            except (pa.ArrowException, OSError) as error:
                if getattr(error, "errno", None) is not None:
                    raise  # the store's own
                raise self._damaged(batch.uri) from error

    @contextmanager
    def writing(self, uri: str) -> Iterator[BinaryIO]:
        """Yield a stream into this object; its folder is made. Do nothing else inside that may fail."""
        fs, path = self._locate(uri)
        with self._usable("written"):
            self._make_folder(fs, path)
            with fs.open(path, "wb") as stream:
                yield cast(BinaryIO, stream)

    @contextmanager
    def reading(self, uri: str) -> Iterator[BinaryIO]:
        """Yield a stream of this object's bytes."""
        fs, path = self._locate(uri)
        with self._usable("read"), fs.open(path, "rb") as stream:
            yield cast(BinaryIO, stream)

    def upload(self, local: Path, uri: str) -> None:
        """Copy a local file to this object."""
        fs, path = self._locate(uri)
        with self._usable("written"):
            self._make_folder(fs, path)
            fs.put_file(str(local), path)

    def of_run(self, supplier: str, run_id: str) -> list[Staged]:
        """Return everything that lies in this run's folder; nothing if there is none."""
        fs, folder = self._locate(self.folder(supplier, run_id))
        with self._usable("read"):
            found = fs.find(folder, detail=True)
            return [
                Staged(path, int(one["size"] or 0), fs.modified(path), path.endswith(_MANIFEST))
                for path, one in sorted(found.items())
            ]

    def remove(self, objects: Iterable[Staged]) -> None:
        """Remove objects that `of_run` named; those that are gone already are no trouble."""
        fs, _ = self._root()
        with self._usable("cleared"):
            for one in objects:
                try:
                    fs.rm_file(one.path)
                except FileNotFoundError:
                    continue
                if isinstance(fs, LocalFileSystem):
                    _remove_empty(Path(one.path).parent)

    def _make_folder(self, fs: Any, path: str) -> None:
        """Make the folder of an object; on this machine, nobody else may look into the staging area."""
        if isinstance(fs, LocalFileSystem):
            Path(self._root()[1]).mkdir(mode=0o700, parents=True, exist_ok=True)
        fs.makedirs(fs._parent(path), exist_ok=True)

    @contextmanager
    def _usable(self, what: str) -> Iterator[None]:
        """Make an error of the store one that says where it is; that an object is not there is no such error.

        Raises:
            StagingUnavailable: It is full, gone, or not ours to use.
        """
        try:
            yield
        except FileNotFoundError:
            raise
        except OSError as error:
            why = error.strerror or type(error).__name__
            raise StagingUnavailable(
                f"the staging area {_without_password(self._url)} cannot be {what}: {why}"
            ) from error

    @contextmanager
    def _there(self, batch: Batch) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError as error:
            raise RawDataGone(f"the raw data of batch {batch.batch_id} are gone") from error

    def _damaged(self, where: str) -> StagingDamaged:
        return StagingDamaged(f"{_without_password(where)} is not what was written there: it is damaged")

    def _locate(self, uri: str) -> tuple[Any, str]:
        """Return file system and path. Only the root was a person's URL: what we quoted stays quoted."""
        if not uri.startswith(f"{self._url}/"):
            raise ValueError(f"{uri} is not under the staging URL")
        fs, base = self._root()
        return fs, base.rstrip("/") + uri[len(self._url) :]

    def _root(self) -> tuple[Any, str]:
        root = unquote(self._url) if self._url.startswith("file:") else self._url
        fs, base = url_to_fs(root)
        return fs, base


def _remove_empty(folder: Path) -> None:
    """Remove a folder in which nothing is left."""
    with suppress(OSError):  # something is
        folder.rmdir()


def _without_password(url: str) -> str:
    return re.sub(r"//[^/@]*@", "//", url)
