"""`docs/systems.md`: each requirement by each system, with tests that passed and made the vendor's call.

`python -m tests.systems.table EVIDENCE` writes it from the proofs of a whole run of the tests.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from hooks.capabilities import CRM_ROWS, CRMS, ROWS, SUPPLIER_ROWS, SUPPLIERS

PAGE = Path(__file__).parents[2] / "docs" / "systems.md"
MOST_TESTS = 3
Proofs = Mapping[tuple[str, str], list[str]]

_HEAD = """# What works with which system

Made by `make systems` from what the adapters declare (`plugins/hooks/capabilities.py`) and from the tests
that passed and made the vendor call they claim, as the sandbox's journal shows. `make test` fails when this
page is stale. A number behind a cell points to its tests below.
"""


def read_proofs(folder: Path) -> Proofs:
    """Return (row, system) -> tests, each once, in order of their names."""
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for file in folder.glob("*.jsonl"):
        for line in file.read_text(encoding="utf-8").splitlines():
            proof = json.loads(line)
            found[proof["row"], proof["system"]].add(proof["test"])
    return {key: sorted(tests) for key, tests in found.items()}


def unproven(proofs: Proofs) -> list[str]:
    """Return the cells that an adapter claims and no test has proven, and those proven but not claimed."""
    wrong = []
    for prefix, systems in (("", SUPPLIERS), ("crm:", CRMS)):
        for system, rows in systems.items():
            for row, why_not in rows.items():
                proven = (row, prefix + system) in proofs
                if why_not is None and not proven:
                    wrong.append(f"{row} x {prefix}{system}: claimed, but no test proves it")
                elif why_not is not None and proven:
                    wrong.append(f"{row} x {prefix}{system}: said not to apply, but a test proves it")
    return wrong


def page(proofs: Proofs) -> str:
    """Return the page."""
    notes: list[str] = []
    parts = [_HEAD]
    for title, prefix, rows, systems in (
        ("Suppliers", "", SUPPLIER_ROWS, SUPPLIERS),
        ("Partners' CRMs", "crm:", CRM_ROWS, CRMS),
    ):
        lines = [f"## {title}", "", f"| | | {' | '.join(systems)} |", "|---|---|" + "---|" * len(systems)]
        for row in rows:
            cells = [_cell(row, prefix + system, systems[system][row], proofs, notes) for system in systems]
            lines.append(f"| {row} | {ROWS[row]} | {' | '.join(cells)} |")
        parts.append("\n".join(lines))
    parts.append("\n".join(["## Tests", "", *notes]))
    return "\n\n".join(parts) + "\n"


def _cell(row: str, system: str, why_not: str | None, proofs: Proofs, notes: list[str]) -> str:
    if why_not is not None:
        return f"not applicable: {why_not}"
    tests = proofs.get((row, system))
    if not tests:
        return "**unproven**"
    notes.append(
        f"{len(notes) + 1}. {row} x {system}: " + ", ".join(f"`{one}`" for one in tests[:MOST_TESTS])
    )
    return f"works ({len(notes)})"


if __name__ == "__main__":
    proofs = read_proofs(Path(sys.argv[1]))
    PAGE.write_text(page(proofs), encoding="utf-8")
    print("\n".join(unproven(proofs)) or f"{PAGE.name} is whole")
