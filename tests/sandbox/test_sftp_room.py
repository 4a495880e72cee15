"""The SFTP room, through paramiko: a client that the server's authors did not write."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import paramiko
import pytest

from sandbox.launch import RunningSandbox


@contextmanager
def sftp(sandbox: RunningSandbox, account: str = "acme", **auth: object) -> Iterator[paramiko.SFTPClient]:
    """Sign in with the host key that the sandbox names; by password unless `auth` says otherwise."""
    where = sandbox.account(account)
    kind, key = where["host_key"].split()[:2]
    with paramiko.SSHClient() as client:
        host = f"[{where['host']}]:{where['port']}"
        client.get_host_keys().add(host, kind, paramiko.Ed25519Key(data=base64.b64decode(key)))
        client.connect(
            where["host"],
            where["port"],
            where["login"],
            look_for_keys=False,
            allow_agent=False,
            **(auth or {"password": where["password"]}),
        )
        yield client.open_sftp()


def test_a_password_and_a_key_sign_in_and_others_do_not(sandbox: RunningSandbox) -> None:
    key_file = sandbox.account()["private_key_file"]

    with sftp(sandbox) as by_password, sftp(sandbox, key_filename=key_file) as by_key:
        assert by_password.listdir("/") == by_key.listdir("/")
    with pytest.raises(paramiko.AuthenticationException), sftp(sandbox, password="wrong"):
        pass
    other = sandbox.account("acme_test")["private_key_file"]
    with pytest.raises(paramiko.AuthenticationException), sftp(sandbox, key_filename=other):
        pass


def test_accounts_are_apart(sandbox: RunningSandbox) -> None:
    sandbox.control.put_file("/inbox/a.csv", "x", account="acme")

    with sftp(sandbox, "acme_test") as client:
        assert client.listdir("/inbox") == []


@pytest.mark.parametrize(
    "path", ["/../../keys/jwt.key", "/inbox/../../../ca/server.key", "/out/keys/jwt.key"]
)
def test_nobody_gets_out_of_the_account(sandbox: RunningSandbox, path: str) -> None:
    home = Path(sandbox.addresses["state"]) / "sftp" / "acme"
    (home / "out").symlink_to(sandbox.addresses["state"])

    with sftp(sandbox) as client:
        with pytest.raises(OSError, match=r"No such file|leads out"):
            client.open(path).read()
        with pytest.raises(OSError, match="not allowed"):
            client.symlink("/inbox/b", "/inbox/a")


def test_posix_rename_replaces_and_rename_does_not(sandbox: RunningSandbox) -> None:
    sandbox.control.put_file("/inbox/a", "new")
    sandbox.control.put_file("/archive/a", "old")

    with sftp(sandbox) as client:
        with pytest.raises(OSError, match="exists"):
            client.rename("/inbox/a", "/archive/a")
        client.posix_rename("/inbox/a", "/archive/a")

    assert sandbox.control.read_file("/archive/a") == b"new"


def test_the_time_of_a_file_is_what_was_set(sandbox: RunningSandbox) -> None:
    sandbox.control.put_file("/inbox/a", "x", mtime=1_700_000_000)

    with sftp(sandbox) as client:
        before = client.stat("/inbox/a").st_mtime
        client.utime("/inbox/a", (5, 5))

    assert before == 1_700_000_000
    assert sandbox.control.files()[0]["mtime"] == 5


def test_a_file_grows_when_it_is_appended_to(sandbox: RunningSandbox) -> None:
    sandbox.control.put_file("/inbox/a", "one")

    sandbox.control.put_file("/inbox/a", "two", append=True)

    assert sandbox.control.read_file("/inbox/a") == b"onetwo"
    assert sandbox.control.files()[0]["size"] == 6


def test_a_read_that_is_cut_off_ends_early_once(sandbox: RunningSandbox) -> None:
    sandbox.control.put_file("/inbox/a", b"x" * 100_000)
    sandbox.control.fault("sftp", "truncated", operation="read", arguments={"after_bytes": 40_000})

    with sftp(sandbox) as client:
        read = [len(client.open("/inbox/a").read()) for _ in range(2)]

    assert read == [40_000, 100_000]


def test_a_line_that_breaks_in_the_middle_of_a_read_is_noticed(sandbox: RunningSandbox) -> None:
    sandbox.control.put_file("/inbox/a", b"x" * 200_000)
    sandbox.control.fault("sftp", "disconnect", operation="read", arguments={"after_bytes": 50_000})
    got = io.BytesIO()

    with pytest.raises((OSError, paramiko.SSHException)), sftp(sandbox) as client:
        client.getfo("/inbox/a", got, prefetch=False)

    assert 0 < len(got.getvalue()) <= 50_000
    with sftp(sandbox) as client:
        assert len(client.open("/inbox/a").read()) == 200_000


def test_permission_is_denied_where_it_is_ordered(sandbox: RunningSandbox) -> None:
    sandbox.control.put_file("/inbox/a", "x")
    sandbox.control.put_file("/inbox/b", "x")
    sandbox.control.fault("sftp", "denied", operation="open", match={"path": "*/a"}, times=None)

    with sftp(sandbox) as client:
        with pytest.raises(PermissionError):
            client.open("/inbox/a")
        assert client.open("/inbox/b").read() == b"x"


def test_a_rename_fails_before_or_after_it_was_done(sandbox: RunningSandbox) -> None:
    for name in ("before", "after"):
        sandbox.control.put_file(f"/inbox/{name}", "x")
        sandbox.control.fault("sftp", "error", operation="rename", moment=name, match={"path": f"*/{name}"})

    with sftp(sandbox) as client:
        for name in ("before", "after"):
            with pytest.raises(OSError, match="Failure"):
                client.posix_rename(f"/inbox/{name}", f"/archive/{name}")

    assert [file["path"] for file in sandbox.control.files()] == ["/archive/after", "/inbox/before"]


def test_the_journal_holds_paths_and_sizes_but_no_content(sandbox: RunningSandbox) -> None:
    sandbox.control.put_file("/inbox/a", "secret")

    with sftp(sandbox) as client:
        client.open("/inbox/a").read()
        client.remove("/inbox/a")

    entries = sandbox.control.journal("sftp")
    assert [entry["operation"] for entry in entries if entry["ok"]] == ["login", "open", "read", "remove"]
    assert next(entry for entry in entries if entry["operation"] == "read")["bytes_read"] == 6
    assert "secret" not in str(entries)


def test_a_server_that_is_down_refuses_connections_until_it_is_up(sandbox: RunningSandbox) -> None:
    sandbox.control.sftp_up(False)

    with pytest.raises(paramiko.ssh_exception.NoValidConnectionsError), sftp(sandbox):
        pass
    sandbox.control.sftp_up(True)
    with sftp(sandbox) as client:
        assert "inbox" in client.listdir("/")
