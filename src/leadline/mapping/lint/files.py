"""Status files of a supplier of files: their name and their columns."""

from __future__ import annotations

from collections.abc import Iterator
from string import Formatter

from leadline.mapping.document import Place
from leadline.mapping.model import StatusFile, SupplierMapping
from leadline.mapping.source import SftpSource

_PARTS = ("run", "date", "time")
_OWN = ("file", "line", "lead_id", "sequence")


def file_problems(mapping: SupplierMapping) -> Iterator[tuple[Place, str]]:
    """Yield what is wrong with `write_back.file`."""
    chosen = mapping.write_back.file
    at: Place = ("write_back", "file")
    if not isinstance(mapping.source, SftpSource):
        if chosen != StatusFile():
            yield at, f"write_back.file is for sftp, not for {mapping.source.system}"
        return
    if problem := _name_problem(chosen.name):
        yield (*at, "name"), f"write_back.file.name '{chosen.name}': {problem}"
    fields = [field.name for field in mapping.fields]
    write_back = mapping.write_back
    told = {*write_back.mapped.values(), *write_back.rejection_fields.values(), *write_back.fields.values()}
    for column, what in chosen.columns.items():
        place = (*at, "columns", column)
        if what not in (*_OWN, *fields):
            known = ", ".join((*_OWN, *fields))
            yield place, f"'{what}' is nothing that a row is found by; allowed: {known}"
        if column in told:
            yield place, f"the column '{column}' is written with a status already"


def _name_problem(name: str) -> str | None:
    try:
        parts = [part for _, part, _, _ in Formatter().parse(name) if part is not None]
    except ValueError:
        return "a brace opens or closes alone"
    if unknown := [part for part in parts if part not in _PARTS]:
        return f"'{{{unknown[0]}}}' is not known; allowed: {{run}}, {{date}}, {{time}}"
    if "/" in name or name.startswith("."):
        return "it is a file's name in the outbox: no folder, no leading dot"
    if not parts:
        return "without {run}, or {date} and {time}, every run's file would have one name"
    return None
