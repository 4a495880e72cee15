"""Connection, limits and privacy."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from hooks.saleslink.hook import SaleslinkHook
from hooks.systems import partner_crm
from leadline.errors import ConfigurationError, SchemaDrift
from leadline.partners import CrmAccount
from sandbox.launch import RunningSandbox
from tests.hooks.saleslink.room import TENANT, Dealer, change, create


@pytest.mark.capability("P4", "crm:saleslink", "GetServiceInfo")
def test_a_sound_connection_has_no_findings(dealer: Dealer) -> None:
    assert list(dealer.crm.check()) == []


def test_a_version_before_3_5_is_refused(dealer: Dealer) -> None:
    dealer.do("configure", product_version="3.4.9")

    (finding,) = dealer.crm.check()

    assert (finding.code, "needs 3.5 or newer" in finding.message) == ("version", True)
    dealer.do("configure", product_version="3.10")
    assert list(dealer.crm.check()) == []


def test_a_wrong_password_is_a_finding_about_credentials(make_dealer: Any) -> None:
    dealer = make_dealer(password="wrong")

    (finding,) = dealer.crm.check()

    assert finding.code == "credentials"
    assert dealer.calls("*") == 1


def test_calls_are_paced_to_the_budget_of_a_minute(make_dealer: Any) -> None:
    dealer = make_dealer(calls_per_minute=2)
    now = [0.0]
    dealer.client.clock = lambda: now[0]
    dealer.client.sleep = lambda seconds: (dealer.slept.append(seconds), now.__setitem__(0, now[0] + seconds))

    dealer.write(create(1), create(2), create(3))

    assert dealer.slept == [60.0]


def test_the_addresses_that_a_served_description_names_are_never_called(dealer: Dealer) -> None:
    dealer.do("configure", advertised="http://10.0.0.1/internal.asmx")

    assert dealer.write(create(1))["D1"].ok
    assert dealer.calls("wsdl") == 0


def test_without_the_servers_ca_nothing_is_sent(make_dealer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    dealer = make_dealer(ca_bundle=None)

    with pytest.raises(ConfigurationError, match="put its CA into 'ca_bundle'"):
        dealer.write(create(1))

    assert dealer.calls("*") == 0


def test_a_description_that_does_not_fit_is_drift(dealer: Dealer, monkeypatch: pytest.MonkeyPatch) -> None:
    dealer.write(create(1))
    known = dealer.known(1)
    dealer.do("update", object="Lead", id=known[0].record_id, values={})
    dealer.control.clock(set="2026-03-02T06:00:00+00:00")
    monkeypatch.setattr("hooks.saleslink.client.NAMESPACE", "urn:another")

    fresh = SaleslinkHook("sl_k001").get_client()
    try:
        with pytest.raises(SchemaDrift, match="does not fit the contract"):
            fresh.call("GetServiceInfo")
    finally:
        fresh.close()


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        ({"wsdl_url": "http://dealer.example/x.asmx?wsdl"}, "only https://"),
        ({"wsdl_url": "https://me:secret@dealer.example/x.asmx"}, "own fields, not the URL"),
        ({"timeout": "soon"}, "'timeout' must be a number"),
    ],
)
def test_a_connection_that_cannot_work_says_what_to_change(
    make_dealer: Any, extra: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigurationError, match=message) as caught:
        make_dealer(**extra)

    assert "secret" not in str(caught.value)


def test_an_endpoint_of_its_own_beats_the_wsdl_url(make_dealer: Any, started: RunningSandbox) -> None:
    address = started.tenant("saleslink", TENANT)
    endpoint = f"{address['tls_url']}{address['path']}"

    dealer = make_dealer(wsdl_url="https://dealer.example/x.asmx?wsdl", endpoint=endpoint)

    assert dealer.write(create(1))["D1"].ok
    ok, said = SaleslinkHook("sl_k001").test_connection()
    assert (ok, said) == (True, "Saleslink 3.5")


def test_neither_password_nor_people_reach_the_log(dealer: Dealer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    dealer.fault("hang_up", "CreateLead")
    dealer.fault("fault", "UpdateLead", arguments={"code": "THROTTLED"})

    made = dealer.write(create(1, Phone="+49 89 1234567"))["D1"]
    dealer.write(change(1, made.record_id, Phone="+49 89 7654321"))

    for secret in ("saleslink-password", "p1@example.org", "1234567", "7654321", "Last1"):
        assert secret not in caplog.text


def test_an_account_opens_through_the_table_of_systems(
    make_dealer: Any, make_mapping: Any, started: RunningSandbox
) -> None:
    make_dealer()
    mapping = make_mapping(crm={"saleslink": {"lead": {"company": "Tier"}}})

    with partner_crm(CrmAccount(id="a", type="saleslink", connection="sl_k001"), mapping) as crm:
        names = {one.name for one in crm.describe(["Lead"])["Lead"]}

    assert {"ExternalId", "LastName", "Tier"} <= names
