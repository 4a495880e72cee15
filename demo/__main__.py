"""`python -m demo day | up | down | connections`."""

from __future__ import annotations

import argparse
import json
import shlex
import signal
import sys

import httpx

from demo import processes, start
from demo.connections import connections
from demo.day import day
from demo.environment import USERS, write_private
from demo.places import KEPT, SANDBOX_ADDRESSES, SHELL_SETTINGS, STATE


def main() -> int:
    """Do what was asked and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m demo", description=__doc__)
    parser.add_argument("what", choices=("day", "up", "down", "connections"))
    parser.add_argument("--quiet", action="store_true")
    asked = parser.parse_args()
    for ended in (signal.SIGTERM, signal.SIGHUP):  # like Ctrl-C: what was started is stopped
        signal.signal(ended, signal.default_int_handler)
    try:
        return {"day": day, "up": _up, "down": _down, "connections": _connections}[asked.what]()
    except (start.DemoFailed, RuntimeError) as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    except httpx.HTTPError as error:
        print(f"demo: Airflow or the sandbox does not answer any more: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("demo: interrupted", file=sys.stderr)
        return 130


def _up() -> int:
    started = start.up()
    KEPT.touch()
    keys = json.loads((STATE / "airflow" / "passwords.json").read_text())
    print(f"Airflow UI   {started.env['LEADLINE_AIRFLOW_URL']}")
    for name in USERS:
        print(f"  sign in as {name:<11} {keys[name]}")
    print(f"Mailbox      {started.sandbox['pages']}")
    print(f"Commands     source {shlex.quote(str(SHELL_SETTINGS))}")
    print("  after it `leadline report` and `airflow dags unpause acme_distribution` work in that shell")
    print("New DAGs are paused. `make demo` runs a day through them; `make down` stops everything.")
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
