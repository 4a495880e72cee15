"""The command line as a person uses it: words in; exit code, output and complaints out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from leadline.cli import main
from leadline.hub import Hub, open_hub
from leadline.hub.migration import upgrade
from leadline.settings import settings


@dataclass(frozen=True)
class Said:
    """What a command answered."""

    code: int
    out: str
    err: str


Cli = Callable[..., Said]


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Cli]:
    """Return a function that runs one command with settings of its own; keywords become LEADLINE_… ."""
    monkeypatch.setenv("LEADLINE_HOME", str(tmp_path / "home"))
    for name in ("HUB_URL", "INCLUDE_DIR", "TARGETS", "AIRFLOW_URL", "AIRFLOW_USER", "AIRFLOW_PASSWORD"):
        monkeypatch.delenv(f"LEADLINE_{name}", raising=False)

    def run(*words: str, **environment: str) -> Said:
        for name, value in environment.items():
            monkeypatch.setenv(f"LEADLINE_{name}", value)
        settings.cache_clear()
        try:
            code = main(words)
        except SystemExit as error:
            code = int(error.code or 0)
        captured = capsys.readouterr()
        return Said(code, captured.out, captured.err)

    yield run
    settings.cache_clear()


@pytest.fixture
def cli_hub(cli: Cli) -> Hub:
    """Return the hub of the commands, upgraded."""
    settings.cache_clear()
    hub = open_hub()
    upgrade(hub)
    return hub
