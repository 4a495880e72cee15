"""Names that people type: of runs, batches, suppliers, and addresses to look for."""

from __future__ import annotations

import argparse
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
