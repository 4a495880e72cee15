"""What our account may not do on a supplier's server, tried before a run needs it."""

from __future__ import annotations

import posixpath
import uuid
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from hooks.sftp.files import RemoteFile
from hooks.sftp.folders import Folders
from hooks.sftp.hook import translated
from leadline.errors import CredentialsRefused
from leadline.ports import CheckFinding


def not_readable(files: Iterable[RemoteFile]) -> Iterator[CheckFinding]:
    """Yield the files that a pull passes by because our account may not read them."""
    for file in files:
        if not file.may_be_read():
            message = f"{file.name} is passed by until our account may read it"
            yield CheckFinding("file_permission", file.name, message, "warning")


def probe(channel: Any, folders: Sequence[str]) -> Iterator[CheckFinding]:
    """Yield what forbids us to write into the first of these folders, or to move from one into the next."""
    name = f".leadline-{uuid.uuid4().hex}.tmp"
    at = posixpath.join(folders[0], name)
    folder = folders[0]
    moving = Folders(channel)
    try:
        with translated("cannot write a file of our own"):
            channel.open(at, "wb").close()
    except CredentialsRefused as refused:
        yield CheckFinding("permission", folder, f"in {folder}: {refused}")
        return
    try:
        for folder in folders[1:]:
            with translated("cannot move a file of our own"):
                moving.rename(at, posixpath.join(folder, name))
                at = posixpath.join(folder, name)
    except CredentialsRefused as refused:
        yield CheckFinding("permission", folder, f"into {folder}: {refused}")
    finally:
        with translated(f"cannot remove {at}"):
            channel.remove(at)
