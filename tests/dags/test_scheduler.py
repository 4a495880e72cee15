"""One real Airflow on the sandbox: API server, scheduler, DAG processor, used as people use them."""

from __future__ import annotations

import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from os import killpg
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import httpx
import pytest
from sqlalchemy import make_url

from demo import environment as demo_environment
from demo.airflow import MIGRATE, SERVICES, Airflow, Run, command
from demo.connections import connections
from leadline.hub import Hub
from leadline.hub.migration import upgrade
from sandbox.launch import running
from tests.dags.house import NORTH, ORGS, House, leads, make_include

pytestmark = [pytest.mark.scheduler, pytest.mark.postgresql]

SECONDS = 420  # in which anything must have happened, on a busy machine too
PROJECT = Path(__file__).parents[2]
SUPPLIERS = ("north", "east", "west", "south", "new")
TODAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
# Days before the latest slot, which the scheduler itself runs as soon as a DAG is switched on.
DAYS = [TODAY - timedelta(days=back) for back in (4, 3, 2)]


def supplier(name: str) -> dict[str, Any]:
    """Return a mapping with folders of its own in the one SFTP account."""
    folders = {kind: f"/{name}/{kind}" for kind in ("inbox", "archive", "error", "outbox")}
    return NORTH | {
        "supplier": name,
        "label": name.title(),
        "source": NORTH["source"] | folders,
        "schedule": {"cron": "0 0 * * *", "timezone": "UTC"},
    }


