"""A small valid mapping file that a test changes in one place."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from leadline.errors import Finding, MappingError
from leadline.mapping.loading import load_mapping

VALID = """\
supplier: acme
label: Acme
targets:
  production: {connection: acme_sftp}
  test: {connection: acme_sftp_test}
source:
  system: sftp
  campaigns: campaigns_*.csv
fields:
  - {name: email, source: E-Mail, required: true, judge: email}
  - {name: country, source: Country, judge: country}
  - {name: employees, source: Employees, type: integer}
  - {name: opt_in, source: Opt In, type: boolean}
  - {name: industry, source: Industry, type: select, values: [Retail, Public Sector]}
  - {name: event_date, source: Event Date, type: date}
  - {name: postal_code, source: Postal Code}
  - {name: note, source: Note, type: text, visibility: supplier_only}
  - {name: campaign_code, source: Campaign}
campaigns:
  key: Code
  lead_field: campaign_code
  fields:
    - {name: name, source: Name}
    - {name: theme, source: Theme}
"""

WriteMapping = Callable[..., Path]
FindingsOf = Callable[..., tuple[Finding, ...]]


@pytest.fixture
def write_mapping(tmp_path: Path) -> WriteMapping:
    """Return a function that writes a mapping file: the valid one with words replaced and lines added."""

    def write(*replacements: tuple[str, str], added: str = "", name: str = "acme.yaml") -> Path:
        text = VALID
        for old, new in replacements:
            if old not in text:
                raise ValueError(f"the valid mapping has no {old!r}")
            text = text.replace(old, new)
        path = tmp_path / name
        path.write_text(text + added, encoding="utf-8")
        return path

    return write


@pytest.fixture
def findings_of(write_mapping: WriteMapping) -> FindingsOf:
    """Return a function that loads a changed mapping and returns its findings."""

    def load(*replacements: tuple[str, str], added: str = "") -> tuple[Finding, ...]:
        try:
            load_mapping(write_mapping(*replacements, added=added))
        except MappingError as error:
            return tuple(error.findings)
        return ()

    return load
