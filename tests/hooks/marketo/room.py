"""An imitated Marketo for tests of its hooks, and how they connect to it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hooks.marketo.hook import MarketoHook
from hooks.marketo.supplier import MarketoSupplier
from leadline.mapping.loading import load_mapping
from leadline.ports import Window
from sandbox.launch import running

__all__ = [
    "DAWN",
    "DAY",
    "DUSK",
    "IDS",
    "INITECH",
    "LATER",
    "PASSING",
    "Room",
    "handed",
    "records",
    "room",
    "sandbox",
    "stamp",
    "system",
]

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


@pytest.fixture(scope="module")
def sandbox():
    with running(orgs=(), vendors=("marketo",)) as sandbox:
        yield sandbox


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


@pytest.fixture
def room(sandbox, monkeypatch):
    room = Room(sandbox)
    address = sandbox.tenant("marketo", "initech")
    connection = {
        "conn_type": "http",
        "host": "https://127.0.0.1",
        "port": address["tls_port"],
        "login": address["client_id"],
        "password": address["client_secret"],
        "extra": {"ca_bundle": sandbox.ca_bundle},
    }
    monkeypatch.setenv("AIRFLOW_CONN_MARKETO_INITECH", json.dumps(connection))
    yield room
    room.control.clear_faults()
    room.control.clock(reset=True)


@pytest.fixture
def system(room):
    """Return a function that connects by the sample mapping, some of its source or write-back changed."""
    opened = []

    def make(write_back=None, **source):
        source = {"handover_ids": (room.program,), **source}
        update = {"source": INITECH.source.model_copy(update=source)}
        if write_back is not None:
            update["write_back"] = INITECH.write_back.model_copy(update=write_back)
        mapping = INITECH.model_copy(update=update)
        client = MarketoHook("marketo_initech").get_client(mapping.source.daily_call_budget)
        client.sleep = room.sleep
        opened.append(client)
        return MarketoSupplier(client, mapping)

    yield make
    for client in opened:
        client.close()


def records(system, window=DAY, kind="leads"):
    return [record for page in system.pull(kind, window) for record in page.records]


def handed(system, window=DAY):
    return [(one.record_id, one.handover) for one in records(system, window) if one.handover]
