"""One place to crash in: a sandbox, a hub, a staging folder, and the driver that runs distributions."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import insert, text, update

from leadline.hub import Hub, now_us
from leadline.hub.schema import crm_account, lease, mail, partner, supplier
from leadline.partners import CrmAccount, Partner, stored_account, stored_partner
from tests.crashes import other_crms, stories, tenants
from tests.crashes.connections import environment
from tests.crashes.databases import Database
from tests.crashes.rooms import Rooms, running_rooms
from tests.crashes.sides import Rows, hub_side, vendor_names, vendor_side
from tests.crashes.tenants import Tenant

ROOT = Path(__file__).parents[2]
ORGS = ("globex", "p001", "p002")
PHASES = ("pull", "put_away", "route", "push", "write_back")
_RANDOM = re.compile(r"[0-9a-f]{32}")
_JOBS = "SELECT account_id, job_key, job_id, operation, state, rows, plan FROM crm_job ORDER BY 1, 2"
_TRIES = "SELECT delivery_id, attempts FROM delivery ORDER BY 1"


@dataclass(frozen=True)
class Scenario:
    """A supplier and how its second day goes.

    Attributes:
        fill: Fills the sandbox before the first day; None, with `second`: there is one day only.
        settings: Thresholds of the driver.
        tenants: What its partners have besides Salesforce.
    """

    name: str
    mapping: dict[str, Any]
    account: str
    fill: Callable[[Rooms], Any]
    second: Callable[[Rooms, Any], None] | None = None
    settings: dict[str, int] = field(default_factory=dict)
    tenants: tuple[Tenant, ...] = ()
    partners: tuple[Partner, ...] = stories.PARTNERS
    accounts: tuple[CrmAccount, ...] = stories.ACCOUNTS

    @property
    def key(self) -> str:
        """Return the supplier key."""
        return str(self.mapping["supplier"])


_SMALL = {"chunk_rows": 4, "store_rows": 2, "crm_bulk_above": 2_000, "status_bulk_above": 2_000}
SCENARIOS = {
    one.name: one
    for one in (
        Scenario(
            "collections",
            stories.salesforce_mapping(bulk=False),
            "acme",
            stories.fill_first_day,
            stories.fill_second_day,
            _SMALL,
        ),
        Scenario(
            "bulk",
            stories.salesforce_mapping(bulk=True),
            "acme",
            stories.fill_first_day,
            stories.fill_second_day,
            _SMALL | {"chunk_rows": 20, "crm_bulk_above": 0, "status_bulk_above": 0},
        ),
        Scenario(
            "other crms",
            other_crms.mapping(),
            "acme",
            other_crms.fill_first_day,
            stories.fill_second_day,
            _SMALL,
            other_crms.TENANTS,
            other_crms.PARTNERS,
            other_crms.ACCOUNTS,
        ),
        Scenario("files", stories.sftp_mapping(), "acme", stories.fill_drops, None, _SMALL),
    )
}


@dataclass(frozen=True)
class Ended:
    """How one run ended: `code` is 0, or minus the signal that killed it."""

    code: int
    points: tuple[str, ...]
    told: dict[str, Any]
    error: str | None


class Lane:
    """One sandbox with one driver; a scenario is prepared once and put back before each case."""

    def __init__(self, folder: Path, rooms: Rooms, driver: subprocess.Popen[str], database: Database) -> None:
        self.rooms = rooms
        self._folder = folder
        self._driver = driver
        self._database = database
        self._kept = folder
        self.scenario = SCENARIOS["files"]
        self.hub = Hub(database.url)

    def prepare(self, name: str, phase: str = PHASES[0]) -> None:
        """Bring the scenario to the moment before this phase of its second day; `put_back` goes there.

        What is no phase of a day comes after all of them.
        """
        self.scenario = SCENARIOS[name]
        self._kept = self._folder / f"kept-{name}-{phase}"
        if self._kept.exists():
            return
        self._ask({"warm_up": self.scenario.mapping})
        if phase == PHASES[0]:
            self._begin(self.scenario)
        else:
            before = PHASES[: PHASES.index(phase)] if phase in PHASES else PHASES
            self.prepare(name)
            self.put_back()
            self._get_through(phases=before)
            self._kept = self._folder / f"kept-{name}-{phase}"
        self.rooms.keep(self._kept, self.scenario.tenants)
        self.hub.engine.dispose()
        self._database.keep(self._kept.name)
        shutil.copytree(self._folder / "staging", self._kept / "staging")

    def put_back(self) -> None:
        """Let both sides be as they were at the moment that was prepared."""
        self.rooms.control.clock(set=stories.SECOND_DAY.isoformat(), hold=True)
        self.rooms.put_back(self._kept)
        self.hub.engine.dispose()
        self._database.put_back(self._kept.name)
        shutil.rmtree(self._folder / "staging")
        shutil.copytree(self._kept / "staging", self._folder / "staging")

    def _begin(self, scenario: Scenario) -> None:
        shutil.rmtree(self._folder / "staging", ignore_errors=True)
        (self._folder / "staging").mkdir()
        self.hub.engine.dispose()
        self._database.put_back("empty")
        self._import_partners()
        ids = scenario.fill(self.rooms)
        if scenario.second is not None:
            self._get_through("first", at=stories.FIRST_DAY.isoformat())
            scenario.second(self.rooms, ids)

    def _get_through(self, *arguments: Any, **options: Any) -> None:
        ended = self.run(*arguments, **options)
        if ended.code != 0:
            raise RuntimeError(ended.error)

    def run(
        self,
        run_id: str = "second",
        *,
        at: str = stories.SECOND_DAY.isoformat(),
        kill: tuple[str, str] | None = None,
        sabotage: str | None = None,
        phases: Sequence[str] = PHASES,
        mapping: dict[str, Any] | None = None,
    ) -> Ended:
        """Run phases of a distribution in a process of their own; `kill` names a point and a moment."""
        out = self._folder / "out.json"
        out.unlink(missing_ok=True)
        addresses = self.rooms.addresses
        order = {
            "hub": self._database.url,
            "staging": (self._folder / "staging").as_uri(),
            "mapping": mapping or self.scenario.mapping,
            "run_id": run_id,
            "interval_end": at,
            "orgs": {addresses["salesforce"][org]["tls_port"]: org for org in ORGS}
            | {addresses[one][name]["tls_port"]: name for one, name in self.scenario.tenants},
            "kill": kill,
            "phases": list(phases),
            "sabotage": sabotage,
            "out": str(out),
            **self.scenario.settings,
        }
        code = self._ask(order)["ended"]
        said = json.loads(out.read_text()) if out.exists() else {}
        return Ended(code, tuple(said.get("points", ())), said.get("told", {}), said.get("error"))

    def _ask(self, order: dict[str, Any]) -> dict[str, Any]:
        if self._driver.stdin is None or self._driver.stdout is None:
            raise RuntimeError("the driver has no pipes")
        print(json.dumps(order), file=self._driver.stdin, flush=True)
        answer = self._driver.stdout.readline()
        if not answer:
            raise RuntimeError(f"the driver has gone: {self._driver.wait()}")
        return dict(json.loads(answer))

    def points(self, phase: str, run_id: str = "second", **order: Any) -> tuple[str, ...]:
        """Return the points that a phase passes when nobody kills it."""
        self.put_back()
        ended = self.run(run_id, phases=[phase], **order)
        if ended.code != 0:
            raise RuntimeError(ended.error)
        return ended.points

    def sides(self, *, runs_apart: bool = True) -> Rows:
        """Return both sides as they are now."""
        ours = self.scenario.tenants
        names = vendor_names(self.rooms, ORGS) | tenants.names_of(self.rooms.control, ours)
        hub = {f"hub {name}": rows for name, rows in hub_side(self.hub, names, runs_apart=runs_apart).items()}
        theirs = vendor_side(self.rooms, ORGS, self.scenario.account)
        return hub | theirs | tenants.side_of(self.rooms.control, ours)

    def state(self) -> str:
        """Return all that would outlive a power cut, moments and random names aside.

        Two kills that leave equal states have one future.
        """
        with self.hub.reading() as connection:
            jobs = [tuple(row) for query in (_JOBS, _TRIES) for row in connection.execute(text(query))]
        folder = self._folder / "staging"
        staged = sorted(_RANDOM.sub("*", str(one.relative_to(folder))) for one in folder.rglob("*"))
        files = [_RANDOM.sub("*", one["path"]) for one in self.rooms.control.files(self.scenario.account)]
        theirs = [self.rooms.jobs(org) for org in ORGS]
        sides = {name: rows for name, rows in self.sides().items() if name != "files"}
        return json.dumps([sides, jobs, staged, sorted(files), theirs], sort_keys=True, default=str)

    def undecided(self) -> dict[str, int]:
        """Return how many leads wait for routing, by the run that brought them."""
        query = "SELECT first_run, COUNT(*) AS waiting FROM lead WHERE decision IS NULL GROUP BY first_run"
        with self.hub.reading() as connection:
            return {row.first_run: row.waiting for row in connection.execute(text(query))}

    def let_lease_end(self) -> None:
        """Let so much time pass that a dead reader's lease is over, and a dead sender's claim."""
        with self.hub.transaction() as connection:
            connection.execute(update(lease).values(expires_at=0))
            connection.execute(update(mail).values(not_before=0))

    def _import_partners(self) -> None:
        key, at = self.scenario.key, now_us()
        pushing = self.scenario.second is not None
        with self.hub.transaction() as connection:
            connection.execute(insert(supplier).values(supplier=key, label=key, created_at=at))
            if pushing:
                rows = [stored_account(key, one, at) for one in self.scenario.accounts]
                connection.execute(insert(crm_account), rows)
            partners = [
                one if pushing else one.model_copy(update={"crm": None}) for one in self.scenario.partners
            ]
            connection.execute(insert(partner), [stored_partner(key, one, at) for one in partners])


@contextmanager
def open_lane(folder: Path, open_database: Callable[[Path], Database]) -> Iterator[Lane]:
    """Start a lane; its driver and sandbox end with the block."""
    folder.mkdir()
    database = open_database(folder)
    with ExitStack() as stack:
        rooms = stack.enter_context(running_rooms(folder, ORGS, ("dynamics", "saleslink")))
        log = stack.enter_context((folder / "driver.log").open("w"))
        driver = subprocess.Popen(
            [sys.executable, "-m", "tests.crashes.driver"],
            cwd=ROOT,
            env=environment(folder, rooms, ORGS, ROOT),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        stack.enter_context(driver)
        if driver.stdout is None or "ready\n" not in iter(driver.stdout.readline, ""):
            raise RuntimeError(f"the driver did not start: see {folder / 'driver.log'}")
        yield Lane(folder, rooms, driver, database)
