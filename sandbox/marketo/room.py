"""The room of Marketo: which tenants there are, and how one is made."""

from __future__ import annotations

from pathlib import Path

from sandbox.hooks import SandboxHooks

from .config import NAMES, tenant_config
from .tenant import Subscription

__all__ = ["NAMES", "make_room"]


def make_room(name: str, state: Path, hooks: SandboxHooks) -> Subscription:
    """Return the tenant; what its state file holds is read back."""
    return Subscription(tenant_config(name), state, hooks)
