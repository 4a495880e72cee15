"""From an Airflow connection to a client, and what a connection must say."""

from __future__ import annotations

import json

import pytest

from hooks.dynamics.crm import DynamicsCrm
from hooks.dynamics.hook import DynamicsHook
from hooks.systems import partner_crm
from leadline.delivery.crm_fields import VOCABULARIES
from leadline.delivery.payload import PayloadPlan
from leadline.errors import ConfigurationError, NotAllowed
from leadline.partners import CrmAccount, Partner, RecordAs
from leadline.ports import ActivityWrite, RecordWrite

GOOD = {
    "conn_type": "generic",
    "host": "org.crm4.dynamics.com",
    "login": "app",
    "password": "secret",
    "extra": {"tenant_id": "t"},
}


@pytest.fixture
def connect(monkeypatch):
    def made(**changes):
        connection = GOOD | changes
        monkeypatch.setenv("AIRFLOW_CONN_DYN", json.dumps(connection))
        return DynamicsHook("dyn")

    return made


def test_an_account_of_the_type_is_opened_with_its_own_key_column(dynamics, make_mapping):
    account = CrmAccount(id="dyn-d001", type="dynamics", connection="d001", external_id_field="ll_leadlineid")

    with partner_crm(account, make_mapping()) as crm:
        assert isinstance(crm, DynamicsCrm)
        assert list(crm.check()) == []


def test_the_connections_button_says_whether_it_lets_us_in(dynamics):
    hook = DynamicsHook("d001")

    first = hook.test_connection()
    dynamics.act("member", member=False)
    second = hook.test_connection()

    assert first == (True, "Signed in")
    assert second[0] is False
    assert "check the connection's client id and secret, the application user" in second[1]


@pytest.mark.parametrize(
    ("host", "port", "expected"),
    [
        ("org.crm4.dynamics.com", None, "https://org.crm4.dynamics.com"),
        ("https://org.crm4.dynamics.com/", None, "https://org.crm4.dynamics.com"),
        ("https://127.0.0.1", 8443, "https://127.0.0.1:8443"),
        ("https://127.0.0.1:8443", None, "https://127.0.0.1:8443"),
    ],
)
def test_a_host_is_an_environments_address(connect, host, port, expected):
    assert connect(host=host, port=port).environment_url == expected


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"host": ""}, "'host' must be the environment's address"),
        ({"host": "http://org.crm4.dynamics.com"}, "'host' must be https://"),
        ({"login": None}, "login must be set"),
        ({"extra": {}}, "tenant_id must be set"),
        ({"extra": {"tenant_id": "t", "authority": "http://127.0.0.1"}}, "'authority' must be https://"),
        ({"extra": {"tenant_id": "t", "batch_rows": "many"}}, "'batch_rows' is no number"),
    ],
)
def test_what_a_connection_lacks_is_named(connect, changes, message):
    with pytest.raises(ConfigurationError, match=message):
        connect(**changes).get_client()


def test_an_unknown_kind_of_activity_is_named(connect):
    with pytest.raises(ConfigurationError, match="'activities' is task or annotation, not 'letter'"):
        connect(extra={"tenant_id": "t", "activities": "letter"}).get_options()


def test_a_server_that_our_ca_did_not_sign_is_not_talked_to(make_dynamics, monkeypatch):
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    dynamics = make_dynamics(ca_bundle=None)

    with pytest.raises(ConfigurationError, match=r"Entra ID.*certificate is not trusted.*'ca_bundle'"):
        dynamics.client.get("WhoAmI")

    assert dynamics.calls("whoami") == 0


def test_links_are_followed_on_our_origin_and_allowed_hosts_only(make_dynamics):
    client = make_dynamics(allowed_hosts="org.api.crm4.dynamics.com").client
    here = client.base_url

    assert client.resolve(f"{here}/api/data/v9.2/leads?x") == f"{here}/api/data/v9.2/leads?x"
    assert client.resolve("https://org.api.crm4.dynamics.com/x").endswith("/x")
    for link in ("https://elsewhere.example/x", here.replace("https", "http"), "https://[/x"):
        with pytest.raises(NotAllowed):
            client.resolve(link)


def test_neither_token_nor_person_is_logged(dynamics, caplog):
    caplog.set_level("DEBUG")
    fields = {"lastname": "Secretname", "emailaddress1": "secret@person.example", "mobilephone": "0" * 30}
    (result,) = dynamics.write(RecordWrite("D1", "create", "lead", "A1", None, fields)).values()
    list(dynamics.crm.add_activities([ActivityWrite("E1", result.record_id, "x", "Secretname", None)]))

    told = "\n".join(one.getMessage() for one in caplog.records if not one.name.startswith("uvicorn"))
    assert "Secretname" not in told
    assert "secret@person" not in told
    assert dynamics.address["client_secret"] not in told


def test_the_usual_columns_are_there_in_a_standard_environment(dynamics):
    vocabulary = VOCABULARIES["dynamics"]
    described = dynamics.crm.describe(list(vocabulary.objects.values()))

    for object_, usual in vocabulary.usual.items():
        known = {one.name for one in described[object_]}
        assert set(usual.values()) | {vocabulary.owner, vocabulary.lead_source} <= known


def test_a_leads_fields_reach_the_columns_of_its_table_cut_to_their_length(dynamics, make_mapping):
    partner = Partner(id="P1", name="Partner", record_as=RecordAs.LEAD)
    described = dynamics.crm.describe(["lead"])["lead"]
    plan = PayloadPlan(make_mapping(), "dynamics", partner, "lead", described, with_campaign=False)

    payload = plan.new({"email": "a@b.example", "last_name": "x" * 60}, None)

    assert payload.fields["emailaddress1"] == "a@b.example"
    assert payload.fields["lastname"] == "x" * 50
    assert payload.shortened == ("lastname",)
