"""The hub, for commands: there, and of this version."""

from __future__ import annotations

from pathlib import Path

from leadline.errors import ConfigurationError
from leadline.hub import Hub, open_hub


def current_hub() -> Hub:
    """Return the hub of the settings.

    Raises:
        ConfigurationError: It is not there, or of another version; the message says what to run.
    """
    from leadline.hub.migration import is_current

    hub = open_hub()
    path = hub.engine.url.database
    if hub.dialect == "sqlite" and path and not Path(path).exists():
        raise ConfigurationError(f"there is no hub at {path}; LEADLINE_HUB_URL or LEADLINE_HOME name it")
    if not is_current(hub):
        raise ConfigurationError("the hub is of another version; run: leadline hub upgrade")
    return hub
