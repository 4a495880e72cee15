"""Each system's adapter against the sandbox: `python -m benchmarks.systems LEADS FOLDER [SYSTEM…]`.

Leads come out of the four supplier systems and their status goes back; leads go into the three CRMs and are
read back. The sandbox runs as a process of its own, and its journal counts the calls. Prints JSON: system ->
side -> leads, seconds, and calls by operation, sign-ins apart.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from benchmarks.limits import SIGN_INS
from benchmarks.supplier_rooms import AGE, SUPPLIERS, SupplierRoom, person
from demo.connections import connections
from leadline.delivery.crm_fields import VOCABULARIES
from leadline.delivery.limits import PushLimits
from leadline.feedback.limits import FeedbackLimits
from leadline.mapping.loading import load_mapping
from leadline.mapping.model import SupplierMapping
from leadline.partners import CrmAccount, RecordAs
from leadline.ports import KnownRecord, PartnerCrm, RecordKeys, RecordPage, RecordWrite, StatusRow, Window
from leadline.settings import default_include_dir
from leadline.write_back.outbox import WriteLimits
from sandbox.launch import RunningSandbox, spawned

CRMS = {
    "salesforce": ("p001", "salesforce_p001"),
    "dynamics": ("d001", "dynamics_d001"),
    "saleslink": ("k001", "saleslink_k001"),
}
"""CRM -> tenant and connection."""

Item = TypeVar("Item")


@dataclass
class Side:
    """What one way of one system took; `seconds` are ours and the sandbox's, waiting included."""

    leads: int
    seconds: float = 0.0
    calls: dict[str, int] = field(default_factory=dict)
    sign_ins: int = 0


class NoJobs:
    """A ledger that forgets: nothing is resumed here."""

    def job_for(self, keys: Sequence[str]) -> str | None:  # noqa: ARG002
        """Return that no job carries these."""
        return None

    def save(self, keys: Sequence[str], job_id: str, operation: str, object_: str) -> None:
        """Forget it."""

    def finish(self, job_id: str) -> None:
        """Forget it."""


def measure(sandbox: RunningSandbox, leads: int, systems: Sequence[str] = ()) -> dict[str, dict[str, Side]]:
    """Return system -> side -> figures; `systems` empty: all. The rooms must be empty."""
    for name, connection in connections(sandbox.addresses).items():
        os.environ[f"AIRFLOW_CONN_{name.upper()}"] = json.dumps(connection)
    found: dict[str, dict[str, Side]] = {}
    for name, room in SUPPLIERS.items():
        if not systems or name in systems:
            found.setdefault(name, {}).update(_supplier(sandbox, room, leads))
    for name in CRMS:
        if not systems or name in systems:
            found.setdefault(name, {}).update(_crm(sandbox, name, leads))
    return found


def _supplier(sandbox: RunningSandbox, room: SupplierRoom, leads: int) -> dict[str, Side]:
    from hooks.systems import supplier_system

    mapping = load_mapping(default_include_dir() / "mappings" / room.mapping)
    source = mapping.source.model_copy(update=dict(room.source))
    mapping = mapping.model_copy(update={"source": source})
    room.fill(sandbox, leads)
    with supplier_system(mapping):
        pass  # the first one imports Airflow and the vendor's client
    pull, write_back = Side(leads), Side(leads)
    now = datetime.now(UTC)
    window = Window(now - 2 * AGE, now + timedelta(minutes=1))
    with _counted(sandbox, room.room, room.tenant, pull), supplier_system(mapping) as system:
        rows = [_status(mapping, one) for one in _drained(system.pull("leads", window), mapping)]
    _must_be(len(rows), leads, f"{room.room}, pull")
    with _counted(sandbox, room.room, room.tenant, write_back), supplier_system(mapping) as system:
        written = [
            result.ok for some in _parts(rows, WriteLimits().chunk_rows) for result in system.write_back(some)
        ]
    _must_be(sum(written), leads, f"{room.room}, write_back")
    return {"pull": pull, "write_back": write_back}


def _drained(pulled: Iterable[Any], mapping: SupplierMapping) -> Iterator[tuple[str, str | None, str]]:
    """Yield record id, campaign and origin of every lead that was pulled; files are read to their end."""
    for one in pulled:
        if isinstance(one, RecordPage):
            yield from ((record.record_id, record.campaign_key, "") for record in one.records)
            continue
        dialect = mapping.source.dialect  # type: ignore[union-attr]  # only SFTP yields files
        with one.open() as stream:
            text = io.StringIO(gzip.decompress(stream.read()).decode(dialect.encoding), newline="")
        count = sum(1 for _ in csv.reader(text, delimiter=dialect.delimiter)) - 1
        yield from (("", None, f"{one.name}:{line}") for line in range(2, count + 2))


