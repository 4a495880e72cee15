"""Files after their pull: into the archive, or aside."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from leadline import landed, pulls, runs
from leadline.errors import UnreadableFile
from leadline.hub import Hub
from leadline.manifests import LandedSource
from leadline.ports import KINDS, Kind, SupplierSystem
from leadline.runs import RunContext
from leadline.staging import Staging


def put_away(hub: Hub, staging_url: str | None, ctx: RunContext, system: SupplierSystem) -> dict[str, Any]:
    """Move files that the hub has received into the archive, and unreadable ones aside.

    Once the run has said which it set aside, and was settled with that, a repeat finds nothing new wrong.

    Raises:
        UnreadableFile: Some were set aside; what is wrong with each. All others are archived first.
    """
    sources = [one for kind in KINDS for one in _received(hub, staging_url, ctx, kind)]
    bad = [one for one in sources if one.error]
    for one in sources:
        modified_at = datetime.fromisoformat(one.modified_at) if one.modified_at else None
        if one.error:
            system.set_aside(one.path, one.error, modified_at)
        else:
            system.archive(one.path, one.name, modified_at)
    if not bad:
        return {"archived": len(sources)}
    if landed.mark_set_aside(hub, ctx, bad) or not runs.is_settled(hub, ctx):
        told = [f"{one.name}: {one.error}" for one in bad]
        head = f"of {len(bad)} files, now set aside, nothing was taken: "
        error = UnreadableFile("set_aside", head + "; ".join(told))
        error.parts = (head + told[0], *told[1:])
        raise error
    return {"archived": len(sources) - len(bad), "set_aside": len(bad)}


def _received(hub: Hub, staging_url: str | None, ctx: RunContext, kind: Kind) -> list[LandedSource]:
    """Return the files of a pull whose rows all have receipts: until then they stay where they are."""
    manifest = Staging(staging_url).read_manifest(ctx.supplier, ctx.run_id, kind)
    if manifest is None or not pulls.is_complete(hub, ctx, kind):
        return []
    return [source for source in manifest.sources if source.path]
