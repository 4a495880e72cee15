"""`leadline retain`: what it removes and keeps, in words and as JSON."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from sqlalchemy import insert

from leadline.hub import Hub
from leadline.hub.schema import batch, run
from leadline.settings import settings
from leadline.staging import Staging

OLD = {
    "dag_id": "d",
    "kind": "scheduled",
    "mapping_hash": "m",
    "rules_hash": "r",
    "started_at": 1,
    "balanced": True,
}


@pytest.fixture
def page(cli_hub: Hub) -> Path:
    """Return a page of an old, balanced run of acme; globex is known and has no run."""
    settings.cache_clear()
    with cli_hub.transaction("acme") as connection:
        connection.execute(insert(run).values(OLD | {"supplier": "acme", "run_id": "r1"}))
    with cli_hub.transaction("globex"):
        pass
    staging = Staging()
    with staging.writing(f"{staging.folder('acme', 'r1')}/raw/page.gz") as stream:
        stream.write(b"page")
    path = Path(staging.of_run("acme", "r1")[0].path)
    os.utime(path, (0, 0))
    return path


def test_retain_says_what_it_removed(cli, page: Path) -> None:
    said = cli("retain")

    assert said.code == 0
    assert "acme: older than 30 days: 1 files (0.0 MB) of 1 runs removed\n" in said.out
    assert not page.exists()


def test_retain_looks_at_one_supplier_alone(cli, page: Path) -> None:
    other, unknown = cli("retain", "--supplier", "globex"), cli("retain", "--supplier", "acne")

    assert (other.code, unknown.code) == (0, 2)
    assert "it knows: acme, globex" in unknown.err
    assert page.exists()


def test_retain_names_old_runs_that_keep_their_raw_data(cli, cli_hub: Hub, page: Path) -> None:
    with cli_hub.transaction("acme") as connection:
        own = {"supplier": "acme", "run_id": "r1", "batch_id": "r1:leads:1"}
        place = {"kind": "leads", "number": 1, "uri": "u", "origin": "o", "rows": 1}
        connection.execute(insert(batch).values(own | place))
        staging = Staging()
        with staging.writing(staging.manifest_uri("acme", "r1", "leads")) as stream:
            stream.write(b"{}")

    said, as_json = cli("retain"), cli("retain", "--supplier", "acme", "--json")

    assert (said.code, as_json.code) == (1, 1)
    assert "acme: run r1 keeps its raw data: it is not received, or not balanced\n" in said.out
    assert json.loads(as_json.out) == {
        "suppliers": [
            {"supplier": "acme", "days": 30, "runs": 0, "files": 0, "size": 0, "kept": ["r1"]},
        ]
    }
    assert page.exists()
