"""Finishing what dead runs left, before leads are routed: one task of every run (docs/adr/006)."""

from __future__ import annotations

import logging

from leadline import distribution, pulls, runs, takeover
from leadline.errors import LeadlineError, LeftUnfinished, RawDataGone, RetryLater, ThresholdExceeded
from leadline.hub import Hub
from leadline.runs import RunContext
from leadline.staging import Staging

logger = logging.getLogger(__name__)


def take_up(
    hub: Hub,
    staging_url: str | None,
    ctx: RunContext,
    *,
    has_ended: takeover.HasEnded | None = None,
    quiet_seconds: float = takeover.QUIET_SECONDS,
) -> dict[str, int]:
    """Finish what dead runs left, each by its own mapping: receive batches, judge pulls; return counts.

    Raises:
        LeftUnfinished: Some are over their threshold, and held; or cannot be received. All others are done.
    """
    done = 0
    problems = takeover.register_manifests(hub, Staging(staging_url), ctx)
    for left in takeover.left_pulls(hub, ctx, has_ended=has_ended, quiet_seconds=quiet_seconds):
        try:
            _finish(hub, staging_url, left)
        except RetryLater:
            raise
        except ThresholdExceeded as error:
            problems.append(str(error))
        except LeadlineError as error:
            # A batch's name is no news and may be long; what is gone is named by run and kind.
            why = "its raw data are gone" if isinstance(error, RawDataGone) else str(error)
            problems.append(f"{left.kind} of run {left.ctx.run_id} cannot be received: {why}")
            continue
        takeover.mark_taken_up(hub, ctx, left)
        done += 1
    if problems:
        raise LeftUnfinished(problems)
    return {"taken_up": done}


def _finish(hub: Hub, staging_url: str | None, left: takeover.LeftPull) -> None:
    mapping = runs.pinned_mapping(hub, left.ctx.supplier, mapping_hash=left.ctx.mapping_hash)
    logger.info(
        "%s: %s of run %s were left: %s batches to receive",
        left.ctx.supplier,
        left.kind,
        left.ctx.run_id,
        len(left.batches),
    )
    for batch in left.batches:
        distribution.validate(hub, staging_url, left.ctx, mapping, batch.batch_id)
    pulls.judge_pull(hub, left.ctx, mapping, left.kind)
