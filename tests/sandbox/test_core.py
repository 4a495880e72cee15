"""Starting, stopping and starting again."""

from __future__ import annotations

import json
import socket
import ssl
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from sandbox.ca import make_certificates
from sandbox.launch import RunningSandbox, running, spawned
from sandbox.orgs import ORGS as ALL_ORGS
from sandbox.ports import PortPlan, PortTaken, bind

ROOT = Path(__file__).parents[2]
ORGS = ("globex", "p001")


def free_range() -> int:
    """Return a port from which on the plan finds nobody."""
    for first in range(21_000, 27_000, 150):
        try:
            for room, port in PortPlan(first=first).ports(ORGS).items():
                bind("127.0.0.1", port, room).close()
        except PortTaken:
            continue
        return first
    raise RuntimeError("no free range of ports")


def test_addresses_and_state_survive_a_restart(tmp_path: Path) -> None:
    first = free_range()
    with running(tmp_path, orgs=ORGS, ports_from=first) as before:
        before.control.put_file("/inbox/a.csv", "x")
        before.control.act("p001", "insert", object="Lead", rows=[{"LastName": "A", "Company": "B"}])
        before.control.clock(advance=3600)
        last = before.control.last()

    with running(tmp_path, orgs=ORGS, ports_from=first) as after:
        assert after.addresses == before.addresses
        assert [file["path"] for file in after.control.files()] == ["/inbox/a.csv"]
        assert [lead["LastName"] for lead in after.control.records("p001", "Lead")] == ["A"]
        assert after.control.clock()["offset_seconds"] == 3600
        assert after.control.last() == last


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    first = free_range()

    with (
        socket.create_server(("127.0.0.1", first + 25)),
        pytest.raises(PortTaken, match=rf"port {first + 25} for smtp is taken"),
        running(tmp_path, orgs=ORGS, ports_from=first),
    ):
        pass

    with running(tmp_path, orgs=ORGS, ports_from=first):
        pass  # nothing of the failed start is left listening


def test_the_command_prints_one_json_object_and_ends_on_sigterm(tmp_path: Path) -> None:
    with spawned(tmp_path, "--ephemeral", "--orgs", "p001") as process:
        assert process.control.get("/")["up"]["salesforce:p001"]
        assert json.loads((tmp_path / "addresses.json").read_text()) == process.addresses


def test_the_command_says_which_port_is_taken(tmp_path: Path) -> None:
    first = free_range()

    with socket.create_server(("127.0.0.1", first + 22)):
        done = subprocess.run(
            [sys.executable, "-m", "sandbox", "--state", str(tmp_path), "--ports-from", str(first)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )

    assert done.returncode == 1
    assert f"port {first + 22} for sftp is taken" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_org_answers_over_tls_to_who_trusts_its_ca(sandbox: RunningSandbox) -> None:
    trusting = ssl.create_default_context(cafile=sandbox.addresses["ca"]["certificate"])

    answer = httpx.get(f"{sandbox.org('p001')['tls_url']}/services/data", verify=trusting)

    assert answer.json()[-1]["version"]
    with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        httpx.get(f"{sandbox.org('p001')['tls_url']}/services/data", verify=ssl.create_default_context())


def test_every_org_has_its_own_ports_and_records(sandbox: RunningSandbox) -> None:
    addresses = sandbox.addresses["salesforce"]
    ports = [org[name] for org in addresses.values() for name in ("port", "tls_port")]

    sandbox.control.act("p002", "insert", object="Lead", rows=[{"LastName": "A", "Company": "B"}])

    assert len(addresses) == len(ALL_ORGS)
    assert len(set(ports)) == 2 * len(ALL_ORGS)
    assert sandbox.control.records("p001", "Lead") == []


def test_an_org_that_is_down_refuses_connections_until_it_is_up(sandbox: RunningSandbox) -> None:
    url = f"{sandbox.org('p003')['url']}/services/data"

    sandbox.control.org_up("p003", False)

    with pytest.raises(httpx.ConnectError, match="refused"):
        httpx.get(url)
    sandbox.control.org_up("p003", True)
    assert httpx.get(url).status_code == 200


def test_good_certificates_are_used_again_and_others_made_anew(tmp_path: Path) -> None:
    first = make_certificates(tmp_path, ["sandbox"]).server.read_bytes()

    assert make_certificates(tmp_path, ["sandbox"]).server.read_bytes() == first
    assert make_certificates(tmp_path, ["other.host"]).server.read_bytes() != first
