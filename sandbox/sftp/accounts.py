"""Who may sign in to the SFTP room, and what lies in a new account."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import asyncssh

from sandbox.keys import ssh_key

FOLDERS = ("inbox", "archive", "error", "outbox")
NAMES = ("acme", "acme_test", "hooli", "hooli_test")


@dataclass(frozen=True)
class Account:
    """An account: password, key pair, and the folder it is jailed in (resolved, no symlinks)."""

    name: str
    password: str
    key_file: Path
    key: asyncssh.SSHKey
    home: Path


def make_accounts(state: Path, names: tuple[str, ...] = NAMES) -> dict[str, Account]:
    """Return the accounts under this state folder, made there where they are not yet."""
    accounts = {}
    for name in names:
        key_file = state / "keys" / f"sftp_{name}"
        home = state / "sftp" / name
        home.mkdir(parents=True, exist_ok=True)
        accounts[name] = Account(name, f"{name}-sandbox", key_file, ssh_key(key_file), home.resolve())
        make_folders(accounts[name])
    return accounts


def make_folders(account: Account) -> None:
    """Make the folders that every supplier has."""
    for folder in FOLDERS:
        (account.home / folder).mkdir(exist_ok=True)


def empty(account: Account) -> None:
    """Leave nothing but the empty folders."""
    for entry in account.home.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()
    make_folders(account)
