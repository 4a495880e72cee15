"""Partner files as documents: YAML as it stands, and CSV with one partner a row.

Both come out in the shape of `partner_files.PartnerFile`, every value with its line. Nothing is judged here.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from leadline.errors import Finding, MappingError, PartnerFileError
from leadline.mapping.document import CONTROL, MAX_BYTES, Document, Place, read_document
from leadline.mapping.lint.setup import is_connection
from leadline.partners import Partner

SEPARATOR = "|"
_LISTS = {"default_owners", "reps", "absences"}
_PLAIN = Partner.model_fields.keys() - {"attributes", "cap", "absences", "reps"}
_ACCOUNT = {"crm_type": "type", "crm_connection": "connection", "crm_external_id_field": "external_id_field"}
_CAP = {"cap_leads": "leads", "cap_period": "period", "cap_timezone": "timezone"}
_SETTINGS = _PLAIN | _LISTS | _ACCOUNT.keys() | _CAP.keys()


def meant(attribute: str) -> str | None:
    """Return the setting of partners or accounts whose name an attribute has, or nearly has; None: none."""
    found = get_close_matches(attribute, sorted(_SETTINGS), n=1, cutoff=0.8)
    return found[0] if found else None


def read_partner_document(path: Path) -> Document:
    """Return the values of a partner file: CSV by its suffix, YAML otherwise.

    Raises:
        PartnerFileError: The file cannot be read at all; one finding says why and where.
    """
    if path.suffix.casefold() in (".csv", ".txt"):
        return _from_csv(path)
    try:
        document = read_document(path)
    except MappingError as error:
        empty = "the file is empty"
        raise PartnerFileError(
            [
                Finding(one.path, one.line, f"{empty}; it starts with 'partners:'")
                if one.message.startswith(empty)
                else Finding(one.path, one.line, one.message.replace("a mapping is", "a partner file is"))
                for one in error.findings
            ]
        ) from None
    if not isinstance(document.value, dict):
        raise PartnerFileError(
            [document.finding((), "a partner file is a section that starts with 'partners:'")]
        )
    return _with_words(document)


def _with_words(document: Document) -> Document:
    """Return the document with attributes as their author wrote them.

    YAML reads a bare NO, the country, as false, and 01067, a postal code, as a number in octal.
    """
    value = dict(document.value)
    partners = value.get("partners")
    if not isinstance(partners, list):
        return document
    kept = list(partners)
    for number, one in enumerate(partners):
        if isinstance(one, dict) and isinstance(one.get("attributes"), dict):
            attributes = {
                name: _words(document, ("partners", number, "attributes", name), found)
                for name, found in one["attributes"].items()
                if found is not None
            }
            kept[number] = one | {"attributes": attributes}
    value["partners"] = kept
    return Document(document.path, value, document.lines, document.written, document.findings)


def _words(document: Document, place: Place, value: Any) -> Any:
    if isinstance(value, list):
        return [_words(document, (*place, index), one) for index, one in enumerate(value) if one is not None]
    written = document.written.get(place)
    if written is None:
        return value
    if isinstance(value, bool):
        return value if written.lower() in ("true", "false") else written
    return value if str(value) == written else written


def _from_csv(path: Path) -> Document:
    text = _read_text(path)
    delimiter = ";" if ";" in text.partition("\n")[0] and "," not in text.partition("\n")[0] else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    findings: list[Finding] = []
    lines: dict[Place, int] = {(): 1, ("partners",): 1, ("crm_accounts",): 1}
    partners: list[dict[str, Any]] = []
    accounts: dict[str, dict[str, Any]] = {}
    header: list[str] = []
    for line, cells in _rows(reader, path, findings):
        if not header:
            header = _header(cells, path, line)
            continue
        if len(cells) != len(header):
            message = f"this row has {len(cells)} cells, the header has {len(header)}"
            findings.append(Finding(str(path), line, message))
            continue
        if any(CONTROL.search(cell) for cell in cells):
            findings.append(Finding(str(path), line, "this row holds a control character"))
            continue
        row = {name: cell.strip() for name, cell in zip(header, cells, strict=True) if cell.strip()}
        partner, account = _partner(row)
        place = ("partners", len(partners))
        _note_lines(lines, place, partner, line)
        partners.append(partner)
        if account is not None:
            known = accounts.setdefault(account["id"], account)
            if known != account:
                message = f"the account '{account['id']}' differs from its first row"
                findings.append(Finding(str(path), line, message))
            lines.setdefault(("crm_accounts", list(accounts).index(account["id"])), line)
    if not header:
        raise PartnerFileError([Finding(str(path), 1, "the file is empty; its first line names the columns")])
    value = {"partners": partners, "crm_accounts": list(accounts.values())}
    return Document(str(path), value, lines, {}, tuple(findings))


def _read_text(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_BYTES * 10 + 1)
    except OSError as error:
        message = f"the file cannot be read: {error.strerror or error}"
        raise PartnerFileError([Finding(str(path), 0, message)]) from None
    if len(content) > MAX_BYTES * 10:
        raise PartnerFileError([Finding(str(path), 0, "the file is too large for a list of partners")])
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        message = f"byte 0x{content[error.start]:02x} is not UTF-8; save the file as UTF-8"
        raise PartnerFileError([Finding(str(path), line, message)]) from None


def _rows(reader: Any, path: Path, findings: list[Finding]) -> Iterator[tuple[int, list[str]]]:
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            findings.append(Finding(str(path), line, f"this is not CSV: {error}"))
            return
        if any(cell.strip() for cell in cells):
            yield line, cells


def _header(cells: list[str], path: Path, line: int) -> list[str]:
    findings = []
    names = ["_".join(cell.strip().casefold().split()) for cell in cells]
    for name in dict.fromkeys(names):
        if not name:
            findings.append(Finding(str(path), line, "a column has no name"))
        elif names.count(name) > 1:
            findings.append(Finding(str(path), line, f"the column '{name}' is there twice"))
    findings += [
        Finding(str(path), line, f"the column '{name}' is missing")
        for name in ("id", "name")
        if name not in names
    ]
    if findings:  # nothing that is said about rows of other columns would help
        raise PartnerFileError(findings)
    return names


def _partner(row: dict[str, str]) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """Return a partner, and the account that its row describes, in the shape of the YAML."""
    partner: dict[str, Any] = {"attributes": {}}
    cap = {_CAP[name]: value for name, value in row.items() if name in _CAP}
    account = {_ACCOUNT[name]: value for name, value in row.items() if name in _ACCOUNT}
    for name, value in row.items():
        if name in _LISTS:
            partner[name] = [_item(name, one.strip()) for one in value.split(SEPARATOR) if one.strip()]
        elif name in _PLAIN:
            partner[name] = value
        elif name not in _CAP and name not in _ACCOUNT:
            several = [one.strip() for one in value.split(SEPARATOR)]
            partner["attributes"][name] = [one for one in several if one] if len(several) > 1 else several[0]
    if cap:
        partner["cap"] = cap
    if not account:
        return partner, None
    connection = account.get("connection", "")
    # What is no connection id may hold a secret, and findings name the account.
    own = connection if is_connection(connection) else f"crm-{row.get('id', '')}".lower()
    partner.setdefault("crm", own)
    return partner, {"id": partner["crm"], **account}


def _item(name: str, value: str) -> Any:
    if name == "reps":
        return {"email": value}
    if name == "absences":
        first, _, last = value.partition("..")
        return {"from": first.strip(), "to": (last or first).strip()}
    return value


def _note_lines(lines: dict[Place, int], place: Place, value: Any, line: int) -> None:
    lines[place] = line
    items: Any = ()
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    for key, inner in items:
        _note_lines(lines, (*place, key), inner, line)
