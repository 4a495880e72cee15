"""Acme's leads as they are meant, and as Acme writes them into the cells of its files."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.seed.dice import Dice
from sandbox.seed.people import People, Person
from sandbox.seed.places import COUNTRIES, Country

HEADERS = {
    "supplier_ref": "Lead Ref",
    "first_name": "First Name",
    "last_name": "Last Name",
    "email": "E-Mail",
    "company": "Company",
    "title": "Job Title",
    "phone": "Phone",
    "mobile": "Mobile",
    "street": "Street",
    "city": "City",
    "state": "State",
    "postal_code": "Postal Code",
    "country": "Country",
    "website": "Website",
    "industry": "Industry",
    "employees": "Employees",
    "annual_revenue": "Annual Revenue",
    "budget": "Budget",
    "products": "Products of Interest",
    "timeframe": "Purchase Timeframe",
    "event_date": "Event Date",
    "registered_at": "Registered At",
    "opt_in": "Opt In",
    "existing_customer": "Existing Customer",
    "comments": "Comments",
    "supplier_score": "Lead Score",
    "internal_note": "Internal Note",
    "campaign_code": "Campaign Code",
    "partner_name": "Partner Name",
    "source_detail": "Source Detail",
}
SOURCES = ("Web form", "Trade fair", "Webinar", "White paper", "Call centre")
COMMENTS = (
    "Asked for a call back.",
    'Met at the booth, wants "the big one".',
    "Needs an offer, quickly",
    "First line\nsecond line, with a comma",
    "Three lines:\n- routers\n- switches",
)
NORDIC = ("NO", "SE", "DK", "FI")

_ACME_TIME = ZoneInfo("Europe/Berlin")


def make_lead(
    dice: Dice, people: People, number: int, campaigns: list[str], country: Country | None
) -> Person:
    """Return one lead as it is meant: numbers as int or text of digits, dates ISO, datetimes ISO in UTC."""
    lead = people.make(country)
    timeframes = ["0-3 months", "3-6 months", "6-12 months", "Unknown"]
    if lead["country"] in NORDIC:
        timeframes.remove("Unknown")  # one Nordic org refuses it: only leads chosen for that have it
    day = datetime(2026, 1, 5) + timedelta(days=dice.below(300))
    local = day.replace(
        hour=dice.between(8, 18), minute=dice.below(60), second=dice.below(60), tzinfo=_ACME_TIME
    )

    def maybe(percent: int, value: Any) -> Any:
        return value if dice.chance(percent) else None

    lead |= {
        "supplier_ref": f"ACM-{number:06}",
        "annual_revenue": maybe(60, f"{dice.between(100, 90_000) * 1000}.00"),
        "budget": maybe(50, f"{dice.between(1, 400) * 250}.50"),
        "timeframe": maybe(85, dice.pick(timeframes)),
        "event_date": maybe(50, f"{day:%Y-%m-%d}"),
        "registered_at": maybe(90, local.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")),
        "opt_in": maybe(80, True),
        "existing_customer": maybe(60, dice.chance(30)),
        "comments": maybe(40, dice.pick(COMMENTS)),
        "supplier_score": maybe(70, dice.between(0, 100)),
        "internal_note": maybe(30, f"seen by our sales on {day:%d %B}, call first"),
        "campaign_code": maybe(85, dice.pick(campaigns)),
        "partner_name": None,
        "source_detail": dice.pick(SOURCES),
    }
    return lead


def write_cells(dice: Dice, lead: Person) -> dict[str, str]:
    """Return the cells of a lead by field name, in one of the ways in which Acme writes such values."""
    cells = {name: "" if lead[name] is None else str(lead[name]) for name in HEADERS}
    cells["country"] = dice.pick(next(one for one in COUNTRIES if one.code == lead["country"]).written)
    for name in ("phone", "mobile"):
        if lead[name]:
            cells[name] = _write_phone(dice, lead[name])
    if lead["industry"] and dice.chance(20):
        cells["industry"] = dice.pick((lead["industry"].lower(), lead["industry"].upper()))
    if lead["products"]:
        cells["products"] = dice.pick(("|", " | ")).join(lead["products"])
        if dice.chance(20):
            cells["products"] = cells["products"].lower()
    if lead["event_date"]:
        year, month, day = lead["event_date"].split("-")
        cells["event_date"] = f"{day}.{month}.{year}"
    if lead["registered_at"]:
        moment = datetime.fromisoformat(lead["registered_at"]).astimezone(_ACME_TIME)
        cells["registered_at"] = f"{moment:%Y-%m-%d %H:%M:%S}"
    if lead["opt_in"] is not None:
        words = ("ja", "Ja", "yes", "true", "1") if lead["opt_in"] else ("nein", "no", "false", "0")
        cells["opt_in"] = dice.pick(words)
    if lead["existing_customer"] is not None:
        words = ("yes", "true", "Y", "1") if lead["existing_customer"] else ("no", "FALSE", "n", "0")
        cells["existing_customer"] = dice.pick(words)
    for name in ("first_name", "last_name", "company", "city", "email"):
        if dice.chance(4):
            cells[name] = f"  {cells[name]} "
    if dice.chance(3):
        local, _, domain = cells["email"].partition("@")
        cells["email"] = f"{local}@{domain.upper()}"
    return cells


def _write_phone(dice: Dice, number: str) -> str:
    way = dice.below(4)
    if way == 0:
        return number
    if way == 1:
        return f"{number[:3]} {number[3:6]} {number[6:9]} {number[9:]}".strip()
    if way == 2 and number.startswith("+49"):
        return f"0{number[3:6]}/{number[6:]}"  # Acme's home country, without its code
    if number.startswith(("+1", "+61")):
        return f"{number[:2]}-{number[2:]}"  # 00 is not how one dials abroad there
    return f"00{number[1:4]}-{number[4:]}"
