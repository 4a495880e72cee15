"""Where the demonstration keeps its state: everything under `.leadline/`, which `make clean` empties."""

from __future__ import annotations

import os
import sys
from pathlib import Path

PROJECT = Path(__file__).parents[1]
STATE = Path(os.environ.get("LEADLINE_HOME", PROJECT / ".leadline")).absolute()
LOGS = STATE / "logs"
PROCESSES = STATE / "processes.json"
STOPPING = STATE / "stopping"  # there while the processes are being stopped
KEPT = STATE / "kept"  # there when `make up` wants the processes left running
SHELL_SETTINGS = STATE / "environment.sh"
SANDBOX_ADDRESSES = STATE / "sandbox.json"
BIN = Path(sys.executable).parent
