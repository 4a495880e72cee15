"""The hub, for commands: there, and of this version."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from leadline.errors import ConfigurationError
from leadline.hub import Hub, open_hub

DIALECTS = ("sqlite", "postgresql")
_NO_PRIVILEGE = "42501"  # PostgreSQL's code
_NEWER = "the hub was made by a newer version of Leadline; use that one"


def current_hub() -> Hub:
    """Return the hub of the settings.

    Raises:
        ConfigurationError: It is not there, cannot be opened, or is of another version; the message says what
            to do.
    """
    from leadline.hub.migration import is_current, is_newer

    with opened() as hub:
        path = hub.engine.url.database
        if hub.dialect == "sqlite" and path and not Path(path).exists():
            raise ConfigurationError(f"there is no hub at {path}; LEADLINE_HUB_URL or LEADLINE_HOME name it")
        if is_newer(hub):
            raise ConfigurationError(_NEWER)
        if not is_current(hub):
            raise ConfigurationError("the hub is of another version; run: leadline hub upgrade")
    return hub


def hub_of(supplier: str) -> Hub:
    """Return the hub of the settings, if it holds anything of this supplier key.

    Raises:
        UnknownSupplier: It does not; the message names those that it knows.
        ConfigurationError: As `current_hub`.
    """
    from leadline.trace.rows import suppliers_of

    hub = current_hub()
    with hub.reading() as connection:
        suppliers_of(hub, connection, supplier)
    return hub


def trouble_of(error: Exception) -> str | None:
    """Return what to say of a hub that failed while it was used: locked, read-only, damaged, lost.

    None: the statement was at fault, which only a change of the code mends.
    """
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import DatabaseError, DataError, IntegrityError, NotSupportedError, ProgrammingError

    from leadline.settings import settings

    ours = (DataError, IntegrityError, NotSupportedError)
    if not isinstance(error, DatabaseError) or isinstance(error, ours):
        return None
    if isinstance(error, ProgrammingError) and getattr(error.orig, "sqlstate", None) != _NO_PRIVILEGE:
        return None
    url = make_url(settings().hub_url.get_secret_value())
    return _unusable(url.render_as_string(hide_password=True), error)


@contextmanager
def opened() -> Iterator[Hub]:
    """Yield the hub of the settings; what keeps it from being used becomes a message.

    Raises:
        ConfigurationError: The URL is none, or of no database that we know, or nobody answers there.
    """
    from alembic.util import CommandError
    from sqlalchemy.exc import ArgumentError, DatabaseError

    try:
        hub = open_hub()
    except (ArgumentError, ModuleNotFoundError, ValueError):  # an error of theirs would quote the URL
        allowed = " or ".join(f"{one}://…" for one in DIALECTS)
        raise ConfigurationError(f"LEADLINE_HUB_URL is no URL of a hub: {allowed}") from None
    try:
        yield hub
    except CommandError:
        raise ConfigurationError(_NEWER) from None
    except (DatabaseError, OSError) as error:
        where = hub.engine.url.render_as_string(hide_password=True)
        raise ConfigurationError(_unusable(where, error)) from None


def _unusable(where: str, error: Exception) -> str:
    reason = str(getattr(error, "orig", None) or getattr(error, "strerror", None) or error)
    lines = [line for line in reason.splitlines() if line.strip()]
    return f"the hub at {where} cannot be used: {lines[0].strip() if lines else type(error).__name__}"
