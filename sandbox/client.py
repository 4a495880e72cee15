"""The control as a client calls it, with the standard library alone."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote, urlencode
from urllib.request import ProxyHandler, Request, build_opener

# Loopback only: a proxy that the environment names must not see these calls.
_OPENER = build_opener(ProxyHandler({}))


class ControlRefused(Exception):
    """The control answered with an error."""


class Control:
    """Every action of `/_sandbox`; `url` ends in `/_sandbox`."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")

    def get(self, path: str = "/", /, **query: Any) -> Any:
        """Return the JSON of a GET."""
        return json.loads(self._call("GET", path, None, query))

    def post(self, path: str, /, **values: Any) -> Any:
        """Return the JSON that a POST of these values answers."""
        return json.loads(self._call("POST", path, values, {}))

    def delete(self, path: str, /, **query: Any) -> Any:
        """Return the JSON that a DELETE answers."""
        return json.loads(self._call("DELETE", path, None, query))

    def addresses(self) -> dict[str, Any]:
        """Return where everything listens, with accounts and keys."""
        return dict(self.get("/addresses"))

    def reset(self) -> None:
        """Forget all that the rooms hold."""
        self.post("/reset")

    def seed(self, name: str = "demo") -> bool:
        """Fill the rooms with the seed data; False if they were filled already."""
        return bool(self.post("/seed", name=name)["seeded"])

    def manifest(self) -> dict[str, Any]:
        """Return the outcomes expected of the seed data."""
        return dict(self.get("/manifest"))

    def digest(self) -> dict[str, str]:
        """Return a digest of each room's records: equal ones hold the same."""
        return dict(self.get("/digest"))

    def week(self, days: int = 7) -> dict[str, Any]:
        """Let partners work with their leads up to this day of the week; tell what they did."""
        return dict(self.post("/week", days=days))

    def fault(self, room: str, kind: str, **order: Any) -> int:
        """Order a fault (`operation`, `moment`, `times`, `skip`, `match`, `arguments`); return its id."""
        return int(self.post("/faults", room=room, kind=kind, **order)["id"])

    def faults(self) -> list[dict[str, Any]]:
        """Return the orders and how often each was used."""
        return list(self.get("/faults"))

    def clear_faults(self) -> None:
        """Forget all orders."""
        self.delete("/faults")

    def journal(self, room: str | None = None, since: int = 0, **query: Any) -> list[dict[str, Any]]:
        """Return what the rooms were asked, perhaps of one `room`, `operation` or `org`."""
        return list(self.get("/journal", room=room, since=since, **query)["entries"])

    def last(self) -> int:
        """Return the number of the newest journal entry."""
        return int(self.get("/journal", since=2**60)["last"])

    def clock(self, **values: Any) -> dict[str, Any]:
        """Return the clock; `set` (ISO, with `hold`), `advance` (seconds) or `reset` change it."""
        return dict(self.post("/clock", **values) if values else self.get("/clock"))

    def mails(self, to: str | None = None) -> list[dict[str, Any]]:
        """Return the mails in full, oldest first."""
        return [self.get(f"/mailbox/{mail['number']}") for mail in self.get("/mailbox", to=to)]

    def clear_mailbox(self) -> None:
        """Forget all mails."""
        self.delete("/mailbox")

    def mail_up(self, up: bool) -> None:
        """Let the SMTP server listen, or refuse connections."""
        self.post("/mail", up=up)

    def refuse_mail(self, address: str, code: int = 550, **values: Any) -> int:
        """Refuse recipients that fit a pattern; return the order's id."""
        return int(self.post("/mail/refusals", address=address, code=code, **values)["id"])

    def sftp_up(self, up: bool) -> None:
        """Let the SFTP server listen, or refuse connections."""
        self.post("/sftp", up=up)

    def files(self, account: str = "acme") -> list[dict[str, Any]]:
        """Return path, size, mtime and sha256 of an account's files."""
        return list(self.get(f"/sftp/{account}"))

    def put_file(
        self,
        path: str,
        content: bytes | str,
        *,
        account: str = "acme",
        mtime: float | None = None,
        append: bool = False,
    ) -> None:
        """Drop a file, or let one grow; `mtime` in epoch seconds."""
        data = content.encode() if isinstance(content, str) else content
        text = base64.b64encode(data).decode("ascii")
        self.post(f"/sftp/{account}", path=path, base64=text, mtime=mtime, append=append)

    def read_file(self, path: str, *, account: str = "acme") -> bytes:
        """Return a file's bytes."""
        return self._call("GET", f"/sftp/{account}/file/{quote(path.lstrip('/'))}", None, {})

    def remove_file(self, path: str, *, account: str = "acme") -> None:
        """Remove a file."""
        self._call("DELETE", f"/sftp/{account}/file/{quote(path.lstrip('/'))}", None, {})

    def org_up(self, org: str, up: bool) -> None:
        """Let an org listen, or refuse connections."""
        self.post(f"/salesforce/{org}", up=up)

    def records(self, org: str, object_: str, **query: Any) -> list[dict[str, Any]]:
        """Return an org's records of one object, as the API would give them; `deleted=1` adds the bin."""
        return list(self.get(f"/salesforce/{org}/records/{object_}", **query))

    def act(self, org: str, action: str, **values: Any) -> Any:
        """Let something happen inside an org, as its users would do it (see `sandbox/COVERAGE.md`)."""
        return self.post(f"/salesforce/{org}/actions/{action}", **values)

    def tenant_up(self, vendor: str, tenant: str, up: bool) -> None:
        """Let a tenant of another vendor listen, or refuse connections."""
        self.post(f"/tenants/{vendor}/{tenant}", up=up)

    def do(self, vendor: str, tenant: str, action: str, /, **values: Any) -> Any:
        """Let something happen inside a tenant, as its people would do it (see `sandbox/COVERAGE.md`)."""
        return self.post(f"/tenants/{vendor}/{tenant}/actions/{action}", **values)

    def _call(self, method: str, path: str, values: dict[str, Any] | None, query: dict[str, Any]) -> bytes:
        asked = urlencode({name: value for name, value in query.items() if value is not None})
        request = Request(  # noqa: S310 -- the sandbox's own address
            f"{self.url}{path}" + (f"?{asked}" if asked else ""),
            data=None if values is None else json.dumps(values).encode(),
            method=method,
            headers={"Content-Type": "application/json"},
        )
        try:
            with _OPENER.open(request, timeout=120) as response:
                return bytes(response.read())
        except HTTPError as error:
            with error:
                raise ControlRefused(f"{method} {path}: {error.code} {error.read().decode()}") from None
