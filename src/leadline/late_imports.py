"""Great Expectations, imported late and quietly: it takes seconds, and it talks while it does."""

from __future__ import annotations

import importlib
import logging
import os
import warnings
from typing import Any

_NOISY_LOGGERS = ("great_expectations", "great_expectations._docs_decorators")


def great_expectations(submodule: str = "") -> Any:
    """Return the library, or one of its submodules, with usage reports off.

    The loggers are lowered before the import, for they write hundreds of lines during it.
    """
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    for name in _NOISY_LOGGERS:
        logging.getLogger(name).setLevel(logging.WARNING)
    with warnings.catch_warnings():
        # What it and its own dependencies will have to change is not ours, and no reason to fail.
        warnings.simplefilter("ignore", DeprecationWarning)
        return importlib.import_module(".".join(filter(None, ("great_expectations", submodule))))
