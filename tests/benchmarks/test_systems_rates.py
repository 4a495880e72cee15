"""The figures of every system, from a run over a few leads; how fast it was is nobody's business here."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from benchmarks.limits import LIMITS, Limit

ROOT = Path(__file__).parents[2]
LEADS = 60  # more than Eloqua takes calls, whatever their number
SIDES = {
    "sftp": ("pull", "write_back"),
    "salesforce": ("pull", "write_back", "push", "pull_back"),
    "marketo": ("pull", "write_back"),
    "eloqua": ("pull", "write_back"),
    "dynamics": ("push", "pull_back"),
    "saleslink": ("push", "pull_back"),
}

Lines = Mapping[str, Mapping[str, Any]]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Lines, str]:
    """Return what the command wrote, by name, and what it printed."""
    out = tmp_path_factory.mktemp("bench") / "bench.json"
    asked = ["--only", "systems", "--leads", str(LEADS), "--out", str(out)]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", *asked], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    written = json.loads(out.read_text("utf-8"))
    assert len({one["name"] for one in written}) == len(written)
    return {one["name"]: one for one in written}, done.stdout


@pytest.fixture(scope="module")
def lines(told: tuple[Lines, str]) -> Lines:
    return told[0]


def test_each_way_of_each_system_has_its_rate_and_its_calls(lines: Lines) -> None:
    wanted = {
        f"systems.{system}.{side}.{figure}"
        for system, sides in SIDES.items()
        for side in sides
        for figure in ("leads_per_s", "calls_per_1000")
    }

    assert wanted <= lines.keys()
    assert all(line["value"] > 0 for line in lines.values())
    assert {tuple(line) for line in lines.values()} == {
        ("name", "value", "unit", "target", "reference", "ratio")
    }


def test_calls_stand_beside_the_vendors_limit_and_the_leads_it_is_enough_for(lines: Lines) -> None:
    daily = {"salesforce": 100_000, "marketo": 50_000, "dynamics": 6_000, "saleslink": 60}
    for system, sides in SIDES.items():
        for side in sides:
            line = lines[f"systems.{system}.{side}.calls_per_1000"]
            assert line["reference"] == daily.get(system)
            if system in daily:
                assert line["ratio"] == pytest.approx(daily[system] / line["value"] * 1000)

    fitting = lines["systems.marketo.pull.leads_within_50000_calls_per_day"]["value"]
    assert fitting == pytest.approx(lines["systems.marketo.pull.calls_per_1000"]["ratio"])
    assert "systems.eloqua.pull.leads_within_2000_exports_per_hour" in lines
    assert "systems.eloqua.write_back.leads_within_2000_imports_per_hour" in lines
    assert "systems.eloqua.pull.leads_within_2000_imports_per_hour" not in lines


def test_only_saleslink_takes_a_call_a_lead(lines: Lines) -> None:
    calls = {
        name.removesuffix(".calls_per_1000"): line["value"]
        for name, line in lines.items()
        if name.endswith(".calls_per_1000")
    }

    # Its contract creates leads one by one; looking all of them up takes one call more.
    assert calls.pop("systems.saleslink.push") == pytest.approx((LEADS + 1) * 1000 / LEADS)
    assert {name for name, value in calls.items() if value >= 1000} == set()


def test_what_a_paced_system_takes_at_its_limit_is_told(lines: Lines) -> None:
    minutes = lines["systems.saleslink.push.minutes_per_1000_within_60_calls_per_minute"]["value"]

    assert minutes == pytest.approx((LEADS + 1) * 1000 / LEADS / 60)


def test_the_table_says_which_limit_is_not_confirmed(told: tuple[Lines, str]) -> None:
    notes = [line for line in told[1].splitlines() if line.startswith("salesforce, 100,000 calls per day")]

    assert len(notes) == 1
    assert "unverified" in notes[0]


def test_a_limit_counts_its_own_calls_only() -> None:
    limit = Limit(2_000, "exports_per_hour", "bulk.exports.create", "")

    assert limit.leads({"bulk.exports.create": 4, "bulk.syncs.create": 4}, 100) == 50_000
    assert limit.leads({"bulk.imports.create": 4}, 100) is None


def test_every_system_that_is_measured_has_its_limits() -> None:
    assert LIMITS.keys() == SIDES.keys()
