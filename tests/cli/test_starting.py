"""`leadline replay` and `leadline preflight`: they start DAG runs and show what those leave."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, update

from leadline.airflow_api import trigger
from leadline.errors import ConfigurationError, CredentialsRefused, NotAllowed, VendorUnavailable
from leadline.hub import Hub
from leadline.hub.schema import batch, finding, receipt, run
from leadline.settings import read_settings


class Airflow:
    """A small Airflow API: knows one user and the DAGs given, keeps the runs it was asked for."""

    def __init__(self) -> None:
        self.dags = {"acme_replay": False, "acme_preflight": False, "acme_paused": True}
        self.runs: list[tuple[str, dict[str, Any]]] = []
        self.states = ["queued", "running", "success"]
        self.answer: tuple[int, Any] | None = None  # to every call but the sign-in
        self.asked: list[str] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: Any) -> None:
                return

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                self.reply(*outer.post(self.path, body, self.headers.get("Authorization")))

            def do_GET(self) -> None:
                self.reply(*outer.get(self.path, self.headers.get("Authorization")))

            def reply(self, code: int, body: Any) -> None:
                self.send_response(code)
                if code == 302:
                    self.send_header("Location", "/elsewhere")
                self.end_headers()
                self.wfile.write(body if isinstance(body, bytes) else json.dumps(body).encode())

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def post(self, path: str, body: dict[str, Any], token: str | None) -> tuple[int, Any]:
        if path == "/auth/token":
            known = body == {"username": "op", "password": "geheim"}
            return (201, {"access_token": "t0"}) if known else (401, {"detail": "no"})
        if self.answer or token != "Bearer t0":
            return self.answer or (401, {})
        dag = path.split("/")[4]
        self.runs.append((dag, body))
        return 200, {"dag_run_id": f"manual__{len(self.runs)}", "state": self.states[0]}

    def get(self, path: str, token: str | None) -> tuple[int, Any]:
        self.asked.append(path)
        if self.answer or token != "Bearer t0":
            return self.answer or (401, {})
        parts = path.split("/")
        if parts[4] not in self.dags:
            return 404, {"detail": "not found"}
        if len(parts) == 5:
            return 200, {"is_paused": self.dags[parts[4]]}
        if len(self.states) > 1:
            self.states.pop(0)
        return 200, {"dag_run_id": parts[6], "state": self.states[0]}

    @property
    def environment(self) -> dict[str, str]:
        return {"AIRFLOW_URL": self.url, "AIRFLOW_USER": "op", "AIRFLOW_PASSWORD": "geheim"}


@pytest.fixture
def airflow() -> Iterator[Airflow]:
    fake = Airflow()
    thread = threading.Thread(target=fake.server.serve_forever, args=(0.01,))
    thread.start()
    yield fake
    fake.server.shutdown()
    thread.join()
    fake.server.server_close()


def start(airflow: Airflow, dag: str = "acme_replay", wait_seconds: float = 60, **changes: str) -> Any:
    environment = {f"LEADLINE_{name}": value for name, value in (airflow.environment | changes).items()}
    settings = read_settings(environment)
    return trigger(dag, {"run": "r"}, wait_seconds=wait_seconds, configuration=settings, sleep=lambda _: None)


@pytest.fixture
def quarantined(cli_hub: Hub) -> Hub:
    """Return a hub in which run r1 of either target left a row in quarantine, and r2 none."""
    for supplier in ("acme", "acme~test"):
        own = {"supplier": supplier}
        with cli_hub.transaction(supplier) as connection:
            for name in ("r1", "r2"):
                words = dict.fromkeys(("dag_id", "kind", "mapping_hash", "rules_hash"), "w")
                connection.execute(insert(run).values(own | words | {"run_id": name, "started_at": 1}))
            one = own | {"batch_id": "r1:leads:2", "run_id": "r1"}
            place = {"kind": "leads", "number": 2, "uri": "u", "origin": "o", "rows": 1}
            connection.execute(insert(batch).values(one | place))
            connection.execute(insert(receipt).values(one | {"row": 0, "line": 2, "outcome": "quarantined"}))
    return cli_hub


@pytest.mark.usefixtures("quarantined")
@pytest.mark.parametrize(
    ("words", "conf"),
    [
        (("--run", "r1", "--supplier", "acme"), {"run": "r1", "target": "production"}),
        (("--batch", "r1:leads:2", "--supplier", "acme"), {"batch": "r1:leads:2", "target": "production"}),
        (("--run", "r1", "--supplier", "acme~test"), {"run": "r1", "target": "test"}),
    ],
)
def test_a_replay_is_a_dag_run(cli, airflow: Airflow, words: tuple[str, ...], conf: dict[str, str]) -> None:
    airflow.states = ["success"]

    said = cli("replay", *words, "--json", **airflow.environment)

    assert said.code == 0, said.err
    assert airflow.runs == [("acme_replay", {"logical_date": None, "conf": conf})]
    body = json.loads(said.out)
    assert body == {
        "supplier": words[-1],
        "dag": "acme_replay",
        "run": "manual__1",
        "state": "success",
        "url": f"{airflow.url}/dags/acme_replay/runs/manual__1",
    }


@pytest.mark.usefixtures("quarantined")
@pytest.mark.parametrize(
    ("which", "says"),
    [(("--run", "r3"), "acme has no run r3"), (("--batch", "r1:leads:9"), "acme has no batch r1:leads:9")],
)
def test_a_replay_of_what_is_not_there_is_refused_before_it_starts(
    cli, airflow: Airflow, which: tuple[str, str], says: str
) -> None:
    said = cli("replay", *which, "--supplier", "acme", **airflow.environment)

    assert (said.code, said.err) == (2, f"leadline: {says}\n")
    assert airflow.runs == []


@pytest.mark.usefixtures("quarantined")
def test_a_replay_of_an_unknown_supplier_names_the_known(cli, airflow: Airflow) -> None:
    said = cli("replay", "--run", "r1", "--supplier", "acne", **airflow.environment)

    assert said.code == 2
    assert "the hub holds nothing of 'acne'; it knows: acme, acme~test" in said.err
    assert airflow.runs == []


@pytest.mark.usefixtures("quarantined")
def test_a_replay_without_rows_starts_nothing(cli, airflow: Airflow) -> None:
    words = ("replay", "--run", "r2", "--supplier", "acme")

    said, as_json = cli(*words, **airflow.environment), cli(*words, "--json")

    assert (said.code, as_json.code) == (0, 0)
    assert said.out.startswith("nothing to replay")
    assert (json.loads(as_json.out)["run"], json.loads(as_json.out)["state"]) == (None, "nothing")
    assert airflow.runs == []


def test_a_replay_of_rows_whose_raw_data_expired_says_so_and_starts_nothing(
    cli, quarantined: Hub, airflow: Airflow
) -> None:
    with quarantined.transaction("acme") as connection:
        connection.execute(update(run).where(run.c.supplier == "acme").values(raw_removed_at=2))

    said = cli("replay", "--run", "r1", "--supplier", "acme", **airflow.environment)

    assert (said.code, airflow.runs) == (1, [])
    assert said.err == (
        "leadline: the raw data of 1 quarantined rows have expired: they cannot be replayed\n"
    )
    assert said.out == "nothing to replay: no other row of r1 is quarantined any more\n"


@pytest.mark.usefixtures("quarantined")
def test_a_replay_that_fails_is_exit_1_and_one_nobody_waits_for_is_0(cli, airflow: Airflow) -> None:
    words = ("replay", "--run", "r1", "--supplier", "acme")
    airflow.states = ["failed"]
    assert cli(*words, **airflow.environment).code == 1

    airflow.states = ["queued"]
    assert cli(*words, "--wait", "0", **airflow.environment).code == 0


def test_preflight_prints_what_its_run_left_in_the_hub(cli, cli_hub: Hub, airflow: Airflow) -> None:
    airflow.states = ["success"]
    with cli_hub.transaction() as connection:
        for supplier, severity, cleared in (
            ("acme", "warning", None),
            ("acme", "error", 5),
            ("globex", "error", None),
        ):
            connection.execute(
                insert(finding).values(
                    supplier=supplier,
                    subject="supplier",
                    code="field_missing",
                    detail=f"{severity}-field",
                    message="is gone",
                    severity=severity,
                    run_id="r",
                    found_at=1,
                    cleared_at=cleared,
                )
            )

    said = cli("preflight", "--supplier", "acme", "--json", **airflow.environment)

    body = json.loads(said.out)
    assert said.code == 0
    assert airflow.runs == [("acme_preflight", {"logical_date": None, "conf": {"target": "production"}})]
    assert (body["supplier"], body["state"]) == ("acme", "success")
    assert body["findings"] == [
        {
            "subject": "supplier",
            "code": "field_missing",
            "detail": "warning-field",
            "message": "is gone",
            "severity": "warning",
            "run": "r",
            "found_at": "1970-01-01T00:00:00.000001Z",
        }
    ]
    assert "warning: supplier: is gone" in cli("preflight", "--supplier", "acme").out


def test_preflight_of_a_supplier_without_a_mapping_names_the_known_and_starts_nothing(
    cli, cli_hub: Hub, airflow: Airflow
) -> None:
    said = cli("preflight", "--supplier", "acne", **airflow.environment)

    assert said.code == 2
    assert said.err.startswith("leadline: there is no mapping for 'acne'; there are: acme, ")
    assert airflow.asked == []


def test_preflight_beside_a_distant_airflow_needs_no_mappings(
    cli, cli_hub: Hub, airflow: Airflow, tmp_path: Path
) -> None:
    airflow.states = ["success"]

    said = cli("preflight", "--supplier", "acme", INCLUDE_DIR=str(tmp_path), **airflow.environment)

    assert said.code == 0


def test_preflight_with_an_error_is_exit_1(cli, cli_hub: Hub, airflow: Airflow) -> None:
    airflow.states = ["success"]
    row = {"supplier": "acme", "subject": "s", "code": "c", "detail": "d", "message": "m", "run_id": "r"}
    with cli_hub.transaction() as connection:
        connection.execute(insert(finding).values(**row, severity="error", found_at=1))

    assert cli("preflight", "--supplier", "acme", **airflow.environment).code == 1


def test_a_run_is_waited_for_until_it_ends(airflow: Airflow) -> None:
    started = start(airflow)

    assert (started.state, started.ended) == ("success", True)


def test_waiting_ends_when_its_time_is_over(airflow: Airflow) -> None:
    started = start(airflow, wait_seconds=0)

    assert (started.state, started.ended) == ("queued", False)


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        ((403, {"detail": "Forbidden"}), NotAllowed, "may not start"),
        ((422, {"detail": [{"msg": "bad conf"}]}), ConfigurationError, "bad conf"),
        ((500, b"<html>"), VendorUnavailable, "answers 500"),
        ((200, b"<html>"), VendorUnavailable, "is not Airflow's API"),
        ((200, b"[]"), VendorUnavailable, "is not Airflow's API"),
        ((302, b""), VendorUnavailable, "answers 302"),
    ],
)
def test_answers_of_airflow_become_errors_of_ours(
    airflow: Airflow, answer: tuple[int, Any], error: type[Exception], words: str
) -> None:
    airflow.answer = answer

    with pytest.raises(error, match=words):
        start(airflow)


def test_a_token_follows_no_redirect(airflow: Airflow) -> None:
    airflow.answer = (302, b"")

    with pytest.raises(VendorUnavailable):
        start(airflow)

    assert airflow.asked == ["/api/v2/dags/acme_replay"]


def test_what_is_missing_is_said_before_anything_starts(airflow: Airflow) -> None:
    for changes, error, words in (
        ({"AIRFLOW_PASSWORD": ""}, ConfigurationError, "set LEADLINE_AIRFLOW_USER"),
        ({"AIRFLOW_PASSWORD": "wrong"}, CredentialsRefused, "does not know this user"),
        ({"AIRFLOW_URL": "file:///etc"}, ConfigurationError, "must start with http"),
    ):
        with pytest.raises(error, match=words) as caught:
            start(airflow, **changes)
        assert "wrong" not in str(caught.value)
    with pytest.raises(ConfigurationError, match="is paused"):
        start(airflow, "acme_paused")
    with pytest.raises(ConfigurationError, match="is the supplier's mapping good"):
        start(airflow, "initech_replay")
    assert airflow.runs == []


def test_an_airflow_that_is_down_is_said(airflow: Airflow) -> None:
    airflow.server.shutdown()
    airflow.server.server_close()

    with pytest.raises(VendorUnavailable, match="does not answer"):
        start(airflow)
