"""What is measured: leads of 30 fields, 3 % of them bad, 200 partners, and rules of three AND groups."""

from __future__ import annotations

import csv
import random
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from leadline.mapping.loading import load_mapping
from leadline.mapping.model import SupplierMapping
from leadline.partners import CrmAccount, Partner
from leadline.settings import default_include_dir

COUNTRIES = ("DE", "AT", "CH", "FR", "GB", "ES", "PL", "SE", "NO", "US", "CA", "AU")
PRODUCTS = ("Routers", "Switches", "Firewalls", "Wireless", "Storage", "Cloud")
BAD = 0.03
ACCOUNTS = 10


def mapping() -> SupplierMapping:
    """Return the sample supplier's mapping with rules of three AND groups."""
    rules = [
        {"name": "country", "required": True, "any": [{"all": [_across("country", "countries")]}]},
        {
            "name": "products",
            "any": [
                {
                    "all": [
                        _across("products", "products"),
                        {"partner": "tier", "operator": "equals", "value": tier},
                    ]
                }
                for tier in ("gold", "silver", "bronze")
            ],
        },
    ]
    loaded = load_mapping(default_include_dir() / "mappings" / "acme.yaml")
    body = loaded.model_dump(mode="json", by_alias=True)
    body["routing"] = {"rules": rules, "round_robin": True}
    body["campaigns"] = {}
    body["source"]["max_bytes"] = 1_000_000_000  # a million leads in one file are 300 MB
    return SupplierMapping.model_validate(body)


def _across(lead: str, partner: str) -> dict[str, Any]:
    return {"lead": lead, "operator": "same_as_partner", "partner": partner}


def partners(count: int = 200) -> list[Partner]:
    """Return partners that accept at once and spread over countries, products and tiers."""
    dice = random.Random(7)
    return [
        Partner(
            id=f"P{number:03}",
            name=f"Partner {number}",
            attributes={
                "countries": tuple(dice.sample(COUNTRIES, 3)),
                "products": tuple(dice.sample(PRODUCTS, 3)),
                "tier": ("gold", "silver", "bronze")[number % 3],
            },
            auto_accept=True,
            crm=f"crm-{number % ACCOUNTS}",
        )
        for number in range(count)
    ]


def accounts() -> list[CrmAccount]:
    """Return the CRM accounts of those partners."""
    return [CrmAccount(id=f"crm-{number}", connection="none") for number in range(ACCOUNTS)]


def write_leads(path: Path, mapping: SupplierMapping, rows: int) -> None:
    """Write a file of leads as the sample supplier drops them."""
    dice = random.Random(11)
    with path.open("w", encoding="utf-8", newline="") as target:
        writer = csv.writer(target)
        writer.writerow([field.source for field in mapping.fields])
        for number in range(rows):
            writer.writerow(_lead(dice, number, [field.name for field in mapping.fields]))


def _lead(dice: random.Random, number: int, names: Sequence[str]) -> list[str]:
    values = {
        "supplier_ref": f"R-{number:08}",
        "first_name": f"First{number % 977}",
        "last_name": f"Last{number % 4421}",
        "email": f"lead.{number}@company{number % 5003}.example",
        "company": f"Company {number % 5003}",
        "title": "Head of IT",
        "phone": f"+49 30 {1000000 + number % 8999999}",
        "street": f"Main Street {number % 300}",
        "city": "Berlin",
        "postal_code": f"{10000 + number % 89999}",
        "country": COUNTRIES[number % len(COUNTRIES)],
        "website": f"https://company{number % 5003}.example",
        "industry": "Finance",
        "employees": str(number % 5000),
        "annual_revenue": f"{number % 100000}.50",
        "products": "|".join(dice.sample(PRODUCTS, 2)),
        "timeframe": "3-6 months",
        "event_date": f"{number % 28 + 1:02}.{number % 12 + 1:02}.2026",
        "registered_at": f"2026-{number % 12 + 1:02}-{number % 28 + 1:02} 10:{number % 60:02}:00",
        "opt_in": "ja",
        "existing_customer": "no",
        "comments": "wants to be called, in the morning",
        "supplier_score": str(number % 101),
        "source_detail": "Trade fair",
    }
    if dice.random() < BAD:
        broken = dice.choice(("email", "event_date", "employees", "industry", "country", "last_name"))
        values[broken] = "" if broken == "last_name" else "?!"
    return [values.get(name, "") for name in names]


class LocalFile:
    """A file of this machine in the place of a supplier's."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.name = path.name
        self.path = str(path)
        self.size = path.stat().st_size
        self.modified_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)

    def open(self) -> BinaryIO:
        """Return its bytes."""
        return self._path.open("rb")
