"""`leadline hub upgrade` and `leadline release`, and what commands say of a hub that is not there."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select, update

from leadline.hub import Hub
from leadline.hub.schema import pull
from tests.trace.story import RUN, tell


def test_the_hub_is_made_and_made_again(cli) -> None:
    first, second = (cli("hub", "upgrade", "--json") for _ in range(2))

    assert first.code == 0
    assert json.loads(first.out) == json.loads(second.out)
    assert set(json.loads(first.out)) == {"hub", "revision"}


@pytest.mark.parametrize("words", [("hub", "upgrade"), ("report",)])
@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("postgresql://leadline:geheim@127.0.0.1:1/x", "leadline:***@127.0.0.1:1/x cannot be used: "),
        ("mysql://leadline:geheim@127.0.0.1:1/x", "is no URL of a hub: sqlite://… or postgresql://…"),
        ("geheim", "is no URL of a hub"),
        ("sqlite:///{folder}", "cannot be used: unable to open database file"),
        ("sqlite:///{folder}/text.txt", "text.txt cannot be used: file is not a database"),
    ],
)
def test_a_hub_that_cannot_be_used_is_one_line_without_its_password(
    cli, tmp_path, words: tuple[str, ...], url: str, complaint: str
) -> None:
    (tmp_path / "text.txt").write_text("no database " * 100, encoding="utf-8")

    said = cli(*words, HUB_URL=url.format(folder=tmp_path))

    assert (said.code, said.out, said.err.count("\n")) == (2, "", 1)
    assert complaint in said.err
    assert "geheim" not in said.err


@pytest.mark.parametrize("words", [("report",), ("trace", "a@example.com"), ("hub", "upgrade")])
def test_a_hub_of_a_newer_version_says_so(cli, cli_hub: Hub, words: tuple[str, ...]) -> None:
    with cli_hub.transaction() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")

    said = cli(*words)

    assert (said.code, said.err) == (
        2,
        "leadline: the hub was made by a newer version of Leadline; use that one\n",
    )


@pytest.mark.parametrize("words", [("trace", "a@example.com"), ("release", "r", "--supplier", "acme")])
def test_a_hub_that_is_not_there_is_a_message(cli, words: tuple[str, ...]) -> None:
    said = cli(*words)

    assert said.code == 2
    assert "there is no hub at" in said.err


def test_a_hub_without_tables_says_what_to_run(cli, tmp_path) -> None:
    (tmp_path / "empty.db").touch()

    said = cli("trace", "a@example.com", HUB_URL=f"sqlite:///{tmp_path / 'empty.db'}")

    assert (said.code, said.err) == (
        2,
        "leadline: the hub is of another version; run: leadline hub upgrade\n",
    )


def test_a_held_pull_is_released_once(cli, cli_hub: Hub) -> None:
    tell(cli_hub, "acme", {"a@example.com": "DE"})
    with cli_hub.transaction("acme") as connection:
        connection.execute(update(pull).values(judged="held"))

    said = [cli("release", RUN, "--supplier", "acme", "--json") for _ in range(2)]

    assert [json.loads(one.out) for one in said] == [
        {"supplier": "acme", "run": RUN, "released": True},
        {"supplier": "acme", "run": RUN, "released": False},
    ]
    with cli_hub.reading() as connection:
        assert connection.execute(select(pull.c.judged)).scalar_one() == "passed"


def test_a_run_that_is_not_there_is_not_released(cli, cli_hub: Hub) -> None:
    with cli_hub.transaction("acme"):
        pass

    said = cli("release", "none", "--supplier", "acme")

    assert said.code == 2
    assert "run none has no pull" in said.err
