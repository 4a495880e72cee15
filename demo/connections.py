"""Airflow connections to the sandbox, from the addresses that it prints."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Connection = dict[str, Any]


def connections(addresses: Mapping[str, Any]) -> dict[str, Connection]:
    """Return connection id to connection, for every system that the sample mappings and partners name."""
    found = {
        "acme_sftp": _sftp(addresses["sftp"], "acme"),
        "acme_sftp_test": _sftp(addresses["sftp"], "acme_test"),
        "hooli_sftp": _sftp(addresses["sftp"], "hooli"),
        "hooli_sftp_test": _sftp(addresses["sftp"], "hooli_test"),
        "leadline_smtp": _smtp(addresses["smtp"]),
    }
    bundle = addresses["ca"]["bundle"]
    for org, facts in addresses["salesforce"].items():
        found[_connection_id(org)] = _salesforce(facts, bundle)
    for vendor, connection in _VENDORS.items():
        for tenant, facts in addresses.get(vendor, {}).items():
            found[f"{vendor}_{tenant}"] = connection(facts, bundle)
    return found


def _connection_id(org: str) -> str:
    supplier, _, target = org.partition("_")
    if supplier == "globex":
        return f"globex_salesforce{'_' + target if target else ''}"
    return f"salesforce_{org}"


def _sftp(facts: Mapping[str, Any], account: str) -> Connection:
    return {
        "conn_type": "sftp",
        "host": facts["host"],
        "port": facts["port"],
        "login": account,
        "password": facts["accounts"][account]["password"],
        "extra": {"host_key": facts["host_key"], "look_for_keys": "false"},
    }


def _smtp(facts: Mapping[str, Any]) -> Connection:
    return {
        "conn_type": "smtp",
        "host": facts["host"],
        "port": facts["tls_port"],
        "login": facts["login"],
        "password": facts["password"],
        "extra": {"disable_tls": True, "from_email": "leadline@leadline.example", "retry_limit": 0},
    }


def _salesforce(facts: Mapping[str, Any], bundle: str) -> Connection:
    return {
        "conn_type": "salesforce",
        "extra": {
            "consumer_key": facts["client_id"],
            "consumer_secret": facts["client_secret"],
            "instance_url": facts["tls_url"],
            "version": "62.0",
            "ca_bundle": bundle,
        },
    }


def _marketo(facts: Mapping[str, Any], bundle: str) -> Connection:
    return {
        "conn_type": "generic",
        "host": facts["tls_url"],
        "login": facts["client_id"],
        "password": facts["client_secret"],
        "extra": {"ca_bundle": bundle},
    }


def _eloqua(facts: Mapping[str, Any], bundle: str) -> Connection:
    return {
        "conn_type": "generic",
        "host": facts["tls_url"],
        "login": facts["user"],
        "password": facts["password"],
        "extra": {"company": facts["site"], "ca_bundle": bundle},
    }


def _dynamics(facts: Mapping[str, Any], bundle: str) -> Connection:
    return {
        "conn_type": "generic",
        "host": facts["tls_url"],
        "login": facts["client_id"],
        "password": facts["client_secret"],
        "extra": {"tenant_id": facts["tenant_id"], "authority": facts["tls_url"], "ca_bundle": bundle},
    }


def _saleslink(facts: Mapping[str, Any], bundle: str) -> Connection:
    return {
        "conn_type": "generic",
        "host": facts["tls_url"],
        "login": facts["username"],
        "password": facts["password"],
        # The sandbox counts no calls: a day of the demonstration does not wait for minutes to pass.
        "extra": {"wsdl_url": f"{facts['tls_url']}{facts['path']}?wsdl", "ca_bundle": bundle}
        | {"calls_per_minute": 0},
    }


_VENDORS: dict[str, Callable[[Mapping[str, Any], str], Connection]] = {
    "marketo": _marketo,
    "eloqua": _eloqua,
    "dynamics": _dynamics,
    "saleslink": _saleslink,
}
