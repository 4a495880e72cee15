"""Routing alone, against 200 partners: vectorised, and one lead and one partner at a time."""

from __future__ import annotations

import json
import time

from benchmarks import samples
from leadline.hub import now_us
from leadline.routing.columns import Waiting
from leadline.routing.module import Router

ROWS = 100_000
PLAIN_ROWS = 2_000


def measure() -> dict[str, float]:
    """Return leads/s of our router and of plain loops over the same rules."""
    leads = [_values(number) for number in range(ROWS)]
    ours = _ours(leads)
    began = time.perf_counter()
    _plain(leads[:PLAIN_ROWS])
    plain = PLAIN_ROWS / (time.perf_counter() - began)
    return {"ours": ours, "plain": plain}


def _ours(leads: list[dict[str, object]]) -> float:
    router = Router.of(samples.mapping(), samples.partners())
    waiting = [Waiting(str(number), values) for number, values in enumerate(leads)]
    rotation = router.rotation({}, now_us())
    began = time.perf_counter()
    routed = router.route(waiting, rotation)
    seconds = time.perf_counter() - began
    if len(routed) != len(leads):
        raise ValueError("not every lead was decided")
    return len(leads) / seconds


def _values(number: int) -> dict[str, object]:
    first = number % 6
    return {
        "country": samples.COUNTRIES[number % len(samples.COUNTRIES)],
        "products": [samples.PRODUCTS[first], samples.PRODUCTS[(first + 2) % 6]],
    }


def _plain(leads: list[dict[str, object]]) -> None:
    partners = samples.partners()
    assigned = {partner.id: 0 for partner in partners}
    for lead in leads:
        left = [one for one in partners if lead["country"] in one.attributes["countries"]]
        narrowed = [
            one
            for one in left
            if any(
                set(lead["products"]) & set(one.attributes["products"]) and one.attributes["tier"] == tier
                for tier in ("gold", "silver", "bronze")
            )
        ]
        chosen = min(narrowed or left, key=lambda one: (assigned[one.id], one.id))
        assigned[chosen.id] += 1


if __name__ == "__main__":
    print(json.dumps(measure()))
