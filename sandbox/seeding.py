"""Filling the rooms with the seed data, once per state."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sandbox.core import Sandbox


def seeded(sandbox: Sandbox) -> str | None:
    """Return the name of the seed that the rooms were filled with, or None."""
    file = _file(sandbox)
    return str(json.loads(file.read_text())["name"]) if file.exists() else None


def seed(sandbox: Sandbox, name: str) -> bool:
    """Fill the rooms; False, and nothing done, if they were filled already."""
    if seeded(sandbox):
        return False
    _file(sandbox).write_text(json.dumps({"name": name}))
    return True


def forget(sandbox: Sandbox) -> None:
    """Say that the rooms are empty again."""
    _file(sandbox).unlink(missing_ok=True)
    (sandbox.settings.state / "manifest.json").unlink(missing_ok=True)


def _file(sandbox: Sandbox) -> Path:
    return sandbox.settings.state / "seeded.json"
