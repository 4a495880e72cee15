"""Settings from the environment, read once (docs/operations.md, "Set-up").

Secrets may come from a file: `LEADLINE_SECRET_KEY_FILE` beats `LEADLINE_SECRET_KEY`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, SecretStr

from leadline.errors import ConfigurationError

_PACKAGED_INCLUDE = Path(__file__).parent / "_include"
_CHECKOUT_INCLUDE = Path(__file__).parents[2] / "include"


class Settings(BaseModel):
    """What the environment says; every value has a default that works on one machine."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    hub_url: SecretStr
    staging_url: str
    include_dir: Path
    expectations_dir: Path
    secret_key: SecretStr | None = None
    portal_url: str = "http://127.0.0.1:8090"
    airflow_url: str = "http://127.0.0.1:8080"
    airflow_user: str | None = None  # by whom commands start DAG runs
    airflow_password: SecretStr | None = None
    targets: dict[str, str] = {}
    platform_contacts: tuple[str, ...] = ()  # who is mailed of broken mappings and of the platform's trouble

    @property
    def mappings_dir(self) -> Path:
        return self.include_dir / "mappings"


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Return the settings that this environment names.

    `LEADLINE_TARGETS` ("acme=test,globex=production") beats the `target` a mapping chooses.

    Raises:
        ConfigurationError: A value does not read, or its file does not.
    """

    def value(name: str) -> str | None:
        if path := environment.get(f"LEADLINE_{name}_FILE"):
            try:
                return Path(path).read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                reason = getattr(error, "strerror", None) or "it is no UTF-8 text"
                raise ConfigurationError(f"LEADLINE_{name}_FILE: cannot read {path}: {reason}") from None
        return environment.get(f"LEADLINE_{name}") or None

    home = Path(value("HOME") or ".leadline").absolute()
    include = Path(value("INCLUDE_DIR") or default_include_dir())
    key = value("SECRET_KEY")
    targets: dict[str, str] = {}
    for pair in filter(None, (value("TARGETS") or "").replace(" ", "").split(",")):
        supplier, equals, target = pair.partition("=")
        if not (supplier and equals and target):
            raise ConfigurationError(f"LEADLINE_TARGETS: '{pair}' is not like acme=test")
        targets[supplier] = target
    return Settings(
        hub_url=SecretStr(value("HUB_URL") or f"sqlite:///{home / 'hub.db'}"),
        staging_url=value("STAGING_URL") or (home / "staging").as_uri(),
        include_dir=include,
        expectations_dir=Path(value("EXPECTATIONS_DIR") or include.parent / "expectations"),
        secret_key=SecretStr(key) if key else None,
        portal_url=value("PORTAL_URL") or "http://127.0.0.1:8090",
        airflow_url=_address(
            value("AIRFLOW_URL") or environment.get("AIRFLOW__API__BASE_URL") or "http://127.0.0.1:8080"
        ),
        airflow_user=value("AIRFLOW_USER"),
        airflow_password=SecretStr(password) if (password := value("AIRFLOW_PASSWORD")) else None,
        targets=targets,
        platform_contacts=tuple(filter(None, re.split(r"[\s,;]+", value("PLATFORM_CONTACTS") or ""))),
    )


def _address(url: str) -> str:
    """Return Airflow's address, which stands in mails and messages: no secret may be in it, nor be shown."""
    try:
        parts = urlsplit(url)
        there = parts.port != 0
    except ValueError:
        there = False
    if not there:
        raise ConfigurationError("LEADLINE_AIRFLOW_URL is no address such as http://127.0.0.1:8080")
    if "@" in parts.netloc:
        raise ConfigurationError(
            "LEADLINE_AIRFLOW_URL holds a user, and stands in mails: give LEADLINE_AIRFLOW_USER and"
            " LEADLINE_AIRFLOW_PASSWORD instead"
        )
    return url


def default_include_dir() -> Path:
    """Return the SQL, templates and mappings that belong to this version of the code."""
    return _PACKAGED_INCLUDE if _PACKAGED_INCLUDE.is_dir() else _CHECKOUT_INCLUDE


@cache
def settings() -> Settings:
    """Return the settings of this process; the environment is read at the first call only."""
    return read_settings(os.environ)
