"""What two suppliers at one system would take from each other."""

from __future__ import annotations

from pathlib import Path

import pytest

from leadline.mapping.loading import load_all, mapping_files, sharing_of

MAPPING = """\
supplier: {supplier}
label: A brand
targets:
  production: {{connection: {connection}}}
source:
  system: {source}
fields:
  - {{name: email, source: Email, required: true, judge: email}}
write_back:
  distribution_status: {status}
"""


def write(
    folder: Path, supplier: str, source: str, *, connection: str = "group", status: str = "Status__c"
) -> None:
    text = MAPPING.format(supplier=supplier, source=source, connection=connection, status=status)
    (folder / f"{supplier}.yaml").write_text(text, encoding="utf-8")


def told(folder: Path) -> list[tuple[str, int, str]]:
    mappings, findings = load_all(folder)
    assert not findings
    return [
        (Path(one.path).name, one.line, one.message) for one in sharing_of(mapping_files(folder), mappings)
    ]


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ("", "both take files such as 'leads_*.csv*' from /inbox"),
        ("\n  inbox: /inbox/", "both take files such as 'leads_*.csv*' from /inbox/"),
        ("\n  leads: 'lead[a-s]_eu*'", "both take files such as 'lead[a-s]_eu*' from /inbox"),
        ("\n  inbox: /zebra", "both keep files such as 'leads_*.csv*' below one archive"),
        ("\n  inbox: /archive/zebra\n  archive: /old", "below one archive"),
        ("\n  inbox: /zebra\n  archive: /zebras", None),
        ("\n  leads: zebra_*.csv", None),
        ("\n  leads: 'lead[t-z]*'", None),
    ],
)
def test_files_that_fit_both_are_found_in_the_later_mapping(
    tmp_path: Path, more: str, says: str | None
) -> None:
    write(tmp_path, "acme", "sftp")
    write(tmp_path, "zebra", f"sftp{more}")

    found = told(tmp_path)

    assert [name for name, _, _ in found] == ([] if says is None else ["zebra.yaml"])
    assert says is None or says in found[0][2]
    assert says is None or "is that of acme, too" in found[0][2]


def test_suppliers_with_connections_of_their_own_share_nothing(tmp_path: Path) -> None:
    write(tmp_path, "acme", "sftp")
    write(tmp_path, "zebra", "sftp", connection="zebra")

    assert told(tmp_path) == []


@pytest.mark.parametrize(
    ("where", "field", "clash"),
    [("'A'", "Status__c", True), ("'B'", "Status__c", False), ("'A'", "Z__c", False)],
)
def test_records_clash_where_both_take_the_same_and_write_the_same(
    tmp_path: Path, where: str, field: str, clash: bool
) -> None:
    write(tmp_path, "acme", "salesforce\n  where: Brand__c = 'A'")
    write(tmp_path, "zebra", f"salesforce\n  where: Brand__c = {where}", status=field)

    found = told(tmp_path)

    assert [name for name, _, _ in found] == ["zebra.yaml"] * clash
    assert not clash or "write to the same fields (Status__c)" in found[0][2]
