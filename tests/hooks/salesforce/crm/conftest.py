from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from hooks.salesforce.client import SalesforceClient
from sandbox.launch import RunningSandbox, running
from tests.hooks.salesforce.crm.room import PartnerOrg


@pytest.fixture(scope="module")
def started() -> Iterator[RunningSandbox]:
    with running(orgs=("p001", "p007"), vendors=()) as sandbox:
        yield sandbox


@pytest.fixture
def make_org(started: RunningSandbox, connect: Callable[..., SalesforceClient]) -> Callable[..., PartnerOrg]:
    """Return a function that gives a partner's org; extras change the connection."""

    def make(name: str = "p001", **extra: Any) -> PartnerOrg:
        return PartnerOrg(started, name, connect(name, **extra))

    return make


@pytest.fixture
def org(make_org: Callable[..., PartnerOrg]) -> PartnerOrg:
    return make_org()
