"""Airflow's connection to Eloqua: Basic and OAuth, finding the tenant, tokens that work once."""

from __future__ import annotations

import json

import pytest

from hooks.eloqua import hook as module
from hooks.eloqua.hook import EloquaHook
from leadline.errors import ConfigurationError, CredentialsRefused, NotAllowed, VendorUnavailable

CONNECTION = "AIRFLOW_CONN_ELOQUA_UMBRELLA"


class Variables:
    """Airflow's variables in memory."""

    def __init__(self):
        self.kept = {}
        self.saves = []

    def get(self, key, default=None):
        return self.kept.get(key, default)

    def set(self, key, value):
        self.kept[key] = value
        self.saves.append(json.loads(value))


@pytest.fixture
def variables(monkeypatch):
    found = Variables()
    monkeypatch.setattr(module, "Variable", found)
    return found


@pytest.fixture
def connect(umbrella, monkeypatch):
    """Return a function that makes a client of a connection; `oauth` adds the client and a refresh token."""
    opened = []

    def make(oauth=False, **changes):
        extra = changes.pop("extra", {})
        if oauth:
            names = ("client_id", "client_secret", "refresh_token")
            extra = {name: umbrella.address[name] for name in names} | extra
            changes = {"login": None, "password": None} | changes
        monkeypatch.setenv(CONNECTION, umbrella.connection(extra=extra, **changes))
        client = EloquaHook("eloqua_umbrella").get_client()
        client.sleep = lambda _seconds: None
        opened.append(client)
        return client

    yield make
    for client in opened:
        client.close()


def ask(client):
    return client.get("bulk", "contacts/fields", {"limit": "1"})[1]["count"]


class TestBasic:
    @pytest.mark.parametrize("changes", [{}, {"login": "umbrella\\api.user", "extra": {"company": None}}])
    def test_company_and_user_sign_in(self, connect, changes):
        assert ask(connect(**changes)) == 1

    def test_the_tenant_is_looked_for_once(self, umbrella, connect):
        client = connect()
        for _ in range(3):
            ask(client)

        assert umbrella.calls("id") == 1

    def test_a_wrong_password_is_refused_though_the_answer_is_200(self, connect):
        with pytest.raises(CredentialsRefused, match=r"Not authenticated\. Check company, user and password"):
            ask(connect(password="wrong"))

    def test_a_password_that_changed_stops_in_the_middle(self, umbrella, connect):
        client = connect()
        ask(client)
        umbrella.act("change_password", user="Api.User", password="other")

        with pytest.raises(CredentialsRefused, match="Check company, user and password"):
            ask(client)

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"password": None}, "'login' and 'password' are needed"),
            ({"extra": {"company": None}}, r"Company\\user"),
            ({"host": "http://eloqua.example"}, "must be an https:// address"),
            ({"extra": {"client_id": "x"}}, "'client_id' needs 'client_secret'"),
            ({"extra": {"refresh_token": "x"}}, "'refresh_token' needs 'client_id'"),
            ({"extra": {"ca_bundle": "/nowhere"}}, "'ca_bundle' cannot be read"),
        ],
    )
    def test_a_connection_that_lacks_something_says_what(self, connect, changes, message):
        with pytest.raises(ConfigurationError, match=message):
            ask(connect(**changes))

    def test_another_certificate_is_not_trusted(self, connect):
        with pytest.raises(VendorUnavailable, match="sign-in: ConnectError"):
            ask(connect(extra={"ca_bundle": None}))

    def test_the_button_of_the_form_says_what_is_wrong(self, umbrella, connect):
        connect()
        assert EloquaHook("eloqua_umbrella").test_connection() == (True, "Signed in")
        umbrella.act("change_password", user="Api.User", password="other")
        assert EloquaHook("eloqua_umbrella").test_connection()[0] is False

    def test_no_secret_is_shown(self, umbrella, connect):
        connect()

        assert umbrella.address["password"] not in repr(EloquaHook("eloqua_umbrella").credentials)


