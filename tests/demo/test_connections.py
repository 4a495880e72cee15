"""The demonstration's connections are made as people would make them in Airflow's form."""

from __future__ import annotations

from airflow.providers_manager import ProvidersManager

from demo.connections import connections

FACTS = {"tls_url": "https://127.0.0.1:443", "client_id": "i", "client_secret": "s", "tenant_id": "t"}
PERSON = {"user": "u", "username": "u", "password": "p", "site": "s", "path": "/service"}
ACCOUNTS = ("acme", "acme_test", "hooli", "hooli_test")
ADDRESSES = {
    "ca": {"bundle": "/ca.pem"},
    "sftp": {
        "host": "127.0.0.1",
        "port": 22,
        "host_key": "ssh-ed25519 AAAA",
        "accounts": {name: {"password": "p"} for name in ACCOUNTS},
    },
    "smtp": {"host": "127.0.0.1", "tls_port": 465, "login": "l", "password": "p"},
    "salesforce": {"globex": FACTS},
    **{vendor: {"one": FACTS | PERSON} for vendor in ("marketo", "eloqua", "dynamics", "saleslink")},
}


def test_each_is_of_a_type_that_the_form_offers() -> None:
    offered = {one.connection_type for one in ProvidersManager().iter_connection_type_hook_ui_metadata()}

    made = connections(ADDRESSES)

    assert len(made) == 10
    assert {fields["conn_type"] for fields in made.values()} <= offered
