"""The accounts' files as the control shows and changes them, past the SSH server."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

from sandbox.sftp.accounts import Account


def listing(account: Account) -> list[dict[str, Any]]:
    """Return every file below the account's root: path, size, mtime (epoch seconds), sha256."""
    files = sorted(file for file in account.home.rglob("*") if file.is_file() and not file.is_symlink())
    return [
        {
            "path": "/" + file.relative_to(account.home).as_posix(),
            "size": (status := file.stat()).st_size,
            "mtime": int(status.st_mtime),
            "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        }
        for file in files
    ]


def locate(account: Account, path: str) -> Path:
    """Return the local file of a path in the account.

    Raises:
        ValueError: The path leads out of the account.
    """
    local = (account.home / path.lstrip("/")).resolve()
    if not local.is_relative_to(account.home):
        raise ValueError("path leads out of the account")
    return local


def put(
    account: Account, path: str, content: bytes, mtime: float | None = None, *, append: bool = False
) -> None:
    """Write a file as a supplier would drop it; `mtime` in epoch seconds, `append` lets one grow."""
    local = locate(account, path)
    local.parent.mkdir(parents=True, exist_ok=True)
    with local.open("ab" if append else "wb") as file:
        file.write(content)
    if mtime is not None:
        os.utime(local, (mtime, mtime))
