"""Which addresses belong to a role."""

from __future__ import annotations

import pytest

from leadline.roles import is_role_address


@pytest.mark.parametrize(
    "address",
    [
        "leads@partner.example",
        "Sales@partner.example",
        "sales2@partner.example",
        "sales-emea@partner.example",
        "s.a.l.e.s@partner.example",
        "info+web@partner.example",
        "no-reply@partner.example",
        "no_reply@partner.example",
        "NoReply-7@partner.example",
    ],
)
def test_a_role_is_known_in_every_disguise(address: str) -> None:
    assert is_role_address(address)


@pytest.mark.parametrize(
    "address", ["anna.sales@partner.example", "salesman@x.example", "j.smith2@x.example"]
)
def test_a_person_is_none(address: str) -> None:
    assert not is_role_address(address)


@pytest.mark.parametrize("exception", ["Leads@Partner.example", "leads"])
def test_an_exception_allows_one(exception: str) -> None:
    assert not is_role_address("leads@partner.example", [exception])
    assert is_role_address("sales@partner.example", [exception])
