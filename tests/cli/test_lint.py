"""`leadline lint` and `leadline schema`."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from leadline.settings import default_include_dir

SAMPLES = default_include_dir() / "mappings"


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    path = tmp_path / "acme.yaml"
    text = (SAMPLES / "acme.yaml").read_text(encoding="utf-8")
    path.write_text(text.replace("label: Acme Networks\n", "lable: Acme\n"), encoding="utf-8")
    return path


def test_all_mappings_are_checked_if_none_is_named(cli) -> None:
    said = cli("lint")

    assert (said.code, said.err) == (0, "")
    assert re.fullmatch(r"\d+ mappings, no findings: acme, globex.*\n", said.out)


def test_a_target_of_a_supplier_that_is_none_is_a_finding_of_the_setting(cli) -> None:
    said = cli("lint", TARGETS="acne=test,acme=test")
    one = cli("lint", str(SAMPLES / "acme.yaml"))

    assert said.code == 2
    assert said.out.startswith("LEADLINE_TARGETS:0: there is no mapping for 'acne'; there are: acme, globex")
    assert one.code == 0


def test_findings_are_lines_of_path_line_and_message_and_exit_2(cli, broken: Path) -> None:
    said = cli("lint", str(broken), str(SAMPLES / "globex.yaml"))

    assert said.code == 2
    assert [line.split(": ")[0] for line in said.out.splitlines()] == [f"{broken}:6", f"{broken}:7"]


def test_a_folder_without_mappings_is_a_finding(cli, tmp_path: Path) -> None:
    (tmp_path / "acme.txt").touch()

    said = cli("lint", str(tmp_path))

    assert said.code == 2
    assert said.out == f"{tmp_path}:0: there is no mapping in this folder: <supplier>.yaml\n"


def test_a_folder_stands_for_its_mappings(cli, broken: Path) -> None:
    shutil.copy(SAMPLES / "globex.yaml", broken.parent)

    said = cli("lint", str(broken.parent), "--json")

    body = json.loads(said.out)
    assert said.code == 2
    assert (body["checked"], body["suppliers"]) == (2, ["globex"])
    assert {"path", "line", "message"} == set(body["findings"][0])
    assert [(row["path"], row["line"]) for row in body["findings"]] == [(str(broken), 6), (str(broken), 7)]


def test_json_of_good_mappings_has_no_findings(cli) -> None:
    body = json.loads(cli("lint", "--json").out)

    assert body["findings"] == []
    assert {"acme", "globex"} <= set(body["suppliers"])


def test_a_file_that_is_not_there_is_a_finding(cli, tmp_path: Path) -> None:
    said = cli("lint", str(tmp_path / "none.yaml"))

    assert said.code == 2
    assert said.out == f"{tmp_path / 'none.yaml'}:0: there is no such file\n"


def test_a_link_that_leads_nowhere_is_a_finding(cli, tmp_path: Path) -> None:
    (tmp_path / "loop.yaml").symlink_to("loop.yaml")
    (tmp_path / "gone.yaml").symlink_to("nothing.yaml")

    said = cli("lint", str(tmp_path))

    assert said.code == 2
    assert [line.split(":")[0] for line in said.out.splitlines()] == [
        str(tmp_path / "gone.yaml"),
        str(tmp_path / "loop.yaml"),
    ]


def test_the_include_folder_of_the_settings_is_checked(cli, broken: Path) -> None:
    (broken.parent / "mappings").mkdir()
    shutil.move(broken, broken.parent / "mappings")

    assert cli("lint", INCLUDE_DIR=str(broken.parent)).code == 2


def test_the_schema_is_written_where_editors_find_it(cli, tmp_path: Path) -> None:
    said = cli("schema", INCLUDE_DIR=str(tmp_path))

    written = (tmp_path / "mapping.schema.json").read_text(encoding="utf-8")
    assert said.out == f"{tmp_path / 'mapping.schema.json'}\n"
    assert json.loads(written)["properties"]["supplier"]
    assert cli("schema", "--output", "-").out == written


@pytest.fixture
def include(tmp_path: Path) -> Path:
    """Return the folder of a house of its own: mappings, and expectations beside them."""
    shutil.copytree(SAMPLES, tmp_path / "include" / "mappings")
    (tmp_path / "expectations").mkdir()
    return tmp_path / "include" / "mappings"


BROKEN_SUITE = """\
leads:
  expectations:
    - type: expect_column_values_to_not_be_null
      kwargs: {column: no_such_field}
    - type: expect_table_row_count_to_equal
      kwargs: {value: 3}
campaigns:
  expectations:
    - type: expect_column_value_lengths_to_be_between
      kwargs: {column: name, mostly: 0.9}
"""


def test_expectations_by_hand_are_checked_with_file_and_line(cli, include: Path) -> None:
    suite = include.parent.parent / "expectations" / "acme.yaml"
    suite.write_text(BROKEN_SUITE, encoding="utf-8")

    said = cli("lint", str(include))

    assert said.code == 2
    assert [line.partition(": ")[::2] for line in said.out.splitlines()] == [
        (f"{suite}:3", said.out.splitlines()[0].partition(": ")[2]),
        (f"{suite}:5", "'expect_table_row_count_to_equal' is no expectation that judges row by row"),
        (f"{suite}:9", "'mostly' cannot be used: each row is judged by itself"),
    ]
    assert "'no_such_field' is not a field; fields are: " in said.out


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        (
            "_to_match_regex\n      kwargs: {column: email, regex: '('}",
            "'(' is no regular expression: missing ),",
        ),
        ("_to_be_between\n      kwargs: {column: country, min_value: 1}", "cannot be computed on 'country'"),
        ("_to_not_be_null\n      kwargs: {column: [email]}", "'['email']' is no name of a field"),
    ],
)
def test_an_expectation_that_could_not_be_computed_is_a_finding(
    cli, include: Path, kwargs: str, message: str
) -> None:
    suite = include.parent.parent / "expectations" / "acme.yaml"
    suite.write_text(f"leads:\n  expectations:\n    - type: expect_column_values{kwargs}\n", encoding="utf-8")

    said = cli("lint", str(include / "acme.yaml"))

    assert said.code == 2
    assert said.out.startswith(f"{suite}:3: ")
    assert message in said.out


def test_expectations_of_which_all_are_commented_out_are_none(cli, include: Path) -> None:
    (include.parent.parent / "expectations" / "acme.yaml").write_text("# leads:\n", encoding="utf-8")

    assert cli("lint", str(include / "acme.yaml")).code == 0


def test_only_expectations_of_a_mapping_that_is_checked_count(cli, include: Path) -> None:
    (include.parent.parent / "expectations" / "acme.yaml").write_text(BROKEN_SUITE, encoding="utf-8")

    said = cli("lint", str(include / "globex.yaml"))

    assert said.code == 0
