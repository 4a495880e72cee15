"""Key pairs of the sandbox: the SFTP host, its accounts, and the app that signs JWT assertions."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import asyncssh
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa


@dataclass(frozen=True)
class JwtKey:
    """Private key file for the client, public key text for the org."""

    private_file: Path
    public_pem: str


def ssh_key(file: Path) -> asyncssh.SSHKey:
    """Return the ed25519 key in `file`, made there if it is not yet."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_bytes(asyncssh.generate_private_key("ssh-ed25519").export_private_key())
    return asyncssh.read_private_key(str(file))


def public_line(key: asyncssh.SSHKey) -> str:
    """Return the public key as `ssh-ed25519 AAAA…`."""
    return key.export_public_key().decode().strip()


def jwt_key(file: Path) -> JwtKey:
    """Return the RSA key in `file`, made there if it is not yet."""
    if file.exists():
        key = serialization.load_pem_private_key(file.read_bytes(), None)
    else:
        file.parent.mkdir(parents=True, exist_ok=True)
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        file.touch(mode=0o600)
        file.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return JwtKey(file, public.decode())
