"""What a run would do, without doing it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from airflow.sdk.exceptions import AirflowSkipException

from operators.start import chosen_mapping, read_until, refuse_unknown, window_of
from operators.task import LeadlineOperator, run_name


class DryRunOperator(LeadlineOperator):
    """Reads, checks and routes on a snapshot and returns counts.

    Skipped where the DAG's form has a switch for it that is off; where it has none, every run is a dry run.
    """

    template_fields: Sequence[str] = ()
    in_dry_run = True

    def __init__(self, *, supplier: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supplier = supplier

    def work(self, context: Mapping[str, Any]) -> dict[str, Any]:
        """Try the run out; hub, files, CRMs and mailbox stay as they were."""
        if not context["params"].get("dry_run", True):
            raise AirflowSkipException("no dry run was asked for")
        from hooks.systems import supplier_system
        from leadline.dry_run import dry_run
        from leadline.hub import open_hub

        run = context["dag_run"]
        refuse_unknown(context)
        mapping = chosen_mapping(self.supplier, context["params"])
        with supplier_system(mapping) as system:
            counts = dry_run(
                open_hub(),
                mapping,
                system,
                run_id=run_name(context),
                window=window_of(run, context["params"]),
                interval_end=read_until(run),
            )
        return dict(counts)
