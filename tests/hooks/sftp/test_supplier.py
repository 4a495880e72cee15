from __future__ import annotations

import hashlib
import os
from datetime import UTC, datetime

import pytest

from hooks.sftp.hook import sftp_channel
from hooks.sftp.supplier import SftpSupplier
from leadline.errors import ConfigurationError, CredentialsRefused, NotAllowed, VendorUnavailable
from leadline.mapping.source import SftpSource
from leadline.ports import Window

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
EVERYTHING = Window(None, NOON)
ARCHIVED = "/archive/2026/11/"


def moment(day: int) -> datetime:
    return datetime.fromtimestamp(at(day), UTC)


def at(day: int, hour: int = 0) -> float:
    return datetime(2026, 11, day, hour, tzinfo=UTC).timestamp()


@pytest.fixture
def supplier(sftp):
    """Return a function that reads the server's folders by the rules of a source."""
    with sftp_channel("acme_sftp") as channel:

        def make(wait=lambda _seconds: None, now=lambda: NOON, **rules):
            rules = {"campaigns": "campaigns_*.csv", "marker": ".done", **rules}
            source = SftpSource.model_validate({"system": "sftp", **rules})
            return SftpSupplier(channel, source, wait=wait, now=now)

        yield make


def names(files):
    return [file.name for file in files]


def content(file):
    with file.open() as stream:
        return stream.read()


class TestComplete:
    def test_a_file_that_we_may_not_read_keeps_no_other_waiting(self, sftp, supplier):
        for number in (1, 2):
            sftp.put(f"/inbox/leads_{number}.csv")
            sftp.put(f"/inbox/leads_{number}.csv.done", b"")
        refused = ["leads_1.csv"]

        def refuse(operation, path):
            if operation == "open" and path.rpartition("/")[2] in refused:
                raise PermissionError(13, "no")

        sftp.faults.append(refuse)

        assert names(supplier().pull("leads", EVERYTHING)) == ["leads_2.csv"]
        assert [(one.code, one.detail, one.severity) for one in supplier().check()] == [
            ("file_permission", "leads_1.csv", "warning")
        ]

        refused.append("leads_2.csv")
        with pytest.raises(NotAllowed, match="none of 2 files"):
            names(supplier().pull("leads", EVERYTHING))

    def test_a_file_counts_from_its_marker_on(self, sftp, supplier):
        sftp.put("/inbox/leads_1.csv")
        sftp.put("/inbox/leads_2.csv")
        sftp.put("/inbox/leads_2.csv.done", b"")

        assert names(supplier().pull("leads", EVERYTHING)) == ["leads_2.csv"]

    @pytest.mark.parametrize(
        "name",
        [
            ".leads_1.csv",
            "leads_1.csv.part",
            "leads_1.csv.PART",
            "leads_1.csv.tmp",
            "leads_1.csv.filepart",  # WinSCP
            "leads_1.csv.done",
            "leads_1.csv.sha256",
            "contacts_1.csv",
        ],
    )
    def test_what_is_no_finished_file_of_leads_is_left_alone(self, sftp, supplier, name):
        sftp.put(f"/inbox/{name}")
        sftp.put(f"/inbox/{name}.done", b"")

        assert names(supplier(stable_seconds=0).pull("leads", EVERYTHING)) == []
        assert names(supplier(marker=None, stable_seconds=0).pull("leads", EVERYTHING)) == []

    def test_a_folder_or_link_of_a_fitting_name_is_no_file(self, sftp, supplier, tmp_path):
        (sftp.root / "inbox/leads_1.csv").mkdir()
        (tmp_path / "secret").write_text("not yours")
        (sftp.root / "inbox/leads_2.csv").symlink_to(tmp_path / "secret")

        assert names(supplier(marker=None, stable_seconds=0).pull("leads", EVERYTHING)) == []

    def test_an_upload_that_grows_between_two_looks_is_left_for_later(self, sftp, supplier):
        sftp.put("/inbox/leads_1.csv", b"half", at(1))
        sftp.put("/inbox/leads_2.csv", b"whole", at(1))
        waited = []

        def wait(seconds):
            waited.append(seconds)
            sftp.put("/inbox/leads_1.csv", b"half and more", at(1))

        files = supplier(wait=wait, marker=None, stable_seconds=30).pull("leads", EVERYTHING)

        assert names(files) == ["leads_2.csv"]
        assert waited == [30]

    def test_an_upload_that_went_still_just_now_is_left_for_later(self, sftp, supplier):
        sftp.put("/inbox/leads_1.csv", mtime=NOON.timestamp() - 29)
        sftp.put("/inbox/leads_2.csv", mtime=NOON.timestamp() - 30)

        files = supplier(marker=None, stable_seconds=30).pull("leads", EVERYTHING)

        assert names(files) == ["leads_2.csv"]

    def test_a_file_taken_away_between_two_looks_is_gone(self, sftp, supplier):
        file = sftp.put("/inbox/leads_1.csv")

        files = supplier(wait=lambda _: file.unlink(), marker=None).pull("leads", EVERYTHING)

        assert names(files) == []

    @pytest.mark.parametrize("name", [b"pr\xe9sentation.pdf", b"leads_\xe9.csv"])
    def test_a_name_that_is_not_utf8_does_not_keep_others_from_being_read(self, sftp, supplier, name):
        sftp.put("/inbox/leads_1.csv")
        (sftp.root / "inbox" / os.fsdecode(name)).write_bytes(b"a,b\n")

        assert names(supplier(marker=None, stable_seconds=0).pull("leads", EVERYTHING)) == ["leads_1.csv"]

    def test_an_empty_inbox_is_not_waited_for(self, supplier):
        def wait(_seconds):
            raise TimeoutError("nobody should wait")

        assert names(supplier(wait=wait, marker=None).pull("leads", EVERYTHING)) == []

    def test_an_empty_file_is_handed_over_as_one(self, sftp, supplier):
        sftp.put("/inbox/leads_1.csv", b"")
        sftp.put("/inbox/leads_1.csv.done", b"")

        (file,) = supplier().pull("leads", EVERYTHING)

        assert (file.size, content(file)) == (0, b"")


