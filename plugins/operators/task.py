"""What every Leadline task does the same way: what a failure means to Airflow, and what it leaves behind."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator
from airflow.sdk.definitions.retry_policy import RetryDecision, RetryPolicy
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from leadline.errors import HubUnavailable, LeadlineError, RetryLater
from leadline.lines import one_line
from leadline.mapping import dag_names

if TYPE_CHECKING:
    from leadline.hub import Hub
    from leadline.mapping.model import SupplierMapping
    from leadline.runs import RunContext

logger = logging.getLogger(__name__)

FAILURE = "failure"
SUBJECT = "subject"
TOLD = "told"  # a mail of its own tells why the task failed
LONGEST_WAIT = timedelta(hours=6)
MOST_LINES = 200  # of one failure in a log


class RetryAfter(RetryPolicy):  # type: ignore[misc]
    """Waits as long as the other side asked for; without a wish, the task's own delay holds."""

    def evaluate(
        self,
        exception: BaseException,
        try_number: int,  # noqa: ARG002
        max_tries: int,  # noqa: ARG002
        context: Any = None,  # noqa: ARG002
    ) -> RetryDecision:
        """Return when to try again. Asked in the worker only, and not for `AirflowFailException`."""
        wish = exception.retry_after_seconds if isinstance(exception, RetryLater) else None
        if wish is None:
            return RetryDecision.default()
        delay = min(timedelta(seconds=max(wish, 1)), LONGEST_WAIT)
        return RetryDecision.retry(delay, "the other side asked to wait")


class LeadlineOperator(BaseOperator):  # type: ignore[misc]
    """One step of one supplier's run. A subclass does its work in `work` and returns references and counts.

    `supplier_key` comes from the task that started the run (`acme`, `acme~test`). A dry run skips every
    task that is not made for it, and a run whose first task failed skips those that would still drain queues.
    """

    template_fields: Sequence[str] = ("supplier_key",)
    in_dry_run = False

    def __init__(self, *, supplier_key: str = "", **kwargs: Any) -> None:
        if kwargs.get("retry_policy") is None:  # a mapped task passes None for what it was not given
            kwargs["retry_policy"] = RetryAfter()
        super().__init__(**kwargs)
        self.supplier_key = supplier_key

    def work(self, context: Mapping[str, Any]) -> Any:
        """Do this task's one thing."""
        raise NotImplementedError

    def execute(self, context: Any) -> Any:
        """Do the work; a failure keeps its kind, its cause is left for the failure mail."""
        if bool(context["params"].get("dry_run")) and not self.in_dry_run:
            raise AirflowSkipException("a dry run writes nothing")
        if self.supplier_key is None:  # what the first task would have returned
            raise AirflowSkipException("this run never started")
        with told(context["ti"]):
            return self.work(context)

    def about(self, context: Mapping[str, Any], ids: str | list[str]) -> Callable[[str], None]:
        """Leave what this mapped task works on, which names its incidents; return what tells which failed."""

        def tell(subject: str | list[str]) -> None:
            context["ti"].xcom_push(key=SUBJECT, value=subject)

        tell(ids)
        return tell

    def run_values(self, context: Mapping[str, Any]) -> tuple[Hub, RunContext, SupplierMapping]:
        """Return the hub, this task's context, and the mapping that the run was pinned to."""
        from leadline.hub import open_hub
        from leadline.runs import pinned_mapping, run_context

        hub = open_hub()
        ctx = run_context(hub, self.supplier_key, run_name(context), self.task_id, actor_of(context))
        return hub, ctx, pinned_mapping(hub, ctx.supplier, mapping_hash=ctx.mapping_hash)


@contextmanager
def told(ti: Any) -> Iterator[None]:
    """Leave what failed for the failure mail, and turn an error of ours into what Airflow does now.

    `RetryLater` stays as it is and is tried again, as is a hub that cannot be used; every other error of ours
    would only fail again. What is none of ours is named but not quoted: its text may hold a record.
    """
    try:
        yield
    except (AirflowSkipException, AirflowFailException):
        raise
    except RetryLater as error:
        _tell(ti, error)
        raise
    except LeadlineError as error:
        _tell(ti, error)
        raise AirflowFailException(one_line(f"{type(error).__name__}: {error}")) from error
    except BaseException as error:
        if trouble := trouble_of_the_hub(error):
            unavailable = HubUnavailable(trouble)
            _tell(ti, unavailable)
            raise unavailable from error
        _leave(ti, type(error).__name__, "an unexpected error: its traceback is in the task's log")
        raise


def run_name(context: Mapping[str, Any]) -> str:
    """Return what the hub calls this run."""
    return dag_names.run_name(str(context["dag_run"].dag_id), str(context["run_id"]))


def actor_of(context: Mapping[str, Any]) -> str:
    """Return who asked for this run: `airflow` for the schedule, or a person."""
    run = context.get("dag_run")
    if run is None or str(getattr(run, "run_type", "")) == "scheduled":
        return "airflow"
    return str(getattr(run, "triggering_user_name", None) or "airflow")


def target_of(supplier_key: str) -> str:
    """Return the target that a supplier key is bound to."""
    return supplier_key.partition("~")[2] or "production"


def trouble_of_the_hub(error: BaseException) -> str | None:
    """Return why the hub cannot be used, if that is what this error says."""
    from leadline.hub.trouble import trouble_of

    return trouble_of(error)


def _tell(ti: Any, error: LeadlineError) -> None:
    """Say in the log what failed and what to do, for Airflow cuts tracebacks off; leave it for the mail."""
    from leadline.notices.advice import advice
    from leadline.notices.mails import without_secrets

    cause, message = type(error).__name__, str(error)
    parts = error.parts or (message,)
    for part in parts[:MOST_LINES]:
        logger.error("%s: %s", cause, without_secrets(one_line(part)))
    if len(parts) > MOST_LINES:
        logger.error("%s: and %s more", cause, len(parts) - MOST_LINES)
    logger.error("What to do: %s", advice(cause))
    _leave(ti, cause, message)


def _leave(ti: Any, cause: str, message: str) -> None:
    from leadline.notices.mails import without_secrets

    try:
        ti.xcom_push(key=FAILURE, value={"cause": cause, "message": without_secrets(message)})
    except Exception as error:  # what failed still decides what Airflow does now
        logger.warning("Airflow did not take the cause for the failure mail: %s", type(error).__name__)
