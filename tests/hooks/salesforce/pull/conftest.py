from __future__ import annotations

import pytest

from hooks.systems import supplier_system
from sandbox.launch import running
from tests.hooks.salesforce.pull.room import SourceOrg
from tests.hooks.salesforce.rooms import GLOBEX, connection


@pytest.fixture(scope="module")
def started():
    with running(orgs=("globex", "globex_test"), vendors=()) as sandbox:
        yield sandbox


@pytest.fixture
def org(started, monkeypatch):
    """Return the supplier's org, empty, behind the connection that its mapping names."""
    started.control.reset()
    monkeypatch.setenv("AIRFLOW_CONN_GLOBEX_SALESFORCE", connection(started, "globex", version="62.0"))
    return SourceOrg(started, "globex")


@pytest.fixture
def system(org):
    """Return a function that connects by the sample mapping with some of its source changed."""
    opened = []

    def make(mapping=GLOBEX, **source):
        changed = mapping.source.model_copy(update=source)
        manager = supplier_system(mapping.model_copy(update={"source": changed}))
        system = manager.__enter__()
        system._client.sleep = lambda _seconds: None
        opened.append(manager)
        return system

    yield make
    for manager in opened:
        manager.__exit__(None, None, None)
