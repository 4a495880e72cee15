"""Run last, by name, with the proofs of the whole run: `pytest tests/systems/stale.py --evidence DIR`."""

from __future__ import annotations

from tests.systems.table import PAGE, page, read_proofs, unproven


def test_every_capability_is_proven_and_the_page_says_so(request):
    proofs = read_proofs(request.config.getoption("--evidence"))

    assert unproven(proofs) == []
    assert PAGE.read_text(encoding="utf-8") == page(proofs), "docs/systems.md is stale: run `make systems`"
