"""Hand-written expectations of a supplier: `<supplier>.yaml`, `.yml` or `.json` in the expectations folder.

    leads:
      expectations:
        - type: expect_column_values_to_not_match_regex
          kwargs: {column: email, regex: "@example[.]com$"}
          meta: {message: "is an address of an example domain"}
    campaigns: {expectations: []}

Each suite is one of Great Expectations'; `column` is a field's name, its values are in the hub's
representation (decimals as numbers, a multiselect as one text with the field's separator). Only expectations
that judge row by row can stand here, for a row is what can be quarantined; the share that may fail is the
mapping's threshold.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from leadline.checks.values import Reason
from leadline.errors import ConfigurationError, Finding
from leadline.late_imports import great_expectations
from leadline.mapping.document import read_document
from leadline.mapping.fields import FieldMapping
from leadline.ports import Kind

SUFFIXES = (".yaml", ".yml", ".json")
_KINDS = {"leads", "campaigns"}
_REFUSED = ("mostly", "row_condition", "condition_parser")


@dataclass(frozen=True)
class Written:
    """One hand-written expectation, and where it stands."""

    path: str
    line: int
    type: str
    kwargs: dict[str, Any]
    columns: tuple[str, ...]
    message: str

    @property
    def reason(self) -> Reason:
        """Return what a row is told that breaks it."""
        return Reason(self.columns[0], self.type, self.message)

    def finding(self, message: str) -> Finding:
        """Return a finding at its line."""
        return Finding(self.path, self.line, message)

    def build(self, meta: dict[str, Any]) -> Any:
        """Return the expectation itself, which carries `meta` into its result."""
        return _implementation(self.type)(**self.kwargs, meta=meta)


def load_suite(
    directory: Path | None, supplier: str, kind: Kind, fields: Sequence[FieldMapping]
) -> tuple[Written, ...]:
    """Return the hand-written expectations of a supplier; none where there is no file.

    Raises:
        ConfigurationError: The file does not hold; `findings` name its lines.
    """
    paths = [directory / f"{supplier}{suffix}" for suffix in SUFFIXES] if directory else []
    path = next((path for path in paths if path.is_file()), None)
    if path is None:
        return ()
    document = read_document(path, may_be_empty=True)
    value = {} if document.value is None else document.value

    def finding(message: str, *place: str | int) -> Finding:
        return Finding(str(path), document.line(place), message)

    if not isinstance(value, dict) or not set(value) <= _KINDS:
        raise _broken([finding(f"the keys are: {', '.join(sorted(_KINDS))}")])
    suite = value.get(kind) or {}
    items = (suite.get("expectations") or []) if isinstance(suite, dict) else None
    if not isinstance(items, list):
        raise _broken([finding(f"'{kind}' needs 'expectations', a list", kind)])
    names = {field.name for field in fields}
    written, findings = [], list(document.findings)
    for number, item in enumerate(items):
        place = (kind, "expectations", number)
        try:
            written.append(_read(item, str(path), document.line(place), names))
        except ValueError as error:
            findings.append(finding(str(error), *place))
    if findings:
        raise _broken(findings)
    return tuple(written)


def _read(item: Any, path: str, line: int, names: set[str]) -> Written:
    if not isinstance(item, dict) or not isinstance(item.get("type"), str):
        raise ValueError("an expectation is a section with 'type' and 'kwargs'")
    kwargs = item.get("kwargs") or {}
    meta = item.get("meta") or {}
    if not isinstance(kwargs, dict) or not isinstance(meta, dict):
        raise ValueError("'kwargs' and 'meta' are sections")
    if refused := [name for name in _REFUSED if name in kwargs]:
        raise ValueError(f"'{refused[0]}' cannot be used: each row is judged by itself")
    if not _is_row_wise(item["type"]):
        raise ValueError(f"'{item['type']}' is no expectation that judges row by row")
    columns = [kwargs[key] for key in ("column", "column_A", "column_B") if key in kwargs]
    several = kwargs.get("column_list") or []
    columns += several if isinstance(several, list) else [several]
    if odd := [column for column in columns if not isinstance(column, str)]:
        raise ValueError(f"'{odd[0]}' is no name of a field")
    if unknown := [column for column in columns if column not in names]:
        raise ValueError(f"'{unknown[0]}' is not a field; fields are: {', '.join(sorted(names))}")
    patterns = [kwargs[key] for key in ("regex", "regex_list") if key in kwargs]
    for pattern in (one for found in patterns for one in (found if isinstance(found, list) else [found])):
        if problem := _pattern_problem(pattern):
            raise ValueError(f"'{pattern}' is no regular expression: {problem}")
    message = meta.get("message") or f"does not meet {item['type']}"
    if not columns:
        raise ValueError(f"'kwargs' of {item['type']} name no column")
    written = Written(path, line, item["type"], kwargs, tuple(columns), str(message))
    try:
        written.build({})
    except (TypeError, ValueError) as error:
        raise ValueError(f"'kwargs' do not fit {item['type']}") from error
    return written


def _pattern_problem(pattern: Any) -> str | None:
    try:
        re.compile(pattern)
    except (re.error, TypeError, OverflowError, RecursionError) as error:
        return str(error)
    return None


def _implementation(type_: str) -> Any:
    great_expectations()  # fills the registry
    return great_expectations("expectations.registry").get_expectation_impl(type_)


def _is_row_wise(type_: str) -> bool:
    expectation = great_expectations("expectations.expectation")
    row_wise = (
        expectation.ColumnMapExpectation,
        expectation.ColumnPairMapExpectation,
        expectation.MulticolumnMapExpectation,
    )
    try:
        return issubclass(_implementation(type_), row_wise)
    except great_expectations("exceptions").ExpectationNotFoundError:
        return False


def _broken(findings: Sequence[Finding]) -> ConfigurationError:
    return ConfigurationError("; ".join(map(str, findings)), findings)
