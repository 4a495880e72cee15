"""Runs: who is working, for which supplier, under which pinned version of the mapping."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class RunContext:
    """One task at work on one run; every function that writes takes it.

    Attributes:
        supplier: The supplier key, `acme` or `acme~test`; every statement is bound to it.
        run_id: The run, as the scheduler names it.
        task: Which step of the run, for history and logs.
        actor: `airflow` for scheduled work, or the user who asked.
        mapping_hash: The pinned version of the mapping.
        rules_hash: The pinned version of its routing rules.
    """

    supplier: str
    run_id: str
    task: str
    actor: str
    mapping_hash: str
    rules_hash: str
