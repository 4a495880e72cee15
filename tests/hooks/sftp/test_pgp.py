"""Encrypted drops on a real SFTP server: keys from connections, results as the reader sees them."""

from __future__ import annotations

import gzip
import hashlib
import json
import logging
import os
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pysequoia import ArmorKind, Tsk, armor, encrypt, sign

from hooks.sftp.hook import sftp_channel
from hooks.sftp.pgp import PgpOpener
from hooks.sftp.supplier import SftpSupplier
from hooks.systems import supplier_system
from leadline.errors import ConfigurationError, UnreadableFile
from leadline.mapping.source import PgpDrops, SftpSource
from leadline.ports import Window
from leadline.reading import open_supplier_file
from tests.hooks.sftp.test_supplier import NOON

PLAIN = b"Email,Name\nann@example.org,Ann\n"
EVERYTHING = Window(None, NOON)


class Keys:
    """Our key, the supplier's, and somebody else's."""

    def __init__(self) -> None:
        self.ours = Tsk.generate("Leadline <pgp@leadline.example>")
        self.supplier = Tsk.generate("Acme <pgp@acme.example>")
        self.other = Tsk.generate("Somebody <pgp@else.example>")

    def drop(
        self, content: bytes = PLAIN, *, signer: Any = None, to: Any = None, armor: bool = False
    ) -> bytes:
        to = (to or self.ours).extract_certificate()
        signed = {"signer": signer.signer()} if signer else {}
        return bytes(encrypt(content, recipients=[to], armor=armor, **signed))


@pytest.fixture(scope="module")
def keys() -> Keys:
    return Keys()


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def make(name: str, password: str | None = None, **extra: Any) -> None:
        connection = {"conn_type": "generic", "password": password, "extra": extra}
        monkeypatch.setenv(f"AIRFLOW_CONN_{name.upper()}", json.dumps(connection))

    return make


