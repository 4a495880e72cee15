"""`leadline partners import|list`: the partners of a supplier."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from leadline.cli.naming import named
from leadline.cli.printing import say, say_json

if TYPE_CHECKING:
    from leadline.mapping.model import SupplierMapping


def add_parser(subparsers: Any) -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser("partners", help="import or list a supplier's partners")
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    importing = actions.add_parser(
        "import",
        help="import a partner file",
        description="Imports partners and CRM accounts, the whole file or nothing of it. Prints"
        " `path:line: message` per finding; exit 2 if there is one.",
    )
    importing.add_argument(
        "supplier", metavar="SUPPLIER", type=named, help="supplier key: acme, or acme~test"
    )
    importing.add_argument("file", metavar="FILE", type=Path, help="YAML or CSV (docs/routing.md)")
    importing.add_argument(
        "--deactivate-missing", action="store_true", help="deactivate partners the file does not name"
    )
    listing = actions.add_parser("list", help="list partners")
    listing.add_argument("supplier", metavar="SUPPLIER", type=named, help="supplier key: acme, or acme~test")
    for one in (importing, listing):
        one.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    """Import or list; return 0."""
    return _import(arguments) if arguments.action == "import" else _list(arguments)


def _import(arguments: argparse.Namespace) -> int:
    from leadline.cli.hub_access import current_hub
    from leadline.partner_files import import_partners
    from leadline.partner_tables import meant
    from leadline.partners import load_partners
    from leadline.routing.never_met import NEVER_MET, never_met

    mapping = _mapping_of(arguments.supplier)
    hub = current_hub()
    report = import_partners(
        hub,
        mapping.key(),
        arguments.file,
        mapping.role_address_exceptions,
        deactivate_missing=arguments.deactivate_missing,
    )
    with hub.reading() as connection:
        unmet = never_met(mapping, load_partners(hub, connection, mapping.key()))
    if arguments.json:
        say_json({**report.as_json(), "never_met": list(unmet)})
        return 0
    say(
        f"{mapping.key()}: {len(report.added)} partners added, {len(report.changed)} changed, "
        f"{len(report.unchanged)} unchanged, {len(report.deactivated)} deactivated; "
        f"{len(report.accounts_added)} CRM accounts added, {len(report.accounts_changed)} changed"
    )
    if report.attributes:
        say(f"attributes that rules can name: {', '.join(report.attributes)}")
    for name in report.attributes:
        if (setting := meant(name)) is not None:
            say(f"the attribute '{name}' sets nothing; if '{setting}' was meant, correct it and import again")
    for one in report.keeping:
        say(
            f"{one.partner} takes no new leads and keeps those it has; without its answer: {one.pending}, "
            f"rows that wait for its CRM and still go there: {one.undelivered}"
        )
    for line in unmet:
        say(f"{NEVER_MET}{line}")
    return 0


def _list(arguments: argparse.Namespace) -> int:
    from leadline.cli.hub_access import current_hub
    from leadline.partners import load_partners

    hub, key = current_hub(), _mapping_of(arguments.supplier).key()
    with hub.reading() as connection:
        partners = load_partners(hub, connection, key)
    if arguments.json:
        shown = [one.model_dump(mode="json", by_alias=True) for one in partners]
        say_json(shown)
        return 0
    if not partners:
        say(f"{key} has no partners yet; leadline partners import {key} FILE brings them", error=True)
    for one in partners:
        state = "active" if one.active else "inactive"
        accepts = "accepts at once" if one.auto_accept else "accepts by hand"
        say(f"{one.id}\t{one.name}\t{state}\t{accepts}\t{one.crm or '-'}")
    return 0


def _mapping_of(supplier_key: str) -> SupplierMapping:
    """Return the mapping of a supplier key, at the target that the key names.

    Raises:
        ConfigurationError: There is no such supplier, or it has no such target.
    """
    from leadline.errors import ConfigurationError
    from leadline.mapping.loading import load_supplier
    from leadline.settings import settings

    name, tilde, target = supplier_key.partition("~")
    mapping = load_supplier(settings().mappings_dir, name)
    target = target if tilde else "production"
    if target not in mapping.targets:
        allowed = ", ".join(sorted(mapping.targets))
        raise ConfigurationError(f"{name} has no target '{target}'; allowed: {allowed}")
    return mapping.model_copy(update={"target": target})
