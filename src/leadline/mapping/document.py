"""A YAML file as plain values, with the line of every one of them.

It reads what `yaml.safe_load` reads, with these differences that help a person who edits mappings: a key
given twice is refused, keys stay as written (`on:`, `1:`), and dates stay text.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from yaml.constructor import SafeConstructor

from leadline.errors import Finding, MappingError

Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the C parser is ten times as fast

MAX_BYTES = 2_000_000
MAX_DEPTH = 40  # the model needs 9; PyYAML's C composer crashes the process at some ten thousand
MAX_VALUES = 200_000  # aliases count each time they are used

Place = tuple[str | int, ...]

CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
"""Characters that no text of a person's file needs, and of which PostgreSQL takes no NUL."""
_TEXT = "tag:yaml.org,2002:str"
_MERGE = "tag:yaml.org,2002:merge"
_PLAIN = SafeConstructor.yaml_constructors
_SCALARS = {
    f"tag:yaml.org,2002:{name}": _PLAIN[f"tag:yaml.org,2002:{name}"]
    for name in ("null", "bool", "int", "float")
}
_NUMBER = "a number that a mapping may hold"
_KEPT_AS_TEXT = {_TEXT, "tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:value"}


@dataclass(frozen=True)
class Document:
    """The values of one file.

    Attributes:
        path: The file's name as findings show it.
        value: Dicts, lists, text, numbers, booleans and None.
        lines: Line, from 1, of each place; a key's line where there is a key.
        written: What stood in the file where YAML made a number, a boolean or None of it.
        findings: Keys given twice, and what else does not stop the reading.
    """

    path: str
    value: Any
    lines: Mapping[Place, int]
    written: Mapping[Place, str] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()

    def line(self, place: Place) -> int:
        """Return the line of a place, or of the nearest thing around it that is in the file."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)

    def finding(self, place: Place, message: str) -> Finding:
        """Return a finding at this place."""
        return Finding(self.path, self.line(place), message)


def read_document(path: Path, *, may_be_empty: bool = False) -> Document:
    """Return the values of a YAML file of at most 2 MB.

    Args:
        may_be_empty: A file without a value, or with comments alone, holds None.

    Raises:
        MappingError: The file cannot be read at all; one finding says why and where.
    """
    text = _read_text(path)
    loader = Loader(text)
    try:
        root = _Events(loader, str(path)).root()
        if root is None and may_be_empty:
            return Document(str(path), None, {})
        if root is None:
            raise _broken(path, 1, "the file is empty; a mapping starts with 'supplier: <name>'")
        return _Values(str(path)).document(root)
    except yaml.YAMLError as error:
        raise MappingError([_syntax_finding(str(path), text, error)]) from None
    finally:
        loader.dispose()


def _read_text(path: Path) -> str:
    try:
        if path.is_dir():
            raise _broken(path, 0, "this is a folder; a mapping is a .yaml file")
        if path.exists() and not path.is_file():
            raise _broken(path, 0, "this is not a regular file")
        with path.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise _broken(path, 0, "there is no such file") from None
    except OSError as error:
        raise _broken(path, 0, f"the file cannot be read: {error.strerror or error}") from None
    if len(content) > MAX_BYTES:
        raise _broken(path, 0, f"the file is larger than {MAX_BYTES:,} bytes, which no mapping is")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        byte = content[error.start]
        raise _broken(path, line, f"byte 0x{byte:02x} is not UTF-8; save the file as UTF-8") from None


def _broken(path: Path | str, line: int, message: str) -> MappingError:
    return MappingError([Finding(str(path), line, message)])


@dataclass
class _Node:
    """A scalar (`value` is text), a list of nodes, or a list of (key node, value node)."""

    kind: str  # scalar, list, map
    line: int
    tag: str = _TEXT
    value: Any = None


class _Events:
    """Builds nodes from the parser's events without recursion, so that no file can exhaust the stack."""

    def __init__(self, loader: Any, path: str) -> None:
        self.loader = loader
        self.path = path
        self.anchors: dict[str, _Node] = {}

    def root(self) -> _Node | None:
        """Return the only document of the stream; None if there is none."""
        open_nodes: list[_Node] = []
        roots: list[_Node] = []
        while self.loader.check_event():
            event = self.loader.get_event()
            line = event.start_mark.line + 1
            if isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
                open_nodes.pop()
                continue
            if isinstance(event, yaml.DocumentStartEvent) and roots:
                raise _broken(self.path, line, "a second document starts here ('---'); a file holds one")
            if not isinstance(event, yaml.NodeEvent):
                continue
            node = self._node(event, line)
            (open_nodes[-1].value if open_nodes else roots).append(node)
            if isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
                open_nodes.append(node)
                if len(open_nodes) > MAX_DEPTH:
                    raise _broken(self.path, line, f"nested more than {MAX_DEPTH} levels deep")
        return roots[0] if roots else None

    def _node(self, event: Any, line: int) -> _Node:
        if isinstance(event, yaml.AliasEvent):
            if event.anchor not in self.anchors:
                raise _broken(self.path, line, f"'*{event.anchor}' refers to no '&{event.anchor}' above it")
            return self.anchors[event.anchor]
        if isinstance(event, yaml.ScalarEvent):
            tag = event.tag
            if tag in (None, "!"):
                tag = self.loader.resolve(yaml.ScalarNode, event.value, event.implicit)
            node = _Node("scalar", line, tag, event.value)
        else:
            kind = "map" if isinstance(event, yaml.MappingStartEvent) else "list"
            if event.tag not in (None, "!", "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"):
                raise _broken(self.path, line, f"the tag '{event.tag}' is not allowed here")
            node = _Node(kind, line, value=[])
        if event.anchor:
            self.anchors[event.anchor] = node
        return node


