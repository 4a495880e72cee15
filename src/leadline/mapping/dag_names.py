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
