"""What commands print: a line stays one line, JSON stays JSON, and nothing in a value steers a terminal."""

from __future__ import annotations

import codecs
import io
import json
import re
import sys
from typing import Any

from leadline.lines import STEERS, one_line

_IN_JSON = re.compile(f"[{STEERS}]".replace("\x0a", "\x0b"))  # JSON has its line ends, and no others


def say(line: object, *, error: bool = False) -> None:
    """Print one line to the output, or to the error output."""
    print(one_line(str(line)), file=sys.stderr if error else sys.stdout)


def say_json(value: Any) -> None:
    """Print a value as an indented JSON document."""
    print(json_text(value, indent=2))


def json_text(value: Any, *, indent: int | None = None) -> str:
    """Return a value as JSON that the output can hold: other than in UTF-8, in ASCII alone."""
    text = json.dumps(value, indent=indent, ensure_ascii=not _takes_everything())
    return _IN_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def prepare_streams() -> None:
    """Let a character that an output's encoding lacks be printed as its number; by default it is an error."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _takes_everything() -> bool:
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    return codecs.lookup(encoding).name == "utf-8"
