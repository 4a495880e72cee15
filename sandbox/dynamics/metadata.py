"""The description of tables: EntityDefinitions, attributes, choices, keys, relationships, `$metadata`.

Source: Microsoft Learn, "Query table definitions using the Web API".
"""

from __future__ import annotations

import re
from typing import Any
from xml.sax.saxutils import quoteattr

from .calls import Answer, Call
from .errors import Refused, no_segment
from .queries import tracks_changes
from .schema import Column, Schema, Table, metadata_id
from .shapes import split
from .store import Store

_PATH = re.compile(
    r"EntityDefinitions(?:\((?:LogicalName='(?P<name>\w+)'|(?P<id>[\w-]{36}))\))?(?:/(?P<rest>.*))?\Z"
)
_ATTRIBUTE = re.compile(
    r"Attributes(?:\(LogicalName='(?P<name>\w+)'\))?(?:/Microsoft\.Dynamics\.CRM\.(?P<type>\w+))?\Z"
)
_EXPANDED = re.compile(r"(Attributes|Keys)(?:\([^)]*\$select=([\w,]+)[^)]*\))?")
_BY_NAME = re.compile(r"(LogicalName|SchemaName|EntitySetName|IsLogicalEntity)\s+(eq|ne)\s+'?([^' )]+)'?")
_EDM = {
    "String": "Edm.String",
    "Memo": "Edm.String",
    "Integer": "Edm.Int32",
    "Picklist": "Edm.Int32",
    "State": "Edm.Int32",
    "Status": "Edm.Int32",
    "Virtual": "Edm.String",
    "Money": "Edm.Decimal",
    "Decimal": "Edm.Decimal",
    "Boolean": "Edm.Boolean",
    "DateTime": "Edm.DateTimeOffset",
    "UniqueIdentifier": "Edm.Guid",
    "Lookup": "Edm.Guid",
}


def entity_definitions(call: Call) -> Answer:
    """Return the description of tables, of one table, or of a part of it."""
    found = _PATH.match(call.path)
    if found is None:
        raise no_segment(call.path)
    context = {"@odata.context": f"{call.api}/$metadata#EntityDefinitions"}
    if found["name"] is None and found["id"] is None:
        wanted = _BY_NAME.findall(call.query.get("$filter", ""))
        tables = [table for table in call.schema.tables.values() if _fits(table, wanted)]
        value = [_shown_table(call, table) for table in tables]
        return Answer(200, context | {"value": value}, rows=len(value))
    table = _table(call.schema, found["name"], found["id"])
    if not found["rest"]:
        return Answer(200, context | _shown_table(call, table), rows=1)
    return _part(call, table, found["rest"], context)


def _shown_table(call: Call, table: Table) -> dict[str, Any]:
    """Return a table's definition as `$select` and `$expand` ask for it."""
    body = _chosen(describe_table(call.store, table), call.query.get("$select"))
    for name, select in _EXPANDED.findall(call.query.get("$expand", "")):
        if name == "Keys":
            parts = keys_of(call.store, table)
        else:
            parts = [describe_column(call.store, table, one) for one in columns_of(call.store, table)]
        body[name] = [_chosen(one, select) for one in parts]
    return body


def _part(call: Call, table: Table, rest: str, context: dict[str, Any]) -> Answer:
    select = call.query.get("$select")
    if rest == "Keys":
        return Answer(200, context | {"value": [_chosen(key, select) for key in keys_of(call.store, table)]})
    if rest in ("OneToManyRelationships", "ManyToOneRelationships", "ManyToManyRelationships"):
        return Answer(200, context | {"value": _relationships(call.schema, table, rest)})
    found = _ATTRIBUTE.match(rest)
    if found is None:
        raise no_segment(rest)
    columns = [one for one in columns_of(call.store, table) if found["type"] in (None, one.metadata_type)]
    if found["name"]:
        columns = [one for one in columns if one.name == found["name"]]
        if not columns:
            raise Refused("0x80060888", f"Could not find an attribute with the name '{found['name']}'.", 404)
    wanted = _BY_NAME.findall(call.query.get("$filter", ""))
    columns = [
        one for one in columns if all((one.name == value) is (how == "eq") for _, how, value in wanted)
    ]
    with_options = "OptionSet" in call.query.get("$expand", "")
    value = []
    for one in columns:
        body = describe_column(call.store, table, one)
        shown = _chosen(body, select)
        if with_options and "OptionSet" in body:
            shown["OptionSet"] = body["OptionSet"]
        value.append(shown)
    if found["name"]:
        return Answer(200, context | value[0], rows=1)
    return Answer(200, context | {"value": value}, rows=len(value))


