"""A supplier of files end to end, on the sandbox's SFTP: packed and encrypted drops in, status files out."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

# Airflow reads these when it is imported first.
os.environ.setdefault("AIRFLOW_HOME", tempfile.mkdtemp(prefix="leadline-airflow-"))
os.environ.setdefault("AIRFLOW__CORE__LOAD_EXAMPLES", "False")
os.environ.setdefault("AIRFLOW__CORE__UNIT_TEST_MODE", "True")

import pytest
from pysequoia import Tsk, encrypt

from leadline import distribution
from leadline.hub.schema import source_link, writeback
from sandbox.launch import RunningSandbox, running
from tests.scenarios.house import House, csv_of

WRITE_BACK = {
    "distribution_status": "LL Status",
    "partner_name": "LL Partner",
    "file": {
        "columns": {"Mail": "email", "File": "file", "Line": "line", "Lead": "lead_id", "No": "sequence"}
    },
}
SOURCE = {"system": "sftp", "stable_seconds": 0, "campaigns": None}


def people(*names: str) -> bytes:
    return csv_of(*({"email": f"{name}@example.org", "last_name": name, "company": "X"} for name in names))


@pytest.fixture(scope="module")
def started() -> Iterator[RunningSandbox]:
    with running(orgs=(), vendors=()) as sandbox:
        yield sandbox


class Supplier:
    """One supplier's house, and its side of the server."""

    def __init__(self, house: House, started: RunningSandbox) -> None:
        self.house, self.control = house, started.control

    def drop(self, name: str, content: bytes) -> None:
        self.control.put_file(f"/inbox/{name}", content)

    def outbox(self) -> dict[str, list[dict[str, str]]]:
        """Return the rows of every status file, by its path."""
        paths = [one["path"] for one in self.control.files() if one["path"].startswith("/outbox/")]
        texts = {path: self.control.read_file(path).decode() for path in sorted(paths)}
        return {path: list(csv.DictReader(io.StringIO(text, newline=""))) for path, text in texts.items()}

    def told(self) -> list[list[tuple[str, str, str, str]]]:
        return [
            sorted((one["Mail"], one["LL Status"], one["LL Partner"], one["No"]) for one in rows)
            for rows in self.outbox().values()
        ]


