"""What people type on a command line, names and dates, and their own name."""

from __future__ import annotations

import argparse
import getpass
import os
from datetime import UTC, datetime


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


def moment(written: str) -> int:
    """Return a date or a time, of UTC where it names no zone, in UTC microseconds.

    Raises:
        ArgumentTypeError: It is none.
    """
    try:
        read = datetime.fromisoformat(written)
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{written}' is no date such as 2026-11-22") from None
    return int((read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp() * 1_000_000)


def who() -> str:
    """Return who types: the account's name, or its number where it has none, as in many containers."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"account {os.getuid()}"
