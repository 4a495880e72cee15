"""A sandbox on ephemeral ports, started once per session and emptied before each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.launch import RunningSandbox, running


@pytest.fixture(scope="session")
def whole_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    """Every room, for the whole session."""
    with running(Path(tmp_path_factory.mktemp("sandbox"))) as started:
        yield started


@pytest.fixture
def sandbox(whole_sandbox: RunningSandbox) -> RunningSandbox:
    """Every room, empty."""
    whole_sandbox.control.reset()
    return whole_sandbox
