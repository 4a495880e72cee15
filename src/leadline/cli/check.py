"""`leadline check MAPPING FILE`: validates a supplier's file without hub or Airflow."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from leadline.cli import expectations
from leadline.cli.printing import say, say_json

if TYPE_CHECKING:
    from leadline.checks import Reason
    from leadline.file_check import FileCheck

_LINES_SHOWN = 5
_COLUMNS_SHOWN = 12


def add_parser(subparsers: Any) -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser(
        "check",
        help="check a supplier's file",
        description="Validates a supplier's file against its mapping. Exit 0: checked; 1: the file as a whole"
        " is unreadable; 2: the mapping or the arguments must change first.",
    )
    parser.add_argument("mapping", metavar="MAPPING", type=Path, help="the supplier's YAML file")
    parser.add_argument("file", metavar="FILE", type=Path, help="CSV, plain, .gz or .zip")
    parser.add_argument("--kind", choices=("leads", "campaigns"), default="leads", help="what the file holds")
    expectations.add_argument(parser)
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    """Check and print; return 1 for an unreadable file."""
    from leadline.file_check import check_file
    from leadline.mapping.inbound import inbound_fields
    from leadline.mapping.loading import load_mapping

    mapping = load_mapping(arguments.mapping)
    if arguments.kind == "campaigns" and not mapping.campaigns.fields:  # a check of nothing must not pass
        say(f"{arguments.mapping}:0: this mapping has no fields of campaigns", error=True)
        return 2
    directory = expectations.chosen(arguments)
    try:
        check = check_file(mapping, arguments.file, arguments.kind, directory)
    except OSError as error:
        say(f"{arguments.file}:0: {error.strerror or 'cannot be read'}", error=True)
        return 2
    if arguments.json:
        say_json(_report(check))
    else:
        columns = {field.name: field.source for field in inbound_fields(mapping, arguments.kind)}
        for line in _summary(check, arguments.file, columns):
            say(line)
    return 0 if check.readable else 1


def _report(check: FileCheck) -> dict[str, Any]:
    return {
        "rows": check.rows,
        "accepted": check.accepted,
        "filtered": check.filtered,
        "absent": list(check.absent),
        "unmapped": list(check.unmapped),
        "rejected": [
            {
                "line": rejected.line,
                "reasons": [
                    {"field": reason.field, "rule": reason.rule, "message": reason.message}
                    for reason in rejected.reasons
                ],
            }
            for rejected in check.rejected
        ],
    }


def _summary(check: FileCheck, file: Path, columns: Mapping[str, str]) -> Iterator[str]:
    # Who made the file knows its columns; who wrote the mapping, the fields.
    if not check.readable:
        (unreadable,) = check.rejected
        (reason,) = unreadable.reasons
        yield f"{file}:{unreadable.line}: {reason.rule}: {reason.message}; nothing of the file is taken"
        return
    kept_out = f", {check.filtered} of them kept out by the filter" if check.filtered else ""
    yield (
        f"{file}: {check.rows} rows ({check.encoding}): {check.accepted} accepted{kept_out},"
        f" {len(check.rejected)} rejected"
    )
    if check.absent:
        yield f"columns that the file has not, so that their fields stay empty: {_quoted(check.absent)}"
    if check.unmapped:
        yield f"columns that no field reads: {_quoted(check.unmapped)}"
    counts: Counter[Reason] = Counter()
    lines: dict[Reason, list[int]] = {}
    for rejected in check.rejected:
        for reason in rejected.reasons:
            counts[reason] += 1
            lines.setdefault(reason, []).append(rejected.line)
    if not counts:
        return
    rows = [("rows", "column", "field", "rule", "message", "lines")]
    for reason, count in counts.most_common():
        shown = ", ".join(map(str, lines[reason][:_LINES_SHOWN])) + (", …" if count > _LINES_SHOWN else "")
        column, name = columns.get(reason.field or "", "(row)"), reason.field or ""
        rows.append((str(count), column, name, reason.rule, reason.message, shown))
    widths = [max(len(row[place]) for row in rows) for place in range(5)]
    for count_shown, *words in rows:
        cells = [count_shown.rjust(widths[0])]
        cells += [word.ljust(width) for word, width in zip(words, [*widths[1:], 0], strict=True)]
        yield "  ".join(cells).rstrip()


def _quoted(names: Sequence[str]) -> str:
    more = f" and {len(names) - _COLUMNS_SHOWN} more" if len(names) > _COLUMNS_SHOWN else ""
    return ", ".join(f"'{name}'" for name in names[:_COLUMNS_SHOWN]) + more
