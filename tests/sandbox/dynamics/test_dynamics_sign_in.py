"""The environment's own authority: tokens, and what is refused without one."""

from __future__ import annotations

import pytest


def test_client_credentials_get_a_token_that_the_web_api_takes(environment):
    me = environment.get("WhoAmI()")

    assert me["UserId"] == environment.address["user_id"]


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_id": "nobody"}, 400, "unauthorized_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"scope": "https://d001.example"}, 400, "invalid_scope"),
    ],
)
def test_a_wrong_form_is_refused_with_its_reason(environment, changes, status, error):
    answer = environment.sign_in(**changes)

    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert "AADSTS" in answer.json()["error_description"]


def test_a_token_ends_by_the_sandbox_clock(environment):
    environment.sandbox.control.clock(advance=3600)

    assert environment.call("GET", "WhoAmI").status_code == 401


def test_an_application_that_is_no_user_is_no_member(environment):
    environment.act("member", member=False)

    answer = environment.call("GET", "WhoAmI")

    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "0x80072560")


def test_a_missing_privilege_is_named(environment):
    environment.act("privileges", missing=["prvCreateLead"])

    answer = environment.call("POST", "leads", {"lastname": "A"})

    assert answer.status_code == 403
    assert "prvCreateLead" in answer.json()["error"]["message"]


def test_two_environments_share_neither_rows_nor_tokens(make_environment):
    one, other = make_environment("d001"), make_environment("d002")
    one.sign_in()
    other.token = one.token

    one.call("POST", "leads", {"lastname": "A"})

    assert other.call("GET", "WhoAmI").status_code == 401
    assert (len(one.rows("lead")), len(other.rows("lead"))) == (1, 0)
