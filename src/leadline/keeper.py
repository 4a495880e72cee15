"""Writing one thing while the next is decided or sent: the database works beside Python, or beside a CRM."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType

logger = logging.getLogger(__name__)

AHEAD = 4
"""How many things may wait to be written, so that what they hold in memory stays small."""


class Keeper:
    """One thread that does one thing after the other; an error comes up at the next `do`, `wait` or end.

    What was to follow a thing that failed is not done: it may say that all before it is written. Leaving
    the block waits for what was begun, also after an error: results that are known are stored.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="keeper")
        self._begun: deque[Future[None]] = deque()
        self._failed = False

    def __enter__(self) -> Keeper:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        try:
            self.wait()
        except Exception:
            if kind is None:
                raise
            logger.exception("while another error ended this, what was still to be written was not")
        finally:
            self._thread.shutdown(wait=True)

    def do(self, work: Callable[[], None]) -> None:
        """Begin this once the things before are done."""
        while len(self._begun) >= AHEAD:
            self._wait_for_first()
        self._begun.append(self._thread.submit(self._do, work))

    def wait(self) -> None:
        """Wait until nothing is under way; raise what went wrong with it."""
        while self._begun:
            self._wait_for_first()

    def _do(self, work: Callable[[], None]) -> None:
        if self._failed:
            return
        try:
            work()
        except BaseException:
            self._failed = True
            raise

    def _wait_for_first(self) -> None:
        try:
            self._begun.popleft().result()
        except BaseException:
            for one in self._begun:
                one.result()  # not done, for this one failed
            self._begun.clear()
            self._failed = False
            raise