@pytest.fixture
def make_supplier(
    make_house: Callable[..., House], started: RunningSandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> Iterator[Callable[..., Supplier]]:
    from hooks.systems import supplier_system

    started.control.reset()
    account = started.account("acme")
    connection = {
        "conn_type": "sftp",
        "host": account["host"],
        "port": account["port"],
        "login": "acme",
        "password": account["password"],
        "extra": {"host_key": account["host_key"]},
    }
    monkeypatch.setenv("HOME", str(tmp_path))
    opened: list[Any] = []

    def make(**source: Any) -> Supplier:
        house = make_house("sftp", write_back=WRITE_BACK, source=SOURCE | source)
        for target in house.mapping.targets.values():
            monkeypatch.setenv(f"AIRFLOW_CONN_{target.connection.upper()}", json.dumps(connection))
        manager = supplier_system(house.mapping)
        house.system = manager.__enter__()
        opened.append(manager)
        return Supplier(house, started)

    yield make
    for manager in opened:
        manager.__exit__(None, None, None)


def zipped(content: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("leads.csv", content)
    return packed.getvalue()


def test_plain_gzip_and_zip_drops_are_leads_and_each_is_told_once(make_supplier: Any) -> None:
    supplier = make_supplier()
    supplier.house.add_partner("P1")
    supplier.drop("leads_1.csv", people("ann"))
    supplier.drop("leads_2.csv.gz", gzip.compress(people("bob")))
    supplier.drop("leads_3.csv.zip", zipped(people("cid")))

    supplier.house.distribute("run 1")
    supplier.house.distribute("run 2")

    ((path, rows),) = supplier.outbox().items()
    assert path == "/outbox/status_run-1.csv"
    assert sorted((one["Mail"], one["File"], one["Line"]) for one in rows) == [
        ("ann@example.org", "leads_1.csv", "2"),
        ("bob@example.org", "leads_2.csv.gz", "2"),
        ("cid@example.org", "leads_3.csv.zip", "2"),
    ]
    assert {(one["LL Status"], one["LL Partner"], one["No"]) for one in rows} == {
        ("pending", "Partner P1", "1")
    }


def test_a_later_file_tells_only_what_changed_with_a_higher_number(make_supplier: Any) -> None:
    supplier = make_supplier()
    supplier.house.add_partner("P1")
    supplier.drop("leads_1.csv", people("ann", "bob"))
    supplier.house.distribute("run-1")

    supplier.house.accept("ann@example.org")
    supplier.house.distribute("run-2")

    assert supplier.told() == [
        [
            ("ann@example.org", "pending", "Partner P1", "1"),
            ("bob@example.org", "pending", "Partner P1", "1"),
        ],
        [("ann@example.org", "accepted", "Partner P1", "2")],
    ]


@pytest.mark.parametrize("run_id", ["run-1", "run-2"], ids=["the run cleared", "the next run"])
def test_results_that_were_lost_after_the_file_was_there_make_no_second_file(
    make_supplier: Any, run_id: str
) -> None:
    supplier = make_supplier()
    house = supplier.house
    house.add_partner("P1")
    supplier.drop("leads_1.csv", people("ann", "bob"))
    house.distribute("run-1")
    before = supplier.outbox()
    with house.hub.transaction(house.key) as connection:
        connection.execute(writeback.update().values(state="waiting", attempts=0, sent_at=None))
        connection.execute(source_link.update().values(written_hash=None))

    ctx = house.start(run_id)
    distribution.write_back(house.hub, ctx, house.mapping, house.system)

    assert supplier.outbox() == before
    assert {one.state for one in house.rows("writeback")} == {"sent"}


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("operation", ["open", "rename", "write"])
def test_a_server_that_fails_meanwhile_leaves_the_rows_for_a_repeat(
    make_supplier: Any, operation: str, moment: str
) -> None:
    from leadline.errors import LeadlineError

    supplier = make_supplier()
    house = supplier.house
    house.add_partner("P1")
    supplier.drop("leads_1.csv", people("ann"))
    order = {"operation": operation, "moment": moment, "match": {"path": "/outbox/*"}, "times": 2}
    supplier.control.fault("sftp", "error", **order)
    ctx = house.start("run-1")
    house.receive(ctx)

    try:
        house.finish(ctx)
    except LeadlineError:
        supplier.control.clear_faults()
        house.finish(house.start("run-1"))

    assert supplier.told() == [[("ann@example.org", "pending", "Partner P1", "1")]]


def test_an_encrypted_drop_is_leads_once_however_often_it_is_encrypted(
    make_supplier: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, theirs, other = (
        Tsk.generate(f"{name} <{name}@example.org>") for name in ("ours", "theirs", "other")
    )
    key = {"conn_type": "generic", "extra": {"private_key": str(ours)}}
    signer = {"conn_type": "generic", "extra": {"public_key": str(theirs.extract_certificate())}}
    monkeypatch.setenv("AIRFLOW_CONN_OUR_PGP", json.dumps(key))
    monkeypatch.setenv("AIRFLOW_CONN_ACME_PGP", json.dumps(signer))
    supplier = make_supplier(pgp={"connection": "our_pgp", "signer": "acme_pgp"})
    supplier.house.add_partner("P1")

    def encrypted(content: bytes, by: Any) -> bytes:
        return bytes(encrypt(content, recipients=[ours.extract_certificate()], signer=by.signer()))

    supplier.drop("leads_1.csv.pgp", encrypted(people("ann"), theirs))
    supplier.house.distribute("run-1")
    supplier.drop("leads_2.csv.gz.pgp", encrypted(gzip.compress(people("bob")), theirs))
    supplier.drop("leads_3.csv.pgp", encrypted(people("ann"), theirs))
    supplier.drop("leads_4.csv.pgp", encrypted(people("eve"), other))
    with pytest.raises(Exception, match=r"leads_4\.csv\.pgp|unreadable"):
        supplier.house.distribute("run-2")

    assert sorted(one.email for one in supplier.house.rows("lead")) == ["ann@example.org", "bob@example.org"]
    paths = [one["path"] for one in supplier.control.files()]
    assert "/error/leads_4.csv.pgp" in paths
    assert "signer" in supplier.control.read_file("/error/leads_4.csv.pgp.error.txt").decode()
