"""Answers nested so deep that no reader of JSON takes them: as bad as a page, and no error of Python's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest
import requests

from hooks.dynamics import messages
from hooks.eloqua.sign_in import Credentials, SignIn
from hooks.marketo.client import MarketoClient
from hooks.marketo.hook import MarketoHook
from hooks.salesforce import answers, bodies
from leadline.errors import VendorUnavailable

DEEP = b"[" * 200_000


def answer() -> requests.Response:
    made = requests.Response()
    made.status_code = 200
    made._content = DEEP
    return made


def over_httpx() -> httpx.Client:
    return httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(200, content=DEEP)))


def eloqua() -> Any:
    return SignIn("https://login.example", Credentials("Site\\ann", "x"), over_httpx(), {}).endpoints()  # type: ignore[arg-type]


def marketo_token() -> Any:
    hook = MarketoHook("marketo")
    hook.fields = type("Fields", (), {"host": "https://marketo.example", "login": "id", "password": "x"})
    hook.fields.port, hook.extras = None, {}
    return hook.sign_in(over_httpx())


def marketo() -> Any:
    client = MarketoClient("https://marketo.example", lambda: None, over_httpx(), sleep=lambda _: None)  # type: ignore[arg-type,return-value]
    client._token = type("Granted", (), {"value": "x"})()  # type: ignore[assignment]
    return client.get("/rest/v1/leads.json")


@pytest.mark.parametrize(
    "read",
    [lambda: bodies.parse(answer()), lambda: messages.parse(answer()), eloqua, marketo_token, marketo],
    ids=["salesforce", "dynamics", "eloqua", "marketo token", "marketo"],
)
def test_an_answer_that_is_nested_too_deep_is_asked_for_again(read: Callable[[], Any]) -> None:
    with pytest.raises(VendorUnavailable):
        read()


def test_an_error_that_is_nested_too_deep_is_judged_by_its_status() -> None:
    assert isinstance(answers.call_error(503, DEEP, "GET limits"), VendorUnavailable)
