"""Filling the rooms with the seed data, once per state."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sandbox.core import Sandbox
    from sandbox.seed.channel import Channel

NAMES = ("demo",)


def seeded(sandbox: Sandbox) -> str | None:
    """Return the name of the seed that the rooms were filled with, or None."""
    file = _marker(sandbox)
    return str(json.loads(file.read_text())["name"]) if file.exists() else None


def seed(sandbox: Sandbox, name: str) -> bool:
    """Fill the rooms; False, and nothing done, if they were filled already.

    Raises:
        ValueError: There is no seed of this name.
    """
    if name not in NAMES:
        raise ValueError(f"no seed '{name}'; there are: {', '.join(NAMES)}")
    if seeded(sandbox):
        return False
    # Imported here: only a seeding needs the generator.
    from sandbox.seed import fill
    from sandbox.seed.channel import make_channel
    from sandbox.seed.manifest import make_manifest
    from sandbox.seed.plan import make_plan

    plan, channel = make_plan(), make_channel()
    now = sandbox.clock.now().astimezone(UTC)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    fill.fill_drops(plan.campaign_files, plan.files, sandbox.accounts["acme"], midnight)
    for account, files in (("hooli", channel.files), ("hooli_test", channel.files[:1])):
        fill.fill_drops([channel.promotions], files, sandbox.accounts[account], midnight, markers=False)
    fill.fill_test_drops(plan, sandbox.accounts["acme_test"], midnight)
    for org_name, room in sandbox.orgs.items():
        if org_name == "globex":
            fill.fill_supplier_org(plan.globex, room.org, midnight)
        elif org_name == "globex_test":
            fill.fill_supplier_org(plan.globex, room.org, midnight, most=30)
        else:
            fill.fill_partner_org([*plan.known, *channel.known], org_name, room.org, midnight)
    _fill_tenants(sandbox, channel, midnight)
    (sandbox.settings.state / "manifest.json").write_text(json.dumps(make_manifest(), ensure_ascii=False))
    _marker(sandbox).write_text(json.dumps({"name": name, "at": now.isoformat()}))
    return True


def _fill_tenants(sandbox: Sandbox, channel: Channel, midnight: datetime) -> None:
    from sandbox.seed.fill_crms import fill_crm
    from sandbox.seed.fill_eloqua import fill_eloqua
    from sandbox.seed.fill_marketo import fill_marketo

    for (vendor, name), room in sandbox.tenants.items():
        most = 30 if name.endswith("_test") else None
        if vendor == "marketo":
            fill_marketo(channel.sources["initech"], room.tenant.act, midnight, most)
        elif vendor == "eloqua":
            fill_eloqua(channel.sources["umbrella"], room.tenant.act, midnight, most)
        elif name in channel.tenants:
            fill_crm(channel.tenants[name], room.tenant.act)


def forget(sandbox: Sandbox) -> None:
    """Say that the rooms are empty again."""
    _marker(sandbox).unlink(missing_ok=True)
    (sandbox.settings.state / "manifest.json").unlink(missing_ok=True)
    (sandbox.settings.state / "week.json").unlink(missing_ok=True)


def _marker(sandbox: Sandbox) -> Path:
    return sandbox.settings.state / "seeded.json"
