"""A mail server that behaves as a test says."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from leadline.notices import Mail


class Server:
    """Takes mails; `answer` is an error to raise for all, or a function of the mail that may return one."""

    def __init__(self) -> None:
        self.mails: list[Mail] = []
        self.tried: list[Mail] = []
        self.answer: Callable[[Mail], Exception | None] = lambda _mail: None

    def send(self, mail: Mail) -> None:
        self.tried.append(mail)
        if error := self.answer(mail):
            raise error
        self.mails.append(mail)


@pytest.fixture
def server() -> Server:
    return Server()
