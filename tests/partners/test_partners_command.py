"""`leadline partners import|list`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import update

from leadline.cli import main
from leadline.hub import open_hub
from leadline.hub.migration import upgrade
from leadline.hub.schema import delivery
from leadline.settings import settings
from tests.trace.story import tell

INCLUDE = Path(__file__).parents[2] / "include"


@pytest.fixture(autouse=True)
def own_hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Give the commands a fresh hub and the sample mappings."""
    monkeypatch.setenv("LEADLINE_HOME", str(tmp_path))
    monkeypatch.setenv("LEADLINE_INCLUDE_DIR", str(INCLUDE))
    monkeypatch.delenv("LEADLINE_HUB_URL", raising=False)
    settings.cache_clear()
    upgrade(open_hub())
    yield
    settings.cache_clear()


def test_partners_are_imported_once_and_listed(capsys: pytest.CaptureFixture[str]) -> None:
    path = str(INCLUDE / "partners" / "acme.yaml")

    assert main(["partners", "import", "acme", path, "--json"]) == 0
    first = json.loads(capsys.readouterr().out)
    assert main(["partners", "import", "acme", path, "--json"]) == 0
    second = json.loads(capsys.readouterr().out)
    assert main(["partners", "list", "acme", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert main(["partners", "list", "acme~test", "--json"]) == 0

    assert len(first["added"]) == len(first["accounts_added"]) == 10
    assert (second["added"], second["changed"], len(second["unchanged"])) == ([], [], 10)
    assert [one["id"] for one in listed][:2] == ["P001", "P002"]
    assert listed[0]["attributes"]["countries"] == ["DE", "AT", "CH"]
    assert json.loads(capsys.readouterr().out) == []


def test_a_partner_that_stops_while_it_has_leads_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tell(open_hub(), "acme", {"a@example.com": "DE"})
    with open_hub().transaction() as connection:
        connection.execute(update(delivery).values(state="waiting"))
    path = tmp_path / "partners.csv"
    path.write_text("id,name,active\nP001,Eins,false\n", encoding="utf-8")

    assert main(["partners", "import", "acme", str(path)]) == 0

    told = capsys.readouterr().out.splitlines()[1]
    assert told == (
        "P001 takes no new leads and keeps those it has; without its answer: 0, "
        "rows that wait for its CRM and still go there: 1"
    )


def test_a_column_that_sets_nothing_is_told_with_the_setting_that_may_have_been_meant(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "partners.csv"
    path.write_text("id,name,Auto Accpet,Region\nP1,Eins,true,North\nP2,Zwei,,South\n", encoding="utf-8")

    assert main(["partners", "import", "acme", str(path)]) == 0

    assert capsys.readouterr().out.splitlines()[1:3] == [
        "attributes that rules can name: auto_accpet, region",
        "the attribute 'auto_accpet' sets nothing; if 'auto_accept' was meant, correct it and import again",
    ]


def test_what_the_suppliers_rules_can_never_meet_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    partners = ["partners:"]
    for name, countries, tier in [("P1", "[DE, SW]", "gold"), ("P2", "[AT]", "silver")]:
        attributes = f"tier: {tier}, countries: {countries}, products: [Cloud], postal_codes: ['80000-89999']"
        partners.append(f"  - {{id: {name}, name: {name}, attributes: {{{attributes}}}}}")
    path = tmp_path / "partners.yaml"
    path.write_text("\n".join(partners), encoding="utf-8")
    line = "rule 'country': partner P1: countries 'SW' is no country of ISO 3166-1: no lead has it"

    assert main(["partners", "import", "acme", str(path)]) == 0
    assert capsys.readouterr().out.splitlines()[2:] == [f"never met: {line}"]

    assert main(["partners", "import", "acme", str(path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["never_met"] == [line]


def test_findings_are_printed_with_path_and_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "partners.csv"
    path.write_text("id,name,email\nP1,Eins,leads@eins.example\n", encoding="utf-8")

    assert main(["partners", "import", "acme", str(path)]) == 2
    assert capsys.readouterr().err.startswith(f"{path}:2: partner P1: its e-mail has a role's address")


@pytest.mark.parametrize(
    ("supplier", "message"),
    [
        ("nobody", "no mapping for 'nobody'"),
        ("acme~staging", "no target 'staging'"),
        ("acme~", "no target ''"),
    ],
)
def test_an_unknown_supplier_or_target_is_refused(
    supplier: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(INCLUDE / "partners" / "acme.yaml")

    for words in (["import", supplier, path], ["list", supplier]):
        assert main(["partners", *words]) == 2
        assert message in capsys.readouterr().err


def test_both_names_of_the_production_target_mean_one_supplier(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["partners", "import", "acme~production", str(INCLUDE / "partners" / "acme.yaml")]) == 0
    assert capsys.readouterr().out.startswith("acme: 10 partners added")

    assert main(["partners", "list", "acme"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 10


def test_a_supplier_without_partners_says_what_brings_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["partners", "list", "globex"]) == 0
    said = capsys.readouterr()
    assert (said.out, "leadline partners import globex FILE" in said.err) == ("", True)
