"""Whole runs by `dag.test()` against the sandbox: what a day leaves in the hub and on both sides."""

from __future__ import annotations

from pathlib import Path

import pytest

from leadline import distribution
from leadline.errors import ChecksFailed
from leadline.pulls import release_pull
from operators import sharing
from tests.dags.house import NORTH, SOUTH, TEST, leads, write_mapping
from tests.dags.runs import run, run_again

TASKS = (
    "start", "pull_campaigns", "pull_leads", "validate", "judge", "put_away", "take_up", "route", "accounts",
    "push", "write_back", "settle",
)  # fmt: skip
WHENEVER = {"window_start": "2026-01-01T00:00:00Z", "window_end": "2100-01-01T00:00:00Z"}
LEAD = {"Company": "Buyer Ltd", "Country": "DE"}


@pytest.fixture
def distribute(house, airflow_database):
    """Return a function that runs a supplier's distribution; keywords are fields of the form."""

    def distribute(supplier="north", **conf):
        return run(f"{supplier}_distribution", conf)

    return distribute


@pytest.fixture
def south(house):
    """Give the house its second supplier, with two leads in its org; return their record ids."""
    write_mapping(house.folder / "include", SOUTH)
    house.import_partners("south")
    rows = [
        LEAD | {"LastName": "Ada", "Email": "ada@buyer.example"},
        LEAD | {"LastName": "Bob", "Email": "bob@buyer.example", "Country": "FR"},
    ]
    return house.control.act("globex", "insert", object="Lead", rows=rows)


def books(house, run_id, supplier="north"):
    ((balanced, text),) = house.rows("run", "balanced", "books", supplier=supplier, run_id=run_id)
    assert balanced, text
    return text


def names(house, org):
    return sorted(record["LastName"] for record in house.control.records(org, "Lead"))


def staged(house):
    return sorted(path for path in Path(house.folder, "staging").rglob("*") if path.is_file())


def test_a_day_of_files(house, distribute):
    house.drop("leads_1.csv", leads("a1", "a2"))
    house.drop("leads_2.csv", leads("a3", country="FR"))

    ended = distribute()

    assert ended.state == "success"
    assert (house.refs("p001"), house.refs("p002")) == (["a1", "a2"], ["a3"])
    assert [path["path"].rsplit("/", 1)[1] for path in house.control.files()] == [
        "leads_1.csv",
        "leads_1.csv.done",
        "leads_2.csv",
        "leads_2.csv.done",
    ]
    assert all(path["path"].startswith("/archive/") for path in house.control.files())
    assert house.rows("assignment", "partner_id", "status", active=True) == [
        ("P001", "accepted"),
        ("P001", "accepted"),
        ("P002", "accepted"),
    ]
    assert books(house, ended.run_id)
    assert house.control.mails() == []


def test_more_files_and_accounts_than_airflow_maps_over_go_through_all_the_same(
    house, distribute, monkeypatch
):
    monkeypatch.setenv("AIRFLOW__CORE__MAX_MAP_LENGTH", "1")
    monkeypatch.setattr(sharing, "MOST_TASKS", 1)
    for number, country in enumerate(("DE", "FR", "DE"), start=1):
        house.drop(f"leads_{number}.csv", leads(f"a{number}", country=country))

    ended = distribute()

    assert ended.state == "success"
    shared = {name for name in ended.tasks if name.startswith(("validate[", "push["))}
    assert shared == {"validate[0]", "push[0]"}
    assert (house.refs("p001"), house.refs("p002")) == (["a1", "a3"], ["a2"])
    assert books(house, ended.run_id)


def test_a_day_of_records_is_written_back_and_does_not_come_back_as_news(house, distribute, south):
    first = distribute("south", **WHENEVER)

    assert first.state == "success"
    assert (names(house, "p001"), names(house, "p002")) == (["Ada"], ["Bob"])
    written = {one["LastName"]: one["Assigned_Partner__c"] for one in house.control.records("globex", "Lead")}
    assert written == {"Ada": "P001", "Bob": "P002"}

    before = house.vendor_side()
    second = distribute("south", **WHENEVER)

    assert second.state == "success"
    assert house.vendor_side() == before
    assert house.rows("receipt", "outcome", run_id=second.run_id) == ["known", "known"]
    assert len(house.rows("lead", "lead_id")) == len(house.rows("assignment", "lead_id", active=True)) == 2


