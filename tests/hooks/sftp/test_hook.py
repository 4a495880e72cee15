from __future__ import annotations

import json
import socket

import pytest

from hooks.sftp.hook import sftp_channel
from leadline.errors import ConfigurationError, CredentialsRefused, VendorUnavailable


def test_a_password_opens_one_session(sftp):
    with sftp_channel("acme_sftp") as channel:
        channel.listdir_attr("/inbox")
        channel.listdir_attr("/archive")

    assert (sftp.logins, sftp.sessions) == (1, 1)


def test_a_private_key_opens_a_session(sftp, monkeypatch):
    connection = sftp.connection(password=None, private_key=sftp.user_key_text)
    monkeypatch.setenv("AIRFLOW_CONN_ACME_SFTP", connection)

    with sftp_channel("acme_sftp") as channel:
        assert channel.listdir("/inbox") == []


def test_a_wrong_password_is_tried_once_only(sftp, monkeypatch):
    monkeypatch.setenv("AIRFLOW_CONN_ACME_SFTP", sftp.connection(password="not-this-one"))

    with pytest.raises(CredentialsRefused) as caught, sftp_channel("acme_sftp"):
        pass

    assert sftp.logins == 1
    assert "not-this-one" not in str(caught.value)


def test_the_worker_s_own_keys_open_no_supplier(sftp, monkeypatch, tmp_path):
    own = tmp_path / ".ssh" / "id_ed25519"  # of the worker's user, and the server would take it
    own.parent.mkdir()
    own.write_text(sftp.user_key_text)
    own.chmod(0o600)
    monkeypatch.setenv("AIRFLOW_CONN_ACME_SFTP", sftp.connection(password="not-this-one"))

    with pytest.raises(CredentialsRefused), sftp_channel("acme_sftp"):
        pass


@pytest.mark.parametrize(
    ("extra", "error", "says"),
    [
        ({"host_key": None}, ConfigurationError, "no host key is configured"),
        ({"host_key": None, "no_host_key_check": "true"}, ConfigurationError, "skips the check"),
        ({"allow_host_key_change": "true"}, ConfigurationError, "skips the check"),
        ({"host_key": "ssh-dss AAAA"}, ConfigurationError, "not supported"),
        ({"private_key": "no key at all"}, ConfigurationError, "cannot"),
        ({"key_file": "/nowhere/id_ed25519"}, ConfigurationError, "private key file"),
    ],
)
def test_a_connection_that_cannot_be_trusted_is_refused(sftp, monkeypatch, extra, error, says):
    monkeypatch.setenv("AIRFLOW_CONN_ACME_SFTP", sftp.connection(**extra))

    with pytest.raises(error, match=says), sftp_channel("acme_sftp"):
        pass


def test_another_host_key_is_refused_before_the_password_is_sent(sftp, monkeypatch):
    import asyncssh

    other = asyncssh.generate_private_key("ssh-ed25519").convert_to_public().export_public_key().decode()
    monkeypatch.setenv("AIRFLOW_CONN_ACME_SFTP", sftp.connection(host_key=other.strip()))

    with pytest.raises(CredentialsRefused, match="host key"), sftp_channel("acme_sftp"):
        pass

    assert sftp.logins == 0


def test_a_connection_that_nobody_made_is_a_matter_of_configuration():
    with pytest.raises(ConfigurationError, match="nobody_made_it"), sftp_channel("nobody_made_it"):
        pass


def test_a_server_that_is_down_is_tried_later(sftp, monkeypatch):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    values = {**json.loads(sftp.connection()), "port": port}
    monkeypatch.setenv("AIRFLOW_CONN_ACME_SFTP", json.dumps(values))

    with pytest.raises(VendorUnavailable, match="cannot connect"), sftp_channel("acme_sftp"):
        pass


def test_a_connection_that_is_lost_tells_what_was_lost_and_lets_go(sftp, monkeypatch):
    def lose(_channel):
        raise EOFError  # as paramiko does when the server's end is gone already

    monkeypatch.setattr("paramiko.SFTPClient.close", lose)
    transports = []

    def read():
        with sftp_channel("acme_sftp") as channel:
            transports.append(channel.get_channel().get_transport())
            raise VendorUnavailable("reading")

    with pytest.raises(VendorUnavailable, match="reading"):
        read()

    assert not transports[0].is_active()