class TestOrderAndWindow:
    def test_the_oldest_file_comes_first_then_the_name_decides(self, sftp, supplier):
        for name, day in (("leads_a.csv", 3), ("leads_c.csv", 2), ("leads_b.csv", 2), ("leads_d.csv", 1)):
            sftp.put(f"/inbox/{name}", mtime=at(day))

        files = supplier(marker=None, stable_seconds=0).pull("leads", EVERYTHING)

        assert names(files) == ["leads_d.csv", "leads_b.csv", "leads_c.csv", "leads_a.csv"]

    def test_a_scheduled_pull_takes_what_arrived_after_its_interval_too(self, sftp, supplier):
        sftp.put("/inbox/leads_1.csv", mtime=at(23))

        assert names(supplier(marker=None, stable_seconds=0).pull("leads", EVERYTHING)) == ["leads_1.csv"]

    def test_a_window_takes_files_by_mtime_start_in_end_out(self, sftp, supplier):
        for day in (9, 10, 11, 12):
            sftp.put(f"/inbox/leads_{day}.csv", mtime=at(day))
        window = Window(datetime(2026, 11, 10, tzinfo=UTC), datetime(2026, 11, 12, tzinfo=UTC))

        files = supplier(marker=None, stable_seconds=0).pull("leads", window)

        assert names(files) == ["leads_10.csv", "leads_11.csv"]

    def test_a_window_reads_the_archive_only_when_asked(self, sftp, supplier):
        sftp.put("/archive/2026/11/leads_1.csv", mtime=at(10, 1))
        sftp.put("/archive/2026/11/leads_1-0123abcd.csv.gz", mtime=at(10, 2))
        sftp.put("/archive/2026/11/leads_1.csv.done", mtime=at(10, 2))
        sftp.put("/archive/2026/11/campaigns_1.csv", mtime=at(10, 2))
        sftp.put("/archive/2026/12/leads_old.csv", mtime=at(11))  # archived weeks after it came
        sftp.put("/archive/2025/11/leads_0.csv", mtime=at(10))  # cannot be: archived before it came
        window = Window(datetime(2026, 11, 10, tzinfo=UTC), datetime(2026, 11, 12, tzinfo=UTC))
        system = supplier()

        assert names(system.pull("leads", window)) == []
        found = system.pull("leads", Window(window.start, window.end, archive=True))
        assert names(found) == ["leads_1.csv", "leads_1-0123abcd.csv.gz", "leads_old.csv"]

    def test_a_folder_of_the_archive_whose_name_is_not_utf8_is_passed_by(self, sftp, supplier):
        sftp.put("/archive/2026/11/leads_1.csv", mtime=at(3))
        (sftp.root / "archive" / os.fsdecode(b"\xe9t\xe9")).mkdir()

        window = Window(moment(1), NOON, archive=True)

        assert names(supplier(marker=None, stable_seconds=0).pull("leads", window)) == ["leads_1.csv"]

    def test_a_folder_of_the_archive_that_only_looks_like_a_year_is_read(self, sftp, supplier):
        sftp.put("/archive/\u00b2/leads_1.csv", mtime=at(3))

        window = Window(moment(1), NOON, archive=True)

        assert names(supplier(marker=None, stable_seconds=0).pull("leads", window)) == ["leads_1.csv"]

    def test_a_missing_archive_holds_nothing(self, sftp, supplier):
        (sftp.root / "archive").rmdir()

        assert names(supplier().pull("leads", Window(None, NOON, archive=True))) == []

    @pytest.mark.parametrize(
        ("patterns", "leads", "campaigns"),
        [
            ({"leads": "*.csv"}, ["leads_x.csv"], ["campaigns_1.csv"]),
            ({"leads": "leads_*", "campaigns": "*.csv"}, ["leads_x.csv"], ["campaigns_1.csv"]),
            ({"leads": "*.csv", "campaigns": None}, ["campaigns_1.csv", "leads_x.csv"], []),
        ],
    )
    def test_a_file_is_of_one_kind_only(self, sftp, supplier, patterns, leads, campaigns):
        sftp.put("/inbox/campaigns_1.csv")
        sftp.put("/inbox/leads_x.csv")
        system = supplier(marker=None, stable_seconds=0, **patterns)

        assert names(system.pull("leads", EVERYTHING)) == leads
        assert names(system.pull("campaigns", EVERYTHING)) == campaigns

    def test_a_missing_inbox_names_itself(self, sftp, supplier):
        with pytest.raises(ConfigurationError, match="/drop"):
            list(supplier(inbox="/drop").pull("leads", EVERYTHING))


