"""An imitated Marketo for tests of its hooks: what is done to it, and what is read of our adapter."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from leadline.mapping.loading import load_mapping
from leadline.ports import Window

INITECH = load_mapping(Path(__file__).parents[3] / "include/mappings/initech.yaml")
DAWN = datetime(2026, 11, 20, tzinfo=UTC)
DUSK = datetime(2026, 11, 21, tzinfo=UTC)
DAY = Window(DAWN, DUSK)
LATER = Window(DUSK, datetime(2026, 12, 31, tzinfo=UTC))

# Before anything was done, and after: for a reading call they are alike.
PASSING = [
    ("error", {"code": "502"}),
    ("error", {"code": "604"}),
    ("error", {"code": "606"}),
    ("error", {"code": "608"}),
    ("error", {"code": "611"}),
    ("error", {"code": "615"}),
    ("error", {"code": "713"}),
    ("error", {"code": "601"}),
    ("error", {"code": "602"}),
    ("status", {"status": 502}),
    ("status", {"status": 503}),
    ("html", {}),
    ("hang_up", {}),
    ("expire_tokens", {}),
    ("revoke_tokens", {}),
]
IDS = [f"{kind}-{arguments.get('code') or arguments.get('status') or ''}" for kind, arguments in PASSING]


class Room:
    """The supplier's subscription, with stamps of one's own choice (seconds after dawn)."""

    def __init__(self, sandbox):
        self.control = sandbox.control
        self.control.reset()
        self.act("set", rate_calls=100_000)
        self.program = self.insert("program", {"name": "P1"})[0]
        self.slept = []

    def act(self, action, **values):
        return self.control.do("marketo", "initech", action, **values)

    def insert(self, object_, *rows):
        return self.act("insert", object=object_, rows=list(rows))

    def rows(self, object_):
        return self.act("rows", object=object_)

    def lead(self, after=None, **values):
        """Add a lead, handed over so many seconds after dawn (None: not at all)."""
        values = {"email": f"l{next(NUMBERS)}@buyer.example", "lastName": "L", "company": "B", **values}
        if after is not None:
            values |= {"program": self.program, "status": "Sent to Partner", "at": stamp(after)}
        return self.insert("lead", values)[0]

    def fault(self, kind, operation="*", **order):
        self.control.fault("marketo", kind, operation=operation, match={"org": "initech"}, **order)

    def calls(self, operation):
        return len(self.control.journal("marketo", operation=operation))

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.control.clock(advance=seconds)


def numbers():
    number = 0
    while True:
        number += 1
        yield number


NUMBERS = numbers()


def stamp(after):
    return (DAWN + timedelta(seconds=after)).isoformat()


def records(system, window=DAY, kind="leads"):
    return [record for page in system.pull(kind, window) for record in page.records]


def handed(system, window=DAY):
    return [(one.record_id, one.handover) for one in records(system, window) if one.handover]
