"""What commands share that start a DAG run: which DAG a supplier key means, and what is said of the run."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from leadline.cli.naming import named

if TYPE_CHECKING:
    from leadline.airflow_api import StartedRun


def add_wait(parser: argparse.ArgumentParser) -> None:
    """Add the options of a command that waits for a DAG run."""
    parser.add_argument(
        "--supplier", metavar="S", type=named, required=True, help="supplier key: acme, or acme~test"
    )
    parser.add_argument(
        "--wait",
        metavar="SECONDS",
        type=_seconds,
        default=600,
        help="for the run's end; default 600, 0: not at all",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def start(supplier: str, kind: str, conf: dict[str, Any], wait_seconds: float) -> StartedRun:
    """Start a DAG of this kind for a supplier key; a test target goes along as a parameter.

    Raises:
        UnknownSupplier: No mapping here has this name; the message names those there are.
        ConfigurationError: As `airflow_api.trigger`.
    """
    from leadline.airflow_api import trigger
    from leadline.mapping.dag_names import dag_id

    # The target goes along always: the key that was typed counts, not the one that is configured.
    name, _, target = supplier.partition("~")
    _require_mapping(name)
    conf = {**conf, "target": target or "production"}
    return trigger(dag_id(name, kind), conf, wait_seconds=wait_seconds)


def _require_mapping(supplier: str) -> None:
    """Refuse a name that no mapping has; where no mappings lie, as beside a distant Airflow, it is to say."""
    from leadline.errors import UnknownSupplier
    from leadline.mapping.loading import mapping_files
    from leadline.settings import settings

    known = [path.stem for path in mapping_files(settings().mappings_dir)]
    if known and supplier not in known:
        raise UnknownSupplier(f"there is no mapping for '{supplier}'; there are: {', '.join(known)}")


def _seconds(written: str) -> float:
    try:
        seconds = float(written)
    except ValueError:
        seconds = -1
    if not 0 <= seconds < float("inf"):
        raise argparse.ArgumentTypeError(f"'{written}' is no number of seconds")
    return seconds


def exit_code(run: StartedRun, waited: float) -> int:
    """Return 0 for a run that is green, or that nobody waits for."""
    return 0 if run.state == "success" or (not waited and not run.ended) else 1
