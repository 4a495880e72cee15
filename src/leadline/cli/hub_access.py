"""The hub, for commands: there, and of this version."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from leadline.errors import ConfigurationError
from leadline.hub import Hub, open_hub
from leadline.hub.trouble import unusable

DIALECTS = ("sqlite", "postgresql")
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
        raise ConfigurationError(unusable(where, error)) from None
