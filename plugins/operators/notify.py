"""The last task of every DAG: one mail about what failed, and a run that stays red."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from airflow.sdk import TriggerRule
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from operators.mails import send_now
from operators.start import chosen_mapping
from operators.task import FAILURE, SUBJECT, TOLD, LeadlineOperator, run_name

if TYPE_CHECKING:
    from leadline.mapping.model import SupplierMapping
    from leadline.notices import Failure

FAILED, SUCCEEDED = "failed", "success"


class NotifyFailureOperator(LeadlineOperator):
    """Opens and closes incidents, mails the contacts once per incident, and fails if the run did.

    What the supplier can mend is told to its configured contacts, the rest to the platform's.

    Downstream of every other task. Skipped when nothing failed.
    """

    template_fields: Sequence[str] = ()
    in_dry_run = True

    def __init__(self, *, supplier: str, **kwargs: Any) -> None:
        kwargs.setdefault("trigger_rule", TriggerRule.ALL_DONE)
        super().__init__(**kwargs)
        self.supplier = supplier

    def work(self, context: Mapping[str, Any]) -> None:
        """Report the run."""
        from leadline.hub import open_hub
        from leadline.notices import close_incidents, report_failure
        from leadline.settings import settings

        ti, run_id = context["ti"], str(context["run_id"])
        dag_id = str(context["dag_run"].dag_id)
        states = ti.get_task_states(dag_id=dag_id, run_ids=[run_id]).get(run_id, {})
        tasks = _instances(states, set(context["dag"].task_ids) - {self.task_id})
        hub, mapping = open_hub(), self._mapping(context)
        key = mapping.key()
        failures = [
            _failure(ti, dag_id, task, index, _task_url(dag_id, run_id, task, index))
            for task, index, state in tasks
            if state == FAILED
        ]
        unwell = {failure.task for failure in failures}
        green = [(task, index) for task, index, state in tasks if state == SUCCEEDED]
        well = {name for task, index in green for name in _names(ti, dag_id, task, index)} - unwell
        if not context["params"].get("dry_run"):
            close_incidents(hub, key, sorted(well))
        if not failures:
            raise AirflowSkipException("nothing failed")
        if not context["params"].get("dry_run"):
            report_failure(
                hub,
                key,
                run_name(context),
                failures,
                mapping.contacts,
                platform=settings().platform_contacts,
                label=mapping.title,
            )
            send_now(hub)
        raise AirflowFailException(f"failed in this run: {', '.join(sorted(unwell))}")

    def _mapping(self, context: Mapping[str, Any]) -> SupplierMapping:
        return chosen_mapping(self.supplier, context["params"])


def _instances(states: Mapping[str, Any], task_ids: set[str]) -> list[tuple[str, int, str]]:
    """Return (task, map index or -1, state); a mapped instance is keyed `task_0`."""
    found = []
    for key, state in states.items():
        mapped = re.fullmatch(r"(.+)_(\d+)", key)
        if key in task_ids:
            found.append((key, -1, str(state)))
        elif mapped and mapped[1] in task_ids:
            found.append((mapped[1], int(mapped[2]), str(state)))
    return sorted(found)


def _failure(ti: Any, dag_id: str, task: str, index: int, url: str) -> Failure:
    from leadline.errors import FormRefused
    from leadline.mapping.dag_names import task_name
    from leadline.notices import Failure

    left = _left(ti, task, index, FAILURE) or {
        "cause": "unknown",
        "message": "the task ended without a word: it was killed, or its worker is gone",
    }
    # What was asked for in vain is for whoever started the run: it is nobody else's trouble.
    told = bool(_left(ti, task, index, TOLD)) or left["cause"] == FormRefused.__name__
    name = _names(ti, dag_id, task, index)[0]
    step = task_name(dag_id, task)
    return Failure(name, str(left["cause"]), str(left["message"]), url, told=told, step=step)


def _names(ti: Any, dag_id: str, task: str, index: int) -> list[str]:
    """Return what people call this task: a mapped one by all that it worked on, or by what failed."""
    from leadline.mapping.dag_names import task_name

    subject = _left(ti, task, index, SUBJECT) if index >= 0 else None
    if not subject:
        return [task_name(dag_id, task)]
    subjects = [subject] if isinstance(subject, str) else subject
    return [task_name(dag_id, f"{task}:{one}") for one in subjects]


def _left(ti: Any, task: str, index: int, key: str) -> Any:
    return ti.xcom_pull(task_ids=task, key=key, map_indexes=index if index >= 0 else None)


def _task_url(dag_id: str, run_id: str, task: str, index: int) -> str:
    from leadline.settings import settings

    mapped = f"/mapped/{index}" if index >= 0 else ""
    url = settings().airflow_url.rstrip("/")
    return f"{url}/dags/{quote(dag_id)}/runs/{quote(run_id, safe='')}/tasks/{quote(task)}{mapped}"
