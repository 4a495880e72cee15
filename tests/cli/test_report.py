"""`leadline report`."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import update

from leadline.hub import Hub
from leadline.hub.schema import run
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


def test_the_table_lines_up(cli, cli_hub: Hub) -> None:
    assert cli("report").out == "no runs yet\n"
    tell(cli_hub, "acme", LEADS)
    tell(cli_hub, "globex", {"a@example.com": "FR"})

    lines = cli("report").out.splitlines()

    assert len(lines) == 3
    assert len({len(line) for line in lines}) == 1
    assert lines[0].split()[:3] == ["supplier", "run", "received"]
    assert lines[1].split()[:3] == ["acme", RUN, "4"]
