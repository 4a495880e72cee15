"""What all commands share."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from leadline import cli as command_line
from leadline.errors import ConfigurationError, Finding, MappingError, VendorUnavailable
from leadline.settings import read_settings
from tests.cli.conftest import Said

ROOT = Path(__file__).parents[2]


def test_help_names_every_command_that_is_there(cli) -> None:
    said = cli("--help")

    there = {path.stem for path in (ROOT / "src/leadline/cli").glob("*.py")} & set(command_line.COMMANDS)
    assert said.code == 0
    assert {"lint", "schema", "trace", "release", "replay", "preflight", "hub"} <= there
    assert not [name for name in there if f"  {name} " not in said.out.replace("\n", " \n")]


@pytest.mark.parametrize("name", ["--help", *command_line.COMMANDS])
def test_help_is_light(name: str) -> None:
    # Heavy imports wait for the command to run: nobody waits seconds for --help.
    words = [name] if name.startswith("-") else [name, "--help"]
    code = (
        "import sys\nfrom leadline.cli import main\n"
        f"try: main({words!r})\nexcept SystemExit: pass\n"
        "print(','.join(sorted({name.split('.')[0] for name in sys.modules})), file=sys.stderr)"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    loaded = set(done.stderr.strip().splitlines()[-1].split(","))
    assert not loaded & {
        "pandas",
        "pyarrow",
        "sqlalchemy",
        "great_expectations",
        "pydantic",
        "yaml",
        "airflow",
    }


@pytest.mark.parametrize(
    ("error", "lines"),
    [
        (
            MappingError([Finding("a.yaml", 3, "no"), Finding("b.yaml", 1, "x")]),
            ["a.yaml:3: no", "b.yaml:1: x"],
        ),
        (ConfigurationError("set this first"), ["leadline: set this first"]),
        (VendorUnavailable("nobody answers"), ["leadline: nobody answers"]),
    ],
)
def test_errors_of_ours_are_messages_and_exit_2(
    cli, monkeypatch: pytest.MonkeyPatch, error: Exception, lines: list[str]
) -> None:
    def fail(_arguments: object) -> int:
        raise error

    monkeypatch.setattr("leadline.cli.lint.run", fail)

    said = cli("lint")

    assert (said.code, said.out, said.err.splitlines()) == (2, "", lines)


def test_other_errors_are_tracebacks(cli, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_arguments: object) -> int:
        raise KeyError("a bug of ours")

    monkeypatch.setattr("leadline.cli.lint.run", fail)

    with pytest.raises(KeyError, match="a bug of ours"):
        cli("lint")


@pytest.mark.parametrize("words", [(), ("nonsense",), ("lint", "--nonsense")])
def test_words_that_mean_nothing_are_exit_2(cli, words: tuple[str, ...]) -> None:
    said = cli(*words)

    assert said.code == 2
    assert "usage: leadline" in said.err


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (
            ("simulate", "a.yaml", "--since", "yesterday"),
            "leadline simulate: --since: 'yesterday' is no date such as 2026-11-22\n",
        ),
        (
            ("preflight", "--supplier", "acme", "--wait", "-5"),
            "leadline preflight: --wait: '-5' is no number of seconds\n",
        ),
        (
            ("schema", "--output", "/nowhere/x.json"),
            "/nowhere/x.json:0: cannot be written: No such file or directory\n",
        ),
    ],
)
def test_a_value_that_does_not_read_is_one_line(cli, words: tuple[str, ...], line: str) -> None:
    assert cli(*words) == Said(2, "", line)


@pytest.mark.parametrize(
    ("environment", "line"),
    [
        ({"TARGETS": "acme"}, "leadline: LEADLINE_TARGETS: 'acme' is not like acme=test\n"),
        (
            {"AIRFLOW_URL": "http://127.0.0.1:none"},
            "leadline: LEADLINE_AIRFLOW_URL is no address such as http://127.0.0.1:8080\n",
        ),
        (
            {"AIRFLOW_URL": "https://op:geheim@airflow.example"},
            "leadline: LEADLINE_AIRFLOW_URL holds a user, and stands in mails: give LEADLINE_AIRFLOW_USER and"
            " LEADLINE_AIRFLOW_PASSWORD instead\n",
        ),
        (
            {"SECRET_KEY_FILE": "/nowhere/key"},
            "leadline: LEADLINE_SECRET_KEY_FILE: cannot read /nowhere/key: No such file or directory\n",
        ),
    ],
)
def test_a_setting_that_does_not_read_is_one_line(cli, environment: dict[str, str], line: str) -> None:
    assert cli("report", **environment) == Said(2, "", line)


def test_a_reader_that_closes_the_pipe_early_is_no_error(tmp_path: Path) -> None:
    folder = tmp_path / "mappings"
    folder.mkdir()
    for number in range(3_000):
        (folder / f"m{number}.yaml").write_text("", encoding="utf-8")
    command = f"{sys.executable} -c 'from leadline.cli import main; raise SystemExit(main())' lint {folder}"

    done = subprocess.run(
        ["bash", "-c", f"{command} | head -n 1; exit ${{PIPESTATUS[0]}}"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "LEADLINE_HOME": str(tmp_path)},
    )

    assert done.stdout.count("\n") == 1
    assert done.stderr == ""


@pytest.mark.parametrize(
    "written", ["a@x.example,b@y.example", "a@x.example; b@y.example", "a@x.example\nb@y.example\n"]
)
def test_platform_contacts_stand_in_a_row_or_one_below_the_other(written: str) -> None:
    # A line break in an address would keep every mail of the health DAG from being made.
    found = read_settings({"LEADLINE_PLATFORM_CONTACTS": written}).platform_contacts

    assert found == ("a@x.example", "b@y.example")
