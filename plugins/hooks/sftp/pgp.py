"""Encrypted drops: OpenPGP messages to us, perhaps signed by the supplier, opened in memory.

Source: RFC 9580; pysequoia (Sequoia's policy refuses messages without integrity protection).
"""

from __future__ import annotations

import base64
import hashlib
import io
import logging
from collections.abc import Mapping
from itertools import takewhile
from pathlib import Path
from typing import Any, BinaryIO

from pysequoia import Cert, Tsk, decrypt

from leadline.errors import ConfigurationError, UnreadableFile
from leadline.mapping.source import PgpDrops

logger = logging.getLogger(__name__)

_ARMOR = b"-----BEGIN PGP MESSAGE-----"
_ENCRYPTED = frozenset({1, 3, 9, 18, 20})  # session keys, and data under them: RFC 9580, 5
_FILLING = frozenset({10, 21})  # marker, padding
_HEAD_BYTES = 4096
_NAMES = (".pgp", ".gpg", ".asc")


class PgpOpener:
    """Opens drops with the keys of two Airflow connections, which are read at the first drop.

    Args:
        keys: Names the connections.
        max_bytes: Of a drop, encrypted or not.
    """

    def __init__(self, keys: PgpDrops, max_bytes: int) -> None:
        self._keys = keys
        self._max_bytes = max_bytes
        self._loaded: tuple[Any, list[Any]] | None = None

    def __call__(self, stream: BinaryIO, name: str) -> BinaryIO:
        """Return what is in a drop.

        A drop is known again by the hash of what is in it: it is encrypted anew each time. Both hashes are
        logged.

        Raises:
            UnreadableFile: `too_large`, `not_encrypted`, `bad_encryption`, `bad_signature`. Its hash is that
                of the bytes as received.
            ConfigurationError: A key is missing or cannot be used.
        """
        content = stream.read(self._max_bytes + 1)
        received = hashlib.sha256(content).hexdigest()
        try:
            plain = self._open(content, name)
        except UnreadableFile as error:
            error.sha256, error.size = received, len(content)
            raise
        if plain is None:
            return io.BytesIO(content)
        logger.info("a drop of sha256 %s holds %s", received, hashlib.sha256(plain).hexdigest())
        return io.BytesIO(plain)

    def check(self) -> None:
        """Read the keys.

        Raises:
            ConfigurationError: A key is missing or cannot be used.
        """
        self._load()

    def _open(self, content: bytes, name: str) -> bytes | None:
        """Return the plain bytes; None: it is not encrypted and need not be."""
        if len(content) > self._max_bytes:
            raise UnreadableFile("too_large", f"the file has more than {self._max_bytes} bytes")
        if not _is_encrypted(content):
            if self._keys.required or name.lower().endswith(_NAMES):
                raise UnreadableFile("not_encrypted", "the file is no encrypted OpenPGP message")
            return None
        key, signers = self._load()
        try:
            found = decrypt(content, decryptor=key, store=(lambda _ids: signers) if signers else None)
        except (RuntimeError, ValueError, OSError) as error:
            raise _unreadable(str(error).partition("\n")[0]) from None
        if signers and not found.valid_sigs:
            raise _unreadable("no valid signatures")
        plain = bytes(found.bytes or b"")
        if len(plain) > self._max_bytes:
            raise UnreadableFile("too_large", f"the file decrypts to more than {self._max_bytes} bytes")
        return plain

    def _load(self) -> tuple[Any, list[Any]]:
        if self._loaded is None:
            keys = self._keys
            fields, text = _key_of(keys.connection, "private_key")
            try:
                key = Tsk.from_bytes(text)
                decryptor = key.decryptor(fields.password) if fields.password else key.decryptor()
            except (RuntimeError, ValueError) as error:
                reason = "needs its passphrase as password" if "encrypted" in str(error) else "cannot be used"
                raise ConfigurationError(
                    f"connection '{keys.connection}': the private OpenPGP key {reason}"
                ) from None
            signers = []
            if keys.signer is not None:
                _, text = _key_of(keys.signer, "public_key")
                try:
                    signers.append(Cert.from_bytes(text))
                except (RuntimeError, ValueError):
                    raise ConfigurationError(
                        f"connection '{keys.signer}': the signer's public OpenPGP key cannot be read"
                    ) from None
            self._loaded = decryptor, signers
        return self._loaded


def _key_of(connection_id: str, name: str) -> tuple[Any, bytes]:
    """Return a connection and the key that its extra holds, or names the file of."""
    from airflow.providers.common.compat.sdk import BaseHook

    fields = BaseHook.get_connection(connection_id)
    extra: Mapping[str, Any] = fields.extra_dejson
    if text := extra.get(name):
        return fields, str(text).replace("\\n", "\n").encode()
    if path := extra.get(f"{name}_file"):
        try:
            return fields, Path(str(path)).read_bytes()
        except OSError as error:
            raise ConfigurationError(
                f"connection '{connection_id}': the key file cannot be read: {error.strerror}"
            ) from None
    raise ConfigurationError(
        f"connection '{connection_id}': '{name}' or '{name}_file' is missing in its extra"
    )


def _is_encrypted(content: bytes) -> bool:
    """Say whether a message is encrypted, by its first packet that says anything.

    The others stay unread: whoever reads them all unpacks what is packed, a gigabyte out of a megabyte.
    """
    head = content[:_HEAD_BYTES].lstrip()
    if head.startswith(_ARMOR):
        # What cannot be read is still one: its armour says so, and decrypting says what is wrong.
        return _first_kind(_unarmoured(head)) in {*_ENCRYPTED, None}
    return _first_kind(content) in _ENCRYPTED


def _unarmoured(head: bytes) -> bytes:
    """Return the first bytes under an armour; none where it is broken."""
    lines = iter(head.splitlines()[1:])
    for line in lines:
        if not line.strip():  # ends the armour's own headers
            break
    body = takewhile(lambda line: not line.startswith((b"=", b"-")), lines)
    text = b"".join(body)
    try:
        return base64.b64decode(text[: len(text) // 4 * 4])
    except ValueError:
        return b""


def _first_kind(content: bytes) -> int | None:
    """Return the kind of the first packet that is no filling; None: there is none. RFC 9580, 4.2."""
    at = 0
    while at + 1 < len(content) and content[at] & 0x80:
        first, length = content[at], content[at + 1]
        kind = first & 0x3F if first & 0x40 else first >> 2 & 0x0F
        if kind not in _FILLING or length >= 192:  # filling of that length would be no sender's
            return kind
        at += 2 + length
    return None


def _unreadable(reason: str) -> UnreadableFile:
    """Return why a message is not taken, by the library's own first line."""
    if "No key" in reason:
        return UnreadableFile("bad_encryption", "the file is encrypted for another key, not for ours")
    if "signature" in reason.lower():
        return UnreadableFile("bad_signature", "the file carries no valid signature of the configured signer")
    if "message structure" in reason:
        return UnreadableFile(
            "bad_signature",
            "the signature lies inside a compressed packet, where it cannot be verified: let the supplier "
            "sign and encrypt without compression (gpg: --compress-algo none)",
        )
    if "Policy rejected" in reason:
        return UnreadableFile("bad_encryption", "the file is encrypted without integrity protection")
    return UnreadableFile("bad_encryption", "the encrypted file is broken or was changed on its way")
