"""YAML with lines."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from leadline.errors import Finding, MappingError
from leadline.mapping.document import MAX_BYTES, read_document


def finding(path: Path, content: bytes) -> Finding:
    path.write_bytes(content)
    with pytest.raises(MappingError) as caught:
        read_document(path)
    return caught.value.findings[0]


def test_values_read_as_safe_load_does_but_keys_and_dates_stay_text(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text("a: [1, 2.5, true, null, text]\non: no\nday: 2026-01-01\n1: 'x'\n", encoding="utf-8")

    document = read_document(path)

    assert document.value == {
        "a": [1, 2.5, True, None, "text"],
        "on": False,
        "day": "2026-01-01",
        "1": "x",
    }
    assert document.written[("on",)] == "no"


def test_every_place_has_its_line(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text("# comment\na:\n  - b: 1\n    c:\n      [x,\n       y]\n", encoding="utf-8")

    document = read_document(path)

    assert document.lines[("a", 0, "b")] == 3
    assert document.lines[("a", 0, "c")] == 4
    assert document.lines[("a", 0, "c", 1)] == 6
    assert document.line(("a", 0, "nowhere")) == 3


def test_anchors_and_merges_work_and_own_keys_win(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text("a: &a {p: 1, q: 2}\nb:\n  <<: *a\n  q: 3\nc: *a\n", encoding="utf-8")

    assert read_document(path).value == {"a": {"p": 1, "q": 2}, "b": {"p": 1, "q": 3}, "c": {"p": 1, "q": 2}}


def test_a_key_given_twice_is_found_at_its_second_line(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text("a: 1\nb: 2\na: 3\n", encoding="utf-8")

    (found,) = read_document(path).findings

    assert (found.line, found.message) == (3, "'a' is given twice here; the first is on line 1")


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        (b"a: 1\n\tb: 2\n", 2, "tab; indent with spaces"),
        (b"a: 1\nb: c: d\n", 2, "needs quotes"),
        (b"a: 1\nb: 'x\n", 2, "unexpected end of stream"),
        (b"a: 1\nb: @x\n", 2, "starts with @ needs quotes"),
        (b"a:\n  - b\n c: d\n", 3, "not YAML"),
        (b"a: [1,\n  2\n", 3, "that starts on line 1"),
        (b"a: 1\nb: \x01\n", 2, "control character"),
        ("a: 1\nb: ü\n".encode("cp1252"), 2, "is not UTF-8"),
        ("a: 1\n".encode("utf-16"), 1, "is not UTF-8"),
        (b"a: 1\nb: *x\n", 2, "'*x' refers to no '&x'"),
        (b"a: 1\n---\nb: 2\n", 2, "second document"),
        (b"a: 1\nb: !!python/object/apply:os.system [x]\n", 2, "is not allowed"),
        (b"a: 1\nb: !secret x\n", 2, "'!secret' is not allowed"),
        (b"a: 1\n? [b]\n: c\n", 2, "a key must be a word"),
        (b"a: 1\nb: .inf\n", 2, "not a number"),
        (b"a: 1\nb: " + b"9" * 5000, 2, "9' is not a number that a mapping may hold"),
        (b"a: !!bool maybe\n", 1, "'maybe' is not true, false or nothing"),
        (b"", 1, "the file is empty"),
        (b"# only a comment\n", 1, "the file is empty"),
        (b"a: &a [*a]\n", 1, "leads back into itself"),
        (b"a: &a\n  <<: *a\n", 1, "leads back into itself"),
        (b"a: " + b"x" * MAX_BYTES, 0, "larger than"),
    ],
)
def test_a_file_that_cannot_be_read_says_where_and_why(
    tmp_path: Path, content: bytes, line: int, words: str
) -> None:
    found = finding(tmp_path / "x.yaml", content)

    assert found.line == line
    assert words in found.message
    assert found.path.endswith("x.yaml")


@pytest.mark.parametrize("content", ["[" * 200_000, "- " * 200_000, "a: {" * 100_000, "? " * 200_000])
def test_deep_nesting_is_a_finding_and_does_not_crash_the_process(tmp_path: Path, content: str) -> None:
    # PyYAML's C composer overflows the C stack on these: the whole DAG processor would go with it.
    path = tmp_path / "deep.yaml"
    path.write_text(content, encoding="utf-8")
    code = (
        "import pathlib, sys; from leadline.mapping.document import read_document; "
        "read_document(pathlib.Path(sys.argv[1]))"
    )

    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, timeout=60, check=False
    )

    assert done.returncode == 1
    assert "nested more than" in done.stderr


def test_aliases_that_multiply_are_a_finding(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]

    found = finding(tmp_path / "x.yaml", "\n".join(lines).encode())

    assert "aliases count each time" in found.message


def test_a_folder_and_a_missing_file_are_findings(tmp_path: Path) -> None:
    for path, words in ((tmp_path, "this is a folder"), (tmp_path / "no.yaml", "there is no such file")):
        with pytest.raises(MappingError, match=words):
            read_document(path)
