"""A routing decision as lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from leadline.trace import words


def decision_lines(decision: Mapping[str, Any]) -> Iterator[str]:
    """Yield why a lead went where it went: one line per step, and one per partner a rule eliminated."""
    to = f" to {decision['partner']}" if decision["partner"] else ""
    who = words.actor(decision["actor"])
    yield (
        f"{decision['decided_at']}  {decision['outcome']}{to}: {words.reason(decision['reason'])}  "
        f"(attempt {decision['attempt']}, rules {decision['rules_hash'][:12]}, {who})"
    )
    for entry in decision["trace"]:
        yield f"  {entry['text']}"
        for out in entry.get("eliminated", ()):
            yield f"    not {out['partner']} ({out['name']}): {out['why']}"
