"""A staging area that cannot be used is told as what it is, and nothing counts as landed."""

from __future__ import annotations

import stat
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from leadline.errors import RawDataGone, StagingDamaged, StagingUnavailable
from leadline.manifests import Batch
from leadline.ports import SourceRecord
from leadline.staging import Staging

FULL = Path("/dev/full")
END = datetime(2026, 3, 1, tzinfo=UTC)


def batch(uri: str) -> Batch:
    return Batch(batch_id="r:leads:1", run_id="r", kind="leads", number=1, uri=uri, origin="o", rows=1)


def test_a_file_in_the_place_of_the_folder_is_said_with_where_it_is(tmp_path: Path) -> None:
    (tmp_path / "staging").touch()
    staging = Staging((tmp_path / "staging").as_uri())
    uri = f"{staging.folder('acme', 'r')}/leads-0001.parquet"
    where = f"staging area {(tmp_path / 'staging').as_uri()} cannot be"

    with pytest.raises(StagingUnavailable, match=f"{where} written: "):
        staging.write_table(uri, pa.table({"row": [0]}))
    with pytest.raises(StagingUnavailable, match=f"{where} read: Not a directory"):
        staging.read_manifest("acme", "r", "leads")
    with pytest.raises(StagingUnavailable, match=f"{where} read: Not a directory"):
        staging.read(batch(uri))


@pytest.mark.skipif(not FULL.exists(), reason="no device that is always full")
def test_a_full_disk_is_said(tmp_path: Path) -> None:
    staging = Staging(tmp_path.as_uri())
    uri = f"{staging.folder('acme', 'r')}/leads-0001.parquet"
    (tmp_path / "acme" / "r").mkdir(parents=True)
    (tmp_path / "acme" / "r" / "leads-0001.parquet").symlink_to(FULL)

    with pytest.raises(StagingUnavailable, match="cannot be written: No space left on device"):
        staging.write_table(uri, pa.table({"row": [0]}))


def test_a_url_with_a_password_is_shown_without_it() -> None:
    staging = Staging("ftp://ann:geheim@files.example/staging")

    with pytest.raises(StagingUnavailable) as caught, staging._usable("read"):
        raise PermissionError(13, "Permission denied")

    assert (
        str(caught.value) == "the staging area ftp://files.example/staging cannot be read: Permission denied"
    )


@pytest.mark.parametrize("kept", [0, 5, 0.5, 0.99], ids=["emptied", "a_few_bytes", "half", "all_but_the_end"])
def test_a_batch_that_was_cut_off_is_damaged(tmp_path: Path, kept: float) -> None:
    staging, path, one = staged(tmp_path)
    content = path.read_bytes()
    path.write_bytes(content[: int(kept * len(content)) if kept < 1 else int(kept)])

    with pytest.raises(StagingDamaged, match=r"leads-0001\.parquet is not what was written there"):
        staging.read(one)
    with pytest.raises(StagingDamaged, match=r"leads-0001\.parquet is not what was written there"):
        staging.count_rows(one)


def test_a_batch_of_which_a_byte_was_flipped_is_damaged_and_gives_no_other_values(tmp_path: Path) -> None:
    staging, path, one = staged(tmp_path)
    content = bytearray(path.read_bytes())
    assert staging.read(one).num_rows == 1000
    content[len(content) // 3] ^= 0xFF
    path.write_bytes(content)

    with pytest.raises(StagingDamaged, match=r"leads-0001\.parquet is not what was written there"):
        staging.read(one)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"{}", b"\xff"])
def test_a_manifest_that_was_changed_is_damaged(tmp_path: Path, body: bytes) -> None:
    staging = Staging(tmp_path.as_uri())
    (tmp_path / "acme" / "r").mkdir(parents=True)
    (tmp_path / "acme" / "r" / "leads.manifest.json").write_bytes(body)

    with pytest.raises(StagingDamaged, match=r"leads\.manifest\.json is not what was written there"):
        staging.read_manifest("acme", "r", "leads")


@pytest.mark.parametrize("run_id", [".", ".."])
def test_no_name_of_a_run_leads_out_of_its_suppliers_folder(tmp_path: Path, run_id: str) -> None:
    """Two suppliers' runs of the name ".." shared one manifest: the second took the first one's leads."""
    staging = Staging((tmp_path / "staging").as_uri())
    for supplier in ("acme", "globex"):
        staging.write_table(f"{staging.folder(supplier, run_id)}/leads-0001.parquet", pa.table({"row": [0]}))

    found = [path.parent for path in (tmp_path / "staging").rglob("*.parquet")]
    assert len(found) == 2
    assert {path.parent.name for path in found} == {"acme", "globex"}


def test_a_folder_that_is_made_for_raw_data_is_its_owners_alone(tmp_path: Path) -> None:
    staging = Staging((tmp_path / "a" / "staging").as_uri())

    staging.write_table(f"{staging.folder('acme', 'r')}/leads-0001.parquet", pa.table({"row": [0]}))

    assert stat.S_IMODE((tmp_path / "a" / "staging").stat().st_mode) == 0o700


def staged(folder: Path) -> tuple[Staging, Path, Batch]:
    """Return a staging area with one batch of a thousand rows, where it lies, and the batch."""
    staging = Staging(folder.as_uri())
    uri = f"{staging.folder('acme', 'r')}/leads-0001.parquet"
    rows = range(1000)
    staging.write_table(uri, pa.table({"row": rows, "f:Email": [f"{row}@example.com" for row in rows]}))
    return staging, folder / "acme" / "r" / "leads-0001.parquet", batch(uri)


def test_what_is_not_there_is_no_trouble_of_the_store(tmp_path: Path) -> None:
    staging = Staging(tmp_path.as_uri())

    assert staging.read_manifest("acme", "r", "leads") is None
    with pytest.raises(RawDataGone):
        staging.read(batch(f"{staging.folder('acme', 'r')}/leads-0001.parquet"))


def test_a_pull_that_could_not_be_staged_is_taken_whole_once_it_can(make_intake, tmp_path: Path) -> None:
    intake = make_intake()
    record = SourceRecord("00Q1", {"Email": "a@example.com"}, campaign_key="C1")
    ctx = intake.start()
    folder = Path(intake.staging._url.removeprefix("file://"))
    folder.touch()
    with pytest.raises(StagingUnavailable):
        intake.land(ctx, record)
    assert intake.rows("batch", "batch_id") == []

    folder.unlink()
    (landed,) = intake.land(ctx, record).batches

    assert intake.receive(ctx, landed).new == 1
