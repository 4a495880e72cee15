"""`python -m demo day | up | down | connections`."""

from __future__ import annotations

import argparse
import json
import sys

from demo import processes, start
from demo.connections import connections
from demo.day import day
from demo.environment import USERS, write_private
from demo.places import SANDBOX_ADDRESSES, STATE


def main() -> int:
    """Do what was asked and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m demo", description=__doc__)
    parser.add_argument("what", choices=("day", "up", "down", "connections"))
    parser.add_argument("--quiet", action="store_true")
    asked = parser.parse_args()
    try:
        return {"day": day, "up": _up, "down": _down, "connections": _connections}[asked.what]()
    except (start.DemoFailed, RuntimeError) as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1


def _up() -> int:
    _, env, sandbox = start.up()
    keys = json.loads((STATE / "airflow" / "passwords.json").read_text())
    print(f"Airflow UI   {env['LEADLINE_AIRFLOW_URL']}")
    for name in USERS:
        print(f"  sign in as {name:<11} {keys[name]}")
    print(f"Mailbox      {sandbox['pages']}")
    print(f"Hub          leadline report    (LEADLINE_HOME={STATE})")
    print("`make down` stops it; `make demo` runs a day through it.")
    return 0


def _down() -> int:
    stopped = processes.stop_all()
    if "--quiet" not in sys.argv:
        print(f"stopped {', '.join(stopped)}" if stopped else "nothing was running")
    return 0


def _connections() -> int:
    """Write the sandbox's connections where the Compose file looks for them."""
    found = connections(json.loads(SANDBOX_ADDRESSES.read_text()))
    lines = [f"AIRFLOW_CONN_{name.upper()}={json.dumps(fields)}" for name, fields in found.items()]
    path = STATE / "connections.env"
    write_private(path, "\n".join(lines) + "\n")
    print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
