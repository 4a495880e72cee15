"""A small house for DAG runs: two suppliers with short mappings, two partners, and what both sides hold.

`north` drops files, `south` has a Salesforce org; both distribute to P001 (org p001) and P002 (org p002).
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import select

from demo.connections import connections
from leadline.hub import Hub
from leadline.hub.schema import metadata
from leadline.partner_files import import_partners
from sandbox.launch import RunningSandbox
from tests.contents import contents

ORGS = ("globex", "globex_test", "p001", "p002", "test")
COLUMNS = ("Ref", "E-Mail", "Last Name", "Company", "Country")

_FIELDS = [
    {"name": "email", "required": True, "judge": "email", "class": "profile"},
    {"name": "last_name", "required": True, "class": "profile"},
    {"name": "company", "required": True, "class": "profile"},
    {"name": "country", "required": True, "judge": "country", "class": "profile"},
]
_RULES = {
    "rules": [
        {
            "name": "country",
            "required": True,
            "any": [{"all": [{"lead": "country", "operator": "same_as_partner", "partner": "countries"}]}],
        }
    ]
}
_COMMON = {
    "contacts": {"configured": ["ops@north.example"]},
    "threshold": {"share": 0.5, "minimum_rows": 4},
    "routing": _RULES,
}
NORTH: dict[str, Any] = _COMMON | {
    "supplier": "north",
    "label": "North",
    "targets": {"production": {"connection": "acme_sftp"}, "test": {"connection": "acme_sftp_test"}},
    "source": {"system": "sftp", "marker": ".done"},
    "fields": [
        {"name": "ref", "source": "Ref"},
        *(field | {"source": name} for field, name in zip(_FIELDS, COLUMNS[1:], strict=True)),
    ],
    "crm": {"salesforce": {"lead": {"ref": "Supplier_Ref__c"}}},
}
SOUTH: dict[str, Any] = _COMMON | {
    "supplier": "south",
    "label": "South",
    "targets": {
        "production": {"connection": "globex_salesforce"},
        "test": {"connection": "globex_salesforce_test"},
    },
    "source": {"system": "salesforce", "object": "Lead", "uniqueness": "email"},
    "fields": [
        field | {"source": name}
        for field, name in zip(_FIELDS, ("Email", "LastName", "Company", "Country"), strict=True)
    ],
    "write_back": {"object": "Lead", "partner_id": "Assigned_Partner__c"},
}


def partner_file(accounts: Mapping[str, str]) -> dict[str, Any]:
    """Return a file of partners P001 (DE) and P002 (FR); `accounts`: partner id to Airflow connection."""
    names = {"P001": ("Alpine", "DE"), "P002": ("Baltic", "FR")}
    return {
        "partners": [
            {
                "id": partner,
                "name": names[partner][0],
                "email": f"anna.{partner.lower()}@partner.example",
                "auto_accept": True,
                "crm": f"sf-{partner.lower()}",
                "attributes": {"countries": [names[partner][1]]},
            }
            for partner in accounts
        ],
        "crm_accounts": [
            {"id": f"sf-{partner.lower()}", "type": "salesforce", "connection": connection}
            for partner, connection in accounts.items()
        ],
    }


PRODUCTION = {"P001": "salesforce_p001", "P002": "salesforce_p002"}
TEST = {"P001": "salesforce_test", "P002": "salesforce_test"}


def make_include(folder: Path, *mappings: Mapping[str, Any]) -> Path:
    """Write mapping files below `folder` and return it: what LEADLINE_INCLUDE_DIR names."""
    (folder / "mappings").mkdir(parents=True, exist_ok=True)
    for mapping in mappings:
        write_mapping(folder, mapping)
    return folder


def write_mapping(folder: Path, mapping: Mapping[str, Any]) -> None:
    """Write one mapping file."""
    text = yaml.safe_dump(dict(mapping), sort_keys=False)
    (folder / "mappings" / f"{mapping['supplier']}.yaml").write_text(text, encoding="utf-8")


def leads(*refs: str, country: str = "DE", bad: Iterable[str] = ()) -> str:
    """Return a lead file of `north`; a lead in `bad` lacks its e-mail."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for ref in refs:
        writer.writerow(
            [ref, "" if ref in bad else f"{ref}@buyer.example", f"Buyer {ref}", "Buyer Ltd", country]
        )
    return text.getvalue()


