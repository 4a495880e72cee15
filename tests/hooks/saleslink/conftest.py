from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.launch import RunningSandbox, running
from tests.hooks.saleslink.room import TENANT, Dealer


@pytest.fixture(scope="module")
def started() -> Iterator[RunningSandbox]:
    with running(orgs=(), vendors=("saleslink",)) as sandbox:
        yield sandbox


@pytest.fixture
def make_dealer(started: RunningSandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    started.control.reset()
    dealers = []

    def make(name: str = TENANT, *, login: str | None = None, password: str | None = None, **extra: Any):
        address = started.tenant("saleslink", name)
        connection = {
            "conn_type": "saleslink",
            "login": login or address["username"],
            "password": password or address["password"],
            "extra": {
                "wsdl_url": f"{address['tls_url']}{address['path']}?wsdl",
                "ca_bundle": started.ca_bundle,
                "timeout": 5,
            }
            | extra,
        }
        monkeypatch.setenv(f"AIRFLOW_CONN_SL_{name.upper()}", json.dumps(connection))
        dealer = Dealer(started, name)
        dealers.append(dealer)
        return dealer

    yield make
    for dealer in dealers:
        dealer.client.close()


@pytest.fixture
def dealer(make_dealer: Any) -> Dealer:
    return make_dealer()
