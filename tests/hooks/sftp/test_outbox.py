"""Status files and their like in a supplier's outbox, on a real SFTP server."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from hooks.sftp.hook import sftp_channel
from hooks.sftp.supplier import SftpSupplier
from hooks.systems import supplier_system
from leadline.errors import ConfigurationError, CredentialsRefused, VendorUnavailable
from leadline.mapping.model import WriteBack
from leadline.mapping.source import SftpSource
from leadline.ports import EventWrite, OpportunityWrite, StatusRow

AT = datetime(2026, 3, 2, 6, 5, 4, tzinfo=UTC)
CHOSEN = {
    "distribution_status": "Status",
    "partner_name": "Partner",
    "rejection_fields": {"reason": "Reason"},
    "file": {
        "columns": {"Ref": "supplier_ref", "File": "file", "Row": "line", "Id": "lead_id", "No": "sequence"}
    },
}
NAME = "/outbox/status_scheduled__2026-03-02T06-00-00-00-00.csv"


def row(number: int, **values: Any) -> StatusRow:
    place = f"leads_1.csv:{number + 1}"
    given = {
        "identity": f"file:abc:{number:04}",
        "record_id": place,
        "sequence": 1,
        "values": {"Status": "Accepted", "Partner": "Partner One"},
        "lead_id": f"L{number}",
        "origin": place,
        "run_id": "scheduled__2026-03-02T06:00:00+00:00",
        "queued_at": AT,
        "lead": {"supplier_ref": f"R{number}"},
    }
    return StatusRow(**given | values)


@pytest.fixture
def supplier(sftp: Any) -> Iterator[Callable[..., SftpSupplier]]:
    with sftp_channel("acme_sftp") as channel:

        def make(chosen: dict[str, Any] | None = None, **rules: Any) -> SftpSupplier:
            source = SftpSource.model_validate({"system": "sftp", **rules})
            return SftpSupplier(channel, source, write_back=WriteBack.model_validate(chosen or CHOSEN))

        yield make


def outbox(sftp: Any) -> dict[str, bytes]:
    return {path: content for path, content in sftp.tree().items() if path.startswith("/outbox/")}


def cells(content: bytes, delimiter: str = ",") -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8"), newline=""), delimiter=delimiter))


def test_one_file_a_run_holds_its_columns_and_then_the_status(sftp: Any, supplier: Any) -> None:
    rows = [row(2), row(1, values={"Status": "Rejected", "Partner": None, "Reason": "Too small"})]

    results = list(supplier().write_back(rows))

    assert [(one.key, one.ok) for one in results] == [("file:abc:0001", True), ("file:abc:0002", True)]
    ((path, content),) = outbox(sftp).items()
    assert path == NAME
    assert content.count(b"\r\n") == 3
    assert cells(content) == [
        ["Ref", "File", "Row", "Id", "No", "Status", "Partner", "Reason"],
        ["R1", "leads_1.csv", "2", "L1", "1", "Rejected", "", "Too small"],
        ["R2", "leads_1.csv", "3", "L2", "1", "Accepted", "Partner One", ""],
    ]


def test_without_columns_a_file_names_its_rows_all_the_same(sftp: Any, supplier: Any) -> None:
    list(supplier({"distribution_status": "Status"}, dialect={"delimiter": ";"}).write_back([row(1)]))

    (content,) = outbox(sftp).values()
    assert cells(content, ";") == [
        ["source_file", "source_row", "our_lead_id", "sequence", "Status"],
        ["leads_1.csv", "2", "L1", "1", "Accepted"],
    ]


def test_the_name_may_hold_date_and_time_of_the_queueing(sftp: Any, supplier: Any) -> None:
    chosen = CHOSEN | {"file": {"name": "acme_{date}T{time}Z.csv"}}

    list(supplier(chosen).write_back([row(1)]))

    assert list(outbox(sftp)) == ["/outbox/acme_20260302T060504Z.csv"]


def test_the_same_rows_again_make_no_second_file_in_whatever_order(sftp: Any, supplier: Any) -> None:
    list(supplier().write_back([row(1), row(2)]))
    before = outbox(sftp)

    results = list(supplier().write_back([row(2), row(1)]))

    assert [one.ok for one in results] == [True, True]
    assert outbox(sftp) == before


def test_rows_of_two_runs_are_two_files(sftp: Any, supplier: Any) -> None:
    list(supplier().write_back([row(1), row(2, run_id="manual__2")]))

    assert sorted(outbox(sftp)) == ["/outbox/status_manual__2.csv", NAME]


def test_a_second_chunk_of_a_run_gets_a_name_of_its_own_that_a_repeat_finds(sftp: Any, supplier: Any) -> None:
    list(supplier().write_back([row(1)]))
    for _ in range(2):
        list(supplier().write_back([row(2)]))
    assert len(outbox(sftp)) == 2

    # The supplier took the first file meanwhile: the second chunk is still known.
    (sftp.root / NAME.lstrip("/")).unlink()
    list(supplier().write_back([row(2)]))

    assert [cells(one)[1][0] for one in outbox(sftp).values()] == ["R2"]


def test_a_run_with_the_longest_id_has_its_files_too(sftp: Any, supplier: Any) -> None:
    run_id = "manual__2026-03-02T06:00:00.5+00:00_" + "x" * 214  # 250 characters, as Airflow takes them
    first, second = row(1, run_id=run_id), row(2, run_id=run_id)

    for _ in range(2):
        assert [one.ok for chunk in ([first], [second]) for one in supplier().write_back(chunk)] == [True] * 2

    names = sorted(outbox(sftp))
    assert len(names) == 2
    assert all(name.startswith("/outbox/status_manual__2026") and name.endswith(".csv") for name in names)
    assert {content.count(b"leads_1.csv") for content in outbox(sftp).values()} == {1}


def test_cells_that_a_spreadsheet_would_run_are_neutralised(sftp: Any, supplier: Any) -> None:
    texts = ["=1+1", "+49 89", "-1", "@x", "\tx", "\rx", "fine", 'quo"te, and\nline', "\uff1d1+1"]
    rows = [row(number, values={"Status": text}) for number, text in enumerate(texts)]

    list(supplier().write_back(rows))

    (content,) = outbox(sftp).values()
    told = [one[5] for one in cells(content)[1:]]
    assert told[:6] == ["'=1+1", "'+49 89", "'-1", "'@x", "'\tx", "'\rx"]
    assert told[6:] == ["fine", 'quo"te, and\nline', "'\uff1d1+1"]  # the last is full-width


def test_a_missing_outbox_is_made(sftp: Any, supplier: Any) -> None:
    list(supplier(outbox="/status/acme").write_back([row(1)]))

    assert [path for path in sftp.tree() if path.startswith("/status/acme/")]


def raising(operation: str, part: str, error: Exception, times: int = 1) -> Callable[[str, str], None]:
    left = [times]

    def fault(asked: str, path: str) -> None:
        if asked == operation and part in path and left[0]:
            left[0] -= 1
            raise error

    return fault


# A rename that fails is asked for once more, in the way of servers without OpenSSH's extension.
@pytest.mark.parametrize(("operation", "times"), [("open", 1), ("rename", 2), ("mkdir", 1)])
def test_a_server_that_fails_leaves_no_file_and_a_repeat_writes_it(
    sftp: Any, supplier: Any, operation: str, times: int
) -> None:
    sftp.faults.append(raising(operation, "outbox", OSError(28, "No space left on device"), times))

    with pytest.raises(VendorUnavailable, match="cannot write status_"):
        list(supplier().write_back([row(1)]))
    assert [path for path in outbox(sftp) if not path.rpartition("/")[2].startswith(".")] == []

    list(supplier().write_back([row(1)]))
    assert list(outbox(sftp)) == [NAME]


def test_an_account_that_may_not_write_is_told_so(sftp: Any, supplier: Any) -> None:
    sftp.faults.append(raising("open", "outbox", PermissionError(13, "Permission denied"), times=9))

    with pytest.raises(CredentialsRefused, match="lacks the permission"):
        list(supplier().write_back([row(1)]))


def test_an_answer_lost_after_the_rename_makes_no_second_file(sftp: Any, supplier: Any) -> None:
    writing = iter(supplier().write_back([row(1), row(2)]))
    next(writing)  # the file is there; its results are lost with the process
    del writing

    list(supplier().write_back([row(1), row(2)]))

    assert list(outbox(sftp)) == [NAME]


@pytest.mark.parametrize("name", ["{what}.csv", "../{run}.csv", ".{run}", "{0}.csv", "{run"])
def test_a_name_that_cannot_be_one_must_be_corrected(supplier: Any, name: str) -> None:
    with pytest.raises(ConfigurationError, match=r"write_back\.file\.name"):
        list(supplier(CHOSEN | {"file": {"name": name}}).write_back([row(1)]))


def test_events_and_opportunities_have_files_of_their_own_once_each(sftp: Any, supplier: Any) -> None:
    chosen = CHOSEN | {
        "events": {"object": "events"},
        "opportunities": {
            "object": "deals",
            "external_id": "Deal Id",
            "lead_field": "Lead Row",
            "fields": {"stage": "Stage"},
        },
    }
    events = [
        EventWrite("K1", "leads_1.csv:2", "Call", AT, "Talked", "long\ntext"),
        EventWrite("K2", "OP1", "Mail", None, "=x", on="opportunity"),
    ]
    deal = OpportunityWrite("W1", "OP1", None, "leads_1.csv:2", {"Stage": "50"})

    for _ in range(2):
        told = list(supplier(chosen).write_events(events))
        made = list(supplier(chosen).write_opportunities([deal]))
    (again,) = supplier(chosen).write_opportunities([replace(deal, record_id="OP1", values={"Stage": "75"})])

    assert [(one.key, one.ok) for one in told] == [("K1", True), ("K2", True)]
    assert [(one.record_id, one.created) for one in made] == [("OP1", True)]
    assert (again.record_id, again.created) == ("OP1", False)
    files = outbox(sftp)
    (event_file,) = [content for path, content in files.items() if path.startswith("/outbox/events_")]
    assert cells(event_file) == [
        [
            "source_file",
            "source_row",
            "opportunity_id",
            "event_key",
            "event_type",
            "subject",
            "text",
            "event_at",
        ],
        ["leads_1.csv", "2", "", "K1", "Call", "Talked", "long\ntext", "2026-03-02T06:05:04Z"],
        ["", "", "OP1", "K2", "Mail", "'=x", "", ""],
    ]
    deals = [cells(content)[1] for path, content in files.items() if path.startswith("/outbox/deals_")]
    assert sorted(deals) == [["OP1", "leads_1.csv:2", "0", "50"], ["OP1", "leads_1.csv:2", "0", "75"]]


def test_an_opportunity_that_goes_back_to_what_it_was_is_told_again_under_a_higher_number(
    sftp: Any, supplier: Any
) -> None:
    deals = {"object": "deals", "external_id": "Deal", "lead_field": "Row", "fields": {"stage": "Stage"}}
    chosen = CHOSEN | {"opportunities": deals, "file": {"columns": {"No": "sequence"}}}

    for number, stage in enumerate(["50", "75", "50"], start=1):
        write = OpportunityWrite(f"OP1:{number}", "OP1", None, "leads_1.csv:2", {"Stage": stage}, number)
        for _ in range(2):
            list(supplier(chosen).write_opportunities([write]))

    told = [cells(content) for path, content in outbox(sftp).items() if path.startswith("/outbox/deals_")]
    assert [rows[0] for rows in told] == [["Deal", "Row", "No", "Stage"]] * 3
    assert sorted((rows[1][2], rows[1][3]) for rows in told) == [("1", "50"), ("2", "75"), ("3", "50")]


def test_the_outbox_is_looked_at_where_something_is_written(sftp: Any, supplier: Any) -> None:
    assert [one.detail for one in supplier().check()] == ["/outbox"]
    (sftp.root / "outbox").mkdir()
    assert list(supplier().check()) == []

    sftp.faults.append(raising("rename", ".leadline-", PermissionError(13, "no"), times=99))
    assert [one.code for one in supplier().check()] == ["permission"]


def test_a_mapping_opens_its_outbox(sftp: Any, make_mapping: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_ACME_SOURCE_TEST", sftp.connection())

    with supplier_system(make_mapping(write_back={"distribution_status": "Status"}), "test") as system:
        list(system.write_back([row(1)]))

    assert len(outbox(sftp)) == 1
