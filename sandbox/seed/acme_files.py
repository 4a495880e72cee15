"""Acme's drop box: the lead files with their rows, and the files that are wrong as a whole."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sandbox.seed import acme_faults
from sandbox.seed.acme_leads import HEADERS, make_lead, write_cells
from sandbox.seed.csv_text import Sheet, write_row
from sandbox.seed.dice import Dice
from sandbox.seed.partners import PARTNERS
from sandbox.seed.people import People, Person
from sandbox.seed.places import COUNTRIES

GOOD_ROWS = 2_760
FAULTY_ROWS = 22
"""Rows of each kind of fault, and of each kind of filter."""

REPEATS = 40
"""Good rows that bring a person for a second time, in another campaign."""

PREASSIGNED, UNKNOWN_PARTNER, REFUSED_THERE = 60, 22, 3
FILTERS = ("filtered_test", "filtered_opt_out")


@dataclass(frozen=True)
class LeadRow:
    """One row: where it starts, what it means (`lead`), and its outcome.

    `outcome` is new, quarantined, filtered or known.
    """

    line: int
    kind: str
    outcome: str
    reasons: tuple[acme_faults.Reason, ...] = ()
    lead: Person | None = None


@dataclass(frozen=True)
class DropFile:
    """One file in the inbox.

    Attributes:
        day: Days before the seeding; `minute` of that day: together its mtime, and so its place in the order.
        fault: Why nothing of it is taken, or None.
        marker: Whether a `.done` file says that it is complete.
    """

    name: str
    day: int
    minute: int
    content: bytes
    rows: tuple[LeadRow, ...] = ()
    fault: str | None = None
    marker: bool = True


@dataclass(frozen=True)
class _Style:
    name: str
    day: int
    minute: int
    encoding: str = "utf-8"
    newline: str = "\n"
    bom: bool = False
    packed: bool = False
    partner_column: bool = True
    extra_column: bool = False


STYLES = (
    _Style("leads_0401.csv", 4, 300),
    _Style("leads_0402.csv.gz", 4, 900, newline="\r\n", packed=True),
    _Style("leads_0301.csv", 3, 300, newline="\r\n", bom=True),
    _Style("leads_0302.csv", 3, 900, encoding="cp1252"),
    _Style("leads_0201.csv", 2, 300, partner_column=False),
    _Style("leads_0202.csv", 2, 900, extra_column=True),
)


def make_files(dice: Dice, people: People, campaigns: list[str]) -> list[DropFile]:
    """Return every lead file of the inbox, in the order of their mtimes."""
    kinds = ["good"] * (GOOD_ROWS - REPEATS - PREASSIGNED - UNKNOWN_PARTNER - REFUSED_THERE)
    kinds += ["repeat"] * REPEATS + ["preassigned"] * PREASSIGNED + ["unknown_partner"] * UNKNOWN_PARTNER
    kinds += ["refused_there"] * REFUSED_THERE
    for kind in (*acme_faults.FAULT_KINDS, *FILTERS):
        kinds += [kind] * FAULTY_ROWS
    writer = _Writer(dice, people, campaigns)
    files = []
    for style, share in zip(STYLES, _deal(dice.shuffled(kinds)), strict=True):
        files.append(writer.file(style, share))
    first = files[0]
    known = tuple(LeadRow(row.line, row.kind, "known", row.reasons, row.lead) for row in first.rows)
    files.append(DropFile("leads_0203_resent.csv", 2, 1000, first.content, known))
    files += _unreadable(writer)
    return sorted(files, key=lambda file: (-file.day, file.minute, file.name))


def _deal(kinds: list[str]) -> list[list[str]]:
    """Return the rows' kinds by file; what a file cannot hold goes to the first one."""
    shares = [kinds[place :: len(STYLES)] for place in range(len(STYLES))]
    for style, share in zip(STYLES, shares, strict=True):
        cannot = {"repeat"} if style is STYLES[0] else set()
        if not style.partner_column:
            cannot |= {"preassigned", "unknown_partner"}
        if style.encoding != "utf-8":
            cannot |= {"bad_bytes"}
        target = shares[1] if style is STYLES[0] else shares[0]
        for kind in [kind for kind in share if kind in cannot]:
            share.remove(kind)
            target.insert(len(target) // 2, kind)
    return shares


class _Writer:
    """Writes rows of every kind; remembers the leads it made, for those that come again."""

    def __init__(self, dice: Dice, people: People, campaigns: list[str]) -> None:
        self._dice = dice
        self._people = people
        self._campaigns = campaigns
        self._number = 0
        self._first_file: list[Person] = []

    def file(self, style: _Style, kinds: list[str]) -> DropFile:
        """Return a file with a row of each of these kinds."""
        columns = [name for name in HEADERS if name != "partner_name" or style.partner_column]
        header = [HEADERS[name] for name in columns] + (["Utm Source"] if style.extra_column else [])
        sheet = Sheet(style.encoding, style.newline, bom=style.bom)
        sheet.add(write_row(header))
        rows = []
        # A blank row at the very end would be no row.
        for kind in [*kinds, "good"] if kinds[-1] == "blank_row" else kinds:
            rows.append(self._row(sheet, kind, columns, style))
        content = gzip.compress(sheet.content(), mtime=0) if style.packed else sheet.content()
        if style is STYLES[0]:
            self._first_file = [row.lead for row in rows if row.lead and row.outcome == "new"]
        return DropFile(style.name, style.day, style.minute, content, tuple(rows))

    def few(self, count: int) -> Iterator[dict[str, str]]:
        """Yield the cells of some good leads, by header."""
        for _ in range(count):
            lead = self._lead("good", "ascii")
            yield {HEADERS[name]: text for name, text in write_cells(self._dice, lead).items()}

    def _row(self, sheet: Sheet, kind: str, columns: list[str], style: _Style) -> LeadRow:
        if kind == "blank_row":
            return LeadRow(sheet.add(""), kind, "quarantined", ((None, kind),))
        lead = self._lead(kind, style.encoding)
        cells = write_cells(self._dice, lead)
        reasons: list[acme_faults.Reason] = []
        if kind in acme_faults.FAULT_KINDS:
            cells, reasons = acme_faults.spoil(kind, self._dice, cells)
        elif kind == "filtered_test":
            cells["source_detail"] = self._dice.pick(("TEST", "test", " Test "))
        elif kind == "filtered_opt_out":
            cells["opt_in"] = self._dice.pick(("nein", "no", "false", "0", "Nein"))
        texts = [cells[name] for name in columns] + (["newsletter"] if style.extra_column else [])
        if kind == "short_row":
            texts = texts[:-3]
        elif kind == "long_row":
            texts += ["one too many", ""]
        elif kind == "nul_byte":
            texts[4] += "\0"
        damage = (b"@", b"\xff@") if kind == "bad_bytes" else None
        line = sheet.add(write_row(texts), damage)
        if reasons:
            return LeadRow(line, kind, "quarantined", tuple(reasons))
        if kind in FILTERS:
            return LeadRow(line, kind, "filtered")
        return LeadRow(line, kind, "new", (), lead)

    def _lead(self, kind: str, encoding: str) -> Person:
        dice = self._dice
        while True:
            self._number += 1
            country = None
            if kind == "refused_there":
                country = next(one for one in COUNTRIES if one.code == "FI")
            lead = make_lead(dice, self._people, self._number, self._campaigns, country)
            if _fits(lead, encoding):
                break
        if kind == "repeat":
            again = dice.pick([one for one in self._first_file if _fits(one, encoding)])
            for name in ("first_name", "last_name", "email", "company", "phone", "mobile", "country"):
                lead[name] = again[name]
            for name in ("city", "state", "postal_code", "street"):
                lead[name] = again[name]
            lead["timeframe"] = "3-6 months"
        elif kind == "refused_there":
            lead["timeframe"] = "Unknown"
        elif kind == "preassigned":
            lead["partner_name"] = dice.pick(PARTNERS).name
        elif kind == "unknown_partner":
            lead["partner_name"] = dice.pick(("Nobody & Sons", "Ostwind Netze", "P001"))
        return lead


def _fits(lead: dict[str, Any], encoding: str) -> bool:
    try:
        " ".join(str(value) for value in lead.values()).encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def _unreadable(writer: _Writer) -> list[DropFile]:
    headers = list(HEADERS.values())

    def sheet(header: list[str], count: int, delimiter: str = ",", last: str = "") -> bytes:
        lines = [write_row(header, delimiter)]
        for cells in writer.few(count):
            lines.append(write_row([cells.get(name, "") for name in header], delimiter))
        return ("\n".join(lines) + "\n" + last).encode()

    twice = [*headers, "E-Mail"]
    lacking = [name for name in headers if name != "E-Mail"]
    open_quote = 'ACM-1,Anna,Bauer,anna@firm.example,"Bauer\n'
    packed = gzip.compress(sheet(headers, 3), mtime=0)
    return [
        DropFile(
            "leads_0311_open_quote.csv",
            3,
            1000,
            sheet(headers, 6, last=open_quote),
            fault="unterminated_quote",
        ),
        DropFile("leads_0312_twice.csv", 3, 1001, sheet(twice, 6), fault="duplicate_header"),
        DropFile("leads_0313_empty.csv", 3, 1002, b"", fault="empty_file"),
        DropFile("leads_0211_semicolons.csv", 2, 1101, sheet(headers, 6, ";"), fault="wrong_delimiter"),
        DropFile("leads_0212_no_mail.csv", 2, 1102, sheet(lacking, 6), fault="missing_header"),
        DropFile("leads_0213_cut.csv.gz", 2, 1103, packed[: len(packed) // 2], fault="bad_archive"),
        DropFile("leads_0214_uploading.csv", 2, 1104, sheet(headers, 6), fault="no_marker", marker=False),
    ]
