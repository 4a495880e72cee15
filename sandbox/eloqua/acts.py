"""What people of the tenant do, and what tests ask: the actions of the control."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sandbox.eloqua import stamps
from sandbox.eloqua.config import Field
from sandbox.eloqua.rest_rows import take_submission
from sandbox.eloqua.store import Record
from sandbox.eloqua.tenant import DEFAULTS, LIMITS, State

Action = Callable[..., Any]
_STAMPS = {"CreatedAt": "createdAt", "UpdatedAt": "updatedAt"}


def _insert(state: State, object: str, rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """Make records; of contacts and custom objects' rows by internal field names. Stamps may be given."""
    made = []
    for row in rows:
        given: Record = {ours: _stamp(row[name]) for name, ours in _STAMPS.items() if row.get(name)}
        given.setdefault("createdAt", given.get("updatedAt", state.now))
        given.setdefault("updatedAt", given["createdAt"])
        plain = {name: value for name, value in row.items() if name not in _STAMPS}
        if object == "contact":
            account = {"account": plain.pop("account")} if "account" in plain else {}
            made.append(state.make_contact(_known(state, "contacts", plain), **account, **given))
        elif object.startswith("customObject/"):
            id_ = object.partition("/")[2]
            contact = str(plain.pop("contact", ""))
            values = _known(state, f"customObjects/{id_}", plain)
            made.append(state.make_row(id_, values, contact=contact, **given))
        elif object == "activity":
            given.pop("updatedAt")
            made.append(state.make_activity(plain.pop("type"), str(plain.pop("contact")), **plain, **given))
        elif object == "account":
            record = {"id": state.store.next_id("account"), "values": plain, **given}
            made.append(state.store.put("account", record))
        elif object == "campaign":
            for name in ("startAt", "endAt"):
                if plain.get(name):
                    plain[name] = _stamp(plain[name])
            record = {"currentStatus": "Active", **plain, "id": state.store.next_id("campaign"), **given}
            made.append(state.store.put("campaign", record))
        else:
            raise LookupError(f"no object {object}; there are {', '.join(_TABLES)}, customObject/<id>")
    return [str(record["id"]) for record in made]


_TABLES = ("contact", "account", "activity", "campaign", "form", "segment", "list", "sync", "definition")


def _known(state: State, element: str, values: Mapping[str, Any]) -> Record:
    fields = state.fields(element)
    if unknown := sorted(set(values) - set(fields)):
        raise LookupError(f"{element} has no fields {', '.join(unknown)}")
    return {name: "" if value is None else str(value) for name, value in values.items()}


def _stamp(text: Any) -> str:
    return stamps.kept(stamps.moment(str(text)))


def _table(object_: str) -> str:
    return f"row:{object_.partition('/')[2]}" if object_.startswith("customObject/") else object_


def _record(state: State, object_: str, id_: str) -> Record:
    record = state.store.find(_table(object_), str(id_))
    if record is None:
        raise LookupError(f"no {object_} {id_}")
    return record


def _rows(state: State, object: str, deleted: bool = False) -> list[Record]:
    """Return records; the values of contacts and rows flat beside `id`, stamps and `contact`."""
    records = (
        list(state.store.table(_table(object)).values()) if deleted else state.store.live(_table(object))
    )
    return [{**{k: v for k, v in one.items() if k != "values"}, **one.get("values", {})} for one in records]


def _update(state: State, object: str, id: str, values: Mapping[str, Any]) -> None:
    record = _record(state, object, id)
    given = {ours: _stamp(values[name]) for name, ours in _STAMPS.items() if name in values}
    plain = {name: value for name, value in values.items() if name not in _STAMPS}
    if object == "contact" or object.startswith("customObject/"):
        if "contact" in plain:
            record["contact"] = str(plain.pop("contact"))
        element = "contacts" if object == "contact" else f"customObjects/{object.partition('/')[2]}"
        record["values"] = {**record["values"], **_known(state, element, plain)}
    else:
        record.update(plain)
    record.update({"updatedAt": state.now, **given})
    state.store.put(_table(object), record)


def _delete(state: State, object: str, id: str) -> None:
    record = _record(state, object, id)
    record["_deleted"] = True
    state.store.put(_table(object), record)
    if object == "contact":
        for place in ("segment", "list"):
            for one in list(state.store.live(place)):
                if id in one["members"]:
                    state.store.put(place, {**one, "members": [m for m in one["members"] if m != id]})


