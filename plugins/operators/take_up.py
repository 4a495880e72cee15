"""Taking up what dead runs of this supplier left."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from operators.task import LeadlineOperator


class TakeUpOperator(LeadlineOperator):
    """Receives and judges what runs that died had landed; returns counts, fails if some of it is held."""

    def work(self, context: Mapping[str, Any]) -> dict[str, Any]:
        """Finish what was left, or find it finished."""
        from leadline import finishing
        from leadline.settings import settings

        ti = context["ti"]

        def has_ended(dag_id: str, run_id: str) -> bool:
            return not ti.get_dr_count(dag_id=dag_id, run_ids=[run_id], states=["queued", "running"])

        hub, ctx, _ = self.run_values(context)
        return dict(finishing.take_up(hub, settings().staging_url, ctx, has_ended=has_ended))
