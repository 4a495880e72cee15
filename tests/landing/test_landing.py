"""Landing: files and pages become batches and a manifest, once, with memory flat and nothing half-taken."""

from __future__ import annotations

import gzip
import io
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from leadline import reading, runs
from leadline.errors import UnreadableFile
from leadline.landed import find_batch
from leadline.landing import land
from leadline.manifests import Manifest
from leadline.ports import RecordPage, Window
from leadline.receipts import Counts
from leadline.runs import from_us
from leadline.staging import Staging

END = datetime(2026, 3, 1, tzinfo=UTC)
HEADER = "Email,Last Name,Company,Country,Employees,Products,Campaign,Note\n"


@dataclass
class Drop:
    """A file in a supplier's inbox."""

    name: str
    content: bytes
    modified_at: datetime = END

    @property
    def path(self) -> str:
        return f"/inbox/{self.name}"

    @property
    def size(self) -> int:
        return len(self.content)

    def open(self) -> io.BytesIO:
        return io.BytesIO(self.content)


def lines(*emails: str) -> bytes:
    return (HEADER + "".join(f"{email},Doe,Acme,DE,1,Cloud, C1 ,\n" for email in emails)).encode()


@pytest.fixture
def files(make_intake):
    """Return an intake of files in batches of two rows, and a function that lands drops for a run."""
    intake = make_intake("sftp", batch_rows=2)

    def land_files(run_id, *drops, kind="manual", resend=False):
        ctx = intake.start(run_id, kind=kind)
        window = Window(None, END, resend=resend)
        manifest = land(
            intake.hub, ctx, intake.mapping, "leads", iter(drops), window, intake.staging, reading
        )
        return ctx, manifest

    return intake, land_files


def test_a_file_becomes_batches_with_identities_of_its_own(files) -> None:
    intake, land_files = files
    _, manifest = land_files("run-1", Drop("leads_1.csv", lines("a@x.example", "b@x.example", "c@x.example")))

    (source,) = manifest.sources
    assert (source.name, source.rows, source.known, source.error) == ("leads_1.csv", 3, False, None)
    assert [(one.number, one.rows, one.origin) for one in manifest.batches] == [
        (1, 2, f"file:{source.sha256}"),
        (2, 1, f"file:{source.sha256}"),
    ]
    second = intake.staging.read(find_batch(intake.hub, "acme", "run-1:leads:2")).to_pylist()
    assert second == [
        {
            "row": 0, "line": 4, "number": 3, "identity": f"file:{source.sha256}:3",
            "record_id": "leads_1.csv:4", "campaign_key": "C1", "stamp": None, "deleted": False,
            "merged_into": None, "fault": None, "f:Email": "c@x.example", "f:Last Name": "Doe",
            "f:Company": "Acme", "f:Country": "DE",
            "f:Employees": "1", "f:Products": "Cloud", "f:Campaign": " C1 ", "f:Note": "",
        }
    ]  # fmt: skip


def test_a_cleared_pull_uses_its_manifest_and_reads_nothing(files) -> None:
    intake, land_files = files
    _, first = land_files("run-1", Drop("leads_1.csv", lines("a@x.example")))
    before = intake.everything()

    class Untouchable(Drop):
        def open(self):
            raise RuntimeError("read again")

    _, again = land_files("run-1", Untouchable("leads_1.csv", b""))

    assert again == first
    assert intake.everything() == before


def test_a_pull_that_died_before_its_manifest_is_read_again(files) -> None:
    intake, land_files = files
    good = Drop("leads_1.csv", lines("a@x.example", "b@x.example", "c@x.example"))

    class Broken(Drop):
        def open(self):
            raise ConnectionError

    with pytest.raises(ConnectionError):
        land_files("run-1", good, Broken("leads_2.csv", b""))
    nothing = intake.rows("batch", "batch_id")
    _, manifest = land_files("run-1", good)

    assert nothing == []
    assert manifest.rows == 3


