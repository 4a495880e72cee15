from __future__ import annotations

import json

import pytest

from hooks.marketo.hook import MarketoHook
from hooks.marketo.supplier import MarketoSupplier
from sandbox.launch import running
from tests.hooks.marketo.room import INITECH, Room


@pytest.fixture(scope="module")
def sandbox():
    with running(orgs=(), vendors=("marketo",)) as sandbox:
        yield sandbox


@pytest.fixture
def room(sandbox, monkeypatch):
    room = Room(sandbox)
    address = sandbox.tenant("marketo", "initech")
    connection = {
        "conn_type": "generic",
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