@pytest.fixture
def read(sftp: Any, keys: Keys, connect: Any, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Return a function that reads the one drop of the inbox as a pull does."""
    connect("our_pgp", private_key=str(keys.ours))
    connect("acme_pgp", public_key=str(keys.supplier.extract_certificate()))
    with sftp_channel("acme_sftp") as channel:

        def pull(**rules: Any) -> Any:
            drops = PgpDrops.model_validate({"connection": "our_pgp", **rules})
            source = SftpSource.model_validate({"system": "sftp", "stable_seconds": 0, "pgp": drops})
            supplier = SftpSupplier(channel, source, decrypt=PgpOpener(drops, source.max_bytes))
            (file,) = supplier.pull("leads", EVERYTHING)
            workdir = tmp_path / "work"
            workdir.mkdir(exist_ok=True)
            with file.open() as stream:
                return open_supplier_file(stream, file.name, source, workdir)

        yield pull


def rows(opened: Any) -> list[Any]:
    return [record[1] for record in opened.records()]


@pytest.mark.parametrize("armor", [False, True], ids=["binary", "armoured"])
@pytest.mark.parametrize("name", ["leads_1.csv.pgp", "leads_1.csv.gpg", "leads_1.csv.asc"])
def test_an_encrypted_drop_is_read_like_any_other(
    sftp: Any, keys: Keys, read: Any, name: str, armor: bool
) -> None:
    sftp.put(f"/inbox/{name}", keys.drop(armor=armor))

    opened = read()

    assert (opened.header.names, rows(opened)) == (("Email", "Name"), [["ann@example.org", "Ann"]])


def test_a_packed_file_may_be_inside(sftp: Any, keys: Keys, read: Any) -> None:
    sftp.put("/inbox/leads_1.csv.gz.pgp", keys.drop(gzip.compress(PLAIN), signer=keys.supplier))

    assert rows(read(signer="acme_pgp")) == [["ann@example.org", "Ann"]]


def test_a_drop_that_is_encrypted_anew_is_the_same_file(
    sftp: Any, keys: Keys, read: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    drops = [keys.drop(), keys.drop()]
    found = []
    for drop in drops:
        sftp.put("/inbox/leads_1.csv.pgp", drop)
        found.append(read().sha256)

    assert found == [hashlib.sha256(PLAIN).hexdigest()] * 2
    for drop in drops:
        assert hashlib.sha256(drop).hexdigest() in caplog.text
    assert "ann@example.org" not in caplog.text


def changed(drop: bytes) -> bytes:
    return drop[:-30] + bytes([drop[-30] ^ 1]) + drop[-29:]


@pytest.mark.parametrize(
    ("make", "code", "message"),
    [
        (lambda keys: keys.drop(signer=keys.other), "bad_signature", "no valid signature"),
        (lambda keys: keys.drop(), "bad_signature", "no valid signature"),
        (lambda keys: keys.drop(signer=keys.supplier, to=keys.other), "bad_encryption", "another key"),
        (lambda keys: changed(keys.drop(signer=keys.supplier)), "bad_encryption", "broken or was changed"),
        (lambda keys: keys.drop(signer=keys.supplier)[:-60], "bad_encryption", "broken or was changed"),
        (lambda keys: PLAIN, "not_encrypted", "no encrypted OpenPGP message"),
        (lambda keys: bytes(sign(keys.supplier.signer(), PLAIN)), "not_encrypted", "no encrypted"),
        (lambda keys: b"", "not_encrypted", "no encrypted"),
    ],
    ids=["foreign signer", "unsigned", "foreign key", "changed", "cut off", "plain", "only signed", "empty"],
)
def test_a_drop_that_cannot_be_trusted_is_unreadable_and_says_why(
    sftp: Any, keys: Keys, read: Any, make: Callable[[Keys], bytes], code: str, message: str
) -> None:
    drop = make(keys)
    sftp.put("/inbox/leads_1.csv.pgp", drop)

    with pytest.raises(UnreadableFile, match=message) as caught:
        read(signer="acme_pgp")

    assert (caught.value.code, caught.value.size) == (code, len(drop))
    assert caught.value.sha256 == hashlib.sha256(drop).hexdigest()
    assert "Stack" not in str(caught.value)


def test_without_a_signer_the_signature_does_not_matter(sftp: Any, keys: Keys, read: Any) -> None:
    sftp.put("/inbox/leads_1.csv.pgp", keys.drop(signer=keys.other))

    assert len(rows(read())) == 1


def test_plain_drops_pass_only_where_encryption_is_not_required(sftp: Any, read: Any) -> None:
    sftp.put("/inbox/leads_1.csv", PLAIN)
    assert len(rows(read(required=False))) == 1

    with pytest.raises(UnreadableFile, match="no encrypted OpenPGP message"):
        read()


def test_a_drop_is_too_large_before_and_after_it_is_opened(sftp: Any, keys: Keys, connect: Any) -> None:
    connect("our_pgp", private_key=str(keys.ours))
    content = keys.drop(b"x" * 500)

    for limit in (400, len(content) - 1):
        with pytest.raises(UnreadableFile) as caught:
            PgpOpener(PgpDrops(connection="our_pgp"), limit)(_stream(content), "leads_1.csv.pgp")
        assert caught.value.code == "too_large"


def packed(megabytes: int) -> bytes:
    """Return an OpenPGP message that is packed, not encrypted: a thousandth of what it unpacks to."""
    block = zlib.compressobj(9, wbits=-15)
    zeros = block.compress(bytes(1 << 20)) + block.flush(zlib.Z_FULL_FLUSH)
    size = megabytes << 20
    first = zlib.compressobj(9, wbits=-15)
    literal = b"\xcb\xff" + (size + 6).to_bytes(4, "big") + b"b\x00" + bytes(4)
    head = first.compress(literal) + first.flush(zlib.Z_FULL_FLUSH)
    body = b"\x01" + head + zeros * megabytes + zlib.compressobj(9, wbits=-15).flush()
    return b"\xc8\xff" + len(body).to_bytes(4, "big") + body


OPEN = """
import io, resource, sys
from hooks.sftp.pgp import PgpOpener
from leadline.errors import UnreadableFile
from leadline.mapping.source import PgpDrops
held = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (held + (512 << 20),) * 2)
try:
    PgpOpener(PgpDrops(connection="none"), 250_000_000)(io.BytesIO(sys.stdin.buffer.read()), "leads.csv.pgp")
