"""`leadline trace`."""

from __future__ import annotations

import json

from leadline.hub import Hub
from tests.trace.story import RUN, tell

JANE = "jane@example.com"


def test_json_of_a_lead_holds_its_whole_history(cli, cli_hub: Hub) -> None:
    ids = tell(cli_hub, "acme", {JANE: "DE"})

    said = cli("trace", JANE, "--json")

    (lead,) = json.loads(said.out)["leads"]
    assert said.code == 0
    assert (lead["supplier"], lead["lead"], lead["email"]) == ("acme", ids[JANE], JANE)
    for part in ("receipts", "sources", "decisions", "assignments", "deliveries", "write_backs", "history"):
        assert lead[part], part
    assert json.loads(cli("trace", ids[JANE], "--json").out)["leads"] == [lead]


def test_json_of_a_run_holds_counts_and_problem_rows(cli, cli_hub: Hub) -> None:
    tell(cli_hub, "acme", {JANE: "DE", "x@example.com": "XX"})
    tell(cli_hub, "globex", {JANE: "FR"})

    said = cli("trace", "--run", RUN, "--supplier", "acme", "--json")

    (run,) = json.loads(said.out)["runs"]
    assert said.code == 0
    assert (run["supplier"], run["run"]) == ("acme", RUN)
    assert run["batches"][0]["outcomes"] == {"new": 2, "quarantined": 1}
    assert {problem["step"] for problem in run["problems"]} == {"check", "route", "write_back"}


def test_text_is_grouped_by_supplier(cli, cli_hub: Hub) -> None:
    tell(cli_hub, "globex", {JANE: "FR"})
    tell(cli_hub, "acme", {JANE: "DE"})

    said = cli("trace", JANE)

    heads = [line for line in said.out.splitlines() if line and not line.startswith(" ")]
    assert heads == ["acme", "globex"]
    assert "Required rule 'country'" in said.out


def test_nobody_found_is_exit_1(cli, cli_hub: Hub) -> None:
    tell(cli_hub, "acme", {JANE: "DE"})

    said = cli("trace", "nobody@example.com", "--json")

    assert (said.code, json.loads(said.out)) == (1, {"leads": []})
    assert "no lead has this e-mail address or id" in said.err


def test_a_run_that_is_not_there_is_exit_2(cli, cli_hub: Hub) -> None:
    for name in ("none", ""):
        said = cli("trace", "--run", name)
        assert (said.code, said.err) == (
            2,
            f"leadline: there is no run '{name}'; leadline report names those there are\n",
        )


def test_a_lead_or_a_run_must_be_named(cli) -> None:
    assert cli("trace").code == 2
    assert cli("trace", "a@example.com", "--run", "r").code == 2
