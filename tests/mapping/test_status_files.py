"""What lint says of `write_back.file`."""

from __future__ import annotations

import pytest

HEAD = "write_back:\n  partner_name: Partner\n  file:\n    "


@pytest.mark.parametrize(
    ("part", "message"),
    [
        ("name: 'status_{when}.csv'", "'{when}' is not known; allowed: {run}, {date}, {time}"),
        ("name: 'status_{}.csv'", "'{}' is not known"),
        ("name: 'status_{run.csv'", "a brace opens or closes alone"),
        ("name: 'out/{run}.csv'", "no folder, no leading dot"),
        ("name: '.{run}.csv'", "no folder, no leading dot"),
        ("name: status.csv", "every run's file would have one name"),
        (
            "columns: {Ref: supplier_ref}",
            "'supplier_ref' is nothing that a row is found by; allowed: file, line",
        ),
        ("columns: {Partner: line}", "the column 'Partner' is written with a status already"),
    ],
)
def test_what_cannot_work_is_found_on_its_line(findings_of, part: str, message: str) -> None:
    (finding,) = findings_of(added=HEAD + part)

    assert message in finding.message
    assert finding.line == 28


def test_names_and_columns_that_work_have_no_findings(findings_of) -> None:
    columns = "    columns: {Mail: email, Row: line, No: sequence}\n"
    added = f"{HEAD}name: 'acme_{{date}}T{{time}}_{{run}}.csv'\n{columns}"

    assert findings_of(added=added) == ()


def test_a_supplier_without_files_has_none(findings_of) -> None:
    salesforce = ("  system: sftp\n  campaigns: campaigns_*.csv\n", "  system: salesforce\n")

    findings = findings_of(salesforce, added=f"{HEAD}name: 'x_{{run}}.csv'\n")

    assert any("write_back.file is for sftp, not for salesforce" in one.message for one in findings)