class TestReading:
    @pytest.mark.parametrize("size", [1, 32_768, 32_768 * 64, 32_768 * 64 + 1, 5_000_001])
    def test_bytes_arrive_as_they_lie_there(self, sftp, supplier, size):
        sent = os.urandom(size)
        sftp.put("/inbox/leads_1.csv", sent)

        (file,) = supplier(marker=None, stable_seconds=0).pull("leads", EVERYTHING)

        assert content(file) == sent

    def test_a_server_that_answers_in_small_pieces_is_read_whole(self, sftp, supplier):
        sent = os.urandom(100_000)
        sftp.put("/inbox/leads_1.csv", sent)
        sftp.most_bytes = 10_000

        (file,) = supplier(marker=None, stable_seconds=0).pull("leads", EVERYTHING)

        assert content(file) == sent

    def test_lines_can_be_read_one_by_one_and_left_early(self, sftp, supplier):
        sftp.put("/inbox/leads_1.csv", b"head\n" + b"row\n" * 500_000)
        sftp.put("/inbox/leads_2.csv", b"other")
        first, second = supplier(marker=None, stable_seconds=0).pull("leads", EVERYTHING)

        with first.open() as stream:
            assert stream.readline() == b"head\n"

        assert content(second) == b"other"
        assert sftp.sessions == 1

    def test_a_server_that_sends_fewer_bytes_fails_the_read(self, sftp, supplier):
        sftp.put("/inbox/leads_1.csv", b"x" * 100_000)
        (file,) = supplier(marker=None, stable_seconds=0).pull("leads", EVERYTHING)
        sftp.short_reads["/inbox/leads_1.csv"] = 70_000

        with pytest.raises(VendorUnavailable):
            content(file)

    def test_a_file_that_shrank_since_the_listing_fails_the_read(self, sftp, supplier):
        sftp.put("/inbox/leads_1.csv", b"x" * 100_000)
        (file,) = supplier(marker=None, stable_seconds=0).pull("leads", EVERYTHING)
        sftp.put("/inbox/leads_1.csv", b"x" * 10)

        with pytest.raises(VendorUnavailable):
            content(file)

    def test_a_file_that_grew_since_the_listing_fails_the_read(self, sftp, supplier):
        sftp.put("/inbox/leads_1.csv", b"x" * 10)
        (file,) = supplier(marker=None, stable_seconds=0).pull("leads", EVERYTHING)
        sftp.put("/inbox/leads_1.csv", b"x" * 11)

        with pytest.raises(VendorUnavailable, match="grew"):
            content(file)

    def test_a_file_written_again_since_the_listing_fails_the_read(self, sftp, supplier):
        sftp.put("/inbox/leads_1.csv", b"x" * 10, mtime=at(3))
        (file,) = supplier(marker=None, stable_seconds=0).pull("leads", EVERYTHING)
        sftp.put("/inbox/leads_1.csv", b"y" * 10, mtime=at(4))

        with pytest.raises(VendorUnavailable, match="written again"):
            content(file)

    def test_a_file_written_over_while_it_is_read_fails_the_read(self, sftp, supplier):
        there = sftp.put("/inbox/leads_1.csv", b"x" * 3_000_000, mtime=at(3))
        (file,) = supplier(marker=None, stable_seconds=0).pull("leads", EVERYTHING)
        stream = file.open()
        stream.read(10)
        with there.open("r+b") as rewritten:
            rewritten.write(b"y" * 3_000_000)
        os.utime(there, (at(4), at(4)))

        with stream, pytest.raises(VendorUnavailable, match="written again"):
            stream.read()

    def test_a_file_that_another_took_the_place_of_meanwhile_is_read_whole(self, sftp, supplier):
        old = sftp.put("/inbox/leads_1.csv", b"x" * 3_000_000, mtime=at(3))
        new = sftp.put("/inbox/.upload", b"y" * 10, mtime=at(4))
        (file,) = supplier(marker=None, stable_seconds=0).pull("leads", EVERYTHING)

        with file.open() as stream:
            first = stream.read(10)
            new.replace(old)
            rest = stream.read()

        assert first + rest == b"x" * 3_000_000

    def test_a_file_that_vanished_since_the_listing_is_tried_later(self, sftp, supplier):
        there = sftp.put("/inbox/leads_1.csv")
        (file,) = supplier(marker=None, stable_seconds=0).pull("leads", EVERYTHING)
        there.unlink()

        with pytest.raises(VendorUnavailable):
            file.open()

    def test_a_lost_connection_is_tried_later(self, sftp, supplier):
        sftp.put("/inbox/leads_1.csv", b"x" * 3_000_000)
        (file,) = supplier(marker=None, stable_seconds=0).pull("leads", EVERYTHING)

        def drop(operation, _path):
            if operation == "read":
                raise ConnectionResetError

        sftp.faults.append(drop)

        with pytest.raises(VendorUnavailable):
            content(file)