def columns_of(store: Store, table: Table) -> list[Column]:
    """Return the columns that the environment has now: a control action may hide some."""
    hidden = store.note("hidden", table.name) or []
    return [column for column in table.columns.values() if column.name not in hidden]


def describe_table(store: Store, table: Table) -> dict[str, Any]:
    """Return the definition of a table."""
    return {
        "MetadataId": metadata_id(table.name),
        "LogicalName": table.name,
        "SchemaName": table.name.capitalize(),
        "EntitySetName": table.set_name,
        "LogicalCollectionName": table.set_name,
        "CollectionSchemaName": table.set_name.capitalize(),
        "PrimaryIdAttribute": table.id_column,
        "PrimaryNameAttribute": table.primary_name,
        "PrimaryImageAttribute": None,
        "ObjectTypeCode": table.type_code,
        "OwnershipType": "UserOwned" if "ownerid" in table.columns else "OrganizationOwned",
        "IsActivity": table.is_activity,
        "IsCustomEntity": False,
        "IsPrivate": False,
        "CanChangeTrackingBeEnabled": {"Value": True, "CanBeChanged": True},
        "ChangeTrackingEnabled": tracks_changes(store, table),
        "TableType": "Standard",
        "DisplayName": label(table.label),
        "DisplayCollectionName": label(table.set_name.capitalize()),
        "Description": label(table.label),
    }


def describe_column(store: Store, table: Table, column: Column) -> dict[str, Any]:
    """Return the definition of a column."""
    writable = not column.server_only and column.kind != "K"
    body: dict[str, Any] = {
        "@odata.type": f"#Microsoft.Dynamics.CRM.{column.metadata_type}",
        "MetadataId": metadata_id(table.name, column.name),
        "LogicalName": column.name,
        "SchemaName": column.name.capitalize(),
        "EntityLogicalName": table.name,
        "AttributeType": column.type,
        "AttributeTypeName": {"Value": f"{column.metadata_type.removesuffix('AttributeMetadata')}Type"},
        "AttributeOf": None,
        "IsPrimaryId": column.kind == "K",
        "IsPrimaryName": column.name == table.primary_name,
        "IsValidForCreate": (writable and column.name != "statecode") or column.kind == "K",
        "IsValidForRead": True,
        "IsValidForUpdate": writable,
        "IsCustomAttribute": column.name.startswith("ll_"),
        "RequiredLevel": {"Value": column.required, "CanBeChanged": True},
        "DisplayName": label(column.name),
    }
    if column.length is not None:
        body["MaxLength"] = column.length
    if column.kind == "D":
        body |= {"Format": "DateOnly", "DateTimeBehavior": {"Value": "DateOnly"}}
    elif column.kind == "T":
        body |= {"Format": "DateAndTime", "DateTimeBehavior": {"Value": "UserLocal"}}
    if column.kind == "N":
        body |= {"Precision": 2, "MinValue": -1e12, "MaxValue": 1e12}
    if column.targets:
        body["Targets"] = list(column.targets)
    if column.kind == "B":
        body["OptionSet"] = {"TrueOption": _option(1, "Yes"), "FalseOption": _option(0, "No")}
    elif column.options:
        removed = store.note("removed_options", f"{table.name}.{column.name}") or []
        options = [
            _option(code, text, table.state_of(code) if column.kind == "r" else None)
            for code, text in column.options.items()
            if code not in removed
        ]
        body["OptionSet"] = {
            "MetadataId": metadata_id(table.name, column.name, "options"),
            "Options": options,
        }
        body["GlobalOptionSet"] = None
    return body


