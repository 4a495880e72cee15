"""A probability as one of the steps that a supplier knows."""

from __future__ import annotations

from collections.abc import Sequence


def probability_step(reported: float | None, steps: Sequence[int], *, lost: bool = False) -> int | None:
    """Return the step that a reported percentage comes to, None if none was reported.

    It is rounded up to the next step. 100 is only what was 100: what exceeds the step below it stands there.
    What is closed and not won stands at 0, whatever the CRM left there.

    >>> [probability_step(one, (10, 25, 50, 75, 100)) for one in (30, 80, 100)]
    [50, 75, 100]
    """
    if lost:
        return 0
    if reported is None:
        return None
    if reported >= 100:
        return 100
    below = sorted(step for step in steps if step < 100)
    return next((step for step in below if step >= reported), below[-1] if below else 0)
