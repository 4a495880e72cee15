"""The check of one file of a supplier: reading and checks joined, without hub or Airflow."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from leadline.checks import Reason, Rejected, check_batch
from leadline.errors import UnreadableFile
from leadline.mapping.inbound import inbound_fields
from leadline.mapping.model import SupplierMapping
from leadline.mapping.source import SftpSource
from leadline.ports import Kind
from leadline.reading import absent_columns, open_supplier_file, tables, unmapped_columns


@dataclass(frozen=True)
class FileCheck:
    """What a check of a whole file found.

    Attributes:
        rows: Data records; `accepted` of them are valid, and the mapping's filter keeps `filtered` of those
            from being distributed.
        rejected: In file order, with every reason. An unreadable file has one entry, for the whole file.
        encoding: As which the text was read; None for an unreadable file.
        readable: False: nothing of the file would be taken.
        absent: Columns that optional fields read and the file has not: those fields have no value in any row.
        unmapped: Columns of the file that no field reads.
    """

    rows: int
    accepted: int
    filtered: int
    rejected: tuple[Rejected, ...]
    encoding: str | None
    readable: bool = True
    absent: tuple[str, ...] = ()
    unmapped: tuple[str, ...] = ()


def check_file(
    mapping: SupplierMapping, path: Path, kind: Kind = "leads", expectations_dir: Path | None = None
) -> FileCheck:
    """Return the verdict on a file as a pull would give it; a supplier without files has the usual dialect.

    Raises:
        OSError: The file is not there, or not ours to read.
        ConfigurationError: The dialect, the filter or the hand-written suite does not hold.
    """
    source = mapping.source if isinstance(mapping.source, SftpSource) else SftpSource(system="sftp")
    rows = accepted = filtered = 0
    rejected: list[Rejected] = []
    try:
        with path.open("rb") as stream, tempfile.TemporaryDirectory(prefix="leadline-") as folder:
            file = open_supplier_file(stream, path.name, source, Path(folder))
            for table in tables(file, mapping, kind):
                checked = check_batch(table, mapping, kind, expectations_dir)
                rows += checked.rows
                accepted += checked.accepted.num_rows + len(checked.filtered)
                filtered += len(checked.filtered)
                rejected += checked.rejected
        absent = absent_columns(file, mapping, kind)
    except UnreadableFile as error:
        reason = Reason(None, error.code, str(error))
        return FileCheck(0, 0, 0, (Rejected(0, error.line, None, (reason,)),), None, readable=False)
    unmapped = unmapped_columns(file.header, inbound_fields(mapping, kind))
    return FileCheck(
        rows, accepted, filtered, tuple(rejected), file.encoding, absent=absent, unmapped=unmapped
    )