except UnreadableFile as error:
    print(error.code)
"""


def test_a_packed_message_is_not_unpacked_to_see_that_it_is_not_encrypted() -> None:
    """A megabyte that unpacks to a gigabyte ended the worker's process, whatever else it did."""
    path = os.pathsep.join(entry for entry in sys.path if entry)

    told = subprocess.run(
        [sys.executable, "-c", OPEN],
        input=packed(1_000),
        capture_output=True,
        env=os.environ | {"PYTHONPATH": path},
        check=False,
    )

    assert told.stdout.split() == [b"not_encrypted"], told.stderr[-500:]


def test_a_message_behind_a_marker_is_an_encrypted_one(keys: Keys, connect: Any) -> None:
    connect("our_pgp", private_key=str(keys.ours))

    opened = PgpOpener(PgpDrops(connection="our_pgp"), 10_000)(
        _stream(b"\xca\x03PGP" + keys.drop()), "leads_1.csv"
    )

    assert opened.read() == PLAIN


def test_an_armoured_signature_is_no_encrypted_message(keys: Keys) -> None:
    signed = armor(bytes(sign(keys.supplier.signer(), PLAIN, armor=False)), ArmorKind.Message)

    with pytest.raises(UnreadableFile) as caught:
        PgpOpener(PgpDrops(connection="none"), 10_000)(_stream(str(signed).encode()), "leads_1.csv.pgp")

    assert caught.value.code == "not_encrypted"


def _stream(content: bytes) -> Any:
    import io

    return io.BytesIO(content)


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        ({}, "'private_key' or 'private_key_file' is missing"),
        ({"private_key": "nonsense"}, "private OpenPGP key cannot be used"),
        ({"private_key_file": "/nowhere/key.asc"}, "key file cannot be read"),
    ],
)
def test_a_key_that_cannot_be_used_is_configuration(
    connect: Any, extra: dict[str, str], message: str
) -> None:
    connect("our_pgp", **extra)

    with pytest.raises(ConfigurationError, match=message):
        PgpOpener(PgpDrops(connection="our_pgp"), 1000).check()


def test_a_signer_without_a_key_is_configuration(keys: Keys, connect: Any) -> None:
    connect("our_pgp", private_key=str(keys.ours))
    connect("acme_pgp", public_key="nonsense")

    with pytest.raises(ConfigurationError, match="'acme_pgp': the signer's public OpenPGP key"):
        PgpOpener(PgpDrops(connection="our_pgp", signer="acme_pgp"), 1000).check()


def test_a_key_may_lie_in_a_file_and_preflight_reads_it(
    sftp: Any, keys: Keys, connect: Any, make_mapping: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_ACME_SOURCE_TEST", sftp.connection())
    source = {"system": "sftp", "stable_seconds": 0, "pgp": {"connection": "our_pgp"}}
    connect("our_pgp", private_key_file=str(tmp_path / "our.key"))
    with supplier_system(make_mapping(source=source), "test") as system:
        assert [(one.code, one.detail) for one in system.check()] == [("connection", "source.pgp")]

    (tmp_path / "our.key").write_bytes(bytes(keys.ours))
    sftp.put("/inbox/leads_1.csv.pgp", keys.drop())
    with supplier_system(make_mapping(source=source), "test") as system:
        assert list(system.check()) == []
        (file,) = system.pull("leads", EVERYTHING)
        with file.open() as stream:
            assert stream.read() == PLAIN


@pytest.mark.parametrize("armor", [False, True], ids=["binary", "armoured"])
def test_an_encrypted_drop_without_a_key_in_the_mapping_says_what_is_missing(
    keys: Keys, tmp_path: Path, armor: bool
) -> None:
    source = SftpSource.model_validate({"system": "sftp"})

    with pytest.raises(UnreadableFile, match=r"source\.pgp") as caught:
        open_supplier_file(_stream(keys.drop(armor=armor)), "leads_1.csv.pgp", source, tmp_path)

    assert caught.value.code == "encrypted"
