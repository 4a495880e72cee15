"""Opportunities of partners: read from their CRMs where they share them, told to the supplier (W6-W8).

`reading` pulls those of one account, `keeping` compares them with the hub, `steps` has the probabilities.
`write_back.opportunities` tells the supplier.
"""

from leadline.opportunities.reading import OpportunityCounts, read_opportunities
from leadline.opportunities.steps import probability_step

__all__ = ["OpportunityCounts", "probability_step", "read_opportunities"]
