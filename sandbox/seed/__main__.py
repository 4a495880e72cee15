"""`python -m sandbox.seed --manifest`: print the expected outcomes; `--files FOLDER`: write Acme's drops."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from sandbox.seed.manifest import make_manifest
from sandbox.seed.plan import make_plan


def main(arguments: list[str] | None = None) -> int:
    """Print or write the seed data."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.seed", description=__doc__)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--manifest", action="store_true", help="print the manifest as JSON")
    what.add_argument("--files", type=Path, metavar="FOLDER", help="write the files of Acme's inbox there")
    asked = parser.parse_args(arguments)
    if asked.manifest:
        json.dump(make_manifest(), sys.stdout, ensure_ascii=False, indent=1)
        print()
        return 0
    plan = make_plan()
    asked.files.mkdir(parents=True, exist_ok=True)
    contents = {one.name: one.content for one in plan.campaign_files}
    contents |= {one.name: one.content for one in plan.files}
    for name, content in contents.items():
        (asked.files / name).write_bytes(content)
    return 0


if __name__ == "__main__":
    sys.exit(main())
