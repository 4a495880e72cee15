"""What every environment of the sandbox has from the start: people, currency, keys, an application user."""

from __future__ import annotations

from typing import Any
from uuid import NAMESPACE_DNS, uuid5

from .records import Writer, create
from .store import Store

TOKEN_SECONDS = 3599


def fixed_id(name: str, what: str) -> str:
    """Return an id that an environment has in every run."""
    return str(uuid5(NAMESPACE_DNS, f"{what}.{name}.dynamics.sandbox"))


def credentials(name: str) -> dict[str, Any]:
    """Return what a client needs besides the address."""
    return {
        "tenant_id": fixed_id(name, "tenant"),
        "client_id": fixed_id(name, "app"),
        "client_secret": f"secret-{name}",
        "user_id": fixed_id(name, "appuser"),
        "owner": f"rep.one@{name}.example",
        "team": "Distributed leads",
    }


def furnish(store: Store, name: str) -> None:
    """Put in what is there before anybody works: idempotent."""
    if store.note("config", "furnished"):
        return
    tables = store.schema.tables
    unit, application = fixed_id(name, "unit"), fixed_id(name, "appuser")
    writer = Writer(application)
    with store.transaction():
        create(store, tables["businessunit"], {"name": name}, writer, unit)
        create(store, tables["organization"], {"name": name}, writer, fixed_id(name, "organization"))
        people = [
            ("appuser", "#", "Leadline", f"leadline@{name}.example", fixed_id(name, "app")),
            ("rep1", "Rep", "One", f"rep.one@{name}.example", None),
            ("rep2", "Rep", "Two", f"rep.two@{name}.example", None),
            ("rep3", "Rep", "Gone", f"rep.gone@{name}.example", None),
        ]
        for key, first, last, email, app in people:
            values = {
                "fullname": f"{first} {last}",
                "firstname": first,
                "lastname": last,
                "internalemailaddress": email,
                "domainname": email,
                "applicationid": app,
                "isdisabled": key == "rep3",
                "businessunitid": ["businessunit", unit],
                "azureactivedirectoryobjectid": fixed_id(name, f"{key}.directory"),
            }
            create(store, tables["systemuser"], values, writer, fixed_id(name, key))
        team = {"name": "Distributed leads", "teamtype": 0, "businessunitid": ["businessunit", unit]}
        create(store, tables["team"], team, writer, fixed_id(name, "team"))
        for code, title, symbol in (("EUR", "Euro", "€"), ("USD", "US Dollar", "$")):
            money = {"currencyname": title, "isocurrencycode": code, "currencysymbol": symbol}
            create(store, tables["transactioncurrency"], money, writer, fixed_id(name, code))
        for table, column in (
            ("lead", "ll_leadlineid"),
            ("contact", "ll_leadlineid"),
            ("opportunity", "ll_leadlineid"),
            ("campaign", "ll_extid"),
        ):
            alternate = {"columns": [column], "state": "Active", "label": "Leadline id"}
            store.keep("keys", table, {f"ll_{table}key": alternate})
        store.keep("config", "furnished", True)
