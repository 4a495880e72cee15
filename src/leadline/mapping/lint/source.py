"""The supplier's system: files, dialects, SOQL parts."""

from __future__ import annotations

import codecs
from collections.abc import Iterator

from leadline.mapping.document import Place
from leadline.mapping.lint.eloqua import eloqua_source
from leadline.mapping.lint.marketo import marketo_source
from leadline.mapping.model import SupplierMapping
from leadline.mapping.source import CsvDialect, EloquaSource, MarketoSource, SalesforceSource, SftpSource


def source_problems(mapping: SupplierMapping) -> Iterator[tuple[Place, str]]:
    """Yield what is wrong with `source`."""
    if isinstance(mapping.source, SftpSource):
        yield from _sftp(mapping.source)
    elif isinstance(mapping.source, SalesforceSource):
        yield from _salesforce(mapping.source)
    elif isinstance(mapping.source, EloquaSource):
        yield from eloqua_source(mapping, mapping.source)
    elif isinstance(mapping.source, MarketoSource):
        yield from marketo_source(mapping, mapping.source)


def _sftp(source: SftpSource) -> Iterator[tuple[Place, str]]:
    folders: dict[str, str] = {}
    for name in ("inbox", "archive", "error", "outbox"):
        folder = str(getattr(source, name)).rstrip("/")
        if folder in folders:
            message = f"source.{name} and source.{folders[folder]} are the same folder; each needs its own"
            # The other of the two may be the default, which has no line.
            yield ("source", name if name in source.model_fields_set else folders[folder]), message
        folders[folder] = name
    for name in ("leads", "campaigns"):
        pattern = getattr(source, name)
        if pattern and "/" in pattern:
            yield ("source", name), f"source.{name} is a pattern for names in the inbox: no '/' in it"
    if source.campaigns == source.leads:
        yield ("source", "campaigns"), "source.campaigns and source.leads match the same files"
    yield from _dialect(source.dialect)


def _dialect(dialect: CsvDialect) -> Iterator[tuple[Place, str]]:
    place: Place = ("source", "dialect")
    if dialect.delimiter == dialect.quote:
        yield (*place, "quote"), "source.dialect: delimiter and quote are the same character"
    for name in ("delimiter", "quote"):
        character = getattr(dialect, name)
        if character in "\r\n\0":
            yield (*place, name), f"source.dialect.{name} cannot be a line end or NUL"
    for name in ("encoding", "fallback_encoding"):
        encoding = getattr(dialect, name)
        if encoding and not _is_text_encoding(encoding):
            message = f"'{encoding}' is no encoding that Python knows; such as utf-8, cp1252, iso-8859-15"
            yield (*place, name), f"source.dialect.{name}: {message}"


def _is_text_encoding(name: str) -> bool:
    try:
        "a".encode(name)
        return codecs.lookup(name).name != "idna"
    except (LookupError, UnicodeError, ValueError):
        return False


def _salesforce(source: SalesforceSource) -> Iterator[tuple[Place, str]]:
    for name in ("where", "campaign_where"):
        soql = getattr(source, name)
        if soql and (problem := _soql_problem(soql)):
            yield ("source", name), f"source.{name}: {problem}"


def _soql_problem(soql: str) -> str | None:
    """Return why this text cannot be ANDed to our own conditions in brackets; None if it can."""
    depth, quoted, escaped = 0, False, False
    for character in soql:
        if quoted:
            quoted = escaped or character != "'"
            escaped = character == "\\" and not escaped
            continue
        quoted = character == "'"
        depth += {"(": 1, ")": -1}.get(character, 0)
        if depth < 0:
            return "a bracket closes that none opened"
    if quoted:
        return "a text in single quotes does not end"
    if depth:
        return "a bracket opens that none closes"
    first = soql.split(maxsplit=1)[0].upper()
    if first in {"WHERE", "AND", "OR", "SELECT", "LIMIT", "ORDER"}:
        return f"leave out '{first}': only the condition stands here"
    return None
