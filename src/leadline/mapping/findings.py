"""Turns what pydantic refuses into findings for people who never heard of pydantic."""

from __future__ import annotations

import difflib
import re
import types
from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from leadline.errors import Finding
from leadline.mapping.document import Document, Place

_NAME = "lower-case letters, digits and underscores, at most 63, a letter first"
_SECTION = "must be a section with 'key: value' lines"
_LIST = "must be a list ('- …' lines, or [a, b])"

# Source: https://docs.pydantic.dev/latest/errors/validation_errors/
_KINDS = {
    "string_type": "must be text",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "tuple_type": _LIST,
    "list_type": _LIST,
    "dict_type": _SECTION,
    "model_type": _SECTION,
    "model_attributes_type": _SECTION,
    "string_pattern_mismatch": f"must be a name: {_NAME}",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "greater_than": "must be more than {gt}",
    "less_than": "must be less than {lt}",
    "string_too_long": "must have at most {max_length} characters",
    "too_long": "must have at most {max_length} characters",
    "string_too_short": "must have at least {min_length} characters",
}


def findings_of(error: ValidationError, document: Document, root: type[BaseModel]) -> list[Finding]:
    """Return what is wrong, in the order of the file; alternatives of one value become one finding."""
    found: dict[tuple[Place, str], Finding] = {}
    unions: dict[Place, list[str]] = {}
    items = error.errors(include_url=False)
    for item in items:
        if item["type"] == "too_short" and any(_is_within(one["loc"], item["loc"]) for one in items):
            continue  # what it held was refused, so that nothing is left
        place = _place(item["loc"], document)
        if _is_alternative(item["loc"], place, document) and item["type"] in _KINDS:
            unions.setdefault(place, []).append(_KINDS[item["type"]].removeprefix("must be "))
            continue
        place, message = _explain(item, place, document, root)
        found.setdefault((place, message), document.finding(place, message))
    for place, kinds in unions.items():
        message = f"{_shown(place, document)}must be {', or '.join(dict.fromkeys(kinds))}"
        found.setdefault((place, message), document.finding(place, message))
    return sorted(found.values(), key=lambda finding: finding.line)


def _is_within(loc: Sequence[str | int], whole: Sequence[str | int]) -> bool:
    return len(loc) > len(whole) and tuple(loc[: len(whole)]) == tuple(whole)


def _place(loc: Sequence[str | int], document: Document) -> Place:
    """Return where in the file this is: pydantic also names union members, which no file does."""
    place: Place = ()
    for step in loc:
        if (*place, step) in document.lines:
            place = (*place, step)
    return place


def _is_alternative(loc: Sequence[str | int], place: Place, document: Document) -> bool:
    return bool(loc) and loc[-1] in ("str", "int", "float", "bool") and place in document.lines


def _explain(item: Any, place: Place, document: Document, root: type[BaseModel]) -> tuple[Place, str]:
    """Return the best place for this error and a message that says what is allowed."""
    kind, context, value = item["type"], item.get("ctx", {}), item["input"]
    where = _shown(place, document)
    if kind == "missing":
        return place, f"{where}'{item['loc'][-1]}' is missing"
    if kind == "extra_forbidden":
        key = str(item["loc"][-1])
        return place, _unknown_key(key, place[:-1], item["loc"][:-1], document, root)
    if kind == "union_tag_not_found":
        return (
            place,
            f"{where}'{_tag_name(context)}' is missing; allowed: {_tags(context['discriminator'], root)}",
        )
    if kind == "union_tag_invalid":
        name = _tag_name(context)
        allowed = _plain_list(context["expected_tags"])
        return (
            *place,
            name,
        ), f"{where}{name} '{context['tag']}' is not known; {_choices(context['tag'], allowed)}"
    if kind in ("enum", "literal_error"):
        allowed = _plain_list(context["expected"])
        return place, f"{where}{_written(place, document, value)} is not known; {_choices(value, allowed)}"
    if kind == "too_short":
        return place, f"{where}the list is empty; it needs at least {context['min_length']}"
    if kind == "value_error":
        message = str(context["error"])
        return _narrowed(place, message, document), f"{where}{message}"
    if value is None:
        wanted = _KINDS.get(kind, "must have a value").format(**_numbers(context))
        return place, f"{where}there is no value; it {wanted}"
    if kind in _KINDS:
        wanted = _KINDS[kind].format(**_numbers(context))
        hint = ""
        if kind == "string_type" and place in document.written:
            hint = "; put it in quotes"
        return place, f"{where}{wanted}, not {_written(place, document, value)}{hint}"
    return place, f"{where}{item['msg']}"


def _unknown_key(
    key: str, parent: Place, loc: Sequence[str | int], document: Document, root: type[BaseModel]
) -> str:
    allowed = _keys_at(root, loc)
    message = f"{_shown(parent, document)}'{key}' is not known here"
    return f"{message}; {_choices(key, allowed)}" if allowed else message