def _merge(state: State, winner: str, losers: Iterable[str]) -> None:
    """Let one contact survive; activities and rows of the others become its own."""
    _record(state, "contact", winner)
    for loser in losers:
        for table in [name for name in list(state.store._tables) if name == "activity" or name[:4] == "row:"]:
            for one in list(state.store.live(table)):
                if one["contact"] == loser:
                    state.store.put(table, {**one, "contact": winner})
        _delete(state, "contact", loser)


def _submit_form(
    state: State, form: str, values: Mapping[str, Any], campaign: str = "", at: str | None = None
) -> Record:
    """Send a form as a visitor would; return the ids of the contact and of the activity."""
    if state.store.find("form", str(form)) is None:
        raise LookupError(f"no form {form}")
    given = {"createdAt": _stamp(at)} if at else {}
    activity = take_submission(state, str(form), values, campaign=campaign, **given)
    return {"contact": activity["contact"], "activity": activity["id"]}


def _members(state: State, kind: str, id_: str, change: Callable[[list[str]], list[str]]) -> list[str]:
    place = state.store.find(kind, str(id_))
    if place is None:
        raise LookupError(f"no {kind} {id_}")
    state.store.put(kind, {**place, "members": change(place["members"]), "updatedAt": state.now})
    return list(state.store.table(kind)[str(id_)]["members"])


def _add(state: State, contacts: Iterable[str], segment: str = "", list: str = "") -> Any:
    """Put contacts into a segment or a shared list."""
    wanted = [str(one) for one in contacts]
    kind, id_ = ("segment", segment) if segment else ("list", list)
    return _members(state, kind, id_, lambda now: [*now, *(one for one in wanted if one not in now)])


def _remove(state: State, contacts: Iterable[str], segment: str = "", list: str = "") -> Any:
    """Take contacts out of a segment or a shared list."""
    gone = {str(one) for one in contacts}
    kind, id_ = ("segment", segment) if segment else ("list", list)
    return _members(state, kind, id_, lambda now: [one for one in now if one not in gone])


def _log_activity(state: State, type: str, contact: str, at: str | None = None, **values: Any) -> str:
    """Note an activity of a contact; return its id."""
    given = {"createdAt": _stamp(at)} if at else {}
    return str(state.make_activity(type, str(contact), **values, **given)["id"])


def _add_field(state: State, element: str, internal: str, name: str = "", type: str = "string") -> None:
    """Add a field to `contacts` or `customObjects/<id>`."""
    taken = [int(field.id) for field in state.fields(element).values()]
    state.add_field(element, Field(str(max(taken, default=0) + 1), internal, name or internal, type))


def _remove_field(state: State, element: str, internal: str) -> None:
    """Take a field away: an administrator deleted it."""
    if internal not in state.fields(element):
        raise LookupError(f"{element} has no field {internal}")
    state.remove_field(element, internal)


def _set(state: State, **values: int) -> None:
    """Change limits and habits: see `LIMITS` and `DEFAULTS` of `tenant`."""
    for name, value in values.items():
        if name not in LIMITS and name not in DEFAULTS:
            raise LookupError(f"no setting {name}; there are {', '.join([*LIMITS, *DEFAULTS])}")
        state.store.put("setting", {"id": name, "value": value})


def _move_to(state: State, base: str | None = None) -> None:
    """Move the tenant: `/id` names this base, calls to another one are refused with 401; None: back."""
    if base:
        state.store.put("setting", {"id": "base", "value": base})
    else:
        state.store.drop("setting", "base")


def _change_password(state: State, user: str, password: str) -> None:
    state.store.put("setting", {"id": f"password:{user}", "value": password})


def _expire_tokens(state: State, kind: str = "access") -> None:
    """End all tokens of a kind (`access`, `refresh`)."""
    for one in list(state.store.live("token")):
        if one["kind"] == kind:
            state.store.put("token", {**one, "kind": "spent"})


def _drop_asset(state: State, kind: str, id: str) -> None:
    """Delete a form, segment, list or custom object."""
    _record(state, kind, id)["_deleted"] = True
    state.store.put(kind, state.store.table(kind)[id])


ACTIONS: Mapping[str, Action] = {
    "insert": _insert,
    "rows": _rows,
    "update": _update,
    "delete": _delete,
    "merge": _merge,
    "submit_form": _submit_form,
    "add_members": _add,
    "remove_members": _remove,
    "log_activity": _log_activity,
    "add_field": _add_field,
    "remove_field": _remove_field,
    "drop_asset": _drop_asset,
    "set": _set,
    "move_to": _move_to,
    "change_password": _change_password,
    "expire_tokens": _expire_tokens,
}
