"""Routing: which partner gets a lead, and why (R1-R4, R6-R8; docs/routing.md).

`route_waiting` routes what waits in the hub, `assign_manually` and `reroute` give a lead another attempt,
`read_traces` says why it went where it went. Nothing here talks to a vendor or to Airflow.
"""

from leadline.routing.again import assign_manually, reroute, reroute_overdue
from leadline.routing.explaining import read_traces
from leadline.routing.predicates import partners_matching
from leadline.routing.reasons import Outcome, Reason
from leadline.routing.work import RouteCounts, route_batch, route_waiting

__all__ = [
    "Outcome",
    "Reason",
    "RouteCounts",
    "assign_manually",
    "partners_matching",
    "read_traces",
    "reroute",
    "reroute_overdue",
    "route_batch",
    "route_waiting",
]
