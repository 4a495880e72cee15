"""`python -m sandbox.week [CONTROL] [--days N]`: let partners work with their leads for a week.

The days that were done before are not done again. Exit 1 if somebody's record was not there: the week
comes after the leads were pushed.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from pathlib import Path

from sandbox.client import Control


def main(arguments: list[str] | None = None) -> int:
    """Go on with the week and print what was done."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.week", description=__doc__)
    parser.add_argument("control", nargs="?", help="address of the control, ending in /_sandbox")
    parser.add_argument("--days", type=int, default=7, help="go on to the end of this day (1 to 7)")
    state = Path(".leadline/sandbox")
    parser.add_argument("--state", type=Path, default=state, help="where the addresses are")
    asked = parser.parse_args(arguments)
    control = asked.control or json.loads((asked.state / "addresses.json").read_text())["control"]
    told = Control(control).week(asked.days)
    for name, count in told["done"].items():
        print(f"{count:5} {name}")
    for (tenant, kind, step), count in sorted(Counter(map(tuple, told["missing"])).items()):
        print(f"{tenant}: {count} records for {kind} ({step}) were not there")
    print(f"{told['days']} days are done")
    return 1 if told["missing"] else 0


if __name__ == "__main__":
    sys.exit(main())