def _status(mapping: SupplierMapping, found: tuple[str, str | None, str]) -> StatusRow:
    record_id, campaign, origin = found
    back, now = mapping.write_back, datetime.now(UTC)
    told = {
        back.distribution_status: "Accepted",
        back.distribution_status_at: now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        back.partner_name: "Partner One",
    }
    values = {name: value for name, value in told.items() if name is not None}
    identity = f"{record_id}:{origin}:{campaign}"
    return StatusRow(identity, record_id, 1, values, identity, origin, campaign, "bench", now)


def _crm(sandbox: RunningSandbox, name: str, leads: int) -> dict[str, Side]:
    from hooks.systems import partner_crm

    tenant, connection = CRMS[name]
    if name == "saleslink":
        sandbox.control.do(name, tenant, "configure", calls_per_minute=0)
    mapping = load_mapping(default_include_dir() / "mappings" / "initech.yaml")
    account = CrmAccount.model_validate({"id": "bench", "type": name, "connection": connection})
    with partner_crm(account, mapping):
        pass  # the first one imports the vendor's client
    push, back = Side(leads), Side(leads)
    since = datetime.now(UTC) - timedelta(hours=1)
    with _counted(sandbox, name, tenant, push), partner_crm(account, mapping) as crm:
        known = list(_pushed(crm, name, leads))
    _must_be(len(known), leads, f"{name}, push")
    usual = VOCABULARIES[name].usual[VOCABULARIES[name].objects[RecordAs.LEAD]]
    fields = [usual[one] for one in person(0) if one in usual]
    with _counted(sandbox, name, tenant, back), partner_crm(account, mapping) as crm:
        read = sum(
            1
            for some in _parts(known, FeedbackLimits().ask_records)
            for record in crm.pull_records(some, fields, since)
            if not (record.missing or record.deleted)
        )
    _must_be(read, leads, f"{name}, pull_back")
    return {"push": push, "pull_back": back}


def _pushed(crm: PartnerCrm, name: str, leads: int) -> Iterator[KnownRecord]:
    """Look every lead up and create it, as many at a time as a push does; yield what stands there now."""
    words = VOCABULARIES[name]
    object_ = words.objects[RecordAs.LEAD]
    usual = words.usual[object_]
    for numbers in _parts(range(leads), PushLimits().chunk_rows):
        people = {f"D{one:08}": (f"A{one:08}", person(one)) for one in numbers}
        keys = [RecordKeys(key, None, ours, values["email"]) for key, (ours, values) in people.items()]
        there = crm.find(object_, keys)
        _must_be(len(there), 0, f"{name}, find")
        writes = [
            RecordWrite(
                key,
                "create",
                object_,
                ours,
                None,
                {usual[one]: value for one, value in values.items() if one in usual},
            )
            for key, (ours, values) in people.items()
        ]
        for result in crm.write(writes, NoJobs()):
            if result.ok and result.record_id:
                ours, values = people[result.key]
                yield KnownRecord(result.record_id, object_, ours, values["email"])


@contextmanager
def _counted(sandbox: RunningSandbox, room: str, tenant: str, side: Side) -> Iterator[None]:
    since, began = sandbox.control.last(), time.perf_counter()
    yield
    side.seconds = time.perf_counter() - began
    asked = Counter(
        str(one["operation"])
        for one in sandbox.control.journal(room, since=since)
        if tenant in (one.get("org"), one.get("account"))
    )
    side.calls = {name: number for name, number in sorted(asked.items()) if name not in SIGN_INS}
    side.sign_ins = sum(number for name, number in asked.items() if name in SIGN_INS)


def _parts(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    for first in range(0, len(items), size):
        yield items[first : first + size]


def _must_be(found: int, wanted: int, what: str) -> None:
    if found != wanted:
        raise RuntimeError(f"{what}: {found} leads instead of {wanted}")


def _main(leads: str, folder: str, *systems: str) -> None:
    arguments = ("--ephemeral", "--orgs", "globex,p001")
    with spawned(Path(folder) / "sandbox", *arguments) as sandbox:
        found = measure(sandbox, int(leads), systems)
    print(
        json.dumps(
            {name: {side: asdict(one) for side, one in sides.items()} for name, sides in found.items()}
        )
    )


if __name__ == "__main__":
    _main(*sys.argv[1:])