def test_any_task_of_a_finished_run_may_be_cleared(house, distribute):
    house.drop("leads_1.csv", leads("a1", "a2", bad=["a2"]))
    house.drop("leads_2.csv", leads("a3", country="FR"))
    ended = distribute()
    assert ended.state == "success"
    hub, vendors = house.hub_side(), house.vendor_side()

    for task in reversed(TASKS):  # the other way round a task would see what the one before it returned anew
        again = run_again(ended, [task])

        assert again.state == "success", task
        assert set(again.tasks.values()) <= {"success", "skipped"}, task
        assert house.hub_side() == hub, task
        assert house.vendor_side() == vendors, task

    everything = run_again(ended, [*TASKS, "dry_run", "validate_campaigns", "notify_failure"])
    assert everything.state == "success"
    assert (house.hub_side(), house.vendor_side()) == (hub, vendors)


def test_an_empty_pull_still_drains_and_settles(house, distribute):
    house.drop("leads_1.csv", leads("a1"))
    house.control.org_up("p001", False)
    assert distribute().state == "failed"
    house.control.org_up("p001", True)

    ended = distribute()

    assert ended.state == "success"
    assert ended.of("validate", "push[0]", "write_back", "settle") == ["skipped", *["success"] * 3]
    assert house.refs("p001") == ["a1"]

    nothing = distribute()

    assert nothing.of("push", "write_back", "settle") == ["skipped", "success", "success"]
    assert books(house, nothing.run_id)


def test_a_pull_over_its_threshold_waits_for_a_release(house, distribute):
    house.drop("leads_1.csv", leads("a1", "a2", "a3", "a4", "a5", bad=["a2", "a3", "a4"]))

    held = distribute()

    assert held.state == "failed"
    assert held.of("judge", "route", "settle", "notify_failure") == ["failed", "success", "success", "failed"]
    assert (house.refs("p001"), house.rows("assignment", "lead_id")) == ([], [])
    (mail,) = house.control.mails()
    assert mail["envelope_to"] == ["ops@north.example"]
    assert "3 of 5 rows" in mail["text"]
    assert "buyer.example" not in str(mail)

    assert distribute().state == "success"
    assert house.refs("p001") == []

    release_pull(house.hub, "north", held.run_id, "ops")
    assert distribute().state == "success"
    assert house.refs("p001") == ["a1", "a5"]


def test_leads_of_a_run_whose_workers_died_go_with_the_next(house, distribute, monkeypatch):
    house.drop("leads_1.csv", leads("a1", "a2"))
    house.drop("leads_2.csv", leads("a3"))
    plain = distribution.validate

    def dies(*arguments):
        plain(*arguments)
        raise ChecksFailed("the worker has gone")

    with monkeypatch.context() as patched:
        patched.setattr(distribution, "validate", dies)
        dead = distribute()
    assert dead.state == "failed"
    assert dead.of("judge", "put_away", "route", "settle")[0] == "upstream_failed"
    assert house.refs("p001") == []

    ended = distribute()

    assert (ended.state, ended.returned("take_up")) == ("success", {"taken_up": 1})
    assert house.refs("p001") == ["a1", "a2", "a3"]
    books(house, dead.run_id)
    books(house, ended.run_id)


def test_one_partner_down_stops_no_other(house, distribute):
    house.drop("leads_1.csv", leads("a1", country="FR"))
    house.drop("leads_2.csv", leads("a2"))
    house.control.org_up("p002", False)

    ended = distribute()

    assert ended.state == "failed"
    states = dict(zip(ended.returned("accounts"), ended.of("push[0]", "push[1]"), strict=True))
    assert states == {"sf-p001": "success", "sf-p002": "failed"}
    assert ended.of("write_back", "settle") == ["success", "success"]
    assert (house.refs("p001"), house.rows("delivery", "account_id", "sent_at")[1]) == (
        ["a2"],
        ("sf-p002", None),
    )
    (mail,) = house.control.mails()
    assert "sf-p002" in mail["text"]
    assert house.rows("incident", "task", closed_at=None) == ["push:sf-p002"]

    house.control.org_up("p002", True)
    later = distribute()

    assert later.state == "success"
    assert house.refs("p002") == ["a1"]
    assert house.rows("incident", "task", closed_at=None) == []
    assert len(house.control.mails()) == 1


