"""What `/_sandbox` shows and changes."""

from __future__ import annotations

import httpx
import pytest

from sandbox.client import ControlRefused
from sandbox.launch import RunningSandbox


def ask(sandbox: RunningSandbox, org: str = "p001") -> int:
    """Ask an org which versions it speaks; return the status."""
    return httpx.get(f"{sandbox.org(org)['url']}/services/data").status_code


def test_a_fault_is_made_as_often_as_ordered_and_only_where_it_is_aimed(sandbox: RunningSandbox) -> None:
    sandbox.control.fault("salesforce", "status", times=2, match={"org": "p001"}, arguments={"status": 503})

    statuses = [ask(sandbox, org) for org in ("p002", "p001", "p001", "p001")]

    assert statuses == [200, 503, 503, 200]
    assert sandbox.control.faults()[0]["used"] == 2


def test_a_fault_lets_the_first_ones_pass(sandbox: RunningSandbox) -> None:
    sandbox.control.fault("salesforce", "status", skip=1, arguments={"status": 503})

    assert [ask(sandbox) for _ in range(3)] == [200, 503, 200]


def test_a_cleared_fault_is_not_made(sandbox: RunningSandbox) -> None:
    sandbox.control.fault("salesforce", "status", times=None, arguments={"status": 503})

    sandbox.control.clear_faults()

    assert ask(sandbox) == 200


@pytest.mark.parametrize(
    ("order", "said"),
    [
        ({"room": "sftp"}, "missing: kind"),
        ({"room": "sftp", "kind": "slow", "often": 3}, "unknown: often"),
        ({"room": "sftp", "kind": "slow", "moment": "later"}, "'before' or 'after'"),
    ],
)
def test_a_wrong_order_is_refused_with_a_sentence(
    sandbox: RunningSandbox, order: dict[str, object], said: str
) -> None:
    with pytest.raises(ControlRefused, match=said):
        sandbox.control.post("/faults", **order)


def test_the_journal_tells_what_came_since(sandbox: RunningSandbox) -> None:
    ask(sandbox, "p001")
    mark = sandbox.control.last()

    ask(sandbox, "p002")

    (entry,) = sandbox.control.journal("salesforce", since=mark)
    assert (entry["org"], entry["number"]) == ("p002", mark + 1)
    assert sandbox.control.journal("sftp") == []
    assert len(sandbox.control.journal(org="p001")) == 1


def test_the_clock_moves_and_stands(sandbox: RunningSandbox) -> None:
    sandbox.control.clock(set="2027-01-01T12:00:00+00:00", hold=True)
    sandbox.control.clock(advance=60)
    (made,) = sandbox.control.act("p001", "insert", object="Lead", rows=[{"LastName": "A", "Company": "B"}])

    (lead,) = sandbox.control.records("p001", "Lead")

    assert lead["Id"] == made
    assert lead["CreatedDate"] == "2027-01-01T12:01:00.000+0000"
    assert sandbox.control.clock(reset=True)["held"] is False


def test_a_reset_empties_every_room_and_brings_it_up(sandbox: RunningSandbox) -> None:
    control = sandbox.control
    control.put_file("/inbox/a.csv", "x")
    control.act("p001", "insert", object="Lead", rows=[{"LastName": "A", "Company": "B"}])
    control.fault("sftp", "slow")
    control.clock(advance=99)
    control.mail_up(False)
    control.org_up("p002", False)

    control.reset()

    assert control.files() == []
    assert control.records("p001", "Lead") == []
    assert control.faults() == []
    assert control.journal() == []
    assert control.clock()["offset_seconds"] == 0
    assert all(control.get("/")["up"].values())


def test_people_in_an_org_act_and_are_refused_in_words(sandbox: RunningSandbox) -> None:
    control = sandbox.control
    (lead,) = control.act("p001", "insert", object="Lead", rows=[{"LastName": "A", "Company": "B"}])

    control.act("p001", "convert", lead_id=lead)

    assert control.records("p001", "Lead")[0]["IsConverted"] is True
    with pytest.raises(ControlRefused, match="CANNOT_UPDATE_CONVERTED_LEAD"):
        control.act("p001", "convert", lead_id=lead)
    with pytest.raises(ControlRefused, match="no action explode"):
        control.act("p001", "explode")
    with pytest.raises(ControlRefused, match="no org nowhere"):
        control.records("nowhere", "Lead")
    with pytest.raises(ControlRefused, match="lead_id"):
        control.act("p001", "convert", lead="x")


def test_the_page_lists_mails_without_running_what_they_bring(sandbox: RunningSandbox) -> None:
    control = sandbox.control
    control.put_file("/inbox/<b>.csv", "x")

    page = httpx.get(sandbox.addresses["pages"]).text

    assert "&lt;b&gt;.csv" in page
    assert "<b>.csv" not in page


def test_an_answer_that_is_no_json_object_is_refused(sandbox: RunningSandbox) -> None:
    refused = httpx.post(f"{sandbox.addresses['control']}/faults", content=b"[1]")

    assert (refused.status_code, refused.json()) == (400, {"error": "a JSON object is expected"})


def test_a_digest_tells_which_room_was_touched(sandbox):
    before = sandbox.control.digest()
    assert sandbox.control.digest() == before

    sandbox.control.act("p001", "insert", object="Lead", rows=[{"LastName": "New", "Company": "C"}])
    sandbox.control.put_file("/inbox/leads.csv", "Email\n")
    sandbox.control.do("dynamics", "d001", "insert", object="lead", rows=[{"lastname": "New"}])
    rows = [{"C_EmailAddress": "new@example.com"}]
    sandbox.control.do("eloqua", "umbrella", "insert", object="contact", rows=rows)
    sandbox.control.do("marketo", "initech", "insert", object="lead", rows=[{"email": "new@example.com"}])
    sandbox.control.do("saleslink", "k001", "insert", object="Lead", rows=[{"LastName": "New"}])

    after = sandbox.control.digest()
    touched = {room for room in before if before[room] != after[room]}
    assert touched == {
        "salesforce:p001", "sftp:acme",
        "dynamics:d001", "eloqua:umbrella", "marketo:initech", "saleslink:k001",
    }  # fmt: skip
