"""Signing in: Basic, OAuth with refresh tokens that work once, and where the tenant is."""

from __future__ import annotations

import httpx
import pytest


def granted(tenant, as_json=False, client=None, **form):
    client = client or (tenant.address["client_id"], tenant.address["client_secret"])
    sent = {"json": form} if as_json else {"data": form}
    return httpx.post(f"{tenant.address['url']}/auth/oauth2/token", auth=client, **sent)


def identity(tenant, **headers):
    return httpx.get(f"{tenant.address['url']}/id", headers=headers).json()


def test_identity_names_site_and_addresses(tenant):
    found = tenant.get("/id")

    assert found["site"]["name"] == "Umbrella"
    assert found["urls"]["apis"]["rest"]["bulk"] == f"{tenant.address['url']}/API/Bulk/{{version}}/"


def test_strangers_are_told_so_with_a_text_and_200(tenant):
    assert identity(tenant) == "Not authenticated."
    answer = httpx.get(f"{tenant.address['url']}/api/bulk/2.0/contacts/fields")
    assert (answer.status_code, answer.text) == (401, "Login required.")


@pytest.mark.parametrize("as_json", [False, True])
def test_a_password_buys_tokens(tenant, as_json):
    answer = granted(
        tenant, as_json, grant_type="password", username=tenant.user, password=tenant.address["password"]
    )

    assert answer.json()["expires_in"] == 28_800
    assert identity(tenant, Authorization=f"Bearer {answer.json()['access_token']}")["user"]["username"]


def test_a_refresh_token_works_once_and_gives_the_next(tenant):
    first = tenant.address["refresh_token"]
    second = granted(tenant, grant_type="refresh_token", refresh_token=first).json()

    again = granted(tenant, grant_type="refresh_token", refresh_token=first)
    third = granted(tenant, grant_type="refresh_token", refresh_token=second["refresh_token"]).json()

    assert (again.status_code, again.json()) == (400, {"error": "invalid_grant"})
    # Since 26B a refresh leaves older access tokens alive.
    for token in (second["access_token"], third["access_token"]):
        assert identity(tenant, Authorization=f"Bearer {token}") != "Not authenticated."


def test_an_access_token_ends_after_eight_hours(tenant):
    token = granted(tenant, grant_type="refresh_token", refresh_token=tenant.address["refresh_token"]).json()[
        "access_token"
    ]

    tenant.control.clock(advance=8 * 3600 + 1)

    assert identity(tenant, Authorization=f"Bearer {token}") == "Not authenticated."


def test_there_is_no_grant_for_the_client_alone(tenant):
    assert granted(tenant, grant_type="client_credentials").status_code == 400
    assert granted(tenant, client=("x", "y"), grant_type="password").status_code == 401


def test_a_moved_tenant_refuses_calls_at_the_old_address(tenant):
    moved = tenant.address["url"].replace("127.0.0.1", "localhost")
    tenant.act("move_to", base=moved)

    assert tenant.get("/id")["urls"]["base"] == moved
    assert tenant.http.get("/api/bulk/2.0/contacts/fields").status_code == 401
    assert httpx.get(
        f"{moved}/api/bulk/2.0/contacts/fields", auth=(tenant.user, tenant.address["password"])
    ).is_success
