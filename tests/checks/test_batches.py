"""The verdict on a batch: one outcome per row, every reason, filter, and hand-written suites."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadline.checks import CheckedBatch, Reason, check_batch, expectation
from leadline.checks.verdicts import Verdicts
from leadline.errors import ChecksFailed, ConfigurationError
from leadline.mapping.model import SupplierMapping

Check = Callable[..., CheckedBatch]
MakeMapping = Callable[..., SupplierMapping]
MakeBatch = Callable[..., pa.Table]


def rules_of(checked: CheckedBatch) -> dict[int, list[tuple[str | None, str]]]:
    return {row.row: [(reason.field, reason.rule) for reason in row.reasons] for row in checked.rejected}


def test_lead_without_email_is_rejected_and_the_others_are_accepted(
    check: Check, make_mapping: MakeMapping
) -> None:
    checked = check(make_mapping(), {}, {"email": "  "}, {})

    assert checked.accepted["row"].to_pylist() == [0, 2]
    (rejected,) = checked.rejected
    assert (rejected.row, rejected.line, rejected.identity) == (1, 3, "file:0:2")
    assert rejected.reasons == (Reason("email", "required", "needs a value"),)


def test_a_bad_row_carries_all_its_reasons_and_no_value(check: Check, make_mapping: MakeMapping) -> None:
    mapping = make_mapping(
        {"name": "company", "required": True},
        {"name": "size", "type": "integer", "maximum": 10},
        {"name": "phone", "judge": "phone", "length": 8},
        {"name": "sector", "type": "select", "values": ["IT"]},
    )

    checked = check(
        mapping, {"email": "secret-mail", "size": "11", "phone": "secret-phone", "sector": "secret-sector"}
    )

    assert rules_of(checked)[0] == [
        ("email", "email"),
        ("company", "required"),
        ("size", "maximum"),
        ("phone", "phone"),
        ("phone", "length"),
        ("sector", "values"),
    ]
    assert "secret" not in repr(checked.rejected)


@pytest.mark.parametrize(
    ("field", "message"),
    [
        ({"type": "integer", "maximum": 2_147_483_646}, "is more than 2147483646"),
        ({"type": "integer", "minimum": 9_999_999_999}, "is less than 9999999999"),
        ({"type": "decimal", "minimum": 1e10}, "is less than 10000000000"),
        ({"type": "decimal", "minimum": 3_000_000_000.25}, "is less than 3000000000.25"),
        (
            {"type": "date", "formats": ["%d.%m.%Y", "%Y/%m/%d"]},
            "is not a date in the format %d.%m.%Y or %Y/%m/%d, like 31.12.2026 or 2026/12/31",
        ),
        ({"type": "date"}, "is not a date in the format ISO 8601, like 2026-12-31"),
        ({"type": "datetime"}, "is not a date with time in the format ISO 8601, like 2026-12-31T17:30:00"),
    ],
)
def test_a_message_says_what_would_be_right_as_people_write_it(
    check: Check, make_mapping: MakeMapping, field: dict[str, Any], message: str
) -> None:
    checked = check(make_mapping({"name": "one", **field}), {"one": "2147483647"})

    assert [reason.message for reason in checked.rejected[0].reasons] == [message]


def test_a_required_field_whose_value_is_no_value_is_missing(check: Check, make_mapping: MakeMapping) -> None:
    mapping = make_mapping(
        {"name": "sector", "type": "multiselect", "values": ["IT"], "required": True},
        {"name": "city", "required": True, "null_values": ["N/A"]},
    )

    checked = check(mapping, {"sector": ";", "city": "n/a"})

    assert rules_of(checked)[0] == [("sector", "required"), ("city", "required")]


def test_a_damaged_row_has_its_fault_as_the_only_reason(check: Check, make_mapping: MakeMapping) -> None:
    checked = check(make_mapping(), {}, {"email": None, "fault": "short_row"}, {"email": None})

    assert rules_of(checked) == {1: [(None, "short_row")], 2: [("email", "required")]}


@pytest.mark.parametrize("rows", [[], [{"fault": "blank_row"}] * 3])
def test_a_batch_without_a_sound_row_is_judged(
    check: Check, make_mapping: MakeMapping, rows: list[dict[str, Any]]
) -> None:
    checked = check(make_mapping({"name": "size", "type": "integer"}), *rows)

    assert (checked.rows, len(checked.rejected)) == (len(rows), len(rows))
    assert checked.accepted.schema.field("size").type == pa.int64()


def test_a_row_that_the_source_deleted_is_accepted_as_it_is(check: Check, make_mapping: MakeMapping) -> None:
    checked = check(make_mapping(), {"email": None, "deleted": True}, {"email": None})

    assert checked.accepted["deleted"].to_pylist() == [True]
    assert list(rules_of(checked)) == [1]


def test_a_row_that_the_source_merged_into_another_is_accepted_as_it_is(
    check: Check, make_mapping: MakeMapping
) -> None:
    nobody = {"any": [{"all": [{"lead": "email", "operator": "empty"}]}]}

    checked = check(make_mapping(filter=nobody), {"email": None, "merged_into": "52"}, {"email": None})

    assert checked.accepted["merged_into"].to_pylist() == ["52"]
    assert list(rules_of(checked)) == [1]


def test_accepted_columns_have_the_types_of_the_hub(check: Check, make_mapping: MakeMapping) -> None:
    mapping = make_mapping(
        {"name": "size", "type": "integer"},
        {"name": "opt_in", "type": "boolean"},
        {"name": "products", "type": "multiselect", "values": ["A", "B"]},
        {"name": "revenue", "type": "decimal"},
        {"name": "absent", "source": "Nowhere"},
    )

    checked = check(mapping, {"size": "5", "opt_in": "yes", "products": "b;a", "revenue": "1.0"})

    assert checked.accepted.drop_columns(
        ["row", "line", "number", "identity", "deleted", "merged_into"]
    ).to_pylist() == [
        {
            "email": "a@firm.com",
            "size": 5,
            "opt_in": True,
            "products": ["A", "B"],
            "revenue": "1",
            "absent": None,
        }
    ]


@pytest.mark.parametrize("length", [{}, {"length": 250}, {"type": "text"}])
def test_a_lead_names_its_campaign_by_no_longer_a_key_than_campaigns_have(
    check: Check, make_mapping: MakeMapping, length: dict[str, Any]
) -> None:
    mapping = make_mapping(
        {"name": "code", **length}, campaigns={"lead_field": "code", "fields": [{"name": "n", "source": "N"}]}
    )

    checked = check(mapping, {"code": "C" * 200}, {"code": "C" * 201})

    assert [(row.line, [reason.rule for reason in row.reasons]) for row in checked.rejected] == [
        (3, ["length"])
    ]


def test_campaigns_are_checked_alike_and_need_their_key(make_mapping: MakeMapping) -> None:
    mapping = make_mapping(
        campaigns={
            "key": "Code",
            "fields": [
                {"name": "name", "source": "Name", "required": True},
                {"name": "starts_on", "source": "Start", "type": "date"},
            ],
        }
    )
    raw = pa.table(
        {
            "line": pa.array([2, 3, 4], pa.int32()),
            "fault": pa.nulls(3, pa.string()),
            "f:Code": [" C1 ", "", "C3"],
            "f:Name": ["Spring", "Summer", ""],
            "f:Start": ["2026-01-01", "soon", ""],
        }
    )

    checked = check_batch(raw, mapping, "campaigns")

    assert checked.accepted.select(["row", "campaign_key", "name", "starts_on"]).to_pylist() == [
        {"row": 0, "campaign_key": "C1", "name": "Spring", "starts_on": "2026-01-01"}
    ]
    assert rules_of(checked) == {
        1: [("campaign_key", "required"), ("starts_on", "type")],
        2: [("name", "required")],
    }


FILTERS: list[tuple[dict[str, Any], list[int]]] = [
    # rows: 0 TEST/yes/5/A;B/80331  1 live/no/50/B/99999  2 all empty
    ({"lead": "detail", "value": " Test "}, [0]),
    ({"lead": "detail", "operator": "not_equals", "value": "test"}, [1, 2]),
    ({"lead": "detail", "operator": "one_of", "values": ["x", "LIVE"]}, [1]),
    ({"lead": "detail", "operator": "none_of", "values": ["live", "test"]}, [2]),
    ({"lead": "detail", "operator": "starts_with", "value": "te"}, [0]),
    ({"lead": "detail", "operator": "empty"}, [2]),
    ({"lead": "detail", "operator": "not_empty"}, [0, 1]),
    ({"lead": "opt_in", "value": False}, [1]),
    ({"lead": "opt_in", "value": "ja"}, [0]),
    ({"lead": "size", "operator": "at_least", "value": 6}, [1]),  # as numbers, not as text
    ({"lead": "size", "operator": "at_most", "value": 5.0}, [0]),
    ({"lead": "size", "operator": "between", "values": [5, 49]}, [0]),
    ({"lead": "revenue", "value": "1.50"}, [0]),
    ({"lead": "products", "value": "a"}, [0]),
    ({"lead": "products", "operator": "none_of", "values": ["A", "C"]}, [1, 2]),
    ({"lead": "zip", "operator": "between", "values": ["80000", "89999"]}, [0]),
    ({"lead": "day", "operator": "at_least", "value": "2026-02-01"}, [1]),
    ({"lead": "at", "operator": "at_most", "value": "2026-01-31"}, [0]),
]


@pytest.mark.parametrize(
    ("condition", "kept_out"),
    [
        # a day is one of the mapping's zone, here Berlin; a moment is one, however it is written
        ({"lead": "at", "operator": "at_least", "value": "2026-02-01"}, True),
        ({"lead": "at", "operator": "equals", "value": "2026-02-01"}, True),
        ({"lead": "at", "operator": "at_most", "value": "2026-01-31"}, False),
        ({"lead": "at", "operator": "equals", "value": "2026-02-01 00:30"}, True),
        ({"lead": "at", "operator": "at_most", "value": "2026-01-31T23:30:00Z"}, True),
        # countries and text as rules compare them
        ({"lead": "country", "value": "UK"}, True),
        ({"lead": "detail", "value": "ab"}, True),
        ({"lead": "agreed", "value": False}, True),
    ],
)
def test_the_filter_compares_as_the_rules_do(
    check: Check, make_mapping: MakeMapping, condition: dict[str, Any], kept_out: bool
) -> None:
    mapping = make_mapping(
        {"name": "at", "type": "datetime"},
        {"name": "country", "judge": "country"},
        {"name": "detail"},
        {"name": "agreed"},
        filter={"any": [{"all": [condition]}]},
    )

    checked = check(
        mapping,
        {"at": "2026-01-31T23:30:00Z", "country": "GB", "detail": "\uff21\uff22", "agreed": "no"},
    )

    assert len(checked.filtered) == kept_out


@pytest.mark.parametrize(("condition", "kept_out"), FILTERS)
def test_the_filter_keeps_sound_rows_out(
    check: Check, make_mapping: MakeMapping, condition: dict[str, Any], kept_out: list[int]
) -> None:
    mapping = make_mapping(
        {"name": "detail"},
        {"name": "opt_in", "type": "boolean", "true_values": ["ja"], "false_values": ["nein"]},
        {"name": "size", "type": "integer"},
        {"name": "revenue", "type": "decimal"},
        {"name": "products", "type": "multiselect", "values": ["A", "B", "C"]},
        {"name": "zip"},
        {"name": "day", "type": "date"},
        {"name": "at", "type": "datetime"},
        filter={"any": [{"all": [condition]}]},
    )

    checked = check(
        mapping,
        {
            "detail": "TEST",
            "opt_in": "ja",
            "size": "5",
            "revenue": "1.5",
            "products": "A;B",
            "zip": "80331",
            "day": "2026-01-31",
            "at": "2026-01-31T20:00:00Z",
        },
        {
            "detail": "live",
            "opt_in": "nein",
            "size": "50",
            "revenue": "2",
            "products": "B",
            "zip": "80A",  # between them as text, but of another length
            "day": "2026-02-01",
            "at": "2026-02-01T20:00:00Z",
        },
        {},
    )

    assert [row.row for row in checked.filtered] == kept_out
    assert checked.accepted["row"].to_pylist() == [row for row in range(3) if row not in kept_out]


def test_groups_are_joined_by_or_and_a_bad_row_is_rejected_not_filtered(
    check: Check, make_mapping: MakeMapping
) -> None:
    both = {"all": [{"lead": "a", "value": "x"}, {"lead": "b", "value": "y"}]}
    mapping = make_mapping(
        {"name": "a"}, {"name": "b"}, filter={"any": [both, {"all": [{"lead": "a", "value": "z"}]}]}
    )

    checked = check(
        mapping,
        {"a": "x", "b": "y"},
        {"a": "x", "b": "n"},
        {"a": "z"},
        {"a": "z", "email": "bad"},
    )

    assert [row.row for row in checked.filtered] == [0, 2]
    assert [row.row for row in checked.rejected] == [3]


def test_a_filter_on_partners_is_a_matter_of_the_mapping(check: Check, make_mapping: MakeMapping) -> None:
    mapping = make_mapping(filter={"any": [{"all": [{"partner": "tier", "value": "gold"}]}]})

    with pytest.raises(ConfigurationError):
        check(mapping, {})


def suite(folder: Path, text: str) -> Path:
    (folder / "acme.yaml").write_text(text, encoding="utf-8")
    return folder


def test_a_hand_written_expectation_rejects_rows_with_its_message(
    check: Check, make_mapping: MakeMapping, tmp_path: Path
) -> None:
    mapping = make_mapping({"name": "size", "type": "integer"}, {"name": "city"})
    folder = suite(
        tmp_path,
        """
        leads:
          expectations:
            - type: expect_column_values_to_not_match_regex
              kwargs: {column: email, regex: "@(rival|foe)[.]com$"}
              meta: {message: "is a competitor's"}
            - type: expect_column_values_to_be_between
              kwargs: {column: size, max_value: 100}
        """,
    )

    checked = check(
        mapping,
        {"size": "7"},
        {"email": "a@rival.com", "size": "101"},
        {"size": "many"},
        {},
        expectations_dir=folder,
    )

    assert [(row.row, row.reasons) for row in checked.rejected] == [
        (
            1,
            (
                Reason("email", "expect_column_values_to_not_match_regex", "is a competitor's"),
                Reason(
                    "size",
                    "expect_column_values_to_be_between",
                    "does not meet expect_column_values_to_be_between",
                ),
            ),
        ),
        (2, (Reason("size", "type", "is not a whole number"),)),
    ]
    assert checked.accepted["size"].to_pylist() == [7, None]


@pytest.mark.parametrize(
    ("field", "expectation", "good", "bad"),
    [
        (
            {"type": "multiselect", "values": ["Fibre", "Cloud", "Voice"], "separator": ";"},
            "to_not_match_regex, kwargs: {regex: 'Cloud;Voice'}",
            "Cloud; Fibre",
            "voice;cloud",
        ),
        (
            {"type": "decimal", "decimal_mark": ","},
            "to_be_between, kwargs: {min_value: 0.5}",
            "0,5",
            "0,49",
        ),
        ({"type": "boolean"}, "to_be_in_set, kwargs: {value_set: [true]}", "yes", "no"),
        (
            {"type": "select", "values": ["Gold", "Iron"]},
            "to_be_in_set, kwargs: {value_set: [Gold]}",
            "gold",
            "IRON",
        ),
    ],
    ids=lambda value: value["type"] if isinstance(value, dict) else "",
)
def test_a_hand_written_expectation_sees_the_values_of_any_type(
    field: dict[str, Any],
    expectation: str,
    good: str,
    bad: str,
    check: Check,
    make_mapping: MakeMapping,
    tmp_path: Path,
) -> None:
    kind = f"expect_column_values_{expectation.replace('{', '{column: x, ', 1)}"
    folder = suite(tmp_path, f"leads:\n  expectations:\n    - {{type: {kind}}}\n")

    checked = check(
        make_mapping({"name": "x", **field}), {"x": good}, {"x": bad}, {}, expectations_dir=folder
    )

    assert rules_of(checked) == {1: [("x", kind.partition(",")[0])]}


@pytest.mark.parametrize(
    ("item", "said"),
    [
        ("{type: expect_no_such_thing, kwargs: {column: email}}", "row by row"),
        ("{type: expect_column_mean_to_be_between, kwargs: {column: email, min_value: 1}}", "row by row"),
        ("{type: expect_column_values_to_be_unique, kwargs: {column: e_mail}}", "'e_mail' is not a field"),
        ("{type: expect_column_values_to_not_be_null, kwargs: {column: email, mostly: 0.5}}", "'mostly'"),
        ("{type: expect_column_values_to_match_regex, kwargs: {column: email, regx: x}}", "do not fit"),
        ("nonsense", "'type'"),
    ],
)
def test_a_suite_that_does_not_hold_is_reported_with_its_line(
    check: Check, make_mapping: MakeMapping, tmp_path: Path, item: str, said: str
) -> None:
    folder = suite(tmp_path, f"leads:\n  expectations:\n    - {item}\n")

    with pytest.raises(ConfigurationError) as caught:
        check(make_mapping(), {}, expectations_dir=folder)

    (finding,) = caught.value.findings
    assert finding.line == 3
    assert said in finding.message


def test_an_expectation_that_cannot_be_computed_fails_the_batch(
    check: Check, make_mapping: MakeMapping, tmp_path: Path
) -> None:
    item = "{type: expect_column_values_to_match_regex, kwargs: {column: email, regex: '('}}"
    folder = suite(tmp_path, f"leads:\n  expectations:\n    - {item}\n")

    with pytest.raises(ConfigurationError, match=r"acme\.yaml:3"):
        check(make_mapping(), {}, expectations_dir=folder)


def test_a_rule_that_raises_fails_the_batch(
    check: Check, make_mapping: MakeMapping, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(Verdicts, "broken", fail)

    with pytest.raises(ChecksFailed):
        check(make_mapping(), {})


def test_counts_that_differ_fail_the_batch(
    check: Check, make_mapping: MakeMapping, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = expectation._broken_rows
    monkeypatch.setattr(expectation, "_broken_rows", lambda result, rows: ~honest(result, rows))

    with pytest.raises(ChecksFailed, match="differ"):
        check(make_mapping(), {})


def test_a_result_that_is_left_out_fails_the_batch(
    check: Check, make_mapping: MakeMapping, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = expectation._validate
    monkeypatch.setattr(expectation, "_validate", lambda frame, asked: honest(frame, asked)[1:])

    with pytest.raises(ChecksFailed, match="were judged"):
        check(make_mapping(), {})


@pytest.mark.parametrize("bad", [0, 1, 250, 499, 500])
def test_any_share_of_bad_rows_is_listed_whole(check: Check, make_mapping: MakeMapping, bad: int) -> None:
    mapping = make_mapping(
        {"name": "size", "type": "integer", "required": True}, {"name": "gone", "required": True}
    )
    rows = [{"size": "x" if place < bad else "1", "gone": None} for place in range(500)]

    checked = check(mapping, *rows)

    assert [len(row.reasons) for row in checked.rejected] == [2] * bad + [1] * (500 - bad)


CELLS = st.sampled_from(
    ["", " 1 ", "x", "2026-01-01", "yes", "A;B", "a@firm.com", "TEST", "Germany", "+49 30 1234567"]
)


@given(
    rows=st.lists(
        st.fixed_dictionaries(
            {
                "email": CELLS,
                "size": CELLS,
                "day": CELLS,
                "opt_in": CELLS,
                "products": CELLS,
                "country": CELLS,
                "phone": CELLS,
                "fault": st.sampled_from([None, None, None, "long_row"]),
                "deleted": st.sampled_from([False, False, True]),
            }
        ),
        max_size=12,
    )
)
@settings(deadline=None, max_examples=15)
def test_every_row_has_one_outcome_and_its_company_does_not_matter(
    check: Check, make_mapping: MakeMapping, make_batch: MakeBatch, rows: list[dict[str, Any]]
) -> None:
    mapping = make_mapping(
        {"name": "size", "type": "integer", "required": True},
        {"name": "day", "type": "date"},
        {"name": "opt_in", "type": "boolean"},
        {"name": "products", "type": "multiselect", "values": ["A", "B"]},
        {"name": "country", "judge": "country"},
        {"name": "phone", "judge": "phone"},
        filter={"any": [{"all": [{"lead": "opt_in", "operator": "empty"}]}]},
    )

    checked = check(mapping, *rows)

    outcomes = dict.fromkeys(checked.accepted["row"].to_pylist(), "accepted")
    outcomes |= {row.row: row.reasons for row in checked.rejected}  # type: ignore[dict-item, misc]
    outcomes |= {row.row: "filtered" for row in checked.filtered}
    assert checked.rows == len(rows)
    assert sorted(outcomes) == list(range(len(rows)))
    # Reversed, and twice as many: the same verdict for each.
    again = check(mapping, *reversed(rows), *rows)
    last = len(rows) - 1
    assert {row.row: row.reasons for row in again.rejected} == {
        place: reasons
        for row, reasons in outcomes.items()
        if not isinstance(reasons, str)
        for place in (last - row, last + 1 + row)
    }
    assert np.all(np.diff(again.accepted["row"].to_numpy()) > 0)