class TestArchive:
    def test_a_file_and_its_marker_move_into_the_archive(self, sftp, supplier):
        sftp.put("/inbox/leads_1.csv", b"rows")
        sftp.put("/inbox/leads_1.csv.done", b"")

        lies = supplier().archive("/inbox/leads_1.csv", "2026/11/leads_1.csv")

        assert lies == "/archive/2026/11/leads_1.csv"
        assert sftp.tree() == {ARCHIVED + "leads_1.csv": b"rows", ARCHIVED + "leads_1.csv.done": b""}

    def test_a_bare_name_goes_into_the_month_of_the_file(self, sftp, supplier):
        sftp.put("/inbox/leads_1.csv", mtime=at(5))

        assert supplier().archive("/inbox/leads_1.csv", "leads_1.csv") == ARCHIVED + "leads_1.csv"

    def test_archiving_again_changes_nothing(self, sftp, supplier):
        sftp.put("/inbox/leads_1.csv", b"rows")
        system = supplier()
        system.archive("/inbox/leads_1.csv", "2026/11/leads_1.csv")
        before = sftp.tree()

        lies = system.archive("/inbox/leads_1.csv", "2026/11/leads_1.csv")

        assert (lies, sftp.tree()) == ("/archive/2026/11/leads_1.csv", before)

    @pytest.mark.parametrize("move", ["archive", "set_aside"])
    def test_a_new_file_under_an_old_name_stays_for_the_next_run(self, sftp, supplier, move):
        sftp.put("/inbox/leads_daily.csv", b"tomorrow's rows", mtime=at(9))
        before = sftp.tree()

        getattr(supplier(), move)("/inbox/leads_daily.csv", "leads_daily.csv", moment(5))

        assert sftp.tree() == before

    def test_the_file_that_was_read_moves_when_its_time_is_told(self, sftp, supplier):
        sftp.put("/inbox/leads_daily.csv", b"rows", mtime=at(5))

        supplier().archive("/inbox/leads_daily.csv", "leads_daily.csv", moment(5))

        assert sftp.tree() == {ARCHIVED + "leads_daily.csv": b"rows"}

    def test_a_marker_left_behind_is_cleared_by_the_next_try(self, sftp, supplier):
        sftp.put(ARCHIVED + "leads_1.csv", b"rows")
        sftp.put("/inbox/leads_1.csv.done", b"")

        supplier().archive("/inbox/leads_1.csv", "2026/11/leads_1.csv")

        assert "/inbox/leads_1.csv.done" not in sftp.tree()

    @pytest.mark.parametrize("posix_rename", [True, False])
    def test_another_file_of_that_name_is_never_overwritten(self, sftp, supplier, posix_rename):
        sftp.posix_rename = posix_rename
        sftp.put(ARCHIVED + "leads_1.csv.gz", b"old")
        sftp.put("/inbox/leads_1.csv.gz", b"new")
        digest = hashlib.sha256(b"new").hexdigest()[:8]

        lies = supplier().archive("/inbox/leads_1.csv.gz", "2026/11/leads_1.csv.gz")

        assert lies == f"{ARCHIVED}leads_1-{digest}.csv.gz"
        assert sftp.tree() == {ARCHIVED + "leads_1.csv.gz": b"old", lies: b"new"}

    def test_a_file_read_from_the_archive_stays_there(self, sftp, supplier):
        sftp.put(ARCHIVED + "leads_1.csv", b"rows")

        lies = supplier().archive(ARCHIVED + "leads_1.csv", "2026/12/leads_1.csv")

        assert (lies, sftp.tree()) == (ARCHIVED + "leads_1.csv", {ARCHIVED + "leads_1.csv": b"rows"})

    @pytest.mark.parametrize("place", ["../inbox/x.csv", "/etc/x.csv", "2026/../../x.csv"])
    def test_a_place_outside_the_archive_is_refused(self, sftp, supplier, place):
        sftp.put("/inbox/leads_1.csv")

        with pytest.raises(ConfigurationError, match="archive folder"):
            supplier().archive("/inbox/leads_1.csv", place)

    def test_a_refused_move_names_the_permission_and_leaves_the_file(self, sftp, supplier):
        sftp.put("/inbox/leads_1.csv")

        def refuse(operation, _path):
            if operation == "rename":
                raise PermissionError(13, "no")

        sftp.faults.append(refuse)

        with pytest.raises(CredentialsRefused, match="permission"):
            supplier().archive("/inbox/leads_1.csv", "2026/11/leads_1.csv")
        assert "/inbox/leads_1.csv" in sftp.tree()


