"""A CRM's status in our words."""

from __future__ import annotations

import pytest

from leadline.feedback import sales_status
from leadline.partners import CrmAccount


def account(kind: str = "salesforce", **mapping: str) -> CrmAccount:
    return CrmAccount(id="a", type=kind, connection="c", status_mapping=mapping)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "word", "meaning"),
    [
        ("salesforce", "Open - Not Contacted", "open"),
        ("salesforce", "Working - Contacted", "contacted"),
        ("salesforce", "Closed - Converted", "qualified"),
        ("salesforce", "Closed - Not Converted", "unqualified"),
        ("dynamics", "New", "open"),
        ("dynamics", "Contacted", "contacted"),
        ("dynamics", "Qualified", "qualified"),
        ("dynamics", "Lost", "unqualified"),
        ("dynamics", "Cannot Contact", "unqualified"),
        ("dynamics", "No Longer Interested", "unqualified"),
        ("dynamics", "Canceled", "unqualified"),
        # any opportunity status says something in Saleslink
        ("saleslink", "Quoted", "qualified"),
        # what nobody mapped, and no word at all
        ("salesforce", "Dreaming", None),
        ("salesforce", "", None),
        ("saleslink", None, None),
    ],
)
def test_usual_words_have_the_usual_meaning(kind: str, word: str | None, meaning: str | None) -> None:
    assert sales_status(account(kind), word) == meaning


@pytest.mark.parametrize(
    "word",
    [
        "working - contacted",
        "Working \u2013 Contacted",
        "Working\u2014Contacted",
        " WORKING -  CONTACTED ",
        "Working\u2011Contacted",
    ],
)
def test_case_dashes_and_spaces_make_no_difference(word: str) -> None:
    assert sales_status(account(), word) == "contacted"


@pytest.mark.parametrize(
    ("ours", "meaning"),
    [("nurture", "nurture"), ("Qualified/Converted Opportunity", "qualified"), ("Not Contacted", "open"),
     ("Unqualified/Invalid", "unqualified"), ("Invalid", "unqualified")],
)  # fmt: skip
def test_an_accounts_own_words_come_first_and_may_be_spelled_either_way(ours: str, meaning: str) -> None:
    own = account(**{"Working - Contacted": ours})

    assert sales_status(own, "working \u2013 contacted") == meaning
    assert sales_status(own, "Closed - Converted") == "qualified"


def test_a_word_that_is_mapped_to_nothing_we_know_means_nothing() -> None:
    assert sales_status(account(**{"Working - Contacted": "busy"}), "Working - Contacted") is None
