"""Suppliers that read one system, such as two brands of a group: what one would take from the other."""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from functools import lru_cache
from itertools import combinations
from pathlib import Path

from leadline.errors import Finding
from leadline.mapping.document import Place, read_document
from leadline.mapping.model import SupplierMapping
from leadline.mapping.source import EloquaSource, MarketoSource, SalesforceSource, SftpSource

_CHARACTERS = [chr(code) for code in range(33, 127) if chr(code) != "/"]


def sharing_findings(mappings: Mapping[Path, SupplierMapping]) -> Iterator[Finding]:
    """Yield what two suppliers at one connection would take from each other, in the later file of the two.

    Files: one folder and names that fit both. Records: the same ones, and the same fields to write back to.
    """
    at: dict[str, dict[Path, None]] = defaultdict(dict)
    for path, mapping in mappings.items():
        for target in mapping.targets.values():
            at[target.connection][path] = None
    told: set[tuple[Path, Path]] = set()
    for connection, paths in at.items():
        for earlier, later in combinations(paths, 2):
            problem = _problem(mappings[earlier], mappings[later])
            if problem is None or (earlier, later) in told:
                continue
            told.add((earlier, later))
            place, message = problem
            where = f"connection '{connection}' is that of {mappings[earlier].supplier}, too: {message}"
            document = read_document(later)
            line = document.line(place) if place in document.lines else document.line(("source",))
            yield Finding(str(later), line, where)


def _problem(one: SupplierMapping, other: SupplierMapping) -> tuple[Place, str] | None:
    if isinstance(one.source, SftpSource) and isinstance(other.source, SftpSource):
        return _files(one.source, other.source)
    if _leads_read(one) != _leads_read(other) or one.filter != other.filter:
        return None
    both = sorted(_written(one) & _written(other))
    if not both:
        return None
    told = ", ".join(both)
    return ("source",), (
        f"both take the same leads and write to the same fields ({told}), each over what the other wrote; "
        "choose other leads, or other fields"
    )


def _files(one: SftpSource, other: SftpSource) -> tuple[Place, str] | None:
    names = [pattern for pattern in (other.leads, other.campaigns) if pattern]
    theirs = [pattern for pattern in (one.leads, one.campaigns) if pattern]
    clash = next((name for name in names if any(_meet(name, its) for its in theirs)), None)
    if clash is None:
        return None
    if _folder(one.inbox) == _folder(other.inbox):
        return ("source", "inbox"), (
            f"both take files such as '{clash}' from {other.inbox}, and whichever reads one first moves it "
            "away from the other; give each an inbox or names of its own"
        )
    if any(_below(place, one.archive) for place in (other.inbox, other.archive)) or any(
        _below(place, other.archive) for place in (one.inbox, one.archive)
    ):
        return ("source", "archive"), (
            f"both keep files such as '{clash}' below one archive, and a backfill takes the other's for its "
            "own; give each an archive of its own"
        )
    return None


def _folder(path: str) -> str:
    return posixpath.normpath(f"/{path}").replace("//", "/")


def _below(path: str, folder: str) -> bool:
    """Tell whether a folder is another one, or lies somewhere in it."""
    whole = _folder(folder)
    return _folder(path) == whole or _folder(path).startswith(whole.rstrip("/") + "/")


def _leads_read(mapping: SupplierMapping) -> tuple[object, ...]:
    source = mapping.source
    if isinstance(source, SalesforceSource):
        return source.system, source.object, source.where
    if isinstance(source, MarketoSource):
        return source.system, source.handover, frozenset(source.handover_ids), source.handover_statuses
    if isinstance(source, EloquaSource):
        return source.system, source.handover, source.handover_id
    return (source.system,)


def _written(mapping: SupplierMapping) -> set[str]:
    chosen = mapping.write_back
    return {*chosen.mapped.values(), *chosen.rejection_fields.values(), *chosen.fields.values()}


@lru_cache(maxsize=4096)
def _meet(one: str, other: str) -> bool:
    """Tell whether some name fits both patterns."""
    ones, others = _tokens(one), _tokens(other)
    seen: set[tuple[int, int]] = set()
    ways = [(0, 0)]
    while ways:
        here = ways.pop()
        if here in seen:
            continue
        seen.add(here)
        first, second = here
        if first == len(ones) and second == len(others):
            return True
        if first < len(ones) and ones[first] == "*":
            ways += [(first + 1, second)] + ([(first, second + 1)] if second < len(others) else [])
        elif second < len(others) and others[second] == "*":
            ways += [(first, second + 1)] + ([(first + 1, second)] if first < len(ones) else [])
        elif first < len(ones) and second < len(others) and _share(ones[first], others[second]):
            ways.append((first + 1, second + 1))
    return False


@lru_cache(maxsize=4096)
def _share(one: str, other: str) -> bool:
    """Tell whether two tokens, each of one character, stand for some character both."""
    if len(one) == 1 and one != "?":
        return fnmatchcase(one, other)
    if len(other) == 1 and other != "?":
        return fnmatchcase(other, one)
    return any(fnmatchcase(character, one) and fnmatchcase(character, other) for character in _CHARACTERS)


def _tokens(pattern: str) -> list[str]:
    """Return a pattern's parts: `*`, `?`, a set in brackets, or a character."""
    return re.findall(r"\[!?\]?[^]]*\]|.", pattern, re.DOTALL)
