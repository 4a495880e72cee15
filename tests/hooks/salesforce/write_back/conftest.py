from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from hooks.salesforce.client import SalesforceClient
from sandbox.launch import RunningSandbox, running
from tests.hooks.salesforce.write_back.room import WrittenOrg


@pytest.fixture(scope="module")
def started() -> Iterator[RunningSandbox]:
    with running(orgs=("globex", "globex_test"), vendors=()) as sandbox:
        yield sandbox


@pytest.fixture
def make_org(started: RunningSandbox, connect: Callable[..., SalesforceClient]) -> Callable[..., WrittenOrg]:
    """Return a function that gives an org of the supplier's."""
    return lambda name="globex": WrittenOrg(started, name, connect(name))


@pytest.fixture
def org(make_org: Callable[..., WrittenOrg]) -> WrittenOrg:
    return make_org()
