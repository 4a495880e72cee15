"""Hooli's drop box: packed files with semicolons, some in Windows' code page, some in UTF-16."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sandbox.seed.acme_campaigns import CampaignFile, CampaignRow
from sandbox.seed.acme_faults import ROW_FAULTS, Reason, spoil
from sandbox.seed.acme_files import DropFile, LeadRow
from sandbox.seed.channel_partners import HOOLI, partners_of
from sandbox.seed.csv_text import Sheet, write_row
from sandbox.seed.dice import Dice
from sandbox.seed.hooli_leads import CELL_FAULTS, HEADERS, make_lead, write_cells
from sandbox.seed.people import People, Person

GOOD_ROWS = 2_060
FAULTY_ROWS = 21
"""Rows of each kind of fault, and of each kind of filter."""

REPEATS, PREASSIGNED, UNKNOWN_DEALER = 40, 60, 22
FILTERS = ("filtered_consent", "filtered_hold")
FAULT_KINDS = (*CELL_FAULTS, *ROW_FAULTS)
PROMOTION_HEADER = ("Code", "Promotion", "Text", "From", "Until", "Share")


@dataclass(frozen=True)
class _Style:
    name: str
    day: int
    minute: int
    encoding: str
    newline: str = "\r\n"
    bom: bool = False


STYLES = (
    _Style("hooli_leads_0401.csv.gz", 4, 400, "cp1252"),
    _Style("hooli_leads_0301.csv.gz", 3, 400, "utf-16-le", bom=True),
    _Style("hooli_leads_0302.csv.gz", 3, 800, "cp1252", newline="\n"),
    _Style("hooli_leads_0201.csv.gz", 2, 400, "utf-16-be", bom=True),
    _Style("hooli_leads_0202.csv.gz", 2, 800, "utf-8", bom=True),
)


def make_promotions(dice: Dice) -> CampaignFile:
    """Return the file of promotions: 40 good ones, and three kinds of bad ones."""
    sheet = Sheet("cp1252", "\r\n")
    sheet.add(write_row(PROMOTION_HEADER, ";"))
    rows = []
    for place, kind in enumerate(dice.shuffled(["good"] * 40 + ["no_name", "bad_day", "bad_share"] * 2)):
        start = date(2026, 1, 12) + timedelta(days=dice.below(250))
        one = {
            "code": f"HP{300 + place}",
            "name": f"Hooli Days {300 + place}",
            "description": dice.pick(("In the shops", "By mail; with a voucher", None)),
            "starts_on": f"{start:%Y-%m-%d}",
            "ends_on": f"{start + timedelta(days=dice.between(5, 50)):%Y-%m-%d}",
            "shared": dice.chance(55),
        }
        rows.append(_promotion(sheet, kind, one))
    return CampaignFile("hooli_promotions.csv.gz", 4, 200, _packed(sheet), tuple(rows))


def _promotion(sheet: Sheet, kind: str, one: dict[str, Any]) -> CampaignRow:
    first, last = ("/".join(reversed(one[name].split("-"))) for name in ("starts_on", "ends_on"))
    cells = [one["code"], one["name"], one["description"] or "", first, last, "Y" if one["shared"] else "N"]
    reasons: tuple[tuple[str, str], ...] = ()
    if kind == "no_name":
        cells[1], reasons = "", (("name", "required"),)
    elif kind == "bad_day":
        cells[3], reasons = "31/06/2026", (("starts_on", "type"),)
    elif kind == "bad_share":
        cells[5], reasons = "some", (("shared", "type"),)
    return CampaignRow(sheet.add(write_row(cells, ";")), one, reasons)


def make_files(dice: Dice, people: People, promotions: list[str]) -> list[DropFile]:
    """Return every lead file of the inbox, in the order of their mtimes."""
    kinds = ["good"] * (GOOD_ROWS - REPEATS - PREASSIGNED - UNKNOWN_DEALER)
    kinds += ["repeat"] * REPEATS + ["preassigned"] * PREASSIGNED + ["unknown_dealer"] * UNKNOWN_DEALER
    for kind in (*FAULT_KINDS, *FILTERS):
        kinds += [kind] * FAULTY_ROWS
    shares = _deal(dice.shuffled(kinds))
    writer = _Writer(dice, people, promotions)
    files = [writer.file(style, share) for style, share in zip(STYLES, shares, strict=True)]
    first = files[0]
    known = tuple(LeadRow(row.line, row.kind, "known", row.reasons, row.lead) for row in first.rows)
    files.append(DropFile("hooli_leads_0203_again.csv.gz", 2, 900, first.content, known, marker=False))
    return sorted(files, key=lambda file: (-file.day, file.minute, file.name))


def _deal(kinds: list[str]) -> list[list[str]]:
    """Return the rows' kinds by file; bytes can be bad in a code page only, repeats come later only."""
    shares = [kinds[place :: len(STYLES)] for place in range(len(STYLES))]
    for place, (style, share) in enumerate(zip(STYLES, shares, strict=True)):
        cannot = set() if style.encoding == "cp1252" else {"bad_bytes", "nul_byte"}
        if place == 0:
            cannot.add("repeat")
        target = shares[2] if place == 0 else shares[0]
        for kind in [kind for kind in share if kind in cannot]:
            share.remove(kind)
            target.insert(len(target) // 2, kind)
    return shares


class _Writer:
    """Writes rows of every kind; remembers the first file's leads, for those that come again."""

    def __init__(self, dice: Dice, people: People, promotions: list[str]) -> None:
        self._dice = dice
        self._people = people
        self._promotions = promotions
        self._dealers = [one.dealer for one in partners_of(HOOLI)]
        self._number = 0
        self._first_file: list[Person] = []

    def file(self, style: _Style, kinds: list[str]) -> DropFile:
        """Return a file with a row of each of these kinds."""
        sheet = Sheet(style.encoding, style.newline, bom=style.bom)
        sheet.add(write_row(list(HEADERS.values()), ";"))
        # A blank row at the very end would be no row.
        ended = [*kinds, "good"] if kinds[-1] == "blank_row" else kinds
        rows = tuple(self._row(sheet, kind, style.encoding) for kind in ended)
        if style is STYLES[0]:
            self._first_file = [row.lead for row in rows if row.lead and row.outcome == "new"]
        return DropFile(style.name, style.day, style.minute, _packed(sheet), rows, marker=False)

    def _row(self, sheet: Sheet, kind: str, encoding: str) -> LeadRow:
        if kind == "blank_row":
            return LeadRow(sheet.add(""), kind, "quarantined", ((None, kind),))
        lead = self._lead(kind, encoding)
        cells = write_cells(self._dice, lead)
        reasons: list[Reason] = []
        if kind in FAULT_KINDS:
            cells, reasons = spoil(kind, self._dice, cells, CELL_FAULTS)
        elif kind == "filtered_consent":
            cells["consent"] = self._dice.pick(("N", "no", "n"))
        elif kind == "filtered_hold":
            cells["account_manager"] = self._dice.pick(("HOLD", "hold", " Hold"))
        texts = list(cells.values())
        if kind == "short_row":
            texts = texts[:-2]
        elif kind == "long_row":
            texts += ["and", "more"]
        elif kind == "nul_byte":
            texts[5] += "\0"
        damage = (b"@", b"\x81@") if kind == "bad_bytes" else None
        line = sheet.add(write_row(texts, ";"), damage)
        if reasons:
            return LeadRow(line, kind, "quarantined", tuple(reasons))
        if kind in FILTERS:
            return LeadRow(line, kind, "filtered")
        return LeadRow(line, kind, "new", (), lead)

    def _lead(self, kind: str, encoding: str) -> Person:
        dice = self._dice
        while True:
            self._number += 1
            lead = make_lead(dice, self._people, self._number, self._promotions)
            if _fits(lead, encoding):
                break
        if kind == "repeat":
            again = dice.pick([one for one in self._first_file if _fits(one, encoding)])
            same = ("first_name", "last_name", "email", "company", "phone", "country", "city", "state")
            lead |= {name: again[name] for name in (*same, "postal_code", "street")}
        elif kind == "preassigned":
            lead["dealer_no"] = dice.pick(self._dealers)
        elif kind == "unknown_dealer":
            lead["dealer_no"] = dice.pick(("9999", "P011", "none"))
        return lead


def _fits(lead: Person, encoding: str) -> bool:
    try:
        " ".join(str(value) for value in lead.values()).encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def _packed(sheet: Sheet) -> bytes:
    return gzip.compress(sheet.content(), mtime=0)
