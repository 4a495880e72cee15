"""`leadline hold` and `leadline release`: a person's word on a pull."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import insert

from leadline.hub import Hub
from leadline.hub.schema import pull


@pytest.fixture
def unjudged(cli_hub: Hub) -> Hub:
    """Return a hub with a pull that its run did not live to judge."""
    with cli_hub.transaction("acme") as connection:
        connection.execute(
            insert(pull).values(
                supplier="acme", run_id="dead", kind="leads", manifest_uri="m", rows=3, landed_at=1
            )
        )
    return cli_hub


def judged(hub: Hub) -> tuple[str | None, str | None]:
    with hub.reading() as connection:
        row = connection.execute(pull.select()).one()
    return row.judged, row.released_by


def held_by(hub: Hub) -> str | None:
    with hub.reading() as connection:
        return connection.execute(pull.select()).one().held_by


def test_an_account_without_a_name_holds_and_releases_by_its_number(
    cli, unjudged: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As in a container that runs under any number: no variable names the user, and no list of accounts.
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("os.getuid", lambda: 54_321)

    assert [cli(command, "dead", "--supplier", "acme").code for command in ("hold", "release")] == [0, 0]
    assert judged(unjudged) == ("passed", "account 54321")
    assert held_by(unjudged) == "account 54321"


def test_a_pull_is_held_once(cli, unjudged: Hub) -> None:
    held = cli("hold", "dead", "--supplier", "acme")
    again = cli("hold", "dead", "--supplier", "acme", "--json")

    assert (held.code, again.code) == (0, 0)
    assert "leadline release dead" in held.out
    assert json.loads(again.out) == {"supplier": "acme", "run": "dead", "held": False}
    assert judged(unjudged) == ("held", None)


def test_a_pull_that_nobody_judged_can_be_released(cli, unjudged: Hub) -> None:
    released = cli("release", "dead", "--supplier", "acme", "--json")
    again = cli("release", "dead", "--supplier", "acme")

    assert json.loads(released.out)["released"] is True
    assert "nothing to release" in again.out
    verdict, by = judged(unjudged)
    assert verdict == "passed"
    assert by


@pytest.mark.parametrize("command", ["hold", "release"])
def test_an_unknown_supplier_is_an_error_that_names_the_known(cli, unjudged: Hub, command: str) -> None:
    said = cli(command, "dead", "--supplier", "acne")

    assert said.code == 2
    assert "the hub holds nothing of 'acne'; it knows: acme" in said.err


def test_an_unknown_run_is_an_error(cli, unjudged: Hub) -> None:
    said = cli("hold", "other", "--supplier", "acme")

    assert said.code == 2
    assert "run other has no pull of leads" in said.err
