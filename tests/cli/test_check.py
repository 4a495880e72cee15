"""`leadline check`: its JSON, its exit codes, and what people read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from leadline.cli import main
from leadline.file_check import check_file
from leadline.mapping.loading import load_mapping

MAPPING: dict[str, Any] = {
    "supplier": "acme",
    "label": "Acme",
    "targets": {"production": {"connection": "acme_sftp"}},
    "source": {"system": "sftp", "campaigns": "campaigns_*.csv"},
    "filter": {"any": [{"all": [{"lead": "detail", "value": "test"}]}]},
    "fields": [
        {"name": "email", "source": "E-Mail", "required": True},
        {"name": "comments", "source": "Comments", "type": "text"},
        {"name": "employees", "source": "Employees", "type": "integer", "minimum": 0},
        {"name": "detail", "source": "Detail"},
    ],
    "campaigns": {
        "key": "Code",
        "lead_field": "detail",
        "fields": [{"name": "name", "source": "Name", "required": True}],
    },
}
LEADS = (
    "E-Mail,Comments,Employees,Detail\r\n"
    'a@firm.com,"two\r\nlines",5,\r\n'
    "not-an-address,,many,\r\n"
    "b@firm.com,,1\r\n"
    "c@firm.com,,1,TEST\r\n"
)


@pytest.fixture
def mapping(tmp_path: Path) -> Path:
    path = tmp_path / "acme.yaml"
    path.write_text(yaml.safe_dump(MAPPING, sort_keys=False), encoding="utf-8")
    return path


def written(folder: Path, text: str, name: str = "leads.csv") -> Path:
    path = folder / name
    path.write_bytes(text.encode())
    return path


def test_json_names_every_rejected_line_with_all_its_reasons(
    mapping: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["check", str(mapping), str(written(tmp_path, LEADS)), "--json"])

    assert code == 0
    assert json.loads(capsys.readouterr().out) == {
        "rows": 4,
        "accepted": 2,
        "filtered": 1,
        "absent": [],
        "unmapped": [],
        "rejected": [
            {
                "line": 4,
                "reasons": [
                    {"field": "email", "rule": "email", "message": "is not a valid e-mail address"},
                    {"field": "employees", "rule": "type", "message": "is not a whole number"},
                ],
            },
            {
                "line": 5,
                "reasons": [
                    {
                        "field": None,
                        "rule": "short_row",
                        "message": "the row has fewer cells than the header",
                    }
                ],
            },
        ],
    }


def test_an_unreadable_file_has_one_entry_and_exit_code_1(
    mapping: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = written(tmp_path, LEADS + 'd@firm.com,"never closed,1,\r\n')

    code = main(["check", str(mapping), str(file), "--json"])

    report = json.loads(capsys.readouterr().out)
    assert code == 1
    assert (report["rows"], report["accepted"]) == (0, 0)
    (entry,) = report["rejected"]
    assert entry["line"] == 7
    assert [(reason["field"], reason["rule"]) for reason in entry["reasons"]] == [
        (None, "unterminated_quote")
    ]


def test_people_read_a_summary_and_the_reasons(
    mapping: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = written(tmp_path, LEADS)

    assert main(["check", str(mapping), str(file)]) == 0

    summary, header, *reasons = capsys.readouterr().out.splitlines()
    assert summary == (f"{file}: 4 rows (utf-8): 2 accepted, 1 of them kept out by the filter, 2 rejected")
    assert header.split() == ["rows", "column", "field", "rule", "message", "lines"]
    assert [reason.split()[:4] for reason in reasons] == [
        ["1", "E-Mail", "email", "email"],
        ["1", "Employees", "employees", "type"],
        ["1", "(row)", "short_row", "the"],
    ]


def test_a_column_that_is_called_otherwise_is_named_with_those_that_nobody_reads(
    mapping: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = written(tmp_path, "E-Mail,Comment,employees,Detail,,Phone\r\na@firm.com,,1,,,\r\n")

    assert main(["check", str(mapping), str(file)]) == 0
    assert capsys.readouterr().out.splitlines()[1:] == [
        "columns that the file has not, so that their fields stay empty: 'Comments'",
        "columns that no field reads: 'Comment', 'Phone'",
    ]

    assert main(["check", str(mapping), str(file), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["absent"], report["unmapped"]) == (["Comments"], ["Comment", "Phone"])


def test_people_read_what_makes_a_file_unreadable(
    mapping: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = written(tmp_path, LEADS.replace(",", ";"))

    assert main(["check", str(mapping), str(file)]) == 1

    assert capsys.readouterr().out.startswith(f"{file}:1: wrong_delimiter: ")


def test_a_broken_mapping_is_reported_by_its_lines(
    mapping: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mapping.write_text(mapping.read_text().replace("integer", "intger"), encoding="utf-8")

    assert main(["check", str(mapping), str(written(tmp_path, LEADS))]) == 2

    captured = capsys.readouterr()
    assert captured.out == ""
    path, line, message = captured.err.splitlines()[0].split(":", 2)
    assert (path, "intger" in message) == (str(mapping), True)
    assert int(line) == 1 + mapping.read_text().splitlines().index("  type: intger")


@pytest.mark.parametrize("missing", ["mapping", "file"])
def test_a_file_that_is_not_there_is_reported(
    mapping: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], missing: str
) -> None:
    paths = {"mapping": mapping, "file": written(tmp_path, LEADS)}
    paths[missing].unlink()

    assert main(["check", str(paths["mapping"]), str(paths["file"])]) == 2

    assert str(paths[missing]) in capsys.readouterr().err


def test_campaigns_are_checked_by_their_own_fields(
    mapping: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = written(tmp_path, "Code,Name\nC1,Spring\n,Summer\nC3,\n", "campaigns_1.csv")

    assert main(["check", str(mapping), str(file), "--kind", "campaigns", "--json"]) == 0

    report = json.loads(capsys.readouterr().out)
    assert (report["rows"], report["accepted"]) == (3, 1)
    assert [entry["line"] for entry in report["rejected"]] == [3, 4]


def test_the_suite_beside_the_mappings_folder_is_used_and_a_scratch_mapping_has_none(
    mapping: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    house = tmp_path / "include" / "mappings"
    house.mkdir(parents=True)
    (house / "acme.yaml").write_text(mapping.read_text(), encoding="utf-8")
    (tmp_path / "expectations").mkdir()
    suite = {"type": "expect_column_values_to_match_regex", "kwargs": {"column": "email", "regex": "rival"}}
    written(tmp_path / "expectations", yaml.safe_dump({"leads": {"expectations": [suite]}}), "acme.yaml")
    file = written(tmp_path, LEADS)

    def accepted(path: Path) -> int:
        assert main(["check", str(path), str(file), "--json"]) == 0
        return int(json.loads(capsys.readouterr().out)["accepted"])

    assert (accepted(house / "acme.yaml"), accepted(mapping)) == (0, 2)


def test_a_folder_of_expectations_that_is_not_there_is_an_error(
    mapping: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = written(tmp_path, LEADS)

    assert main(["check", str(mapping), str(file), "--expectations", str(tmp_path / "gone")]) == 2

    assert capsys.readouterr().err.strip().endswith("gone:0: this is no folder of expectations")


def test_a_supplier_without_files_is_checked_by_the_names_of_its_fields(
    tmp_path: Path, mapping: Path
) -> None:
    body = {
        "supplier": "globex",
        "label": "Globex",
        "targets": {"production": {"connection": "globex_salesforce"}},
        "source": {"system": "salesforce"},
        "fields": [{"name": "email", "source": "Lead.Email", "required": True}],
    }
    path = written(tmp_path, yaml.safe_dump(body), "globex.yaml")

    check = check_file(load_mapping(path), written(tmp_path, "Lead.Email\na@firm.com\nbad\n"))

    assert (check.rows, check.accepted, [row.line for row in check.rejected]) == (2, 1, [3])


def test_a_mapping_without_campaigns_has_none_to_check(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "acme.yaml"
    without = {name: value for name, value in MAPPING.items() if name != "campaigns"}
    without["source"] = {"system": "sftp"}
    path.write_text(yaml.safe_dump(without, sort_keys=False), encoding="utf-8")

    code = main(["check", str(path), str(written(tmp_path, LEADS)), "--kind", "campaigns"])

    assert (code, capsys.readouterr().err) == (2, f"{path}:0: this mapping has no fields of campaigns\n")