class TestMovedTenant:
    def base(self, umbrella, host="localhost"):
        return f"https://{host}:{umbrella.address['tls_port']}"

    def test_a_move_in_the_middle_is_followed_where_it_is_allowed(self, umbrella, connect):
        client = connect(extra={"allowed_hosts": "localhost"})
        ask(client)
        umbrella.act("move_to", base=self.base(umbrella))

        assert ask(client) == 1
        assert umbrella.calls("id") == 2

    def test_a_move_to_another_host_is_refused_by_name(self, umbrella, connect):
        umbrella.act("move_to", base=self.base(umbrella))

        with pytest.raises(NotAllowed, match=r"/id leads to https://localhost, .*'allowed_hosts'"):
            ask(connect())

    def test_a_move_to_plain_http_is_refused(self, umbrella, connect):
        umbrella.act("move_to", base=umbrella.address["url"].replace("127.0.0.1", "localhost"))

        with pytest.raises(NotAllowed, match="http://localhost"):
            ask(connect(extra={"allowed_hosts": "localhost"}))

    @pytest.mark.parametrize("body", ["{}", "[]", "<html>", '{"urls": {"apis": {"rest": 5}}}'])
    def test_an_answer_without_addresses_is_unavailable(self, umbrella, connect, body):
        umbrella.fault("status", "id", times=None, arguments={"status": 200, "body": body})

        with pytest.raises(VendorUnavailable, match="/id"):
            ask(connect())


class TestOAuth:
    @pytest.mark.usefixtures("variables")
    def test_user_and_password_buy_a_token(self, umbrella, connect):
        client = connect(
            oauth=True,
            login=umbrella.address["user"],
            password=umbrella.address["password"],
            extra={"refresh_token": None},
        )

        assert ask(client) == 1
        assert umbrella.calls("token") == 1

    def test_the_next_refresh_token_is_kept_before_the_first_call(self, umbrella, connect, variables):
        umbrella.fault("hang_up", "id", times=4)
        with pytest.raises(VendorUnavailable):
            ask(connect(oauth=True))

        assert variables.saves[0]["refresh_token"] not in (None, umbrella.address["refresh_token"])
        umbrella.control.clear_faults()
        assert ask(connect(oauth=True)) == 1
        assert umbrella.calls("token") == 1

    def test_processes_share_a_token_and_renew_it_when_it_ends(self, umbrella, connect, variables):
        first, second = connect(oauth=True), connect(oauth=True)
        ask(first)
        ask(second)
        assert umbrella.calls("token") == 1

        umbrella.act("expire_tokens")

        assert (ask(first), ask(second)) == (1, 1)
        # The second still held the token that ended, and found the first one's new token.
        assert umbrella.calls("token") == 2
        assert len({save["refresh_token"] for save in variables.saves}) == 2

    def test_a_new_refresh_token_in_the_connection_begins_anew(self, umbrella, connect, variables):
        ask(connect(oauth=True))
        last = variables.saves[-1]["refresh_token"]
        variables.kept["eloqua_token_secret_eloqua_umbrella"] = json.dumps(
            {"of": "another", "refresh_token": "x", "access_token": "y", "until": 9e12}
        )

        assert ask(connect(oauth=True, extra={"refresh_token": last})) == 1

    @pytest.mark.usefixtures("variables")
    def test_a_refresh_whose_answer_is_lost_falls_back_to_the_password(self, umbrella, connect):
        umbrella.fault("hang_up", "token", moment="after")
        own = {"login": umbrella.address["user"], "password": umbrella.address["password"]}

        assert ask(connect(oauth=True, **own)) == 1
        assert umbrella.calls("token") == 3  # the lost one, the spent one, the password's

    @pytest.mark.usefixtures("variables")
    def test_a_refresh_token_that_is_spent_says_what_to_do(self, umbrella, connect):
        umbrella.fault("hang_up", "token", moment="after")

        with pytest.raises(CredentialsRefused, match="put a new 'refresh_token'"):
            ask(connect(oauth=True))

    @pytest.mark.usefixtures("variables")
    def test_a_client_that_eloqua_does_not_know_is_told_apart(self, connect):
        with pytest.raises(CredentialsRefused, match="'client_id' and 'client_secret'"):
            ask(connect(oauth=True, extra={"client_secret": "wrong"}))

    @pytest.mark.usefixtures("variables")
    @pytest.mark.parametrize("status", [503, 429])
    def test_a_token_that_cannot_be_had_now_is_asked_for_later(self, umbrella, connect, status):
        umbrella.fault("status", "token", times=None, arguments={"status": status, "retry_after": 9})

        with pytest.raises(VendorUnavailable, match=f"HTTP {status}") as raised:
            ask(connect(oauth=True))

        assert raised.value.retry_after_seconds == 9
