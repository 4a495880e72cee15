"""Airflow connections to the sandbox, from the addresses that it prints."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Connection = dict[str, Any]


def connections(addresses: Mapping[str, Any]) -> dict[str, Connection]:
    """Return connection id to connection, for every system that the sample mappings and partners name."""
    found = {
        "acme_sftp": _sftp(addresses["sftp"], "acme"),
        "acme_sftp_test": _sftp(addresses["sftp"], "acme_test"),
        "leadline_smtp": _smtp(addresses["smtp"]),
    }
    bundle = addresses["ca"]["bundle"]
    for org, facts in addresses["salesforce"].items():
        found[_connection_id(org)] = _salesforce(facts, bundle)
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
