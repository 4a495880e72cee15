"""Follows one lead, or one run, from end to end through the hub, for people who ask why (O3, R7).

Only reads. Every statement is bound to a supplier: what is asked for one never shows another's.
"""

from leadline.trace.leads import find_leads, trace_leads
from leadline.trace.runs import trace_runs

__all__ = ["find_leads", "trace_leads", "trace_runs"]
