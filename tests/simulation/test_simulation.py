"""`leadline simulate`: a file of leads through the rules, and past leads through other rules."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from leadline.cli import main
from leadline.hub import Hub
from leadline.mapping.model import SupplierMapping
from leadline.partners import Partner
from leadline.routing import route_waiting
from leadline.runs import RunContext
from leadline.simulation import simulate_file, simulate_past
from tests.routing.conftest import add_leads, add_partners, condition, make_partner, make_routing, rule

Routing = Callable[..., SupplierMapping]
COUNTRY = rule("country", [condition("lead.country same_as_partner countries")], required=True)
HEADER = (
    "Email,Country,State,Postal,Employees,Revenue,Event,Registered,Opt In,Products,Partner Name,Campaign\n"
)
PARTNERS = [
    make_partner("A", countries=["DE"], auto_accept=True),
    make_partner("B", countries=["DE", "FR"]),
]


@pytest.fixture
def routing(make_mapping: Callable[..., SupplierMapping]) -> Routing:
    return lambda **changes: make_routing(make_mapping, **changes)


def simulate(
    mapping: SupplierMapping, path: Path, rows: Sequence[str], partners: Sequence[Partner] = PARTNERS
) -> list[tuple[Any, ...]]:
    path.write_text(HEADER + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    return [(one.lead, one.partner, one.status, one.reason) for one in simulate_file(mapping, path, partners)]


def row(email: str, country: str = "", partner: str = "", campaign: str = "", employees: str = "") -> str:
    return f"{email},{country},,,{employees},,,,,,{partner},{campaign}"


def test_leads_are_routed_in_file_order_from_an_empty_rotation(routing: Routing, tmp_path: Path) -> None:
    rows = [row(f"p{number}@example.com", "de") for number in range(4)]

    assert simulate(routing(rules=[COUNTRY]), tmp_path / "leads.csv", rows) == [
        (1, "A", "accepted", "round_robin"),
        (2, "B", "pending", "round_robin"),
        (3, "A", "accepted", "round_robin"),
        (4, "B", "pending", "round_robin"),
    ]


def test_bad_rows_are_quarantined_with_their_reasons_and_do_not_take_a_turn(
    routing: Routing, tmp_path: Path
) -> None:
    mapping = routing(filter={"any": [{"all": [condition("lead.country equals", "XX")]}]})
    rows = [
        row("p0@example.com"),
        row("nobody", employees="many"),
        row("p1@example.com", "XX"),
        "short",
        row("p2@example.com", partner="Partner A"),
        row("p3@example.com"),
    ]

    found = simulate(mapping, tmp_path / "leads.csv", rows)

    assert [one[:3] for one in found] == [
        (1, "A", "accepted"),
        (2, None, "quarantined"),
        (3, None, "filtered"),
        (4, None, "quarantined"),
        (5, "A", "accepted"),
        (6, "B", "pending"),
    ]
    assert "email" in found[1][3]
    assert "employees" in found[1][3]


def test_batches_do_not_matter(routing: Routing, tmp_path: Path) -> None:
    rows = [row(f"p{number}@example.com", "DE") for number in range(7)]
    path = tmp_path / "leads.csv"

    whole = simulate(routing(rules=[COUNTRY]), path, rows)
    pieces = simulate(routing(rules=[COUNTRY], batch_rows=2), path, rows)

    assert whole == pieces


def test_leads_that_would_merge_are_not_routed_twice(routing: Routing, tmp_path: Path) -> None:
    mapping = routing(source={"system": "salesforce"})
    rows = [
        row("p@example.com", campaign="C1"),
        row("P@Example.com", campaign="C1"),
        row("p@example.com", campaign="C2"),
    ]

    assert [one[1:3] for one in simulate(mapping, tmp_path / "leads.csv", rows)] == [
        ("A", "accepted"),
        (None, "updated"),
        ("B", "pending"),
    ]


def command_files(tmp_path: Path, mapping: SupplierMapping) -> tuple[Path, Path, Path]:
    """Write a mapping, leads and partners as a person would."""
    body = mapping.model_dump(mode="json", by_alias=True, exclude_unset=True, exclude={"campaigns"})
    paths = (tmp_path / "acme.yaml", tmp_path / "leads.csv", tmp_path / "partners.yaml")
    paths[0].write_text(yaml.safe_dump(body), encoding="utf-8")
    paths[1].write_text(HEADER + row("p@example.com", "DE") + "\n" + row("x") + "\n", encoding="utf-8")
    paths[2].write_text(
        "partners:\n  - {id: A, name: Eins, attributes: {countries: [DE]}}\n"
        "  - {id: B, name: Zwei, attributes: {countries: [FR]}}\n",
        encoding="utf-8",
    )
    return paths


def test_the_command_prints_five_keys_per_lead(
    routing: Routing, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mapping, leads, partners = command_files(tmp_path, routing(rules=[COUNTRY]))

    code = main(["simulate", str(mapping), "--leads", str(leads), "--partners", str(partners), "--json"])

    printed = capsys.readouterr()
    assert printed.err == ""
    first, second = json.loads(printed.out)
    assert code == 0
    assert list(first) == ["lead", "partner", "status", "reason", "trace"]
    assert (first["lead"], first["partner"], first["status"], first["reason"]) == (1, "A", "pending", "rules")
    assert first["trace"][0]["eliminated"] == [{"partner": "B", "name": "Zwei", "why": "countries is FR"}]
    assert (second["lead"], second["partner"], second["status"]) == (2, None, "quarantined")


def test_the_command_asks_the_expectations_beside_the_mappings_as_a_run_does(
    routing: Routing, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    house = tmp_path / "include" / "mappings"
    house.mkdir(parents=True)
    (tmp_path / "expectations").mkdir()
    suite = {"type": "expect_column_values_to_match_regex", "kwargs": {"column": "email", "regex": "rival"}}
    (tmp_path / "expectations" / "acme.yaml").write_text(
        yaml.safe_dump({"leads": {"expectations": [suite]}}), encoding="utf-8"
    )
    mapping, leads, partners = command_files(house, routing(rules=[COUNTRY]))

    main(["simulate", str(mapping), "--leads", str(leads), "--partners", str(partners), "--json"])

    assert [one["status"] for one in json.loads(capsys.readouterr().out)] == ["quarantined"] * 2


def test_the_command_prints_every_step_for_people(
    routing: Routing, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mapping, leads, partners = command_files(tmp_path, routing(rules=[COUNTRY]))

    main(["simulate", str(mapping), "--leads", str(leads), "--partners", str(partners)])

    assert capsys.readouterr().out.splitlines()[:4] == [
        "lead 1: A (rules)",
        "    Required rule 'country' (lead.country = DE): 2 candidates, 1 left.",
        "      not B Zwei: countries is FR",
        "    The rules left A.",
    ]


@pytest.mark.parametrize(
    "options", [[], ["--leads", "x"], ["--leads", "x", "--partners", "y", "--since", "2026-01-01"]]
)
def test_the_command_takes_files_or_a_date(
    tmp_path: Path, options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["simulate", str(tmp_path / "acme.yaml"), *options]) == 2
    assert "--since" in capsys.readouterr().err


def test_other_rules_are_compared_with_what_happened(
    hub: Hub, routing: Routing, make_context: Callable[..., RunContext]
) -> None:
    add_partners(hub, PARTNERS)
    old = add_leads(hub, [{"country": "FR"}], run_id="old", started_at=10)
    ids = add_leads(hub, [{"country": "DE"}, {"country": "FR"}, {"country": "DE"}, {}], started_at=100)
    route_waiting(hub, make_context(), routing(rules=[COUNTRY]))
    germans_to_b = rule(
        "germans", [condition("lead.country equals", "DE"), condition("partner.id equals", "B")]
    )

    same = simulate_past(hub, routing(rules=[COUNTRY]), 100)
    count, different = simulate_past(hub, routing(rules=[germans_to_b], default_partner="A"), 100)

    # Whose turn it was is no difference of the rules.
    assert same == (4, [])
    assert count == 4
    assert old[0] not in [one.lead for one in different]
    assert {one.lead: (one.before and one.before["partner"], one.partner) for one in different} == {
        ids[0]: ("A", "B"),
        ids[1]: ("B", "A"),
        ids[2]: ("A", "B"),
        ids[3]: (None, "A"),
    }