def keys_of(store: Store, table: Table) -> list[dict[str, Any]]:
    """Return the alternate keys of a table."""
    return [
        {
            "MetadataId": metadata_id(table.name, "key", name),
            "LogicalName": name,
            "SchemaName": name,
            "EntityLogicalName": table.name,
            "KeyAttributes": key["columns"],
            "EntityKeyIndexStatus": key["state"],
            "DisplayName": label(key["label"]),
        }
        for name, key in (store.note("keys", table.name) or {}).items()
    ]


def label(text: str) -> dict[str, Any]:
    """Return a text in the environment's language."""
    one = {"Label": text, "LanguageCode": 1033, "IsManaged": True, "MetadataId": metadata_id("label", text)}
    return {"LocalizedLabels": [one], "UserLocalizedLabel": one}


def _option(code: int, text: str, state: int | None = None) -> dict[str, Any]:
    option: dict[str, Any] = {"Value": code, "Label": label(text), "Color": None, "ExternalValue": None}
    return option | ({"State": state} if state is not None else {})


def _relationships(schema: Schema, table: Table, kind: str) -> list[dict[str, Any]]:
    found = []
    for child in schema.tables.values():
        for name, (column, targets) in child.navigation.items():
            for parent in targets:
                outgoing = kind == "ManyToOneRelationships" and child.name == table.name
                incoming = kind == "OneToManyRelationships" and parent == table.name
                if outgoing or incoming:
                    found.append(
                        {
                            "SchemaName": f"{parent}_{child.name}_{column.name}",
                            "ReferencedEntity": parent,
                            "ReferencedAttribute": schema.tables[parent].id_column,
                            "ReferencingEntity": child.name,
                            "ReferencingAttribute": column.name,
                            "ReferencingEntityNavigationPropertyName": name,
                            "ReferencedEntityNavigationPropertyName": f"{parent}_{child.name}_{column.name}",
                        }
                    )
    return found


def _table(schema: Schema, name: str | None, table_id: str | None) -> Table:
    for table in schema.tables.values():
        if table.name == name or (table_id and metadata_id(table.name) == table_id.lower()):
            return table
    raise Refused("0x80060888", f"Could not find an entity with name {name or table_id} or Id.", 404)


def _fits(table: Table, wanted: list[tuple[str, str, str]]) -> bool:
    values = {
        "LogicalName": table.name,
        "SchemaName": table.name.capitalize(),
        "EntitySetName": table.set_name,
    }
    hits = [values[name] == value for name, how, value in wanted if name in values and how == "eq"]
    return not hits or any(hits)


def _chosen(body: dict[str, Any], select: str | None) -> dict[str, Any]:
    if not select:
        return dict(body)
    names = split(select, ",")
    kept = {name: value for name, value in body.items() if name in names or name.startswith("@")}
    return kept | {"MetadataId": body.get("MetadataId")}


def document(store: Store) -> str:
    """Return `$metadata` in CSDL."""
    types = []
    sets = []
    for table in store.schema.tables.values():
        properties = "".join(
            f"<Property Name={quoteattr(one.value_name)} Type={quoteattr(_EDM[one.type_stem])}/>"
            for one in columns_of(store, table)
        )
        links = "".join(
            f"<NavigationProperty Name={quoteattr(name)} Type={quoteattr('mscrm.' + targets[0])}/>"
            for name, (_, targets) in table.navigation.items()
        )
        key = f"<Key><PropertyRef Name={quoteattr(table.id_column)}/></Key>"
        types.append(f"<EntityType Name={quoteattr(table.name)}>{key}{properties}{links}</EntityType>")
        sets.append(
            f"<EntitySet Name={quoteattr(table.set_name)} EntityType={quoteattr('mscrm.' + table.name)}/>"
        )
    return (
        '<?xml version="1.0" encoding="utf-8"?>'
        '<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx"><edmx:DataServices>'
        '<Schema Namespace="Microsoft.Dynamics.CRM" Alias="mscrm" xmlns="http://docs.oasis-open.org/odata/ns/edm">'
        + "".join(types)
        + '<EntityContainer Name="System">'
        + "".join(sets)
        + "</EntityContainer></Schema></edmx:DataServices></edmx:Edmx>"
    )
