"""Imitated orgs on loopback ports, each with a clock, a journal and faults the test sets by hand."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
import uvicorn
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from sandbox.hooks import Fault
from sandbox.salesforce.app import create_org_app
from sandbox.salesforce.config import CustomField, OrgConfig, OrgUser
from sandbox.salesforce.org import Org

VERSION = "v62.0"


class Bench:
    """The sandbox's core as a test needs it: a clock to turn, faults to plan, a journal to read."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.clock = datetime(2026, 11, 22, 10, tzinfo=UTC)
        self.entries: list[dict[str, Any]] = []
        self.planned: list[tuple[str, str, Fault]] = []

    def now(self) -> datetime:
        return self.clock

    def later(self, **step: float) -> None:
        self.clock += timedelta(**step)

    def journal(self, entry: dict[str, Any]) -> None:
        self.entries.append(entry)

    def plan(self, operation: str, kind: str, moment: str = "before", **arguments: Any) -> None:
        """Make one trouble the next time `operation` is asked for."""
        self.planned.append((operation, moment, Fault(kind, arguments)))

    def fault(self, room: str, operation: str, detail: dict[str, Any], moment: str) -> Fault | None:
        for place, (wanted, when, fault) in enumerate(self.planned):
            if wanted == operation and when == moment:
                del self.planned[place]
                return fault
        return None


class ServedOrg:
    """One org that answers on a loopback port."""

    def __init__(self, config: OrgConfig, state: Path) -> None:
        self.config = config
        self.bench = Bench()
        self.app = create_org_app(config, state, self.bench)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._server = uvicorn.Server(uvicorn.Config(self.app, log_config=None, ws="none", lifespan="on"))
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._listener]})
        self._thread.start()
        self._session: requests.Session | None = None

    @property
    def org(self) -> Org:
        found: Org = self.app.state.org
        return found

    @property
    def data(self) -> str:
        """Address of the data API."""
        return f"{self.url}/services/data/{VERSION}"

    def token(self, **form: str) -> requests.Response:
        """Ask the token endpoint, by client credentials unless told otherwise."""
        form = form or {
            "grant_type": "client_credentials",
            "client_id": self.config.client_id,
            "client_secret": self.config.client_secret,
        }
        return requests.post(f"{self.url}/services/oauth2/token", data=form, timeout=20)

    @property
    def session(self) -> requests.Session:
        """A signed-in session."""
        if self._session is None:
            self._session = requests.Session()
            token = self.token().json()["access_token"]
            self._session.headers["Authorization"] = f"Bearer {token}"
        return self._session

    def call(self, method: str, path: str, json: Any = None, **options: Any) -> requests.Response:
        """Send a signed-in request below the data API."""
        return self.session.request(method, f"{self.data}/{path}", json=json, timeout=20, **options)

    def query(self, soql: str, resource: str = "query") -> list[dict[str, Any]]:
        """Return all rows of a query without their `attributes`, following its pages."""
        answer = self.call("GET", resource, params={"q": soql})
        assert answer.status_code == 200, answer.text
        body = answer.json()
        rows = list(body["records"])
        while not body["done"]:
            body = self.session.get(self.url + body["nextRecordsUrl"], timeout=20).json()
            rows += body["records"]
        return [{key: value for key, value in row.items() if key != "attributes"} for row in rows]

    def create(self, sobject: str, **values: Any) -> str:
        """Create a record and return its id."""
        answer = self.call("POST", f"sobjects/{sobject}", values)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def lead(self, **values: Any) -> str:
        """Create a lead of which the test names only what it is about."""
        return self.create("Lead", **{"LastName": "Doe", "Company": "Acme", **values})

    def read(self, sobject: str, record_id: str) -> dict[str, Any]:
        """Return a record."""
        answer = self.call("GET", f"sobjects/{sobject}/{record_id}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def renew(self) -> None:
        """Empty the org and start its clock and journal anew."""
        self.bench.reset()
        self.org.reset()
        self.renew_session()

    def renew_session(self) -> None:
        """Forget the token; the next call signs in again."""
        if self._session is not None:
            self._session.close()
            self._session = None

    def stop(self) -> None:
        """Close the port and the state file."""
        self.renew_session()
        self._server.should_exit = True
        self._thread.join()
        self._listener.close()


@pytest.fixture(scope="session")
def key_pair() -> tuple[str, str]:
    """A private key and its public half, both PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return private.decode(), public.decode()


@pytest.fixture(scope="session")
def config(key_pair: tuple[str, str]) -> OrgConfig:
    """A partner's org with a unique key of ours on leads, contacts and tasks."""
    return OrgConfig(
        name="acme",
        org_id="00Dxx0000001gPL",
        users=(
            OrgUser("api@acme.example"),
            OrgUser("rep@acme.example", "Rep", "Rita"),
            OrgUser("gone@acme.example", "Gone", active=False),
            OrgUser("stranger@acme.example", "Stranger", approved=False),
        ),
        client_id="key",
        client_secret="secret",
        public_key_pem=key_pair[1],
        refresh_token="refresh-1",
        queues=(("00G000000000001", "Web leads"),),
        custom_fields=(
            *(
                CustomField(name, "Ext_Id__c", length=64, external_id=True, unique=True)
                for name in ("Lead", "Contact", "Task", "Campaign")
            ),
            CustomField("Lead", "Products__c", "multipicklist", picklist=("Routers", "Cloud", "Storage")),
            CustomField("Lead", "Tier__c", "picklist", picklist=("Basic", "Plus")),
            CustomField("Lead", "Budget__c", "currency", precision=10, scale=2),
            CustomField("Lead", "Demo__c", "boolean"),
            CustomField("Lead", "Demo_At__c", "datetime"),
        ),
    )


@pytest.fixture
def serve(config: OrgConfig, tmp_path: Path) -> Iterator[Callable[..., ServedOrg]]:
    """Start an org; keyword arguments replace parts of the configuration."""
    served: list[ServedOrg] = []

    def start(**changes: Any) -> ServedOrg:
        served.append(ServedOrg(replace(config, **changes), tmp_path))
        return served[-1]

    yield start
    for org in served:
        org.stop()


@pytest.fixture(scope="session")
def lasting_org(config: OrgConfig, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedOrg]:
    """The org of the configuration, started once."""
    served = ServedOrg(config, tmp_path_factory.mktemp("org"))
    yield served
    served.stop()


@pytest.fixture
def org(lasting_org: ServedOrg) -> ServedOrg:
    """An empty org on a loopback port."""
    lasting_org.renew()
    return lasting_org
