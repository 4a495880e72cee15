"""People who might buy something: who they are, where they work, what they are after."""

from __future__ import annotations

import unicodedata
from typing import Any

from sandbox.seed.dice import Dice
from sandbox.seed.names import (
    COMPANY_FORMS,
    COMPANY_KINDS,
    COMPANY_STEMS,
    FIRST_NAMES,
    LAST_NAMES,
    STREETS,
    TITLES,
)
from sandbox.seed.places import COUNTRIES, Country

INDUSTRIES = ("Manufacturing", "Healthcare", "Finance", "Retail", "Public Sector", "Education", "Technology")
PRODUCTS = ("Routers", "Switches", "Firewalls", "Wireless", "Storage", "Cloud")

Person = dict[str, Any]
"""Values as they are meant, by our field names; None where there is no value."""


class People:
    """Makes people; no two share an e-mail or a phone."""

    def __init__(self, dice: Dice, first_number: int) -> None:
        self._dice = dice
        self._number = first_number
        self._phones: set[str] = set()

    def make(self, country: Country | None = None) -> Person:
        """Return one person; in `country`, or in one drawn by the countries' shares."""
        dice = self._dice
        country = country or self._draw_country()
        city = dice.pick(country.cities)
        first, last = dice.pick(FIRST_NAMES[country.language]), dice.pick(LAST_NAMES[country.language])
        firm = f"{dice.pick(COMPANY_STEMS)} {dice.pick(COMPANY_KINDS)}"
        domain = ascii_name(firm).replace(" ", "-") + ".example"
        self._number += 1
        return {
            "first_name": first,
            "last_name": last,
            "email": f"{ascii_name(first)}.{ascii_name(last)}.{self._number}@{domain}".replace(" ", ""),
            "company": f"{firm} {dice.pick(COMPANY_FORMS[country.language])}",
            "title": self._maybe(85, dice.pick(TITLES)),
            "phone": self._maybe(85, self._phone(city.phone, city.digits)),
            "mobile": self._maybe(50, self._phone(country.mobile, country.mobile_digits)),
            "street": self._maybe(90, f"{dice.pick(STREETS[country.language])} {dice.between(1, 240)}"),
            "city": city.name,
            "state": self._maybe(70, city.state),
            "postal_code": self._maybe(92, self._postal_code(city.postal_from, city.postal_count)),
            "country": country.code,
            "website": self._maybe(50, f"https://www.{domain}"),
            "industry": self._maybe(85, dice.pick(INDUSTRIES)),
            "employees": self._maybe(85, self._employees()),
            "products": self._maybe(90, dice.some(PRODUCTS, dice.between(1, 3))),
        }

    def _draw_country(self) -> Country:
        drawn = self._dice.below(1000)
        for country in COUNTRIES:
            if drawn < country.share:
                return country
            drawn -= country.share
        raise ValueError("the shares of the countries do not make a thousand")

    def _phone(self, prefix: str, digits: int) -> str:
        while True:
            number = prefix + str(self._dice.between(2, 9))
            number += "".join(str(self._dice.below(10)) for _ in range(digits - 1))
            if number not in self._phones:
                self._phones.add(number)
                return number

    def _postal_code(self, first: str, count: int) -> str:
        if count == 1:
            return first
        digits = first.replace("-", "")
        drawn = f"{int(digits) + self._dice.below(count):0{len(digits)}}"
        return f"{drawn[:2]}-{drawn[2:]}" if "-" in first else drawn

    def _employees(self) -> int:
        if self._dice.chance(12):
            return self._dice.between(1000, 40_000)
        return self._dice.between(1, 999)

    def _maybe(self, percent: int, value: Any) -> Any:
        return value if self._dice.chance(percent) else None


def ascii_name(text: str) -> str:
    """Return a name in lower-case ASCII letters, digits and blanks."""
    for letter, plain in (
        ("ß", "ss"),
        ("ø", "o"),
        ("Ø", "O"),
        ("æ", "ae"),
        ("ł", "l"),
        ("Ł", "L"),
        ("đ", "d"),
    ):
        text = text.replace(letter, plain)
    bare = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return "".join(letter for letter in bare if letter.isalnum() or letter == " ")
