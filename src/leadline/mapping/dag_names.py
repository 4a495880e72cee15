"""What the DAGs of a supplier are called: lint looks for collisions, commands start them by name."""

from __future__ import annotations

DAG_KINDS = (
    "distribution",
    "dry_run",
    "preflight",
    "replay",
    "feedback",
    "opportunities",
    "closed_loop",
    "deliver",
    "marketing",
    "retain",
)

PULLS = ("distribution", "replay")
"""The kinds whose runs bring leads in: people know them by the name that Airflow gave the run."""

OWN_DAGS = ("leadline_health", "leadline_mapping_errors")


def dag_id(supplier: str, kind: str) -> str:
    """Return the id of a supplier's DAG, such as `acme_distribution`."""
    return f"{supplier}_{kind}"


def run_name(dag_id: str, run_id: str) -> str:
    """Return what the hub calls a run: Airflow's name, behind the DAG's kind where it brings no leads in.

    DAGs that start at the same minute have runs of the same name, and the hub keeps runs by supplier.

    >>> run_name("acme_feedback", "scheduled__2026-11-22T05:00:00+00:00")
    'feedback:scheduled__2026-11-22T05:00:00+00:00'
    """
    return _behind_kind(dag_id, run_id)


def task_name(dag_id: str, task: str) -> str:
    """Return what incidents call a task: behind the DAG's kind as runs are, for DAGs have tasks of one name.

    >>> task_name("acme_feedback", "settle"), task_name("acme_distribution", "settle")
    ('feedback:settle', 'settle')
    """
    return _behind_kind(dag_id, task)


def _behind_kind(dag_id: str, name: str) -> str:
    kind = next((one for one in DAG_KINDS if dag_id.endswith(f"_{one}")), PULLS[0])
    return name if kind in (*PULLS, name) else f"{kind}:{name}"


def run_names(run_id: str) -> tuple[str, ...]:
    """Return every name that the hub may give a run which people, or Airflow, call so."""
    return (run_id, *(f"{kind}:{run_id}" for kind in DAG_KINDS if kind not in PULLS))


def supplier_of(dag_id: str) -> str:
    """Return the supplier that a DAG belongs to: `acme` for `acme_closed_loop`; ValueError if it has none."""
    for kind in DAG_KINDS:  # no kind ends in another, so one fits at most
        if dag_id.endswith(f"_{kind}"):
            return dag_id.removesuffix(f"_{kind}")
    raise ValueError(f"'{dag_id}' is no DAG of a supplier; those end in {', '.join(DAG_KINDS)}")
