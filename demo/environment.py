"""The environment that every process of the demonstration gets; the Compose file names the same settings."""

from __future__ import annotations

import json
import os
import secrets
import shlex
import shutil
import socket
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from demo.places import BIN, PROJECT, STATE

USERS = {"admin": "admin", "operations": "op", "viewer": "viewer"}

# What does not depend on the machine. The Compose file holds the same names and values (tests/demo).
AIRFLOW_SETTINGS = {
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    "AIRFLOW__CORE__EXECUTOR": "executors.warm.WarmLocalExecutor",
    "AIRFLOW__CORE__PARALLELISM": "8",
    "AIRFLOW__CORE__DEFAULT_TIMEZONE": "utc",
    "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": ",".join(f"{name}:{role}" for name, role in USERS.items()),
    "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "30",
    "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.2",
    # A busy API server answers late, on SQLite after a wait for the lock: after five seconds tasks failed.
    "AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT": "90",
    "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
    "GX_ANALYTICS_ENABLED": "false",
    "SCARF_ANALYTICS": "false",
    "DO_NOT_TRACK": "1",
    "TZ": "UTC",
}


def environment(ports: Mapping[str, int], connections: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Return the environment of every Airflow and Leadline process of the demonstration.

    Args:
        ports: `api` and `worker_log`, TCP ports on loopback.
        connections: Airflow connection id to its fields; they reach Airflow as `AIRFLOW_CONN_…`.
    """
    home = STATE / "airflow"
    home.mkdir(parents=True, exist_ok=True)
    config = home / "config"
    config.mkdir(exist_ok=True)
    shutil.copy(PROJECT / "demo" / "config" / "airflow_local_settings.py", config)
    keys = _keys(home / "keys.json")
    passwords = home / "passwords.json"
    if not passwords.exists():
        write_private(passwords, json.dumps({name: keys[name] for name in USERS}))
    base_url = f"http://127.0.0.1:{ports['api']}"
    own = {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(PROJECT / "plugins"),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(passwords),
        "AIRFLOW__CORE__FERNET_KEY": keys["fernet"],
        # SQLite lets one write at a time; whoever waits would give up after five seconds otherwise.
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home / 'airflow.db'}?timeout=60",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{base_url}/execution/",
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(ports["api"]),
        "AIRFLOW__API__BASE_URL": base_url,
        "AIRFLOW__API__SECRET_KEY": keys["api"],
        "AIRFLOW__API_AUTH__JWT_SECRET": keys["jwt"],
        "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(ports["worker_log"]),
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(home / "logs"),
        "AIRFLOW__OPENLINEAGE__TRANSPORT": json.dumps(
            {"type": "file", "log_file_path": str(STATE / "lineage.jsonl"), "append": True}
        ),
        "LEADLINE_HOME": str(STATE),
        "LEADLINE_SECRET_KEY": keys["leadline"],
        "LEADLINE_PLATFORM_CONTACTS": "platform@leadline.example",
        "LEADLINE_AIRFLOW_URL": base_url,
        "LEADLINE_AIRFLOW_USER": "admin",
        "LEADLINE_AIRFLOW_PASSWORD": keys["admin"],
    }
    named = {f"AIRFLOW_CONN_{name.upper()}": json.dumps(fields) for name, fields in connections.items()}
    return {**os.environ, **AIRFLOW_SETTINGS, **own, **named}


def for_shells(env: Mapping[str, str]) -> str:
    """Return shell lines by which `leadline` and `airflow` are those of the demonstration."""
    own = {name: value for name, value in env.items() if name.startswith(("AIRFLOW_", "LEADLINE_"))}
    lines = [
        f"export {name}={shlex.quote(value)}" for name, value in sorted((AIRFLOW_SETTINGS | own).items())
    ]
    return "\n".join([*lines, f'export PATH={shlex.quote(str(BIN))}:"$PATH"', ""])


def of_shells(text: str) -> dict[str, str]:
    """Return the settings that `for_shells` wrote; PATH is no setting."""
    found = (word.partition("=") for word in shlex.split(text) if word != "export")
    return {name: value for name, _, value in found if name != "PATH"}


def free_port(wanted: int) -> int:
    """Return the wanted TCP port of loopback if nobody listens there, else any free one."""
    for port in (wanted, 0):
        with socket.socket() as listener:
            # A port that our own server left a moment ago is free, though its last connections linger.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listener.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(listener.getsockname()[1])
    raise OSError("no free port on 127.0.0.1")


def free_range(first: int, offsets: Sequence[int]) -> int:
    """Return the first of `first`, `first` + 1000, … at whose offsets nobody listens on loopback."""
    for start in range(first, 32_000, 1_000):
        if all(free_port(start + offset) == start + offset for offset in offsets):
            return start
    raise OSError(f"no free range of ports from {first} on 127.0.0.1")


def write_private(path: Path, text: str) -> None:
    """Write a file that only this user can read."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)


def _keys(path: Path) -> dict[str, str]:
    if not path.exists():
        keys = {name: secrets.token_urlsafe(32) for name in ("api", "jwt", "leadline")}
        keys["fernet"] = urlsafe_b64encode(secrets.token_bytes(32)).decode()
        keys.update({name: secrets.token_urlsafe(9) for name in USERS})
        write_private(path, json.dumps(keys))
    loaded: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return loaded