def _choices(value: object, allowed: Sequence[str]) -> str:
    near = difflib.get_close_matches(str(value).casefold(), allowed, n=1, cutoff=0.55)
    guess = f"did you mean '{near[0]}'? " if near else ""
    return f"{guess}allowed: {', '.join(allowed)}"


def _written(place: Place, document: Document, value: object) -> str:
    """Return the value as the person wrote it, and what YAML made of it where that is news."""
    written = document.written.get(place)
    if isinstance(value, dict):
        return "a section"
    if isinstance(value, list | tuple):
        return "a list"
    if written is None:
        text = str(value)
        return f"'{text[:60]}…'" if len(text) > 60 else f"'{text}'"
    if isinstance(value, bool) and written.lower() not in ("true", "false"):
        return f"{written} (which YAML reads as {str(value).lower()})"
    return written


def _narrowed(place: Place, message: str, document: Document) -> Place:
    """Return the line of what a rule's message names, if it names something in the file."""
    for dotted in re.findall(r"^[a-z_]+(?:\.[a-z_]+)*", message):
        inner = (*place, *dotted.split("."))
        if inner in document.lines:
            return inner
    words = re.findall(r"'([a-z_]\w*)'", message)
    for word in words:
        if (*place, word) in document.lines:
            return (*place, word)
    names = {*words, *message.partition(": ")[2].split(", ")}
    for key in ("fields", "rules"):
        for inner, item in reversed(_items((*place, key), document)):
            if isinstance(item, dict) and item.get("name") in names:
                return (*inner, "name")
        if message.startswith(f"a {key.removesuffix('s')} named") and (*place, key) in document.lines:
            return (*place, key)
    return place


def _items(place: Place, document: Document) -> list[tuple[Place, Any]]:
    value = document.value
    for step in place:
        if isinstance(value, dict):
            value = value.get(step)
        else:
            value = value[step] if isinstance(value, list) and isinstance(step, int) else None
    return [((*place, index), item) for index, item in enumerate(value)] if isinstance(value, list) else []


def _shown(place: Place, document: Document) -> str:
    """Return `fields[city].values: `, the way to a place in the words of the file; empty at the top."""
    text = ""
    value = document.value
    for step in place:
        value = value[step]
        if isinstance(step, int):
            name = value.get("name") if isinstance(value, dict) else None
            text += f"[{name if isinstance(name, str) else step + 1}]"
        else:
            text += f".{step}" if text else step
    return f"{text}: " if text else ""


def _numbers(context: dict[str, Any]) -> dict[str, Any]:
    return {key: f"{value:g}" if isinstance(value, float) else value for key, value in context.items()}


def _plain_list(expected: str) -> list[str]:
    return re.findall(r"'([^']*)'", expected)


def _tag_name(context: dict[str, Any]) -> str:
    return str(context["discriminator"]).strip("'")


def _tags(discriminator: str, root: type[BaseModel]) -> str:
    """Return the values that choose a member of a union, found in the models."""
    name = discriminator.strip("'")
    values: list[str] = []
    for model in _models(root, set()):
        if name in model.model_fields:
            values += [str(value) for value in get_args(model.model_fields[name].annotation)]
    return ", ".join(dict.fromkeys(values))


def _models(model: type[BaseModel], seen: set[type[BaseModel]]) -> Iterator[type[BaseModel]]:
    if model in seen:
        return
    seen.add(model)
    yield model
    for info in model.model_fields.values():
        for inner in _models_in(info.annotation):
            yield from _models(inner, seen)


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    elif get_origin(annotation) is not Literal:
        for argument in get_args(annotation):
            yield from _models_in(argument)


def _keys_at(root: type[BaseModel], loc: Sequence[str | int]) -> list[str]:
    """Return the keys allowed at this place of the models, aliases as people write them."""
    annotation: Any = root
    for step in loc:
        annotation = _step(annotation, step)
    for model in _models_in(annotation):
        return [info.alias or name for name, info in model.model_fields.items()]
    return []


def _step(annotation: Any, step: str | int) -> Any:
    for model in _models_in(annotation):
        for name, info in model.model_fields.items():
            if step in (name, info.alias):
                return info.annotation
        # A union names its member in the location: stay with that member.
        if isinstance(step, str) and _is_tag(model, step):
            return model
    origin = get_origin(annotation)
    if origin in (tuple, list):
        return get_args(annotation)[0]
    if origin is dict:
        return get_args(annotation)[1]
    if origin in (Union, types.UnionType, Annotated):
        return next((_step(argument, step) for argument in get_args(annotation)), annotation)
    return annotation


def _is_tag(model: type[BaseModel], step: str) -> bool:
    return any(
        get_origin(info.annotation) is Literal and get_args(info.annotation) == (step,)
        for info in model.model_fields.values()
    )
