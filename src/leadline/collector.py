"""Python's cycle collector, kept from walking rows that live until their batch ends."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_paused() -> Iterator[None]:
    """Let nobody look for garbage in cycles meanwhile: for a batch, whose values hold none.

    Each look walks all that lives: measured, a batch of leads took up to twice as long with them.
    """
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()


@contextmanager
def collector_slowed() -> Iterator[None]:
    """Look for garbage in cycles less often: for rows on their way to a vendor, whose client leaves some."""
    before = gc.get_threshold()
    gc.set_threshold(100_000, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
