"""The first task of a run: pin the mapping and the window."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from operators.task import LeadlineOperator, actor_of, run_name

if TYPE_CHECKING:
    from leadline.mapping.model import SupplierMapping
    from leadline.ports import Window
    from leadline.runs import RunKind


class StartRunOperator(LeadlineOperator):
    """Pins mapping and window to this run; returns the supplier key that all other tasks take."""

    template_fields: Sequence[str] = ()

    def __init__(
        self, *, supplier: str, replays: bool = False, reads_source: bool = True, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.supplier = supplier
        self.replays = replays
        self.reads_source = reads_source

    def work(self, context: Mapping[str, Any]) -> str:
        """Start the run, or find it started."""
        from leadline import distribution, runs
        from leadline.hub import open_hub

        run = context["dag_run"]
        refuse_unknown(context)
        mapping, kind = chosen_mapping(self.supplier, context["params"]), run_kind(run)
        run_id, dag_id, actor = run_name(context), str(run.dag_id), actor_of(context)
        if not self.reads_source:
            hub = open_hub()
            return runs.start_run(
                hub, mapping, run_id=run_id, dag_id=dag_id, kind=kind, task="start", actor=actor
            ).supplier
        ctx = distribution.start(
            open_hub(),
            mapping,
            run_id=run_id,
            dag_id=dag_id,
            actor=actor,
            kind="replay" if self.replays else kind,
            window=window_of(run, context["params"]),
            interval_end=read_until(run),
        )
        key: str = ctx.supplier
        return key


def refuse_unknown(context: Mapping[str, Any]) -> None:
    """Refuse parameters that the DAG's form does not have; Airflow lets every name through.

    A run that was asked for with `dryrun` would otherwise do in earnest what its asker wanted to see.

    Raises:
        FormRefused: It names them, and those of the form.
    """
    from leadline.errors import FormRefused

    form = set(context["dag"].params)
    if unknown := sorted(set(context["dag_run"].conf or {}) - form):
        raise FormRefused(
            f"there is no parameter {', '.join(unknown)}; the form has {', '.join(sorted(form))}"
        )


def chosen_mapping(supplier: str, params: Mapping[str, Any]) -> SupplierMapping:
    """Return the mapping as its file is now, at the target that the run, or else the environment, names.

    Raises:
        ConfigurationError: There is no such mapping, or no such target in it.
    """
    from leadline.errors import ConfigurationError
    from leadline.mapping.loading import load_supplier
    from leadline.settings import settings

    mapping = load_supplier(settings().mappings_dir, supplier)
    target = params.get("target") or settings().targets.get(supplier) or mapping.target
    if target not in mapping.targets:
        raise ConfigurationError(
            f"{supplier}: there is no target '{target}'; targets are {', '.join(sorted(mapping.targets))}"
        )
    return mapping.model_copy(update={"target": target})


def run_kind(run: Any) -> RunKind:
    """Return the run's kind in our words: scheduled, backfill or manual."""
    kind = str(getattr(run.run_type, "value", run.run_type))
    if kind == "scheduled":
        return "scheduled"
    return "backfill" if kind == "backfill" else "manual"


def read_until(run: Any) -> datetime:
    """Return where a run that names no end stops reading: its interval's end; by hand, when it was asked for.

    Airflow's form gives a run by hand a logical date, and with it the interval of the last scheduled run.
    """
    until: datetime = run.run_after
    if run_kind(run) != "manual" and run.data_interval_end:
        until = run.data_interval_end
    return until


def window_of(run: Any, params: Mapping[str, Any]) -> Window | None:
    """Return the window that this run names; None: what came since the watermark.

    A form's window wins; then a backfill's interval; without a start it begins at the beginning. A named
    window also reads files that were archived in it, unless the form says not to.

    Raises:
        FormRefused: A moment does not read, or nothing lies between the two.
    """
    from leadline.errors import FormRefused
    from leadline.ports import Window

    start, end = moment_of(params.get("window_start")), moment_of(params.get("window_end"))
    resend, campaigns = bool(params.get("resend")), tuple(params.get("campaigns") or ())
    if start is None and end is None and run_kind(run) == "backfill":
        start, end = run.data_interval_start, run.data_interval_end
    named = start is not None or end is not None
    if not named and not resend and not campaigns:
        return None
    # Without a window a resend means what lies in the inbox again, never the whole archive.
    archive = named and params.get("archive") is not False
    end = end or read_until(run)
    if start is not None and start >= end:
        raise FormRefused(
            f"the window holds nothing: it begins at {start:%Y-%m-%dT%H:%M:%S%z} and ends at "
            f"{end:%Y-%m-%dT%H:%M:%S%z}"
        )
    return Window(start, end, archive=archive, resend=resend, campaigns=campaigns)


def moment_of(text: Any) -> datetime | None:
    """Return a form's date and time; one that names no zone is UTC, as the form shows it.

    Raises:
        FormRefused: It is none; Airflow does not check the format that its form names.
    """
    from leadline.errors import FormRefused

    if not text:
        return None
    try:
        at = text if isinstance(text, datetime) else datetime.fromisoformat(str(text))
    except ValueError:
        message = f"'{text}' is no date and time; write it like 2026-11-22T06:00:00Z"
        raise FormRefused(message) from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
