"""The routing rules of hooli, initech and umbrella, written out; how rules work is in `routing`."""

from __future__ import annotations

from sandbox.seed.channel_partners import HOOLI, INITECH, UMBRELLA
from sandbox.seed.partners import SeedPartner
from sandbox.seed.people import Person
from sandbox.seed.routing import SeedRule


def _same_country(lead: Person, partner: SeedPartner) -> bool:
    return lead["country"] in partner.countries


def _same_products(lead: Person, partner: SeedPartner) -> bool:
    return any(product in partner.products for product in lead["products"] or [])


def _large_to_gold(lead: Person, partner: SeedPartner) -> bool:
    if lead["employees"] is None:
        return False
    return lead["employees"] <= 499 or partner.tier == "gold"


def _premium_to_gold(lead: Person, partner: SeedPartner) -> bool:
    if lead["tier_need"] == "Premium":
        return partner.tier == "gold"
    return lead["tier_need"] in ("Basic", "Plus")


_COUNTRY = SeedRule("country", True, _same_country)
_PRODUCTS = SeedRule("products", False, _same_products)

RULES = {
    HOOLI: (_COUNTRY, _PRODUCTS, SeedRule("headcount", False, _large_to_gold)),
    INITECH: (_COUNTRY, SeedRule("tier_need", False, _premium_to_gold), _PRODUCTS),
    UMBRELLA: (_COUNTRY, _PRODUCTS),
}
DEFAULT_PARTNER = {HOOLI: "P017", INITECH: "P017", UMBRELLA: None}
SHOWN_TO = {HOOLI: ("gold", "silver"), INITECH: ("gold", "silver", "bronze"), UMBRELLA: ("gold",)}
"""Supplier -> tiers that see its shared campaigns."""
