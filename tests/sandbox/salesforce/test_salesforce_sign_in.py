from __future__ import annotations

import json
import time
from typing import Any

import jwt
import pytest
import requests

GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"


def assertion(org: Any, key: str, **changes: Any) -> str:
    claims = {
        "iss": "key",
        "sub": "api@acme.example",
        "aud": "https://login.salesforce.com",
        "exp": str(int(time.time()) + 180),  # simple-salesforce sends text
        **changes,
    }
    # Signed as bytes: PyJWT's own `encode` insists on a number in `exp`.
    return jwt.api_jws.encode(json.dumps(claims).encode(), key, algorithm="RS256")


def test_client_credentials_give_a_token_that_works(org):
    granted = org.token().json()

    answer = requests.get(
        f"{org.data}/limits/", headers={"Authorization": f"Bearer {granted['access_token']}"}, timeout=20
    )

    assert granted["instance_url"] == org.url
    assert granted["token_type"] == "Bearer"
    assert granted["access_token"].startswith("00Dxx0000001gPL!")
    assert answer.status_code == 200


def test_client_credentials_may_come_as_basic_authorization(org):
    answer = requests.post(
        f"{org.url}/services/oauth2/token",
        data={"grant_type": "client_credentials"},
        auth=("key", "secret"),
        timeout=20,
    )

    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": "client_credentials", "client_id": "key", "client_secret": "x"}, "invalid_client"),
        ({"grant_type": "client_credentials", "client_id": "x", "client_secret": "x"}, "invalid_client_id"),
        ({"grant_type": "refresh_token", "client_id": "key", "refresh_token": "x"}, "invalid_grant"),
        ({"grant_type": GRANT, "assertion": "x.y.z"}, "invalid_grant"),
    ],
)
def test_bad_sign_ins_are_refused_with_the_documented_error(org, form, error):
    answer = org.token(**form)

    assert answer.status_code == 400
    assert answer.json()["error"] == error


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"aud": "https://test.salesforce.com/"},
        {"sub": "API@acme.example"},
    ],
)
def test_a_signed_assertion_is_accepted(org, key_pair, changes):
    answer = org.token(grant_type=GRANT, assertion=assertion(org, key_pair[0], **changes))

    assert answer.status_code == 200, answer.text
    assert "refresh_token" not in answer.json()


def test_an_assertion_that_expires_in_milliseconds_is_accepted(org, key_pair):
    # As the sf CLI sends it.
    answer = org.token(
        grant_type=GRANT, assertion=assertion(org, key_pair[0], exp=int(time.time() * 1000) + 180_000)
    )

    assert answer.status_code == 200, answer.text
    assert "refresh_token" not in answer.json()


def test_the_orgs_own_address_is_an_audience(org, key_pair):
    answer = org.token(grant_type=GRANT, assertion=assertion(org, key_pair[0], aud=org.url + "/"))

    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("changes", "error", "description"),
    [
        ({"exp": int(time.time()) - 5}, "invalid_grant", "expired authorization code"),
        ({"aud": "https://elsewhere.example"}, "invalid_grant", "audience is invalid"),
        ({"iss": "other"}, "invalid_client_id", "client identifier invalid"),
        ({"sub": "stranger@acme.example"}, "invalid_grant", "user hasn't approved this consumer"),
        ({"sub": "gone@acme.example"}, "inactive_user", "user is inactive"),
    ],
)
def test_an_assertion_with_a_wrong_claim_is_refused(org, key_pair, changes, error, description):
    answer = org.token(grant_type=GRANT, assertion=assertion(org, key_pair[0], **changes))

    assert answer.status_code == 400
    assert answer.json() == {"error": error, "error_description": description}


def test_a_rotated_refresh_token_kills_the_one_before(serve):
    org = serve(rotate_refresh_token=True)
    form = {"grant_type": "refresh_token", "client_id": "key", "client_secret": "secret"}

    second = org.token(**form, refresh_token="refresh-1").json()["refresh_token"]

    assert org.token(**form, refresh_token="refresh-1").status_code == 400
    assert org.token(**form, refresh_token=second).status_code == 200


def test_an_idle_session_expires_with_the_documented_error(org):
    org.lead()
    org.bench.later(minutes=121)

    answer = org.call("GET", "limits")

    assert answer.status_code == 401
    assert answer.json() == [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]


def test_use_keeps_a_session_alive(org):
    answers = [org.call("GET", "limits")]
    for _ in range(3):
        org.bench.later(minutes=100)
        answers.append(org.call("GET", "limits"))

    assert [answer.status_code for answer in answers] == [200] * 4


def test_the_token_of_one_org_opens_no_other(serve):
    first = serve()
    other = serve(name="other", org_id="00Dxx0000001gPM")

    answer = requests.get(
        f"{other.data}/limits", headers={"Authorization": first.session.headers["Authorization"]}, timeout=20
    )

    assert answer.status_code == 401


def test_identity_pages_name_user_and_org(org):
    granted = org.token().json()
    bearer = {"Authorization": f"Bearer {granted['access_token']}"}

    info = requests.get(f"{org.url}/services/oauth2/userinfo", headers=bearer, timeout=20).json()
    identity = requests.get(granted["id"], headers=bearer, timeout=20).json()

    assert info["preferred_username"] == identity["username"] == "api@acme.example"
    assert info["organization_id"] == identity["organization_id"] == org.org.store.org_id
    assert info["user_id"] == identity["user_id"]


def test_versions_are_listed_and_retired_ones_are_gone(org):
    listed = [entry["version"] for entry in requests.get(f"{org.url}/services/data", timeout=20).json()]

    retired = org.session.get(f"{org.url}/services/data/v25.0/limits", timeout=20)
    unknown = org.session.get(f"{org.url}/services/data/v99.0/limits", timeout=20)

    assert listed[0] == "51.0"
    assert listed[-1] == "68.0"
    assert retired.status_code == 410
    assert unknown.status_code == 404
