"""Names on a command line: those that people type, of runs, batches and suppliers, and their own."""

from __future__ import annotations

import argparse
import getpass
import os


def named(written: str) -> str:
    """Return a name as it was typed, in UTF-8 also where the locale is another one, as under cron.

    Raises:
        ArgumentTypeError: Its bytes are no UTF-8: nothing that the hub holds has such a name.
    """
    try:
        return os.fsencode(written).decode("utf-8")
    except UnicodeDecodeError:
        raise argparse.ArgumentTypeError(f"{written!a} is no UTF-8 text") from None
    except UnicodeEncodeError:
        return written  # not from a command line: it never was bytes


def who() -> str:
    """Return who types: the account's name, or its number where it has none, as in many containers."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"account {os.getuid()}"