@dataclass(frozen=True)
class House:
    """Hub, sandbox and include folder of one test, or of one Airflow."""

    hub: Hub
    sandbox: RunningSandbox
    folder: Path

    @property
    def control(self) -> Any:
        """Return the sandbox's control."""
        return self.sandbox.control

    def environment(self) -> dict[str, str]:
        """Return what tasks need in their environment: settings of ours, and connections to the sandbox."""
        bundle = self.sandbox.ca_bundle
        named = {
            f"AIRFLOW_CONN_{name.upper()}": json.dumps(fields)
            for name, fields in connections(self.sandbox.addresses).items()
        }
        return named | {
            "LEADLINE_HUB_URL": self.hub.engine.url.render_as_string(hide_password=False),
            "LEADLINE_STAGING_URL": (self.folder / "staging").as_uri(),
            "LEADLINE_INCLUDE_DIR": str(self.folder / "include"),
            "LEADLINE_EXPECTATIONS_DIR": str(self.folder / "expectations"),
            "LEADLINE_PLATFORM_CONTACTS": "platform@leadline.example",
            "SSL_CERT_FILE": bundle,
            "REQUESTS_CA_BUNDLE": bundle,
        }

    def import_partners(self, supplier: str, accounts: Mapping[str, str] = PRODUCTION) -> None:
        """Give a supplier key its partners."""
        path = self.folder / f"partners-{supplier}.yaml"
        path.write_text(yaml.safe_dump(partner_file(accounts)), encoding="utf-8")
        import_partners(self.hub, supplier, path)

    def drop(self, name: str, content: str, *, account: str = "acme", mtime: float | None = None) -> None:
        """Drop a complete file into the inbox of `north`."""
        self.control.put_file(f"/inbox/{name}", content, account=account, mtime=mtime)
        self.control.put_file(f"/inbox/{name}.done", b"", account=account, mtime=mtime)

    def rows(self, table: str, *columns: str, **where: Any) -> list[Any]:
        """Return columns of the hub's rows that hold these values, in order; one column: its values."""
        source = metadata.tables[table]
        query = select(*(source.c[name] for name in columns))
        for name, value in where.items():
            query = query.where(source.c[name] == value)
        with self.hub.reading() as connection:
            found = sorted((tuple(row) for row in connection.execute(query)), key=repr)
        return [row[0] for row in found] if len(columns) == 1 else found

    def hub_side(self, supplier: str | None = None) -> dict[str, list[Any]]:
        """Return all rows of the hub by table, or those of one supplier key, to compare before and after.

        Without the moment at which a run was settled, and without locks: a repeated task renews them.
        """
        side: dict[str, list[Any]] = {**contents(self.hub, "run", "lease")}
        side["run"] = self.rows("run", "supplier", "run_id", "kind", "window_start", "balanced", "books")
        side["crm_job"] = [row for row in side["crm_job"] if row[2] != "turn"]
        return {name: [row for row in rows if supplier in (None, row[0])] for name, rows in side.items()}

    def vendor_side(self) -> dict[str, Any]:
        """Return every record, file and mail that the sandbox holds, stamps included."""
        side: dict[str, Any] = {
            f"{org}.{name}": self.control.records(org, name, deleted=1)
            for org in ORGS
            for name in ("Lead", "Contact", "Task")
        }
        side |= {f"files.{account}": self.control.files(account) for account in ("acme", "acme_test")}
        return side | {"mails": self.control.mails()}

    def refs(self, org: str) -> list[str]:
        """Return the leads that an org of a partner holds, by their reference."""
        return sorted(record["Supplier_Ref__c"] for record in self.control.records(org, "Lead"))
