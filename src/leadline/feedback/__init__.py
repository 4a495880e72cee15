"""What partners did with their leads, read back from their CRMs every day (W10).

One CRM account at a time: `reading` asks and `applying` keeps what came, page by page. `statuses`, `changes`,
`reps`, `replies` and `following` are what it means, and `gone` what is no longer there. All is compared with
what was seen last, so that repeating it changes nothing, and what we pushed ourselves is no news.
"""

from leadline.feedback.limits import FeedbackCounts, FeedbackLimits
from leadline.feedback.reading import findings_of, read_account
from leadline.feedback.statuses import sales_status

__all__ = ["FeedbackCounts", "FeedbackLimits", "findings_of", "read_account", "sales_status"]