@dataclass(frozen=True)
class Running:
    """A running Airflow, its house, and the environment of its commands."""

    airflow: Airflow
    house: House
    environment: dict[str, str]

    def command(self, *parts: str) -> str:
        """Run a command of Airflow's and return what it says."""
        done = subprocess.run(
            command(("airflow", *parts)), env=self.environment, cwd=PROJECT, capture_output=True, text=True,
            timeout=SECONDS, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
        return done.stdout

    def drop(self, name: str, file: str, content: str, at: datetime | None = None) -> None:
        """Drop a complete file into a supplier's inbox."""
        mtime = at.timestamp() if at else None
        for path, body in ((file, content), (f"{file}.done", "")):
            self.house.control.put_file(f"/{name}/inbox/{path}", body, mtime=mtime)

    def switch_on(self, name: str) -> Run:
        """Switch a supplier's distribution on and return the run that the scheduler makes of it."""
        dag_id = f"{name}_distribution"
        self.airflow.unpause(dag_id)
        runs = wait(lambda: self.airflow.runs(dag_id), f"a scheduled run of {dag_id}")
        return self.airflow.wait_for_run(dag_id, runs[0]["dag_run_id"], SECONDS)

    def distribute(self, name: str, **conf: Any) -> Run:
        """Start a run and return it when it has ended."""
        run_id = self.airflow.trigger(f"{name}_distribution", conf)
        return self.airflow.wait_for_run(f"{name}_distribution", run_id, SECONDS)

    def clear(self, run: Run, task: str) -> Run:
        """Clear one task of an ended run, as the UI does, and return the run when it has ended again."""
        answer = self.airflow._client.post(
            f"/api/v2/dags/{run.dag_id}/clearTaskInstances",
            json={"dry_run": False, "dag_run_id": run.run_id, "task_ids": [task], "only_failed": False},
        )
        answer.raise_for_status()
        assert answer.json()["total_entries"] > 0
        return self.airflow.wait_for_run(run.dag_id, run.run_id, SECONDS)

    def states(self, dag_id: str, run_id: str) -> dict[tuple[str, int], str | None]:
        """Return the state of each task of a run, by task and map index."""
        path = f"/api/v2/dags/{dag_id}/dagRuns/{run_id}/taskInstances?limit=500"
        found = self.airflow._get(path)["task_instances"]
        return {(one["task_id"], one["map_index"]): one["state"] for one in found}

    def backfill(self, name: str, *options: str) -> list[dict[str, Any]]:
        """Backfill the three days by the command and return their runs when all have ended, by date."""
        dag_id = f"{name}_distribution"
        before = {one["dag_run_id"]: one["end_date"] for one in self.airflow.runs(dag_id)}
        days = [day.date().isoformat() for day in (DAYS[0], DAYS[-1])]
        self.command(
            "backfill", "create", "--dag-id", dag_id, "--from-date", days[0], "--to-date", days[1], *options
        )

        def ended() -> list[dict[str, Any]]:
            runs = [one for one in self.airflow.runs(dag_id) if one["run_type"] == "backfill"]
            done = [
                one
                for one in runs
                if one["state"] in {"success", "failed"} and one["end_date"] != before.get(one["dag_run_id"])
            ]
            # Airflow refuses another backfill until it has seen that this one is over.
            backfills = self.airflow._get(f"/api/v2/backfills?dag_id={dag_id}")["backfills"]
            over = len(done) == len(DAYS) and all(one["completed_at"] for one in backfills)
            return sorted(done, key=lambda one: one["logical_date"]) if over else []

        return wait(ended, f"three runs of {dag_id}")


def wait(look: Callable[[], Any], what: str) -> Any:
    """Return what `look` finds, once it finds something."""
    deadline = time.monotonic() + SECONDS
    while not (found := look()):
        assert time.monotonic() < deadline, f"there was not {what} in {SECONDS} s"
        time.sleep(0.3)
    return found


@pytest.fixture(scope="session")
def airflow(
    tmp_path_factory: pytest.TempPathFactory, postgresql_databases: Callable[..., str]
) -> Iterator[Running]:
    """Start Airflow's three processes, each in a session of its own, and stop them with the tests'.

    Its metadata is on PostgreSQL, as in production: on SQLite a command that writes beside a busy scheduler
    may be told that the database is locked, whatever the time-out.
    """
    folder = tmp_path_factory.mktemp("airflow")
    with running(folder / "sandbox", orgs=ORGS) as rooms, pytest.MonkeyPatch.context() as patch:
        make_include(folder / "include", *(supplier(name) for name in SUPPLIERS))
        house = House(Hub(f"sqlite:///{folder / 'hub.db'}"), rooms, folder)
        upgrade(house.hub)
        for name in SUPPLIERS:
            house.import_partners(name)
            rooms.control.put_file(f"/{name}/inbox/.keep", b"")
        patch.setattr(demo_environment, "STATE", folder)
        # What other tests told their own Airflow is not for this one.
        patch.delenv("AIRFLOW__CORE__UNIT_TEST_MODE", raising=False)
        ports = {"api": demo_environment.free_port(0), "worker_log": demo_environment.free_port(0)}
        env = demo_environment.environment(ports, connections(rooms.addresses)) | house.environment()
        env["AIRFLOW__CORE__PARALLELISM"] = "4"
        metadata = make_url(postgresql_databases(empty=True)).set(drivername="postgresql+psycopg2")
        env["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] = metadata.render_as_string(hide_password=False)
        processes = []
        try:
            _finish(MIGRATE, env, folder)
            for name, parts in SERVICES.items():
                processes.append(_start(parts, env, folder / f"{name}.log"))
            client = Airflow(
                env["LEADLINE_AIRFLOW_URL"], env["LEADLINE_AIRFLOW_USER"], env["LEADLINE_AIRFLOW_PASSWORD"]
            )

            def still_alive() -> None:
                assert [one.poll() for one in processes] == [None] * len(processes), f"see {folder}"

            client.wait_until_healthy(SECONDS, still_alive)
            client.wait_for_dags({f"{name}_distribution" for name in SUPPLIERS}, SECONDS)
            yield Running(client, house, env)
            client._client.close()
        finally:
            _stop(processes)


def _start(parts: tuple[str, ...], env: dict[str, str], log: Path) -> subprocess.Popen[bytes]:
    with log.open("wb") as output:
        return subprocess.Popen(
            command(parts), env=env, cwd=PROJECT, stdin=subprocess.DEVNULL, stdout=output,
            stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip


def _finish(parts: tuple[str, ...], env: dict[str, str], folder: Path) -> None:
    with (folder / "set-up.log").open("ab") as log:
        subprocess.run(
            command(parts), env=env, cwd=PROJECT, stdout=log, stderr=log, timeout=SECONDS, check=True
        )


def _stop(processes: list[subprocess.Popen[bytes]]) -> None:
    """Stop the process groups, last started first: a signal to a parent alone would orphan its children."""
    for one in reversed(processes):
        with suppress(ProcessLookupError):
            killpg(one.pid, signal.SIGTERM)
    for one in processes:
        try:
            one.wait(40)
        except subprocess.TimeoutExpired:
            killpg(one.pid, signal.SIGKILL)
            one.wait(10)


def test_a_look_before_a_supplier_goes_live_starts_nothing(airflow):
    house, live, look = airflow.house, "new_distribution", "new_dry_run"
    airflow.drop("new", "leads_1.csv", leads("d1", "d2", "d3", bad=["d2"]))
    hub, vendors = house.hub_side(), house.vendor_side()

    run = airflow.airflow.wait_for_run(look, airflow.airflow.trigger(look, {}), SECONDS)  # never switched on

    told = f"/api/v2/dags/{look}/dagRuns/{run.run_id}/taskInstances/dry_run/xcomEntries/return_value"
    counts = airflow.airflow._get(f"{told}?deserialize=true")["value"]
    assert (run.state, run.tasks) == ("success", {"dry_run": "success"})
    assert (counts["leads"]["new"], counts["leads"]["quarantined"]) == (2, 1)
    assert airflow.airflow._get(f"/api/v2/dags/{live}")["is_paused"] is True
    assert airflow.airflow.runs(live) == []
    assert house.hub_side() == hub
    assert house.vendor_side() == vendors


def test_a_days_run_and_any_task_of_it_cleared(airflow):
    house = airflow.house
    airflow.drop("north", "leads_1.csv", leads("n1", "n2"))
    airflow.drop("north", "leads_2.csv", leads("n3", country="FR"))

    run = airflow.switch_on("north")

    assert run.state == "success", run.tasks
    assert set(run.tasks.values()) == {"success", "skipped"}
    assert sent(house, "n") == ["n1", "n2", "n3"]
    assert house.rows("run", "kind", "balanced", supplier="north") == [("scheduled", True)]
    hub, vendors = house.hub_side("north"), house.vendor_side()

    # `push` before `accounts`: with no account left it would have nothing to do, and lose its instances.
    for task in sorted({name.split("[")[0] for name in run.tasks}, reverse=True):
        again = airflow.clear(run, task)

        assert again.state == "success", (task, again.tasks)
        assert set(again.tasks.values()) == {"success", "skipped"}, task
        assert house.hub_side("north") == hub, task
        assert house.vendor_side() == vendors, task


def test_the_link_of_a_failure_mail_leads_to_the_task(airflow):
    airflow.switch_on("north")  # its scheduled run would take the file first
    airflow.drop("north", "leads_bad.csv", "Ref\n1\n")

    run = airflow.distribute("north")

    assert run.state == "failed"
    (mail,) = airflow.house.control.mails("ops@north.example")
    (link,) = re.findall(r"http://127\.0\.0\.1:\d+/dags/\S+", mail["text"])
    answer = httpx.get(link, trust_env=False, follow_redirects=True)
    assert answer.status_code == 200
    _, dag_id, _, run_id, _, task = unquote(urlsplit(link).path).strip("/").split("/")
    assert (dag_id, run_id, run.tasks[task]) == (run.dag_id, run.run_id, "failed")


def test_a_backfill_of_past_days_on_an_empty_hub_and_again(airflow):
    house = airflow.house
    assert airflow.switch_on("east").state == "success"  # nothing is there yet
    for number, day in enumerate(DAYS, 1):
        airflow.drop(
            "east", f"leads_{number}.csv", leads(f"e{number}", f"e{number}b"), day + timedelta(hours=9)
        )

    runs = airflow.backfill("east")

    assert [one["state"] for one in runs] == ["success"] * 3
    taken = house.rows("lead", "lead_id", supplier="east")
    assert len(taken) == 6
    for one in runs:  # each took its own day
        assert house.rows("receipt", "outcome", supplier="east", run_id=one["dag_run_id"]) == ["new", "new"]
    assert house.rows("assignment", "lead_id", supplier="east", active=True) == taken
    assert sent(house, "e") == ["e1", "e1b", "e2", "e2b", "e3", "e3b"]
    hub, vendors = house.hub_side("east"), house.vendor_side()

    again = airflow.backfill("east", "--reprocess-behavior", "completed")

    assert [one["state"] for one in again] == ["success"] * 3
    assert house.rows("lead", "lead_id", supplier="east") == taken
    assert house.rows("assignment", "lead_id", supplier="east", active=True) == taken
    assert house.vendor_side() == vendors
    assert house.hub_side("east")["lead"] == hub["lead"]


def test_a_backfill_on_a_full_hub_with_runs_at_once(airflow):
    house = airflow.house
    for number, day in enumerate(DAYS, 1):
        airflow.drop(
            "west", f"leads_{number}.csv", leads(f"w{number}", f"w{number}b"), day + timedelta(hours=9)
        )
    assert airflow.switch_on("west").state == "success"
    taken = house.rows("lead", "lead_id", supplier="west")
    assert len(taken) == 6
    vendors = house.vendor_side()
    airflow.drop("west", "leads_4.csv", leads("w4"), DAYS[1] + timedelta(hours=1))

    runs = airflow.backfill("west", "--max-active-runs", "3")

    assert [one["state"] for one in runs] == ["success"] * 3
    spans = [(one["start_date"], one["end_date"]) for one in runs]
    assert max(start for start, _ in spans) < min(end for _, end in spans)  # they ran at once
    for one in runs:
        outcomes = house.rows("receipt", "outcome", supplier="west", run_id=one["dag_run_id"])
        assert outcomes == (["new"] if one == runs[1] else [])  # files that are known have no rows again
    assert len(house.rows("lead", "lead_id", supplier="west")) == 7
    assert len(house.rows("assignment", "lead_id", supplier="west", active=True)) == 7
    assert sent(house, "w") == ["w1", "w1b", "w2", "w2b", "w3", "w3b", "w4"]
    after = house.vendor_side()
    assert {name for name in after if after[name] != vendors[name]} == {"p001.Lead", "files.acme"}
    assert set(house.rows("run", "balanced", supplier="west")) == {True}


def test_a_live_push_cleared_alone_and_a_red_one_marked_green_by_hand(airflow):
    house, dag_id = airflow.house, "south_distribution"
    assert airflow.switch_on("south").state == "success"
    airflow.drop("south", "leads_1.csv", leads("s1", "s2"))
    airflow.drop("south", "leads_2.csv", leads("s3", country="FR"))
    house.control.fault("salesforce", "delay", times=2, match={"org": "p001"}, arguments={"seconds": 15})
    house.control.org_up("p002", False)
    run_id = airflow.airflow.trigger(dag_id, {})
    pushes = f"/api/v2/dags/{dag_id}/dagRuns/{run_id}/taskInstances/push"

    def live(account: int, state: str) -> bool:
        return airflow.states(dag_id, run_id).get(("push", account)) == state

    wait(lambda: live(0, "running"), "a push at work")
    airflow.airflow._client.post(
        f"/api/v2/dags/{dag_id}/clearTaskInstances",
        json={"dry_run": False, "dag_run_id": run_id, "task_ids": [["push", 0]], "only_failed": False},
    ).raise_for_status()
    wait(lambda: live(1, "up_for_retry"), "a push that could not reach its CRM")
    airflow.airflow._client.patch(f"{pushes}/1", json={"new_state": "success"}).raise_for_status()
    run = airflow.airflow.wait_for_run(dag_id, run_id, SECONDS)

    assert run.state == "success"
    assert sent(house, "s") == ["s1", "s2"]  # once each, though their push was cut off
    assert house.rows("delivery", "state", supplier="south", account_id="sf-p002") == ["waiting"]
    assert set(house.rows("run", "balanced", supplier="south")) == {True}

    house.control.org_up("p002", True)
    assert airflow.distribute("south").state == "success"
    assert sent(house, "s") == ["s1", "s2", "s3"]


def sent(house: House, start: str) -> list[str]:
    """Return the references that both partners' orgs hold and that begin so."""
    found = [*house.refs("p001"), *house.refs("p002")]
    return sorted(ref for ref in found if ref.startswith(start))
