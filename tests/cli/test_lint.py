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


def test_findings_are_lines_of_path_line_and_message_and_exit_2(cli, broken: Path) -> None:
    said = cli("lint", str(broken), str(SAMPLES / "globex.yaml"))

    assert said.code == 2
    assert [line.split(": ")[0] for line in said.out.splitlines()] == [f"{broken}:6", f"{broken}:7"]


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