def test_mail_that_cannot_leave_is_sent_later_and_the_run_stays_red(house, distribute):
    house.control.mail_up(False)
    house.control.sftp_up(False)

    ended = distribute()

    assert (ended.state, ended.tasks["notify_failure"]) == ("failed", "failed")
    assert house.rows("mail", "state") == ["waiting"]
    assert run("leadline_health").state == "failed"

    house.control.mail_up(True)
    health = run("leadline_health")

    assert health.state == "success"
    (mail,) = house.control.mails()
    assert f"Run: {ended.run_id}" in mail["text"]
    assert house.rows("mail", "state") == ["sent"]
    assert run("leadline_health").state == "success"
    assert len(house.control.mails()) == 1


def test_a_column_that_a_file_lost_is_mailed_once(house, distribute):
    def lost(ref):
        return "\n".join(line.split(",", 1)[1] for line in leads(ref).splitlines()) + "\n"

    for day in (1, 2):
        house.drop(f"leads_{day}.csv", lost(f"a{day}"))
        assert distribute().state == "success"
    assert run("leadline_health").state == "success"

    (mail,) = house.control.mails()
    assert mail["envelope_to"] == ["ops@north.example"]
    assert "'leads_1.csv' had no column 'Ref'" in mail["text"]


def test_broken_mappings_are_mailed_to_the_platform_once(house, airflow_database):
    (house.folder / "include" / "mappings" / "broken.yaml").write_text("supplier: [")

    assert run("leadline_health").state == "success"
    assert run("leadline_health").state == "success"

    (mail,) = house.control.mails()
    assert mail["envelope_to"] == ["platform@leadline.example"]
    assert "broken.yaml" in mail["text"]


READS = {
    "sftp": {"login", "list", "stat", "lstat", "open", "read", "close"},
    "salesforce": {"token", "query", "query_all", "query_more", "describe", "deleted", "updated", "limits"},
}


@pytest.mark.parametrize("dag", ["distribution", "dry_run"])
@pytest.mark.parametrize("supplier", ["north", "south"])
def test_a_dry_run_leaves_everything_as_it_was(house, distribute, south, supplier, dag):
    house.drop("leads_1.csv", leads("a1", "a2", "a3", bad=["a2"]))
    house.drop("leads_2.csv", "Ref\n1\n")
    assert distribute(**{"window_end": "2020-01-01T00:00:00Z"}).state == "success"  # the hub knows a run
    hub, vendors, files, last = house.hub_side(), house.vendor_side(), staged(house), house.control.last()

    conf = WHENEVER if supplier == "south" else {}
    ended = run(f"{supplier}_{dag}", conf | ({"dry_run": True} if dag == "distribution" else {}))

    assert ended.state == "success"
    assert {name for name, state in ended.tasks.items() if state == "success"} == {"dry_run"}
    told = ended.returned("dry_run")
    if supplier == "north":
        assert (told["leads"]["new"], told["leads"]["quarantined"], told["partners"]) == (2, 1, {"P001": 2})
        assert len(told["unreadable"]) == 1
    else:
        assert (told["leads"]["new"], told["partners"]) == (2, {"P001": 1, "P002": 1})
    assert house.hub_side() == hub
    assert house.vendor_side() == vendors
    assert staged(house) == files
    calls = house.control.journal(since=last)
    assert calls
    for call in calls:  # of its own system, and reading only; partners and mailbox heard nothing
        assert call.get("org") in {None, "globex"}
        assert call["operation"] in READS[call["room"]]
        assert not call.get("bytes_written")


def test_the_test_target_touches_nothing_of_production(house, distribute):
    house.import_partners("north~test", TEST)
    house.drop("leads_1.csv", leads("a1"))
    assert distribute().state == "success"
    house.drop("leads_2.csv", leads("a2"))
    house.drop("leads_3.csv", leads("t1", "t2"), account="acme_test")
    hub, vendors, last = house.hub_side(), house.vendor_side(), house.control.last()

    ended = distribute(target="test")

    assert ended.state == "success"
    assert house.refs("test") == ["t1", "t2"]
    assert {call.get("org") or call.get("account") for call in house.control.journal(since=last)} == {
        "test",
        "acme_test",
    }
    after = house.vendor_side()
    assert {name for name in after if after[name] != vendors[name]} == {"test.Lead", "files.acme_test"}
    for table, rows in house.hub_side().items():
        new = [row for row in rows if row not in hub[table]]
        assert {row[0] for row in new} <= {"north~test"}, table
        assert [row for row in hub[table] if row not in rows] == [], table
    assert len(house.rows("lead", "lead_id", supplier="north~test")) == 2


