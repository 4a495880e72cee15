"""Leads go through every stage and each has its figures; how fast it was is nobody's business here."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import measure
from benchmarks.__main__ import STAGES


def test_each_stage_is_measured(tmp_path: Path) -> None:
    found = measure.end_to_end(f"sqlite:///{tmp_path / 'hub.db'}", 200, tmp_path)

    assert found["leads"] == 200
    assert set(found["stages"]) == {*STAGES, "end_to_end"}
    for figures in found["stages"].values():
        assert min(figures["wall_s"], figures["cpu_s"], figures["peak_mb"]) > 0


def test_two_processes_may_share_the_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mapping = measure.samples.mapping().model_copy(update={"batch_rows": 100})
    monkeypatch.setattr(measure.samples, "mapping", lambda: mapping)

    found = measure.shared(f"sqlite:///{tmp_path / 'hub.db'}", 200, tmp_path)

    assert found["leads"] == 200
    assert set(found["stages"]) == {*STAGES, "end_to_end"}
