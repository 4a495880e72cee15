"""Writing one thing while the next is decided or sent: the database works beside Python, or beside a CRM."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType


class Keeper:
    """One thread that does one thing after the other; an error comes up at the next `do`, `wait` or end.

    Leaving the block waits for what was begun, also after an error: results that are known are stored.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="keeper")
        self._begun: Future[None] | None = None

    def __enter__(self) -> Keeper:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self.wait()
        finally:
            self._thread.shutdown(wait=True)

    def do(self, work: Callable[[], None]) -> None:
        """Begin this once the thing before is done."""
        self.wait()
        self._begun = self._thread.submit(work)

    def wait(self) -> None:
        """Wait until nothing is under way; raise what went wrong with it."""
        begun, self._begun = self._begun, None
        if begun is not None:
            begun.result()
