"""Checks of a raw batch against the mapping and the hand-written suites (M2).

Values in, values out: a batch comes as an Arrow table, accepted columns and rejected rows leave. Nothing here
knows the hub, the run or the file the rows came from.
"""

from leadline.checks.batch import check_batch
from leadline.checks.values import CheckedBatch, Filtered, Reason, Rejected

__all__ = ["CheckedBatch", "Filtered", "Reason", "Rejected", "check_batch"]