def test_a_file_that_comes_again_is_known_unless_a_resend_is_asked_for(house, distribute):
    house.drop("leads_1.csv", leads("a1", "a2"))
    distribute()
    house.drop("leads_again.csv", leads("a1", "a2"))

    again = distribute()

    assert again.state == "success"
    assert house.refs("p001") == ["a1", "a2"]

    house.drop("leads_more.csv", leads("a1", "a2"))
    resent = distribute(resend=True)

    assert resent.state == "success"
    assert house.rows("receipt", "outcome", run_id=resent.run_id) == ["new", "new"]
    assert len(house.rows("assignment", "lead_id", active=True)) == 4


def test_a_file_nobody_can_read_is_set_aside_and_mailed(house, distribute):
    house.drop("leads_1.csv", leads("a1"))
    house.drop("leads_2.csv", "Ref\n1\n")

    ended = distribute()

    assert ended.state == "failed"
    assert {name for name, state in ended.tasks.items() if state == "failed"} == {
        "put_away",
        "notify_failure",
    }
    assert house.refs("p001") == ["a1"]
    assert [path["path"] for path in house.control.files() if path["path"].startswith("/error/")] == [
        "/error/leads_2.csv",
        "/error/leads_2.csv.done",
        "/error/leads_2.csv.error.txt",
    ]
    (mail,) = house.control.mails()
    assert "leads_2.csv" in mail["text"]


def test_quarantined_rows_are_replayed_under_todays_mapping(house, distribute):
    fields = [one | {"length": 8} if one["name"] == "last_name" else one for one in NORTH["fields"]]
    write_mapping(house.folder / "include", NORTH | {"fields": fields})
    house.drop("leads_1.csv", leads("a1", "long-name"))
    first = distribute()
    assert house.refs("p001") == ["a1"]
    old = house.rows("run", "books", run_id=first.run_id)

    write_mapping(house.folder / "include", NORTH)
    ended = run("north_replay", {"run": first.run_id})

    assert ended.state == "success"
    assert house.refs("p001") == ["a1", "long-name"]
    assert house.rows("run", "books", run_id=first.run_id) == old
    assert books(house, ended.run_id)

    nothing = run("north_replay", {"run": first.run_id})
    assert nothing.state == "success"
    assert house.refs("p001") == ["a1", "long-name"]


def test_preflight_is_red_where_the_suppliers_system_cannot_be_used(house, airflow_database):
    assert run("north_preflight").state == "success"
    usual = standing(house)  # such as a rule of the org that our writes are kept out of

    house.control.org_up("p002", False)
    assert run("north_preflight").state == "success"
    assert {subject for subject, code in standing(house) if (subject, code) not in usual} == {"crm:sf-p002"}
    told = house.control.mails()
    assert any("CRM account sf-p002" in one["text"] for one in told)

    house.control.sftp_up(False)
    ended = run("north_preflight")
    assert ended.tasks == {"preflight": "failed", "notify_failure": "failed"}
    (mail,) = house.control.mails()[len(told) :]
    assert "1 stops work" in mail["subject"]

    house.control.org_up("p002", True)
    house.control.sftp_up(True)
    assert run("north_preflight").state == "success"
    assert standing(house) == usual


def standing(house):
    return house.rows("finding", "subject", "code", cleared_at=None)


def test_a_run_keeps_the_mapping_that_it_started_with(house, distribute):
    house.drop("leads_1.csv", leads("a1"))
    ended = distribute()
    write_mapping(house.folder / "include", NORTH | {"label": "Another name"})

    again = run_again(ended, ["route"])

    assert again.state == "success"
    assert len(house.rows("mapping_version", "mapping_hash")) == 1


def test_a_run_with_a_window_that_is_none_fails_at_once_and_tells_who_asked_alone(house, distribute, caplog):
    ended = distribute(window_start="yesterday")

    assert ended.state == "failed"
    assert ended.tasks["start"] == "failed"
    assert ended.tasks["settle"] == "skipped"
    assert "'yesterday' is no date and time" in caplog.text
    assert house.control.mails() == []
