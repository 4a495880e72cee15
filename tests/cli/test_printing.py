"""What commands print, whatever stands in the values, and whatever the output can take."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import update

from leadline.hub import Hub
from leadline.hub.schema import lead, source_file
from tests.trace.story import RUN, tell

JANE = "jane@example.com"
STEERING = "a\x1b[31mred\x9b0m\u202egnp.exe\u2028b\nc\x7f"


def run(hub: Hub, *words: str, to: str = "", **environment: str) -> subprocess.CompletedProcess[bytes]:
    """Run a command as a shell does, on this hub; `to` is a redirection."""
    # Under another locale Python goes on in UTF-8, unless it is told not to.
    plain = {"LEADLINE_HUB_URL": str(hub.engine.url), "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    command = f'exec "$0" -c "from leadline.cli import main; raise SystemExit(main())" "$@" {to}'
    return subprocess.run(
        ["bash", "-c", command, sys.executable, *words],
        capture_output=True,
        env=os.environ | plain | environment,
        check=False,
    )


@pytest.fixture
def steered(cli_hub: Hub) -> Hub:
    """Return a hub whose file and lead have names that steer a terminal."""
    tell(cli_hub, "acme", {JANE: "DE", "x@example.com": "XX"})
    with cli_hub.transaction("acme") as connection:
        connection.execute(update(source_file).values(name=STEERING))
        connection.execute(update(lead).values(attributes={"company": STEERING + "\U0001f600"}))
    return cli_hub


def test_nothing_in_a_value_steers_the_terminal_or_adds_a_line(cli, steered: Hub) -> None:
    told = cli("trace", "--run", RUN)

    assert "  a\\x1b[31mred\\x9b0m\\u202egnp.exe\\u2028b\\nc\\x7f  " in told.out
    assert not [one for one in told.out if one != "\n" and not one.isprintable()]


def test_a_message_about_such_a_name_is_one_line(cli, steered: Hub) -> None:
    said = cli("trace", "--run", "a\x1b[2J\nb")

    assert said.err == "leadline: there is no run 'a\\x1b[2J\\nb'; leadline report names those there are\n"


@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "latin-1"])
def test_json_holds_values_as_they_are_in_any_encoding(steered: Hub, encoding: str) -> None:
    done = run(steered, "trace", JANE, "--json", PYTHONIOENCODING=encoding)

    text = done.stdout.decode(encoding)
    assert done.returncode == 0
    assert json.loads(text)["leads"][0]["fields"]["company"] == STEERING + "\U0001f600"
    assert not [one for one in text if one != "\n" and not one.isprintable()]


def test_text_is_printed_where_the_locale_lacks_its_characters(cli_hub: Hub) -> None:
    tell(cli_hub, "acme", {"zoë@exämple.com": "DE"})

    done = run(cli_hub, "trace", "zoë@exämple.com", LC_ALL="C")

    assert (done.returncode, done.stderr) == (0, b"")
    assert rb"zo\xeb@ex\xe4mple.com" in done.stdout


def test_a_name_that_is_no_text_is_refused_in_words(cli_hub: Hub) -> None:
    done = run(cli_hub, "trace", "--run", os.fsdecode(b"\xff"))

    assert (done.returncode, done.stderr) == (2, b"leadline trace: --run: '\\udcff' is no UTF-8 text\n")


def test_a_closed_output_is_no_error(cli_hub: Hub) -> None:
    done = run(cli_hub, "report", to=">&-")

    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no full device")
def test_a_full_disk_under_the_output_is_one_line(cli_hub: Hub) -> None:
    done = run(cli_hub, "report", to=">/dev/full")

    assert (done.returncode, done.stderr) == (2, b"leadline: No space left on device\n")


def test_a_hub_that_fails_in_the_middle_is_one_line(cli, cli_hub: Hub) -> None:
    tell(cli_hub, "acme", {JANE: "DE"})
    with cli_hub.transaction() as connection:
        connection.exec_driver_sql("DROP TABLE opportunity_write")

    said = cli("trace", JANE)

    assert (said.code, said.out) == (2, "")
    where = f"the hub at {cli_hub.engine.url} cannot be used"
    assert said.err == f"leadline: {where}: no such table: opportunity_write\n"


def test_a_port_that_is_none_is_one_line_without_the_password(cli) -> None:
    said = cli("report", HUB_URL="postgresql://u:hidden@db.example:hidden/hub")

    assert (said.code, said.err.count("\n")) == (2, 1)
    assert said.err.startswith("leadline: LEADLINE_HUB_URL is no URL of a hub")
    assert "hidden" not in said.err
