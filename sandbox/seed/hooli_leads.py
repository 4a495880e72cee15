"""Hooli's leads as they are meant, and as Hooli writes them into the cells of its files."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.seed.acme_faults import NOTHING, CellFault, one_of
from sandbox.seed.dice import Dice
from sandbox.seed.people import People, Person
from sandbox.seed.places import COUNTRIES

HEADERS = {
    "supplier_ref": "Enquiry No",
    "received_at": "Received",
    "first_name": "Forename",
    "last_name": "Surname",
    "email": "Email Address",
    "company": "Organisation",
    "title": "Role",
    "phone": "Telephone",
    "street": "Address",
    "city": "Town",
    "state": "County",
    "postal_code": "Postcode",
    "country": "Country",
    "industry": "Sector",
    "employees": "Headcount",
    "order_value": "Order Value",
    "products": "Interests",
    "urgency": "Urgency",
    "callback_on": "Call Back On",
    "consent": "Consent",
    "remarks": "Remarks",
    "account_manager": "Account Manager",
    "promotion": "Promotion",
    "dealer_no": "Dealer No",
}
URGENCIES = ("Now", "This quarter", "This year", "No plan")
MANAGERS = ("R. Hendricks", "M. Hall", "D. Chugtai", "B. Gilfoyle")
REMARKS = (
    "Called the hotline; wants a quote.",
    'Asked for "the blue one"; twice',
    "First line\nsecond line; with a semicolon",
    "Prefers mornings",
)

_HOOLI_TIME = ZoneInfo("Europe/London")

CELL_FAULTS: dict[str, tuple[CellFault, ...]] = {
    "missing_email": (CellFault("email", "required", NOTHING),),
    "bad_email": (CellFault("email", "email", one_of("no.at.example", "a@@b.example", "x y@z.example")),),
    "missing_last_name": (CellFault("last_name", "required", NOTHING),),
    "missing_company": (CellFault("company", "required", NOTHING),),
    "missing_country": (CellFault("country", "required", NOTHING),),
    "missing_ref": (CellFault("supplier_ref", "required", NOTHING),),
    "too_long": (CellFault("supplier_ref", "length", lambda _, cells: cells["supplier_ref"] + "9" * 30),),
    "bad_phone": (CellFault("phone", "phone", one_of("tba", "0", "+44 1", "99999999999999999")),),
    "bad_country": (CellFault("country", "country", one_of("Narnia", "QQ", "Untied Kingdom")),),
    "bad_select": (CellFault("urgency", "values", one_of("Yesterday", "ASAP", "?")),),
    "bad_sector": (CellFault("industry", "values", one_of("Dragons", "Tech & Co")),),
    "bad_multiselect": (CellFault("products", "values", one_of("Routers/Kettles", "Mist", "Routers|Cloud")),),
    "bad_integer": (CellFault("employees", "type", one_of("a dozen", "1,5", "50+")),),
    "negative_integer": (CellFault("employees", "minimum", one_of("-3", "-100")),),
    "bad_decimal": (CellFault("order_value", "type", one_of("a lot", "1.000.000,00", "GBP 10")),),
    "negative_decimal": (CellFault("order_value", "minimum", one_of("-1,00", "-250,50")),),
    "bad_date": (CellFault("callback_on", "type", one_of("31/02/2026", "2026-05-01", "next week")),),
    "bad_datetime": (CellFault("received_at", "type", one_of("01/05/2026 25:61", "5 May")),),
    "bad_boolean": (CellFault("consent", "type", one_of("maybe", "2", "asked")),),
    "two_faults": (
        CellFault("email", "email", one_of("nobody", "a@b@c.example")),
        CellFault("urgency", "values", one_of("Someday", "-")),
    ),
}  # fmt: skip


def make_lead(dice: Dice, people: People, number: int, promotions: list[str]) -> Person:
    """Return one lead as it is meant: numbers as int or text of digits, dates ISO, datetimes ISO in UTC."""
    lead = people.make()
    day = datetime(2026, 2, 2) + timedelta(days=dice.below(270))
    local = day.replace(hour=dice.between(8, 18), minute=dice.below(60), tzinfo=_HOOLI_TIME)

    def maybe(percent: int, value: Any) -> Any:
        return value if dice.chance(percent) else None

    callback = day + timedelta(days=dice.between(1, 20))
    lead |= {
        "mobile": None,
        "website": None,
        "supplier_ref": f"HO/{number:05}",
        "received_at": maybe(95, local.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")),
        "order_value": maybe(60, f"{dice.between(5, 9000) * 10}.50"),
        "urgency": maybe(85, dice.pick(URGENCIES)),
        "callback_on": maybe(50, f"{callback:%Y-%m-%d}"),
        "consent": maybe(85, True),
        "remarks": maybe(35, dice.pick(REMARKS)),
        "account_manager": maybe(50, dice.pick(MANAGERS)),
        "promotion": maybe(80, dice.pick(promotions)),
        "dealer_no": None,
    }
    return lead


def write_cells(dice: Dice, lead: Person) -> dict[str, str]:
    """Return the cells of a lead by field name, in one of the ways in which Hooli writes such values."""
    cells = {name: "" if lead[name] is None else str(lead[name]) for name in HEADERS}
    cells["country"] = dice.pick(next(one for one in COUNTRIES if one.code == lead["country"]).written)
    phone = lead["phone"]
    if phone and phone.startswith("+44") and dice.chance(60):
        cells["phone"] = f"0{phone[3:]}"  # Hooli's home country, without its code
    elif phone and dice.chance(40):
        cells["phone"] = f"{phone[:3]} {phone[3:7]} {phone[7:]}".strip()
    if lead["order_value"]:
        cells["order_value"] = lead["order_value"].replace(".", ",")
    if lead["products"]:
        cells["products"] = dice.pick(("/", " / ")).join(lead["products"])
    if lead["urgency"] and dice.chance(15):
        cells["urgency"] = lead["urgency"].upper()
    if lead["callback_on"]:
        year, month, day = lead["callback_on"].split("-")
        cells["callback_on"] = f"{day}/{month}/{year}"
    if lead["received_at"]:
        moment = datetime.fromisoformat(lead["received_at"]).astimezone(_HOOLI_TIME)
        cells["received_at"] = f"{moment:%d/%m/%Y %H:%M}"
    if lead["consent"] is not None:
        cells["consent"] = dice.pick(("Y", "y", "Yes")) if lead["consent"] else dice.pick(("N", "n", "No"))
    for name in ("last_name", "company", "email"):
        if dice.chance(4):
            cells[name] = f" {cells[name]}  "
    return cells
