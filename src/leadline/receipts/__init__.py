"""Receiving checked leads: every row of a batch gets one receipt, and the leads follow from it.

The story of one batch: `rows` (values with keys and fingerprints) -> `storing` (what the hub holds of them)
-> `outcomes` (what each row is) -> `storing` (written), in one transaction under the supplier's lock.
"""

from leadline.receipts.ledger import Counts, counts_of
from leadline.receipts.receiving import QueueUpdates, receive

__all__ = ["Counts", "QueueUpdates", "counts_of", "receive"]