def test_a_pull_that_died_after_its_manifest_is_registered(files, monkeypatch) -> None:
    intake, land_files = files

    def die(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("leadline.landing.register", die)
        with pytest.raises(KeyboardInterrupt):
            land_files("run-1", Drop("leads_1.csv", lines("a@x.example")))

    _, manifest = land_files("run-1")

    assert manifest.rows == 1
    assert intake.rows("batch", "batch_id", "rows") == [("run-1:leads:1", 1)]


def receive_all(intake, ctx, manifest):
    counts = [intake.receive(ctx, batch) for batch in manifest.batches]
    return Counts(new=sum(one.new for one in counts), known=sum(one.known for one in counts))


def test_a_file_dropped_again_under_another_name_is_known(files) -> None:
    intake, land_files = files
    drop = Drop("leads_1.csv", lines("a@x.example"))
    receive_all(intake, *land_files("run-1", drop))

    _, manifest = land_files("run-2", Drop("leads_2.csv", drop.content, END.replace(day=2)))

    assert manifest.rows == 0
    assert manifest.known_files == ("leads_2.csv",)
    assert len(intake.rows("source_file", "sha256")) == 1


def test_a_file_twice_in_one_pull_is_taken_once(files) -> None:
    intake, land_files = files

    _, manifest = land_files(
        "run-1", Drop("first.csv", lines("a@x.example")), Drop("again.csv", lines("a@x.example"))
    )

    assert (manifest.rows, manifest.known_files) == (1, ("again.csv",))
    assert intake.rows("source_file", "name") == ["first.csv"]


def test_a_file_that_a_dead_run_only_landed_is_taken_and_its_leads_founded_once(files) -> None:
    intake, land_files = files
    drop = Drop("leads_1.csv", lines("a@x.example", "b@x.example"))
    dead = land_files("run-1", drop)

    taken = receive_all(intake, *land_files("run-2", drop))
    late = receive_all(intake, *dead)

    assert (taken, late) == (Counts(new=2), Counts(known=2))


def test_a_resend_makes_new_receipts_and_new_leads(files) -> None:
    intake, land_files = files
    drop = Drop("leads_1.csv", lines("a@x.example"))
    receive_all(intake, *land_files("run-1", drop))

    counts = receive_all(intake, *land_files("run-2", drop, resend=True))

    assert counts == Counts(new=1)
    assert intake.rows("source_file", "resend") == ["", "run-2"]


def test_scenario_03_a_row_twice_in_a_file_is_two_leads_and_a_file_twice_is_none_more(files) -> None:
    intake, land_files = files
    drop = Drop("leads_1.csv", lines("a@x.example", "a@x.example"))

    first = receive_all(intake, *land_files("run-1", drop))
    second = receive_all(intake, *land_files("run-2", drop))

    assert (first, second) == (Counts(new=2), Counts())


def test_nothing_of_an_unreadable_file_is_taken_and_others_go_on(files) -> None:
    intake, land_files = files
    bad = lines("a@x.example", "b@x.example", "c@x.example") + b'd@x.example,"Doe'

    _, manifest = land_files(
        "run-1", Drop("bad.csv", bad), Drop("empty.csv", b""), Drop("good.csv", lines("e@x.example"))
    )
    _, corrected = land_files("run-2", Drop("bad.csv", lines("a@x.example")))

    assert [one.name for one in manifest.unreadable] == ["bad.csv", "empty.csv"]
    assert manifest.unreadable[0].error.startswith("unterminated_quote: ")
    assert [(one.number, one.rows) for one in manifest.batches] == [(1, 1)]
    assert corrected.rows == 1
    states = dict(intake.rows("source_file", "name", "state", first_run="run-1"))
    assert states == {"bad.csv": "unreadable", "empty.csv": "unreadable", "good.csv": "landed"}


def test_an_unreadable_file_is_judged_anew_when_it_comes_again(files) -> None:
    _, land_files = files
    _, first = land_files("run-1", Drop("bad.csv", b""))
    _, again = land_files("run-2", Drop("bad.csv", b""))

    assert not again.known_files
    assert again.unreadable[0].error == first.unreadable[0].error


def test_raw_bytes_land_unchanged(files) -> None:
    intake, land_files = files
    content = b"\xef\xbb\xbf" + lines("a@x.example").replace(b"\n", b"\r\n")

    land_files("run/1: a+b", Drop("leads ü.csv", content))

    folder = Path(intake.staging.folder("acme", "run/1: a+b").removeprefix("file://"))
    (raw,) = (folder / "raw").iterdir()
    assert raw.read_bytes() == content
    assert not list(folder.glob("*.tmp"))


def test_a_name_as_long_as_servers_allow_lands(files) -> None:
    intake, land_files = files
    name = "leads_" + "日" * 81 + ".csv"  # 253 bytes, thrice as many when quoted

    _, manifest = land_files("run-1", Drop(name, lines("a@x.example")))

    assert [(source.name, source.rows) for source in manifest.sources] == [(name, 1)]
    folder = Path(intake.staging.folder("acme", "run-1").removeprefix("file://"))
    (raw,) = (folder / "raw").iterdir()
    assert raw.suffix == ".csv"


def test_pages_are_gathered_to_batches_and_land_once(make_intake, record) -> None:
    intake = make_intake(batch_rows=3)
    ctx = intake.start()
    pages = [
        RecordPage(b'{"page":1}', [record(str(n), stamp=f"s{n}") for n in range(2)]),
        RecordPage(b'{"page":2}', [record(str(n)) for n in range(2, 9)]),
    ]

    manifest = land(
        intake.hub, ctx, intake.mapping, "leads", pages, Window(None, END), intake.staging, reading
    )

    assert [one.rows for one in manifest.batches] == [3, 3, 3]
    table = intake.staging.read(manifest.batches[0])
    assert table["row"].to_pylist() == [0, 1, 2]
    assert table["identity"].to_pylist() == [f"salesforce:{n}:C1" for n in range(3)]
    assert table["stamp"].to_pylist() == ["s0", "s1", None]
    with intake.staging.reading(f"{intake.staging.folder('acme', 'run-1')}/raw/leads-page-000002.gz") as raw:
        assert gzip.decompress(raw.read()) == b'{"page":2}'
    assert manifest.sources[0].rows == 9


@pytest.mark.parametrize("url", ["memory://leadline-tests/staging", "file"])
def test_any_store_holds_a_manifest(url, hub, mapping, tmp_path) -> None:
    staging = Staging(url if url != "file" else (tmp_path / "with space").as_uri())
    ctx = runs.start_run(
        hub, mapping, run_id=f"r:{tmp_path.name}:{hub.dialect}", dag_id="d", kind="scheduled", task="pull",
        window=Window(None, END),
    )  # fmt: skip
    window = Window(from_us(1), END, archive=True)

    manifest = land(
        hub, ctx, mapping, "leads", [Drop("a.csv", lines("a@x.example"))], window, staging, reading
    )

    assert staging.read_manifest("acme", ctx.run_id, "leads") == manifest
    assert manifest.window == window
    assert manifest.watermark_to == END
    assert staging.count_rows(manifest.batches[0]) == 1
    assert staging.read_manifest("acme", "another", "leads") is None


def test_a_manifest_that_was_edited_is_refused(files) -> None:
    _, land_files = files
    _, manifest = land_files("run-1", Drop("a.csv", lines("a@x.example")))

    edited = manifest.to_json().replace(b'\n "rows": 1,', b'\n "rows": 2,')

    assert Manifest.from_json(manifest.to_json()) == manifest
    with pytest.raises(ValueError, match="rows"):
        Manifest.from_json(edited)


def test_staging_stays_under_its_url(tmp_path) -> None:
    staging = Staging((tmp_path / "staging").as_uri())

    with pytest.raises(ValueError, match="not under"), staging.reading((tmp_path / "other").as_uri()):
        pass


def test_a_reader_that_fails_half_way_leaves_no_batch(files) -> None:
    intake, _ = files

    class HalfWay:
        open_supplier_file = staticmethod(reading.open_supplier_file)
        absent_columns = staticmethod(reading.absent_columns)

        @staticmethod
        def tables(file, mapping, kind):
            yield from reading.tables(file, mapping, kind)
            if file.name == "bad.csv":
                raise UnreadableFile("unterminated_quote", "a quote is not closed", 9)

    drops = [
        Drop("bad.csv", lines("a@x.example", "b@x.example", "c@x.example")),
        Drop("good.csv", lines("d@x.example")),
    ]
    ctx = intake.start()

    manifest = land(
        intake.hub, ctx, intake.mapping, "leads", drops, Window(None, END), intake.staging, HalfWay()
    )

    assert [(one.batch_id, one.rows) for one in manifest.batches] == [("run-1:leads:1", 1)]
    assert intake.staging.read(manifest.batches[0])["f:Email"].to_pylist() == ["d@x.example"]
    assert manifest.unreadable[0].error == "unterminated_quote: a quote is not closed (line 9)"
