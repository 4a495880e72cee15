"""Acme's campaigns: two files, most rows good, some not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sandbox.seed.csv_text import Sheet, write_row
from sandbox.seed.dice import Dice

HEADER = ("Code", "Name", "Description", "Start", "End", "Theme", "Shared")
THEMES = ("Networking", "Security", "Storage", "Cloud")
USED = 24
"""So many of the good campaigns have leads."""

_FAULTS = {
    "missing_name": ("name", "required"),
    "missing_code": ("campaign_key", "required"),
    "bad_date": ("starts_on", "type"),
    "bad_boolean": ("shared", "type"),
    "name_too_long": ("name", "length"),
}


@dataclass(frozen=True)
class CampaignRow:
    """One row of a campaign file: where it stands, what it means, why it is refused if it is."""

    line: int
    campaign: dict[str, Any]
    reasons: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class CampaignFile:
    """One campaign file and its rows; `day` and `minute` as in `acme_files.DropFile`."""

    name: str
    day: int
    minute: int
    content: bytes
    rows: tuple[CampaignRow, ...]


def make_campaigns(dice: Dice) -> list[CampaignFile]:
    """Return the two files: 130 rows, 25 of them bad."""
    kinds = dice.shuffled(["good"] * 105 + [kind for kind in _FAULTS for _ in range(5)])
    files = []
    number = 2600
    for name, day, half in (("campaigns_2026h1.csv", 4, kinds[:65]), ("campaigns_2026h2.csv", 3, kinds[65:])):
        sheet = Sheet()
        sheet.add(write_row(HEADER))
        rows = []
        for kind in half:
            number += 1
            rows.append(_write(sheet, kind, _campaign(dice, number)))
        files.append(CampaignFile(name, day, 120, sheet.content(), tuple(rows)))
    return files


def _campaign(dice: Dice, number: int) -> dict[str, Any]:
    theme = dice.pick(THEMES)
    start = date(2026, 1, 1) + timedelta(days=dice.below(280))
    return {
        "code": f"C-{number}",
        "name": f"{theme} Days {number}",
        "description": dice.pick(
            ("Road show", "Online, three evenings", 'The "early bird" offer\nfor all', None)
        ),
        "starts_on": f"{start:%Y-%m-%d}",
        "ends_on": f"{start + timedelta(days=dice.between(1, 60)):%Y-%m-%d}",
        "theme": theme,
        "shared": dice.chance(60),
    }


def _write(sheet: Sheet, kind: str, campaign: dict[str, Any]) -> CampaignRow:
    cells = {
        "code": campaign["code"],
        "name": campaign["name"],
        "description": campaign["description"] or "",
        "starts_on": _german(campaign["starts_on"]),
        "ends_on": _german(campaign["ends_on"]),
        "theme": campaign["theme"],
        "shared": "yes" if campaign["shared"] else "no",
    }
    if kind == "missing_name":
        cells["name"] = ""
    elif kind == "missing_code":
        cells["code"] = " "
    elif kind == "bad_date":
        cells["starts_on"] = "30.02.2026"
    elif kind == "bad_boolean":
        cells["shared"] = "sometimes"
    elif kind == "name_too_long":
        cells["name"] = "Very " * 60 + "long"
    line = sheet.add(write_row(list(cells.values())))
    return CampaignRow(line, campaign, (_FAULTS[kind],) if kind in _FAULTS else ())


def _german(day: str) -> str:
    year, month, date_ = day.split("-")
    return f"{date_}.{month}.{year}"
