"""Compares what stands in the rooms with what the manifest says must stand there, field by field.

`python -m sandbox.compare [CONTROL_URL] [--week] [--state FOLDER]`: exit 0 if nothing differs, else 1 and one
line per difference. Before the week: the partners' CRMs and what was written back of the distribution.
`--week`: what was written back of the week.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sandbox.client import Control
from sandbox.comparison.salesforce import member_differences, org_differences
from sandbox.comparison.tenants import tenant_differences
from sandbox.comparison.week import week_differences
from sandbox.comparison.write_back import write_back_differences

Json = dict[str, Any]


def differences(manifest: Json, control_url: str) -> list[str]:
    """Return every difference between the rooms and the manifest, in words; none: all is as it must be."""
    control = Control(control_url)
    found: list[str] = []
    for org, expected in manifest["orgs"].items():
        found += org_differences(control, org, expected)
    for vendor, tenants in manifest["tenants"].items():
        for tenant, expected in tenants.items():
            found += tenant_differences(control, vendor, tenant, expected)
    for supplier, told in manifest["suppliers"].items():
        if supplier == "globex":
            found += member_differences(control, told["write_back"])
        elif "write_back" in told:
            found += write_back_differences(control, supplier, told["write_back"])
    return found


def differences_after_the_week(manifest: Json, control_url: str) -> list[str]:
    """Return every difference between what suppliers were told and what happened at partners."""
    control = Control(control_url)
    found: list[str] = []
    for supplier, expected in manifest["week"]["suppliers"].items():
        if "write_back" in manifest["suppliers"][supplier]:
            found += week_differences(control, supplier, expected)
    return found


def main(arguments: list[str] | None = None) -> int:
    """Print the differences; 0 if there are none."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.compare", description=__doc__)
    parser.add_argument("control", nargs="?", help="address of the control, ending in /_sandbox")
    parser.add_argument("--week", action="store_true", help="what came of the week, not of the first day")
    parser.add_argument(
        "--state", type=Path, default=Path(".leadline/sandbox"), help="where the addresses are"
    )
    asked = parser.parse_args(arguments)
    control = asked.control or json.loads((asked.state / "addresses.json").read_text())["control"]
    compare = differences_after_the_week if asked.week else differences
    found = compare(Control(control).manifest(), control)
    _print(found)
    return 1 if found else 0


def _print(found: Iterable[str]) -> None:
    count = 0
    for line in found:
        count += 1
        print(line)
    print(f"{count} differences" if count else "the rooms are as the manifest says")


if __name__ == "__main__":
    sys.exit(main())
