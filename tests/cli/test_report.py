"""`leadline report`."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Table, insert, update

from leadline.hub import Hub
from leadline.hub.schema import crm_reading, event, event_write, history, run, writeback
from tests.trace.story import RUN, tell

KEYS = [
    "supplier",
    "run",
    "received",
    "quarantined",
    "filtered",
    "known",
    "updated",
    "new",
    "assigned",
    "unassigned",
    "unrouted",
    "pending",
    "accepted",
    "rejected",
    "pushed",
    "push_failed",
    "push_waiting",
    "written_back",
    "balanced",
    "dag",
    "records_read",
    "statuses_changed",
    "replies",
    "fields_changed",
    "reps_changed",
    "opportunities",
    "events",
    "told",
    "told_refused",
    "told_waiting",
]
LEADS = {"a@example.com": "DE", "b@example.com": "AT", "c@example.com": "XX"}


def test_json_has_one_row_a_run_with_every_figure(cli, cli_hub: Hub) -> None:
    tell(cli_hub, "acme", LEADS)
    tell(cli_hub, "globex", {"a@example.com": "FR"})

    said = cli("report", "--json")

    runs = json.loads(said.out)["runs"]
    assert said.code == 0
    assert [(one["supplier"], one["run"]) for one in runs] == [("acme", RUN), ("globex", RUN)]
    assert [list(one) for one in runs] == [KEYS, KEYS]
    acme = runs[0]
    assert {name: acme[name] for name in ("received", "quarantined", "new")} == {
        "received": 4,
        "quarantined": 1,
        "new": 3,
    }
    assert (acme["assigned"], acme["unassigned"], acme["accepted"]) == (2, 1, 2)
    assert (acme["pushed"], acme["push_failed"], acme["written_back"]) == (1, 1, 1)
    assert acme["balanced"] is None


def test_only_runs_that_started_since_a_day_are_reported(cli, cli_hub: Hub) -> None:
    tell(cli_hub, "acme", LEADS)
    tell(cli_hub, "globex", {"a@example.com": "FR"})
    started = datetime(2026, 11, 21, 23, tzinfo=UTC)
    with cli_hub.transaction() as connection:
        connection.execute(
            update(run).where(run.c.supplier == "globex").values(started_at=int(started.timestamp() * 1e6))
        )

    def found(since: str) -> list[str]:
        return [one["supplier"] for one in json.loads(cli("report", "--json", "--since", since).out)["runs"]]

    assert found("2026-11-21") == ["acme", "globex"]
    assert found("2026-11-22T00:30+01:00") == ["acme"]
    assert cli("report", "--since", "2999-01-01").out == "no runs\n"
    assert "is no date such as" in cli("report", "--since", "yesterday").err
    assert "not allowed with" in cli("report", "--since", "2026-11-21", "--run", RUN).err


def test_a_report_tells_of_work_whose_supplier_has_no_mapping_any_more(
    cli, cli_hub: Hub, tmp_path: Path
) -> None:
    (tmp_path / "mappings").mkdir()
    (tmp_path / "mappings" / "globex.yaml").touch()
    for supplier in ("acme", "globex"):
        tell(cli_hub, supplier, LEADS)

    said = cli("report", INCLUDE_DIR=str(tmp_path))
    body = json.loads(cli("report", "--json").out)
    other = cli("report", "--supplier", "globex")

    assert said.code == 1
    assert "there is no mapping for 'acme' any more" in said.err
    assert "leads without a partner: 1" in said.err
    assert [(one["supplier"], one["unassigned"]) for one in body["without_mapping"]] == [("acme", 1)]
    assert (other.code, other.err) == (0, "")


def test_a_report_where_no_mappings_lie_cannot_tell_which_are_gone(cli, cli_hub: Hub, tmp_path: Path) -> None:
    tell(cli_hub, "acme", LEADS)

    assert cli("report", INCLUDE_DIR=str(tmp_path)) == cli("report", INCLUDE_DIR="include")


def test_a_report_keeps_to_the_supplier_and_run_that_are_named(cli, cli_hub: Hub) -> None:
    tell(cli_hub, "acme", LEADS)
    tell(cli_hub, "globex", {"a@example.com": "FR"})

    only = json.loads(cli("report", "--supplier", "globex", "--run", RUN, "--json").out)["runs"]

    assert [one["supplier"] for one in only] == ["globex"]


def test_a_report_by_a_field_sums_up_to_the_books(cli, cli_hub: Hub) -> None:
    tell(cli_hub, "acme", LEADS)

    runs = json.loads(cli("report", "--by", "country", "--json").out)["runs"]

    assert {one["value"]: one["new"] for one in runs if one["new"]} == {"AT": 1, "DE": 1, "XX": 1}
    assert sum(one["received"] for one in runs) == 4
    assert {one["by"] for one in runs} == {"country"}


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("--supplier", "initech"), "the hub holds nothing of 'initech'; it knows: acme"),
        (("--run", "none"), "there is no run 'none'"),
        (("--run", "none", "--supplier", "acme"), "acme has no run 'none'"),
        (("--run", "none", "--by", "country"), "there is no run 'none'"),
        (
            ("--by", "shoe_size"),
            "'shoe_size' is no field of a mapping that ran; there are: campaign, partner, cou",
        ),
        (("--by", "x'; DROP TABLE lead; --"), "is no field of a mapping that ran"),
    ],
)
def test_what_is_not_there_is_a_message_and_exit_2(
    cli, cli_hub: Hub, words: tuple[str, ...], complaint: str
) -> None:
    tell(cli_hub, "acme", LEADS)

    said = cli("report", *words)

    assert (said.code, said.out) == (2, "")
    assert complaint in said.err


def test_books_that_do_not_balance_are_exit_1_and_stand_out(cli, cli_hub: Hub) -> None:
    tell(cli_hub, "acme", LEADS)
    with cli_hub.transaction() as connection:
        connection.execute(update(run).values(balanced=False))

    said = cli("report")

    assert said.code == 1
    assert said.out.splitlines()[1].endswith("NO")


def test_what_came_back_is_a_table_of_its_own(cli, cli_hub: Hub) -> None:
    ids = tell(cli_hub, "acme", LEADS)
    came_back(cli_hub, "feedback:r1", "acme_feedback", ids["a@example.com"])

    said = cli("report")

    first, second = said.out.split("\n\n")
    assert [line.split()[1] for line in first.splitlines()] == ["run", RUN]
    head, row = (line.split() for line in second.splitlines())
    figures = dict(zip(head, row, strict=True))
    assert figures.pop("run") == "feedback:r1"
    assert {name: figure for name, figure in figures.items() if figure not in ("0", "acme", "-")} == {
        "read": "7",
        "statuses": "1",
        "replies": "1",
        "opportun.": "1",
        "events": "1",
        "told": "1",
        "refused": "1",
    }
    assert "told" not in cli("report", "--by", "country").out


def came_back(hub: Hub, run_id: str, dag_id: str, lead_id: str) -> None:
    """Let a run bring back a status, a rejection, an opportunity and an event, and tell two of them."""
    of_run: dict[str, Any] = {"supplier": "acme", "run_id": run_id}
    with hub.transaction("acme") as connection:

        def put(table: Table, **values: Any) -> None:
            connection.execute(insert(table).values(**of_run, **values))

        put(run, dag_id=dag_id, kind="manual", mapping_hash="m", rules_hash="r", started_at=2**60)
        put(crm_reading, account_id="sf-P001", records=3, read_at=1)
        put(crm_reading, account_id="sf-P002", records=4, read_at=1)
        for number, kind in enumerate(("sales_status", "rejected", "opportunity_created", "written_back")):
            actor = "airflow" if kind == "written_back" else "crm:sf-P001"
            line = {"lead_id": lead_id, "event_id": f"B{number}", "at": 9, "task": "read", "actor": actor}
            put(history, **line, kind=kind)
        # what a run of our own accepted at once is no reply of a partner
        put(history, lead_id=lead_id, event_id="B9", at=9, task="route", actor="airflow", kind="accepted")
        put(event, event_id="EV", lead_id=lead_id, type="Call", origin="partner")
        put(event_write, event_id="EV", identity="i", lead_id=lead_id, state="refused", queued_at=9)
        body = {"lead_id": lead_id, "body": "{}", "body_hash": "h", "queued_at": 9}
        put(writeback, identity="i", sequence=1, state="sent", **body)


def test_the_table_lines_up(cli, cli_hub: Hub) -> None:
    assert cli("report").out == "no runs\n"
    tell(cli_hub, "acme", LEADS)
    tell(cli_hub, "globex", {"a@example.com": "FR"})

    lines = cli("report").out.splitlines()

    assert len(lines) == 3
    assert len({len(line) for line in lines}) == 1
    assert lines[0].split()[:3] == ["supplier", "run", "received"]
    assert lines[1].split()[:3] == ["acme", RUN, "4"]
