"""Draining an outbox whose lock was lost."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from leadline.errors import LeaseHeld
from leadline.hub import Hub
from leadline.write_back.outbox import Outbox, WriteLimits, drain
from tests.conftest import ON_POSTGRESQL


@ON_POSTGRESQL
def test_a_writer_whose_lock_was_lost_leaves_the_rest_to_the_next(
    hub: Hub, cut_off: Callable[[Hub], None]
) -> None:
    sent = []

    def send() -> list[str]:
        sent.append("a chunk")
        cut_off(hub)
        return ["sent"]

    outbox = Outbox(hub, "acme", "writeback_due", "writeback_open")
    with pytest.raises(LeaseHeld, match="write_back:acme"):
        drain(outbox, "write_back:acme", send, WriteLimits(), lambda _: None)

    assert sent == ["a chunk"]