class TestSetAside:
    def test_an_unreadable_file_lies_in_the_error_folder_with_the_reason(self, sftp, supplier):
        sftp.put("/inbox/leads_1.csv", b"broken")
        sftp.put("/inbox/leads_1.csv.done", b"")

        supplier().set_aside("/inbox/leads_1.csv", "line 7: unterminated quote")

        tree = sftp.tree()
        assert tree.pop("/error/leads_1.csv.error.txt") == (
            b"leads_1.csv\n2026-11-22T12:00:00Z\nline 7: unterminated quote\n"
        )
        assert tree == {"/error/leads_1.csv": b"broken", "/error/leads_1.csv.done": b""}

    def test_setting_aside_again_changes_nothing(self, sftp, supplier):
        sftp.put("/inbox/leads_1.csv", b"broken")
        system = supplier()
        system.set_aside("/inbox/leads_1.csv", "empty")
        before = sftp.tree()

        system.set_aside("/inbox/leads_1.csv", "empty")

        assert sftp.tree() == before

    def test_a_repeat_takes_up_the_draft_of_an_attempt_that_died(self, sftp, supplier):
        sftp.put("/inbox/leads_1.csv", b"broken")
        sftp.put("/error/.leads_1.csv.error.txt.tmp", b"half of a n")

        supplier().set_aside("/inbox/leads_1.csv", "empty")

        assert set(sftp.tree()) == {"/error/leads_1.csv", "/error/leads_1.csv.error.txt"}

    def test_a_name_may_be_as_long_as_the_server_lets_it(self, sftp, supplier):
        name = "leads_" + "ü" * 122 + ".csv"  # 254 bytes
        system = supplier(marker=None)
        for text in (b"one", b"two"):
            sftp.put(f"/inbox/{name}", text)
            system.set_aside(f"/inbox/{name}", "empty")

        kept = [content for path, content in sftp.tree().items() if path.endswith(".csv")]
        assert sorted(kept) == [b"one", b"two"]
        assert sum(path.endswith(".error.txt") for path in sftp.tree()) == 2

    def test_a_second_broken_file_of_that_name_gets_its_own(self, sftp, supplier):
        system = supplier()
        for text in (b"one", b"two"):
            sftp.put("/inbox/leads_1.csv", text)
            system.set_aside("/inbox/leads_1.csv", text.decode())
        digest = hashlib.sha256(b"two").hexdigest()[:8]

        assert set(sftp.tree()) == {
            "/error/leads_1.csv",
            "/error/leads_1.csv.error.txt",
            f"/error/leads_1-{digest}.csv",
            f"/error/leads_1-{digest}.csv.error.txt",
        }


