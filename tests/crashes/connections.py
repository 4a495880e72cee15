"""Airflow connections of a driver to the rooms of its lane."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

from tests.crashes.rooms import Rooms


def environment(folder: Path, rooms: Rooms, orgs: Sequence[str], root: Path) -> dict[str, str]:
    """Return the environment of a driver: nothing of this machine's, and a connection to every room."""
    found = {
        name: value for name, value in os.environ.items() if not name.startswith(("LEADLINE_", "AIRFLOW_"))
    }
    found |= {
        "PYTHONPATH": os.pathsep.join(str(root / name) for name in ("plugins", ".", "src")),
        "HOME": str(folder),  # no known hosts and no ssh configuration of this machine
        "LEADLINE_HOME": str(folder / "leadline"),
        "LEADLINE_EXPECTATIONS_DIR": str(folder / "none"),
        "AIRFLOW_HOME": str(folder / "airflow"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__UNIT_TEST_MODE": "True",
    }
    for org in orgs:
        address = rooms.addresses["salesforce"][org]
        extra = {
            "instance_url": address["tls_url"],
            "consumer_key": address["client_id"],
            "consumer_secret": address["client_secret"],
            "ca_bundle": rooms.addresses["ca"]["bundle"],
        }
        connection = {"conn_type": "salesforce", "extra": extra}
        name = "GLOBEX_SALESFORCE" if org == "globex" else f"SALESFORCE_{org.upper()}"
        found[f"AIRFLOW_CONN_{name}"] = json.dumps(connection)
    smtp = rooms.addresses["smtp"]
    found["AIRFLOW_CONN_LEADLINE_SMTP"] = json.dumps(
        {
            "conn_type": "smtp",
            "host": smtp["host"],
            "port": smtp["port"],
            "extra": {"from_email": "leadline@leadline.example", "disable_ssl": True, "disable_tls": True},
        }
    )
    sftp = rooms.addresses["sftp"]
    found["AIRFLOW_CONN_ACME_SFTP"] = json.dumps(
        {
            "conn_type": "sftp",
            "host": sftp["host"],
            "port": sftp["port"],
            "login": "acme",
            "password": sftp["accounts"]["acme"]["password"],
            "extra": {"host_key": sftp["host_key"]},
        }
    )
    return found | _of_tenants(rooms)


def _of_tenants(rooms: Rooms) -> dict[str, str]:
    """Return the connections to Dynamics 365 and Saleslink."""
    ca_bundle = rooms.addresses["ca"]["bundle"]
    dynamics = rooms.addresses["dynamics"]["d001"]
    saleslink = rooms.addresses["saleslink"]["k001"]
    connections = {
        "DYNAMICS_D001": {
            "conn_type": "generic",
            "host": dynamics["tls_url"],
            "login": dynamics["client_id"],
            "password": dynamics["client_secret"],
            "extra": {
                "tenant_id": dynamics["tenant_id"],
                "authority": dynamics["tls_url"],
                "ca_bundle": ca_bundle,
            },
        },
        "SALESLINK_K001": {
            "conn_type": "saleslink",
            "login": saleslink["username"],
            "password": saleslink["password"],
            "extra": {
                "endpoint": f"{saleslink['tls_url']}{saleslink['path']}",
                "ca_bundle": ca_bundle,
                "calls_per_minute": 0,
            },
        },
    }
    return {f"AIRFLOW_CONN_{name}": json.dumps(one) for name, one in connections.items()}
