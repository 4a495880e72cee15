"""Every commit, vendor call and staging write of a process: named, listed, and a place to die at."""

from __future__ import annotations

import functools
import os
import re
import signal
import smtplib
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import paramiko
import requests
from paramiko.sftp import CMD_EXTENDED, CMD_NAMES
from sqlalchemy.engine.default import DefaultDialect

from leadline.hub import Hub
from leadline.staging import Staging

_NUMBERED = re.compile(r"(?<=/)[a-zA-Z0-9]{15}(?:[a-zA-Z0-9]{3})?(?=/|$)")
_KEYED = re.compile(r"\([^)]*\)")
_FROM = re.compile(r"\bFROM (\w+)", re.IGNORECASE)


class _OfThread(threading.local):
    """What one thread is at."""

    def __init__(self) -> None:
        self.inside = False
        self.statements: list[str] = []


class Points:
    """Lists what the process passes; at the one it is told, before or after it, the process kills itself.

    A point is `step|kind what#n`: the n-th of its name. `seen` has them in order.
    """

    def __init__(self, orgs: dict[int, str], kill: tuple[str, str] | None) -> None:
        self.seen: list[str] = []
        self._orgs = orgs  # port -> org
        self._kill = kill
        self._counts: Counter[str] = Counter()
        self._step = ""
        self._lock = threading.Lock()
        self._own = _OfThread()  # a push stores results in a thread of its own

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Name what happens in the block after this task of a run."""
        self._step = name
        yield
        self._step = ""

    def watch(self) -> None:
        """Put the process under watch, for good."""
        self._around(requests.Session, "send", self._http)
        self._around(paramiko.SSHClient, "connect", lambda *_a, **_k: "sftp connect")
        self._around(paramiko.SFTPClient, "_request", lambda _c, kind, *_a: _sftp(kind))
        self._around(paramiko.SFTPClient, "_async_request", lambda _c, _to, kind, *_a: _sftp(kind))
        self._around(smtplib.SMTP, "data", lambda *_a: "smtp data")
        self._around(DefaultDialect, "do_commit", self._commit)
        self._around(Staging, "write_table", lambda _s, uri, _t: f"staging batch {_last(uri)}")
        self._around(Staging, "upload", lambda *_a: "staging upload")
        # Not through `_around` for the whole: what it renames is a point of its own.
        self._around(Path, "replace", lambda *_a: "staging manifest")
        self._note_statements()

    def _around(self, owner: Any, name: str, label: Callable[..., str]) -> None:
        plain = getattr(owner, name)

        @functools.wraps(plain)
        def watched(*arguments: Any, **options: Any) -> Any:
            if self._own.inside:  # a call that another point is made of
                return plain(*arguments, **options)
            point = self._pass(label(*arguments, **options))
            self._own.inside = True
            try:
                return plain(*arguments, **options)
            finally:
                self._own.inside = False
                self._die(point, "after")

        setattr(owner, name, watched)

    def _pass(self, label: str) -> str:
        name = f"{self._step}|{label}"
        with self._lock:
            self._counts[name] += 1
            point = f"{name}#{self._counts[name]}"
            self.seen.append(point)
        self._die(point, "before")
        return point

    def _die(self, point: str, moment: str) -> None:
        if self._kill == (point, moment):
            os.kill(os.getpid(), signal.SIGKILL)

    def _http(self, _session: Any, request: requests.PreparedRequest, **_options: Any) -> str:
        parts = urlsplit(str(request.url))
        what = (
            f" {str(action).strip(chr(34)).rpartition('/')[2]}"
            if (action := request.headers.get("SOAPAction"))
            else ""
        )
        if found := _FROM.search(unquote(parts.query.replace("+", " "))):
            what = f" {found[1]}"
        path = _NUMBERED.sub("*", parts.path).removeprefix("/services/").removeprefix("data/v62.0/")
        path = _KEYED.sub("(*)", path.removeprefix("/api/data/v9.2/"))
        return f"http {self._orgs[parts.port or 443]} {request.method} {path}{what}"

    def _commit(self, *_arguments: Any) -> str:
        names, self._own.statements = self._own.statements, []
        return f"commit {'+'.join(dict.fromkeys(names)) or 'lock'}"

    def _note_statements(self) -> None:
        """Name each commit by the statements since the one before it."""
        plain_run, plain_lock = Hub.run, Hub._lock

        def run(hub: Hub, connection: Any, statement: str, /, **values: Any) -> Any:
            self._own.statements.append(statement)
            return plain_run(hub, connection, statement, **values)

        def lock(hub: Hub, connection: Any, supplier_key: str) -> None:
            self._own.statements.clear()
            plain_lock(hub, connection, supplier_key)

        Hub.run, Hub._lock = run, lock  # type: ignore[method-assign]


def _sftp(kind: int) -> str:
    # The one extension that is used; a file's name would not say more, and a draft's is random.
    return f"sftp {'posix_rename' if kind == CMD_EXTENDED else CMD_NAMES[kind]}"


def _last(uri: str) -> str:
    return uri.rpartition("/")[2]
