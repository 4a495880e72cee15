"""The comparison: nothing where all is as the manifest says, and each planted difference by its place."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sandbox import compare
from sandbox.launch import RunningSandbox, running
from tests.sandbox.as_expected import push_all, tell_all

OURS = ("initech ", "umbrella ", "acme ", "hooli ", "p011 ", "d001 ", "d002 ", "d003 ")
"""Rooms that these tests can fill just as they must be; events reach Saleslink through its service only."""


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    """Every room as it must be after the distribution."""
    with running(Path(tmp_path_factory.mktemp("compared"))) as sandbox:
        sandbox.control.seed()
        push_all(sandbox)
        tell_all(sandbox)
        yield sandbox


def found(sandbox: RunningSandbox) -> list[str]:
    return compare.differences(sandbox.control.manifest(), sandbox.control.url)


def in_the_week(sandbox: RunningSandbox) -> list[str]:
    return compare.differences_after_the_week(sandbox.control.manifest(), sandbox.control.url)


def test_rooms_that_are_as_they_must_be_differ_in_nothing(filled: RunningSandbox) -> None:
    assert [line for line in found(filled) if line.startswith(OURS)] == []


def test_of_saleslink_only_the_events_are_missing(filled: RunningSandbox) -> None:
    lines = [line for line in found(filled) if line.startswith(("k001 ", "k002 "))]

    assert all("activities expected, 0 there" in line for line in lines)


def change_dynamics(sandbox: RunningSandbox) -> str:
    (row, *_) = sandbox.control.do("dynamics", "d002", "rows", object="lead")
    values = {"jobtitle": "Somebody else"}
    sandbox.control.do("dynamics", "d002", "update", object="lead", id=row["leadid"], values=values)
    return f"d002 lead {row['emailaddress1']}: jobtitle must be"


def delete_in_dynamics(sandbox: RunningSandbox) -> str:
    row = sandbox.control.do("dynamics", "d001", "rows", object="contact")[-1]
    sandbox.control.do("dynamics", "d001", "delete", object="contact", id=row["contactid"])
    return f"d001 contact {row['emailaddress1']}: 1 expected, 0 there"


def change_saleslink(sandbox: RunningSandbox) -> str:
    row = sandbox.control.do("saleslink", "k001", "rows", object="Lead")[-1]
    values = {"City": "Elsewhere"}
    sandbox.control.do("saleslink", "k001", "update", object="Lead", id=row["LeadId"], values=values)
    return f"k001 lead {row['Email']}: City must be"


def add_in_saleslink(sandbox: RunningSandbox) -> str:
    row = {"LastName": "Extra", "Email": "one.too@many.example"}
    sandbox.control.do("saleslink", "k002", "insert", object="Lead", rows=[row])
    return "k002 lead one.too@many.example: 0 expected, 1 there"


def change_salesforce(sandbox: RunningSandbox) -> str:
    row = next(one for one in sandbox.control.records("p011", "Lead") if one.get("Leadline_Id__c"))
    sandbox.control.act("p011", "update", id=row["Id"], values={"Company": "Another"})
    return f"p011 Lead {row['Email'].lower()}: Company must be"


def change_marketo(sandbox: RunningSandbox) -> str:
    rows = sandbox.control.do("marketo", "initech", "rows", object="lead")
    row = next(one for one in rows if one.get("llDistributionStatus") == "Accepted")
    values = {"llDistributionStatus": "Rejected"}
    sandbox.control.do("marketo", "initech", "update", object="lead", id=row["id"], values=values)
    return f"initech {row['email']} / {row['lastName']}: must say"


def change_eloqua(sandbox: RunningSandbox) -> str:
    rows = sandbox.control.do("eloqua", "umbrella", "rows", object="contact")
    row = next(one for one in rows if not one.get("C_LL_Status1"))
    values = {"C_LL_Partner1": "Nobody"}
    sandbox.control.do("eloqua", "umbrella", "update", object="contact", id=row["id"], values=values)
    return f"umbrella {row['C_EmailAddress'].lower()} / "


def add_a_status_row(sandbox: RunningSandbox) -> str:
    first = "Source File;Line;No;Status;Dealer;Not Routed\nhooli_leads_0401.csv.gz;2;2;Rejected;;\n"
    sandbox.control.put_file("/outbox/status_2.csv", first, account="hooli")
    return "hooli hooli_leads_0401.csv.gz / 2: "


@pytest.mark.parametrize(
    "plant",
    [
        change_dynamics,
        delete_in_dynamics,
        change_saleslink,
        add_in_saleslink,
        change_salesforce,
        change_marketo,
        change_eloqua,
        add_a_status_row,
    ],
)
def test_a_planted_difference_is_named(
    filled: RunningSandbox, plant: Callable[[RunningSandbox], str]
) -> None:
    before = set(found(filled))

    expected = plant(filled)

    new = sorted(set(found(filled)) - before)
    assert len(new) == 1
    assert new[0].startswith(expected)


def test_a_record_with_two_leads_may_say_what_either_became(filled: RunningSandbox) -> None:
    told = filled.control.manifest()["suppliers"]["initech"]["write_back"]
    twice = next(
        one
        for one in told
        if len(one["leads"]) == 2 and one["leads"][0]["partner"] != one["leads"][1]["partner"]
    )
    rows = filled.control.do("marketo", "initech", "rows", object="lead")
    row = next(one for one in rows if one.get("email") == twice["email"])
    before = set(found(filled))

    first = twice["leads"][0]
    values = {"llDistributionStatus": first["status"].capitalize(), "llPartner": first["partner"]}
    values["llNotRouted"] = "Not routed" if first["not_routed"] else None
    filled.control.do("marketo", "initech", "update", object="lead", id=row["id"], values=values)

    assert set(found(filled)) - before == set()


def test_after_a_week_that_nobody_told_each_touched_lead_is_named(filled: RunningSandbox) -> None:
    expected = filled.control.manifest()["week"]["suppliers"]["initech"]
    changed = [one for one in expected if one["expect"].get("sales", "open") != "open"]

    lines = in_the_week(filled)

    assert changed
    for one in changed:
        start = f"initech {one['email']} / {one['last_name']} ({one['kind']}): sales must be"
        assert any(line.startswith(start) for line in lines), start


def test_what_nobody_did_is_named_after_the_week(filled: RunningSandbox) -> None:
    touched = {one["email"] for one in filled.control.manifest()["week"]["suppliers"]["umbrella"]}
    rows = filled.control.do("eloqua", "umbrella", "rows", object="contact")
    row = next(one for one in rows if one["C_EmailAddress"] not in touched)
    before = set(in_the_week(filled))

    event = {"Event_Key1": "E1", "Contact_Id1": row["id"]}
    filled.control.do("eloqua", "umbrella", "insert", object="customObject/8", rows=[event])

    (line,) = set(in_the_week(filled)) - before
    assert "nobody touched it, but 1 events were told" in line


def test_the_command_prints_the_differences_and_fails(
    sandbox: RunningSandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    sandbox.control.seed()

    assert compare.main([sandbox.control.url]) == 1
    assert compare.main([sandbox.control.url, "--week"]) == 1

    said = capsys.readouterr().out
    assert "k001 lead" in said
    assert said.count(" differences\n") == 2
