"""Puts records into an org as if they had always been there: no rules, own stamps if wanted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from . import object_rules
from .errors import no_such_column
from .object_rules import Save
from .org import Org
from .stamps import datetime_text
from .values import coercion

_STAMPS = ("CreatedDate", "LastModifiedDate", "SystemModstamp")


def insert(org: Org, name: str, rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """Store records and return their ids, in order.

    Args:
        name: The object.
        rows: Values by field name. Values are made to fit the field's type, but no rule of the org refuses
            them; `CreatedDate`, `LastModifiedDate` and `SystemModstamp` (ISO text with zone) may be given,
            and an `Id`, which replaces the record that has it.
    """
    store = org.store
    sobject = store.schema.object(name)
    coerce = {lower: (field, coercion(field)) for lower, field in sobject.lower.items()}
    template = {field.name: field.default for field in sobject.fields.values() if field.default is not None}
    user = next(iter(org.user_ids.values()))
    made = []
    with store.transaction():
        now = store.stamp()
        for row in rows:
            record: dict[str, Any] = dict(template)
            for key, value in row.items():
                found = coerce.get(key.lower())
                if found is None:
                    raise no_such_column(key, sobject.name)
                field, convert = found
                if value is None or field.name in _STAMPS:
                    record[field.name] = datetime_text(str(value)) if value is not None else None
                else:
                    record[field.name] = convert(value)
            created = record.get("CreatedDate") or record.get("SystemModstamp") or now
            changed = record.get("LastModifiedDate") or record.get("SystemModstamp") or created
            record["Id"] = record.get("Id") or store.new_id(sobject)
            record["CreatedDate"], record["LastModifiedDate"] = created, changed
            record["SystemModstamp"] = record.get("SystemModstamp") or changed
            record.setdefault("CreatedById", user)
            record.setdefault("LastModifiedById", user)
            record["IsDeleted"] = bool(record.get("IsDeleted"))
            if "OwnerId" in sobject.fields and not record.get("OwnerId"):
                record["OwnerId"] = user
            old = store.get(sobject.name, record["Id"])
            save = Save(store, record, None, record["SystemModstamp"])
            object_rules.before_write(sobject.name, save)
            store.put(sobject.name, record)
            if old is None:
                object_rules.after_write(sobject.name, save)
            made.append(record["Id"])
    return made


def rows(org: Org, name: str, *, deleted: bool = False) -> list[dict[str, Any]]:
    """Return an object's records as they are stored, in order of their ids; nulls are left out."""
    table = org.store.tables[org.store.schema.object(name).name]
    return [
        {key: value for key, value in record.items() if value is not None}
        for record in sorted(table.values(), key=lambda record: str(record["Id"]))
        if deleted or not record["IsDeleted"]
    ]
