"""What the DAGs of a supplier are called: lint looks for collisions, commands start them by name."""

from __future__ import annotations

DAG_KINDS = (
    "distribution",
    "preflight",
    "replay",
    "feedback",
    "opportunities",
    "closed_loop",
    "deliver",
    "marketing",
    "retain",
)

OWN_DAGS = ("leadline_health", "leadline_mapping_errors")


def dag_id(supplier: str, kind: str) -> str:
    """Return the id of a supplier's DAG, such as `acme_distribution`."""
    return f"{supplier}_{kind}"


def supplier_of(dag_id: str) -> str:
    """Return the supplier that a DAG belongs to: `acme` for `acme_closed_loop`; ValueError if it has none."""
    for kind in DAG_KINDS:  # no kind ends in another, so one fits at most
        if dag_id.endswith(f"_{kind}"):
            return dag_id.removesuffix(f"_{kind}")
    raise ValueError(f"'{dag_id}' is no DAG of a supplier; those end in {', '.join(DAG_KINDS)}")