class TestCheck:
    def test_a_good_account_has_no_findings_and_no_traces(self, sftp, supplier):
        sftp.put("/inbox/leads_1.csv")
        sftp.put("/inbox/leads_1.csv.done")
        before = sftp.tree()

        assert list(supplier().check()) == []
        assert sftp.tree() == before

    def test_a_missing_inbox_is_an_error_and_missing_others_are_made_when_needed(self, sftp, supplier):
        (sftp.root / "archive").rmdir()

        findings = list(supplier(inbox="/drop").check())

        assert [(f.code, f.detail, f.severity) for f in findings] == [
            ("folder_missing", "/drop", "error"),
            ("folder_missing", "/archive", "warning"),
        ]

    @pytest.mark.parametrize(
        ("rules", "found"),
        [({"marker": None}, ["leads_2.csv"]), ({"marker": None, "stable_seconds": 0}, []), ({}, [])],
    )
    def test_a_file_that_is_not_read_for_its_time_is_told(self, sftp, supplier, rules, found):
        sftp.put("/inbox/leads_1.csv", mtime=NOON.timestamp() + 60)
        sftp.put("/inbox/leads_2.csv", mtime=NOON.timestamp() + 86_400)
        sftp.put("/inbox/notes.txt", mtime=NOON.timestamp() + 86_400)

        findings = list(supplier(**rules).check())

        assert [(f.code, f.detail, f.severity) for f in findings] == [
            ("file_time", name, "warning") for name in found
        ]

    def test_a_file_whose_marker_never_came_is_told(self, sftp, supplier):
        day = 86_400
        for name, age in (("leads_1.csv", 2 * day), ("leads_2.csv", 2 * day), ("leads_3.csv", 60)):
            sftp.put(f"/inbox/{name}", mtime=NOON.timestamp() - age)
        sftp.put("/inbox/leads_2.csv.done")

        findings = list(supplier(marker=".done").check())

        assert [(f.code, f.detail, f.severity) for f in findings] == [
            ("file_marker", "leads_1.csv", "warning")
        ]

    def test_a_file_that_fits_but_for_its_capitals_is_told(self, sftp, supplier):
        for name in ("Leads_1.CSV", "notes.txt", "leads_2.csv", ".Leads_3.CSV", "LEADS_4.csv.tmp"):
            sftp.put(f"/inbox/{name}")

        findings = list(supplier(marker=None).check())

        assert [(f.code, f.detail, f.severity) for f in findings] == [("file_name", "Leads_1.CSV", "warning")]

    def test_a_folder_or_a_link_in_place_of_a_file_is_told(self, sftp, supplier):
        sftp.put("/inbox/leads_folder.csv/leads_1.csv")
        there = sftp.put("/inbox/elsewhere/leads_2.csv")
        (sftp.root / "inbox" / "leads_link.csv").symlink_to(there)

        findings = sorted(supplier(marker=None).check(), key=lambda f: f.detail)

        assert [(f.code, f.detail, f.severity) for f in findings] == [
            ("file_kind", "leads_folder.csv", "warning"),
            ("file_kind", "leads_link.csv", "warning"),
        ]
        assert "is a link" in findings[1].message

    def test_a_file_that_is_not_read_for_its_name_is_told(self, sftp, supplier):
        for name in (b"leads_\xe9.csv", b"notes_\xe9.txt"):
            (sftp.root / "inbox" / os.fsdecode(name)).write_bytes(b"a,b\n")

        findings = list(supplier().check())

        assert [(f.code, f.detail, f.severity) for f in findings] == [
            ("file_name", "leads_\\xe9.csv", "warning")
        ]

    @pytest.mark.parametrize(
        ("operation", "found"),
        [
            ("list", [("permission", "/inbox")]),
            ("open", [("file_permission", "leads_1.csv"), ("permission", "/inbox")]),
            ("rename", [("permission", "/archive")]),
        ],
    )
    def test_a_right_that_is_missing_is_found_and_leaves_no_trace(self, sftp, supplier, operation, found):
        sftp.put("/inbox/leads_1.csv")
        sftp.put("/inbox/leads_1.csv.done")
        before = sftp.tree()

        def refuse(attempted, _path):
            if attempted == operation:
                raise PermissionError(13, "no")

        sftp.faults.append(refuse)

        assert [(f.code, f.detail) for f in supplier().check()] == found
        assert sftp.tree() == before


def test_a_supplier_of_files_describes_nothing_and_has_no_activities(supplier):
    assert supplier().describe() == {}
    assert list(supplier().pull_events(["x"], EVERYTHING)) == []