class _Values:
    """Turns nodes into values and notes where each stands."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.lines: dict[Place, int] = {}
        self.written: dict[Place, str] = {}
        self.findings: list[Finding] = []
        self.count = 0

    def document(self, root: _Node) -> Document:
        self.lines[()] = root.line
        value = self._value(root, ())
        return Document(self.path, value, self.lines, self.written, tuple(self.findings))

    def _value(self, node: _Node, place: Place) -> Any:
        self.count += 1
        if self.count > MAX_VALUES:
            raise _broken(self.path, node.line, f"more than {MAX_VALUES:,} values (aliases count each time)")
        if len(place) > MAX_DEPTH:
            raise _broken(self.path, node.line, "an alias leads back into itself, or nests too deep")
        if node.kind == "scalar":
            return self._scalar(node, place)
        if node.kind == "list":
            items = []
            for index, item in enumerate(node.value):
                self.lines[(*place, index)] = item.line
                items.append(self._value(item, (*place, index)))
            return items
        return self._map(node, place)

    def _map(self, node: _Node, place: Place) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key, key_line, value in self._pairs(node):
            self.lines[(*place, key)] = key_line
            result[key] = self._value(value, (*place, key))
        return result

    def _pairs(self, node: _Node) -> Iterator[tuple[str, int, _Node]]:
        """Yield keys in order; what `<<` brings in comes first and only where no own key stands."""
        own: dict[str, tuple[int, _Node]] = {}
        merged: list[_Node] = []
        for key, value in zip(node.value[::2], node.value[1::2], strict=True):
            if key.kind != "scalar":
                raise _broken(self.path, key.line, "a key must be a word, not a list or a section")
            if key.tag == _MERGE:
                merged.extend(value.value if value.kind == "list" else [value])
                continue
            if key.value in own:
                first = own[key.value][0]
                message = f"'{key.value}' is given twice here; the first is on line {first}"
                self.findings.append(Finding(self.path, key.line, message))
                continue
            own[key.value] = (key.line, value)
        inherited: dict[str, tuple[int, _Node]] = {}
        for section in merged:
            if section.kind != "map":
                raise _broken(self.path, section.line, "'<<' takes a section, or a list of sections")
            self.count += len(section.value)
            if self.count > MAX_VALUES:
                raise _broken(self.path, section.line, "'<<' brings in too much")
            for key, line, value in _merge_depth(self, section):
                inherited.setdefault(key, (line, value))
        for key, (line, value) in {**inherited, **own}.items():
            yield key, line, value

    def _scalar(self, node: _Node, place: Place) -> Any:
        if node.tag in _KEPT_AS_TEXT or node.tag == _MERGE:
            # YAML refuses them as they are, and takes them escaped.
            if found := CONTROL.search(node.value):
                message = f"a control character (code {ord(found[0])}) has no place in a text"
                self.findings.append(Finding(self.path, node.line, message))
            return node.value
        construct = _SCALARS.get(node.tag)
        if construct is None:
            raise _broken(self.path, node.line, f"the tag '{node.tag}' is not allowed here")
        self.written[place] = node.value
        try:
            value = construct(SafeConstructor(), yaml.ScalarNode(node.tag, node.value))
        except (ValueError, KeyError, OverflowError):
            kind = "true, false or nothing" if node.tag.endswith(("bool", "null")) else _NUMBER
            raise _broken(self.path, node.line, f"'{node.value[:40]}' is not {kind}") from None
        if isinstance(value, float) and not math.isfinite(value):
            raise _broken(self.path, node.line, f"'{node.value}' is not {_NUMBER}")
        return value


def _merge_depth(values: _Values, section: _Node) -> Iterator[tuple[str, int, _Node]]:
    """Yield what a merged section holds; a section that merges itself is refused."""
    try:
        yield from values._pairs(section)
    except RecursionError:
        raise _broken(values.path, section.line, "'<<' leads back into itself") from None


def _syntax_finding(path: str, text: str, error: Any) -> Finding:
    if isinstance(error, yaml.reader.ReaderError):
        line = text.count("\n", 0, error.position) + 1
        return Finding(path, line, f"a control character (code {error.character}) is not allowed in YAML")
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if "unexpected end of stream" in str(error) and getattr(error, "context_mark", None):
        mark = error.context_mark  # where the quote was opened that nobody closed
    if mark is None:
        return Finding(path, 1, f"this is not YAML: {error}")
    number = mark.line + 1
    lines = text.splitlines()
    written = lines[mark.line] if mark.line < len(lines) else ""
    problem = getattr(error, "problem", None) or str(error)
    context = getattr(error, "context", None)
    message = f"this is not YAML: {problem}"
    if context and context != "while scanning for the next token":
        start = error.context_mark.line + 1 if getattr(error, "context_mark", None) else number
        message += f" ({context} that starts on line {start})" if start != number else f" ({context})"
    if "\t" in written[: mark.column + 1]:
        message = "this is not YAML: a tab; indent with spaces"
    elif "mapping values are not allowed" in problem:
        message += "; a text that holds ': ' needs quotes, and keys of one section start in one column"
    elif written[mark.column : mark.column + 1] in tuple("@`%"):
        message += f"; a text that starts with {written[mark.column]} needs quotes"
    return Finding(path, number, message)
