"""What an auditor is told of days on which something went wrong and was mended."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from leadline.mapping.model import SupplierMapping
from leadline.pulls import hold_pull, release_pull
from leadline.replay import Selection
from leadline.routing.again import assign_manually
from leadline.trace import trace_leads, trace_runs
from leadline.trace.text import lead_lines, run_lines
from tests.scenarios.house import CRM, FIELDS, House, csv_of

ANN = {"email": "ann@example.com", "employees": 7}
BOB = {"email": "bob@example.com", "employees": "many"}
AS_TEXT = [{**one, "type": "string"} if one["name"] == "employees" else one for one in FIELDS]


def lines_of(house: House, run_id: str) -> list[str]:
    (run,) = trace_runs(house.hub, run_id)
    return [line.strip() for line in run_lines(run)]


def mend(house: House, make_mapping: Callable[..., SupplierMapping]) -> None:
    """Let the mapping take any word for a number of employees, and replay what was refused."""
    house.mapping = make_mapping(fields=AS_TEXT, crm=CRM)
    house.replay(Selection(run_id="first"), "again")


def test_a_row_that_was_mended_is_followed_from_its_refusal_to_its_lead(
    house: House, make_mapping: Callable[..., SupplierMapping]
) -> None:
    house.system.drop("leads_1.csv", csv_of(ANN, BOB))
    house.distribute("first")
    mend(house, make_mapping)

    (lead,) = trace_leads(house.hub, "bob@example.com")
    lines = [line.strip() for line in lead_lines(lead)]

    assert [(row["run"], row["outcome"], row["row"]) for row in lead["receipts"]] == [
        ("first", "quarantined", 1),
        ("again", "new", 0),
    ]
    assert any(
        "quarantined  leads_1.csv:3: employees: is not a whole number  (run first)" in one for one in lines
    )


def test_a_refused_row_says_whether_a_replay_took_it(
    house: House, make_mapping: Callable[..., SupplierMapping]
) -> None:
    house.system.drop("leads_1.csv", csv_of(BOB, BOB | {"email": "nobody"}))
    house.distribute("first")
    before = lines_of(house, "first")
    mend(house, make_mapping)

    problems = [line for line in lines_of(house, "first") if line.startswith("check: ")]

    taken = "check: leads_1.csv:2: employees: is not a whole number"
    assert taken in before
    assert f"{taken}; replayed since: new, lead {house.lead('bob@example.com')} (run again)" in problems
    (left,) = (line for line in problems if line.startswith("check: leads_1.csv:3"))
    assert "replayed" not in left


def test_a_file_that_came_again_is_named_in_the_run_that_passed_it_by(house: House) -> None:
    house.system.drop("leads_1.csv", csv_of(ANN))
    house.distribute("first")
    house.system.drop("leads_2.csv", csv_of(ANN))
    house.distribute("second")

    known = "leads_2.csv  known: its content was received before, nothing of it is taken again"

    assert known in lines_of(house, "second")
    assert known not in lines_of(house, "first")


def test_a_held_pull_says_who_held_and_who_released_it(house: House) -> None:
    house.system.drop("leads_1.csv", csv_of(ANN, BOB))
    house.receive(house.start("first"))
    hold_pull(house.hub, house.key, "first", "ben")
    held = lines_of(house, "first")
    release_pull(house.hub, house.key, "first", "olga")
    released = lines_of(house, "first")

    assert any(one.startswith("2 rows of leads, held by ben  ") for one in held)
    assert any(one.startswith("2 rows of leads, held by ben, released by olga  ") for one in released)


def test_a_lead_that_got_its_partner_later_is_no_open_problem_of_its_first_run(house: House) -> None:
    house.system.drop("leads_1.csv", csv_of(ANN, ANN | {"email": "cleo@example.com"}))
    house.distribute("first")
    house.add_partner("late")
    lead = house.lead("ann@example.com")
    assign_manually(house.hub, house.start("by-hand", kind="manual"), house.mapping, lead, "late", "olga")

    lines = lines_of(house, "first")

    assert f"route: {lead}: there is no active partner; pending today" in lines
    assert f"route: {house.lead('cleo@example.com')}: there is no active partner" in lines
    assert "1 pending, sales status open" in lines


def test_leads_of_one_status_are_one_line_however_they_were_decided(house: House) -> None:
    house.system.drop("leads_1.csv", csv_of(ANN))
    house.distribute("first")
    house.add_partner("late")
    lead = house.lead("ann@example.com")
    assign_manually(house.hub, house.start("by-hand", kind="manual"), house.mapping, lead, "late", "olga")
    house.system.drop("leads_2.csv", csv_of(ANN | {"email": "cleo@example.com"}))
    house.distribute("second")
    run = trace_runs(house.hub, "second")[0]
    both = [{**one, "decision": decision} for one in run["leads"] for decision in ("assigned", "unassigned")]

    assert "2 pending, sales status open" in [line.strip() for line in run_lines(run | {"leads": both})]


def keys_of(house: House) -> dict[str, Any]:
    """Return what people have in hand of the one lead there is."""
    (link,), (assigned,), (sent,), (record,) = (
        house.rows(table) for table in ("source_link", "assignment", "delivery", "crm_record")
    )
    return {
        "address": " ANN@example.com",
        "file and line": link.record_id,
        "identity": link.identity,
        "assignment": assigned.assignment_id,
        "delivery": sent.delivery_id,
        "record in the CRM": record.record_id,
    }


def test_a_lead_is_found_by_whatever_somebody_has_in_hand(house: House) -> None:
    house.add_partner("a", auto_accept=True)
    house.system.drop("leads_1.csv", csv_of(ANN))
    house.distribute("first")
    lead = house.lead("ann@example.com")

    keys = keys_of(house)

    assert keys["file and line"] == "leads_1.csv:2"
    for name, key in keys.items():
        assert [one["lead"] for one in trace_leads(house.hub, key)] == [lead], name
    for key in ("", "leads_1.csv:9", "leads_1.csv", "%", lead[:-1]):
        assert trace_leads(house.hub, key) == []


def test_a_lead_of_another_supplier_is_not_found_by_its_keys(
    house: House, make_house: Callable[..., House]
) -> None:
    house.add_partner("a", auto_accept=True)
    house.system.drop("leads_1.csv", csv_of(ANN))
    house.distribute("first")
    other = make_house(hub=house.hub, supplier="other")
    other.distribute("first")

    assert [trace_leads(house.hub, key, "other") for key in keys_of(house).values()] == [[]] * 6


def test_the_fields_of_a_lead_stand_in_one_order_on_every_database(house: House) -> None:
    house.system.drop(
        "leads_1.csv", csv_of(ANN | {"company": "C", "country": "DE", "title": "T", "tier": "x"})
    )
    house.distribute("first")

    (lead,) = trace_leads(house.hub, "ann@example.com")

    assert list(lead["fields"]) == ["company", "country", "email", "employees", "tier", "title"]


def test_a_history_is_told_in_the_order_in_which_things_happened(make_house: Callable[..., House]) -> None:
    # One commit receives two records of one person, and its lines have one time.
    house = make_house("salesforce")
    house.add_partner("a", auto_accept=True)
    for number in range(8):
        house.system.put(f"00Q{number}1", email=f"ann{number}@example.com", last_name="A")
        house.system.put(f"00Q{number}2", email=f"ann{number}@example.com", last_name="B")
    house.distribute("first")

    for number in range(8):
        (lead,) = trace_leads(house.hub, f"00Q{number}2")
        kinds = [line["kind"] for line in lead["history"]]
        assert kinds == ["received", "source_linked", "updated", "assigned", "accepted", "pushed"]
