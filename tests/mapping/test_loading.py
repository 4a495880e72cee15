"""Loading mappings: every finding has its line, and none hides another file."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest

from leadline.errors import MappingError, UnknownSupplier
from leadline.mapping.loading import load_all, load_mapping, load_supplier
from leadline.settings import default_include_dir

SAMPLES = default_include_dir() / "mappings"


def test_the_valid_mapping_of_these_tests_has_no_finding(write_mapping) -> None:
    assert load_mapping(write_mapping()).supplier == "acme"


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("label: Acme", "lable: Acme", 2, "'lable' is not known here; did you mean 'label'?"),
        ("label: Acme", "lable: Acme", 1, "'label' is missing"),
        ("supplier: acme", "supplier: Acme Ltd", 1, "supplier: must be a name: lower-case letters"),
        ("supplier: acme", "supplier:", 1, "supplier: there is no value; it must be text"),
        ("label: Acme", "label: NO", 2, "must be text, not NO (which YAML reads as false); put it in quotes"),
        ("label: Acme", "label: 4711", 2, "label: must be text, not 4711; put it in quotes"),
        (
            "  production:",
            "  prod:",
            4,
            "'prod' is not known; did you mean 'production'? allowed: production",
        ),
        (
            "system: sftp",
            "system: stfp",
            7,
            "system 'stfp' is not known; did you mean 'sftp'? allowed: sftp, sal",
        ),
        (
            "  system: sftp\n",
            "",
            6,
            "source: 'system' is missing; allowed: sftp, salesforce, marketo, eloqua",
        ),
        ("campaigns: campaigns_*.csv", "campains: x", 8, "did you mean 'campaigns'? allowed: system, inbox,"),
        (
            "type: integer",
            "type: int",
            12,
            "fields[employees].type: 'int' is not known; did you mean 'integer'? allowed: string,",
        ),
        ("Public Sector]", "12]", 14, "fields[industry].values[2]: must be text, not 12; put it in quotes"),
        (", values: [Retail, Public Sector]", "", 14, "select needs 'values', the list of what is allowed"),
        (
            "{name: postal_code, source: Postal Code}",
            "postal_code",
            16,
            "must be a section with 'key: value'",
        ),
        ("{name: postal_code,", "{name: country,", 16, "field names used twice: country"),
        ("name: email", "name: mail", 9, "a field named 'email' is needed"),
        ("lead_field: campaign_code", "lead_field: code", 21, "campaigns.lead_field 'code' is not a field;"),
    ],
)
def test_a_finding_has_its_line_and_says_what_is_allowed(
    findings_of, old: str, new: str, line: int, message: str
) -> None:
    findings = findings_of((old, new))

    assert [finding for finding in findings if finding.line == line and message in finding.message], findings


def test_a_range_is_told_in_words(findings_of) -> None:
    (finding,) = findings_of(added="batch_rows: 60000\n")

    assert finding.message == "batch_rows: must be at most 50000, not 60000"
    assert finding.line == 25


def test_all_findings_of_a_file_come_at_once_in_order(findings_of) -> None:
    findings = findings_of(("label: Acme", "label: 1\nlabel: 2"), added="threshold: {share: 2}\nx: 1\n")

    assert [finding.line for finding in findings] == [2, 3, 26, 27]


def test_alternatives_of_one_value_are_one_finding(findings_of) -> None:
    findings = findings_of(added="filter:\n  any:\n    - all:\n        - {lead: country, value: [DE]}\n")

    assert [finding.message for finding in findings] == [
        "filter.any[1].all[1].value: must be text, or a whole number, or a number, or true or false"
    ]
    assert findings[0].line == 28


def test_a_list_of_which_a_value_is_refused_is_not_called_too_short_as_well(findings_of) -> None:
    week = "routing: {reroute: {pending_days: 1, working_week: {days: DAYS}}}\n"

    (wrong,) = findings_of(added=week.replace("DAYS", "[monday]"))
    (none,) = findings_of(added=week.replace("DAYS", "[]"))

    assert wrong.message.startswith(
        "routing.reroute.working_week.days[1]: 'monday' is not known; did you mean"
    )
    assert none.message == "routing.reroute.working_week.days: the list is empty; it needs at least 1"


def test_no_message_speaks_of_pydantic(findings_of) -> None:
    findings = findings_of(
        ("label: Acme", "label: [a]"),
        ("type: boolean", "type: bool"),
        added="routing: []\ncrm: {salesforce: {lead: x}}\nfilter: {any: {}}\nschedule: 1\n",
    )

    text = " ".join(finding.message for finding in findings).casefold()
    assert len(findings) == 6
    assert not [word for word in ("pydantic", "instance", "dictionary", "tuple", "input") if word in text]


def test_a_list_at_the_top_is_a_finding(tmp_path: Path) -> None:
    path = tmp_path / "acme.yaml"
    path.write_text("- supplier: acme\n", encoding="utf-8")

    with pytest.raises(MappingError, match=r"acme\.yaml:1: a mapping is a section"):
        load_mapping(path)


def test_one_broken_file_hides_no_other_and_each_is_named(tmp_path: Path) -> None:
    for sample in SAMPLES.glob("*.yaml"):
        shutil.copy(sample, tmp_path)
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "empty.yaml").write_text("", encoding="utf-8")
    (tmp_path / "tabs.yaml").write_text("a:\n\tb: c\n", encoding="utf-8")
    (tmp_path / "folder.yaml").mkdir()
    (tmp_path / "gone.yaml").symlink_to(tmp_path / "nowhere")
    (tmp_path / ".hidden.yaml").write_text("a: 1\n", encoding="utf-8")
    (tmp_path / "notes.txt").write_text("a: 1\n", encoding="utf-8")

    mappings, findings = load_all(tmp_path)

    assert sorted(mappings) == sorted(one.stem for one in SAMPLES.glob("*.yaml"))
    assert {Path(finding.path).name for finding in findings} == {
        "binary.yaml",
        "empty.yaml",
        "tabs.yaml",
        "folder.yaml",
        "gone.yaml",
    }


def test_a_file_is_named_after_its_supplier(tmp_path: Path, write_mapping) -> None:
    write_mapping(name="other.yaml")

    mappings, findings = load_all(tmp_path)

    assert not mappings
    assert findings[0].message == "supplier 'acme' does not match the file's name; call it acme.yaml"
    assert findings[0].line == 1


def test_names_that_collide_are_found_in_the_later_file(tmp_path: Path, write_mapping) -> None:
    write_mapping(name="acme.yaml")
    write_mapping(name="acme.yml")
    write_mapping(("supplier: acme", "# ours\nsupplier: acme_preflight"), name="acme_preflight.yaml")

    mappings, findings = load_all(tmp_path)

    assert list(mappings) == ["acme"]
    assert [Path(finding.path).name for finding in findings] == ["acme.yml", "acme_preflight.yaml"]
    assert [finding.line for finding in findings] == [1, 2]
    assert "'acme_preflight'" in findings[1].message


def test_one_supplier_is_loaded_without_the_others(tmp_path: Path, write_mapping) -> None:
    write_mapping()
    (tmp_path / "broken.yaml").write_text("a:\n\tb", encoding="utf-8")

    assert load_supplier(tmp_path, "acme").supplier == "acme"
    with pytest.raises(MappingError):
        load_supplier(tmp_path, "broken")
    with pytest.raises(UnknownSupplier, match="there are: acme, broken"):
        load_supplier(tmp_path, "initech")


def test_200_mappings_parse_in_under_five_seconds(tmp_path: Path) -> None:
    text = (SAMPLES / "acme.yaml").read_text(encoding="utf-8")
    for number in range(200):
        name = f"acme{number:03}"
        (tmp_path / f"{name}.yaml").write_text(
            text.replace("supplier: acme\n", f"supplier: {name}\n"), encoding="utf-8"
        )

    # The process's own time: the machine's other work does not count.
    started = time.process_time()
    mappings, findings = load_all(tmp_path)
    seconds = time.process_time() - started

    assert len(mappings) == 200
    assert not findings
    assert seconds < 5
