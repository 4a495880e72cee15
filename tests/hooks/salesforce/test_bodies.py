from __future__ import annotations

import pytest
import requests

from hooks.salesforce.bodies import parse_csv, parse_object
from leadline.errors import VendorUnavailable

WHOLE = b'"sf__Id","Note","Key"\n"1","a ""b"",\r\nc","k1"\n"2","","k2"\n'


def answer(body: bytes) -> requests.Response:
    made = requests.Response()
    made.status_code = 200
    made._content = body
    return made


def test_rows_come_with_line_breaks_and_quotes_as_they_were() -> None:
    rows = parse_csv(answer(WHOLE), "sf__Id")

    assert [row["Note"] for row in rows] == ['a "b",\r\nc', ""]


def test_an_empty_answer_has_no_rows() -> None:
    assert parse_csv(answer(b""), "sf__Id") == []


@pytest.mark.parametrize(
    "body",
    [
        WHOLE[:-6],  # in the middle of a row: a missing cell must not read as no value
        WHOLE[:-3],  # in the middle of a value
        WHOLE + b'"3","","k3","more"\n',
        b"<html><body>Down</body></html>",
        b"\xff\xfe\xe4",
    ],
)
def test_what_is_no_whole_csv_is_asked_for_again(body: bytes) -> None:
    with pytest.raises(VendorUnavailable) as raised:
        parse_csv(answer(body), "sf__Id")

    assert "k2" not in str(raised.value)
    assert raised.value.__cause__ is None


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b"{}", b'"id"', b'{"id', b"<html>"])
def test_what_is_no_such_object_is_asked_for_again(body: bytes) -> None:
    with pytest.raises(VendorUnavailable):
        parse_object(answer(body), "id")
