"""Files without the column of a field: who hears of it, and when nothing of them is taken."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from leadline import distribution, filing, runs
from leadline.errors import UnreadableFile
from leadline.ports import CheckFinding
from tests.scenarios.house import FIELDS, House, csv_of

ALL = [one["name"] for one in FIELDS]


def without(*names: str, email: str = "ann@example.org") -> bytes:
    return csv_of({"email": email, "last_name": email}, columns=[one for one in ALL if one not in names])


def pull(house: House) -> list[CheckFinding]:
    """Pull what was dropped; return the findings that people are told of."""
    told: list[CheckFinding] = []

    def tell(_: object, found: dict[str, Sequence[CheckFinding]]) -> None:
        told.extend(one for findings in found.values() for one in findings)

    ctx = house.start()
    window = runs.run_window(house.hub, ctx.supplier, ctx.run_id)
    reader = (house.hub, house.staging_url, ctx, house.mapping, "leads", house.system, window)
    for batch in distribution.pull(*reader, tell):
        distribution.validate(house.hub, house.staging_url, ctx, house.mapping, batch.batch_id)
    filing.put_away(house.hub, house.staging_url, ctx, house.system)
    return told


def standing(house: House) -> list[str]:
    return [row.detail for row in house.rows("finding") if row.cleared_at is None]


def test_a_column_that_files_lost_is_told_once_and_cleared_when_it_is_back(house: House) -> None:
    house.system.drop("leads_1.csv", without("phone", "title"))
    house.system.drop("leads_2.csv", without("phone", email="bob@example.org"))

    phone, title = pull(house)

    assert (phone.severity, phone.message) == (
        "warning",
        "file 'leads_1.csv' and 1 more had no column 'Phone': 'phone' is empty in its rows",
    )
    assert title.message == "file 'leads_1.csv' had no column 'Title': 'title' is empty in its rows"
    assert len(house.leads()) == 2

    house.system.drop("leads_3.csv", without("phone", email="eve@example.org"))
    assert pull(house) == []
    assert standing(house) == ["leads.phone"]

    assert pull(house) == []  # a day without files says nothing of their columns
    assert standing(house) == ["leads.phone"]

    house.system.drop("leads_4.csv", without(email="kim@example.org"))
    assert pull(house) == []
    assert standing(house) == []


def test_files_may_come_without_the_column_that_names_the_partner(make_house: Callable[..., House]) -> None:
    house = make_house(preassignment={"field": "partner_name"})
    house.system.drop("leads_1.csv", without("partner_name"))

    assert pull(house) == []
    assert len(house.leads()) == 1


def test_nothing_is_taken_of_a_file_without_a_column_that_the_filter_looks_at(
    make_house: Callable[..., House],
) -> None:
    told_not_to = {"any": [{"all": [{"lead": "tier", "value": "Never"}]}]}
    house = make_house(filter=told_not_to)
    house.system.drop("leads_1.csv", without("tier"))

    with pytest.raises(UnreadableFile, match=r"are required: 'Tier' \(the filter looks at it\)"):
        pull(house)

    assert house.leads() == []
    assert list(house.system.inbox) == []
