"""What waits of suppliers whose mapping is gone, on both databases."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import update

from leadline.errors import Finding
from leadline.hub import Hub
from leadline.hub.schema import delivery, writeback
from leadline.left_behind import LeftBehind, as_findings, left_behind
from tests.trace.story import tell

LEADS = {"a@example.com": "DE", "b@example.com": "AT", "c@example.com": "XX"}


def test_what_waits_is_counted_for_each_target_of_a_supplier_without_a_mapping(hub: Hub) -> None:
    tell(hub, "acme", LEADS)
    tell(hub, "acme", {"a@example.com": "XX"}, target="test")
    tell(hub, "globex", LEADS)
    with hub.transaction("acme") as connection:
        for table in (delivery, writeback):
            connection.execute(update(table).where(table.c.supplier == "acme").values(state="waiting"))

    found = left_behind(hub, {"globex"})

    assert [(one.supplier, one.unassigned) for one in found] == [("acme", 1), ("acme~test", 1)]
    assert found[0].undelivered > 0
    assert found[0].untold > 0
    assert left_behind(hub, {"globex"}, "acme~test") == found[1:]
    assert left_behind(hub, {"acme", "globex"}) == []


def test_a_supplier_for_whom_nothing_waits_may_go(hub: Hub) -> None:
    with hub.transaction("acme"):
        pass

    assert left_behind(hub, ()) == []


def test_both_targets_are_told_about_one_file() -> None:
    left = [LeftBehind(key, 1, 0, 2, 0) for key in ("acme", "acme~test")]

    first, second = as_findings(left, Path("mappings"))

    assert {first.path, second.path} == {"mappings/acme.yaml"}
    assert first == Finding(
        "mappings/acme.yaml",
        0,
        "there is no mapping for 'acme' any more, so nothing of it goes on: leads without a partner: 1, "
        "rows that wait for a partner's CRM: 2; put the file back under its name, which a supplier keeps "
        "for good",
    )
