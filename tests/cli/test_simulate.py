"""`leadline simulate --since`: past leads of the hub under the rules of a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from leadline.hub import Hub

ACME = Path(__file__).parents[2] / "include" / "mappings" / "acme.yaml"


@pytest.mark.parametrize(
    ("target", "key"), [((), "acme"), (("--target", "test"), "acme~test")], ids=["production", "test"]
)
def test_past_leads_of_a_supplier_that_the_hub_does_not_know_are_refused(
    cli, cli_hub: Hub, target: tuple[str, ...], key: str
) -> None:
    with cli_hub.transaction("globex"):
        pass

    said = cli("simulate", str(ACME), "--since", "2026-01-01", *target)

    assert (said.code, said.out) == (2, "")
    assert said.err == f"leadline: the hub holds nothing of '{key}'; it knows: globex\n"


def test_a_known_supplier_without_leads_is_no_error(cli, cli_hub: Hub) -> None:
    with cli_hub.transaction("acme"):
        pass

    said = cli("simulate", str(ACME), "--since", "2026-01-01")

    assert (said.code, said.out) == (0, "0 of 0 leads would have gone elsewhere\n")


def test_partners_that_the_rules_can_never_choose_are_told_beside_the_leads(cli, tmp_path: Path) -> None:
    leads, partners = tmp_path / "leads.csv", tmp_path / "partners.csv"
    leads.write_text("Lead Ref,Last Name,E-Mail,Company,Country,Opt In,Source Detail\n", encoding="utf-8")
    partners.write_text(
        "id,name,tier,countries,products,postal_codes\nP1,Eins,silver,DE|XX,Cloud,8\n", encoding="utf-8"
    )

    said = cli("simulate", str(ACME), "--leads", str(leads), "--partners", str(partners), "--json")

    assert (said.code, said.out) == (0, "[]\n")
    assert said.err.splitlines() == [
        "never met: rule 'country': partner P1: countries 'XX' is no country of ISO 3166-1: no lead has it",
        "never met: rule 'enterprise': no partner's tier is 'gold'",
        "never met: campaigns.population: no partner's tier is 'gold'",
    ]
