"""What people of a partner do in their Dynamics, and what tests ask: the actions of the control."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import uuid4

from . import records
from .calls import Call
from .entities import add_member
from .environment import fixed_id
from .errors import Refused
from .filters import comparable
from .sales import close_as, merge_rows, qualify_lead
from .schema import Table
from .store import Row, Store
from .values import bind, read_value

Arguments = Mapping[str, Any]


class People:
    """The people of one environment; Rep One acts unless `as` names another user id."""

    def __init__(self, store: Store, name: str) -> None:
        self._store = store
        self._name = name

    def act(self, action: str, arguments: Arguments) -> Any:
        """Let an action happen, all of it or nothing.

        Raises:
            LookupError: There is no such action, table or row.
            ValueError: The arguments do not fit.
        """
        do: Callable[[Arguments], Any] | None = getattr(self, f"do_{action}", None)
        if do is None:
            names = sorted(name.removeprefix("do_") for name in dir(self) if name.startswith("do_"))
            raise LookupError(f"there is no action {action!r}; there are {', '.join(names)}")
        try:
            with self._store.transaction():
                return do(arguments)
        except Refused as refused:
            raise LookupError(f"{refused.code}: {refused.message}") from refused

    # --- rows ------------------------------------------------------------------------------------------

    def do_insert(self, arguments: Arguments) -> list[str]:
        """`object`, `rows`; return the ids. `_created_by_us` rows belong to the application user."""
        table = self._table(arguments)
        ids = []
        for values in arguments["rows"]:
            state = {name: values[name] for name in ("statecode", "statuscode") if name in values}
            rest = {name: value for name, value in values.items() if name not in state}
            record_id = str(rest.pop(table.id_column, "") or uuid4())
            ids.append(
                records.create(
                    self._store, table, self._values(table, rest), self._writer(arguments), record_id
                )
            )
            if state:
                records.update(self._store, table, record_id, state, self._writer(arguments))
        return ids

    def do_rows(self, arguments: Arguments) -> list[Row]:
        """`object`, `deleted`; return the rows, lookups as `[table, id]`."""
        table = self._table(arguments)
        rows = [_public(row) for row in self._store.tables[table.name].values()]
        if arguments.get("deleted"):
            gone = (
                note["row"] for (kind, _), note in self._store.notes.items() if kind == f"gone:{table.name}"
            )
            rows += [_public(row) | {"_deleted": True} for row in gone]
        return rows

    def do_update(self, arguments: Arguments) -> None:
        """`object`, `id`, `values`."""
        table = self._table(arguments)
        values = self._values(table, arguments["values"])
        records.update(self._store, table, str(arguments["id"]), values, self._writer(arguments))

    def do_delete(self, arguments: Arguments) -> None:
        """`object`, `id`."""
        records.delete(self._store, self._table(arguments), str(arguments["id"]))

    def do_find(self, arguments: Arguments) -> list[Row]:
        """`object`, `values`: rows that hold them."""
        table = self._table(arguments)
        wanted = arguments["values"]
        return [
            _public(row)
            for row in self._store.tables[table.name].values()
            if all(comparable(row.get(name)) == comparable(value) for name, value in wanted.items())
        ]

    # --- what sales people do --------------------------------------------------------------------------

    def do_qualify(self, arguments: Arguments) -> dict[str, str]:
        """`id`, `account`, `contact`, `opportunity` (all true): return what it became."""
        lead = self._row("lead", str(arguments["id"]))
        body = {
            f"Create{name.capitalize()}": arguments.get(name, True)
            for name in ("account", "contact", "opportunity")
        }
        return qualify_lead(self._call(arguments), lead, body)

    def do_disqualify(self, arguments: Arguments) -> None:
        """`id`, `status` (4 Lost)."""
        values = {"statecode": 2, "statuscode": int(arguments.get("status", 4))}
        records.update(
            self._store,
            self._store.schema.tables["lead"],
            str(arguments["id"]),
            values,
            self._writer(arguments),
        )

    def do_reactivate(self, arguments: Arguments) -> None:
        """`object`, `id`."""
        records.update(
            self._store,
            self._table(arguments),
            str(arguments["id"]),
            {"statecode": 0},
            self._writer(arguments),
        )

    def do_win(self, arguments: Arguments) -> None:
        """`id`, `revenue`: close an opportunity as won."""
        row = self._row("opportunity", str(arguments["id"]))
        close_as(self._call(arguments), row, True, int(arguments.get("status", -1)), arguments.get("revenue"))

    def do_lose(self, arguments: Arguments) -> None:
        """`id`, `status`: close an opportunity as lost."""
        row = self._row("opportunity", str(arguments["id"]))
        close_as(
            self._call(arguments), row, False, int(arguments.get("status", -1)), arguments.get("revenue")
        )

    def do_assign(self, arguments: Arguments) -> None:
        """`object`, `id`, `to` (rep1, rep2, team, or an e-mail)."""
        table = self._table(arguments)
        records.update(
            self._store,
            table,
            str(arguments["id"]),
            {"ownerid": self._person(str(arguments["to"]))},
            self._writer(arguments),
        )

    def do_merge(self, arguments: Arguments) -> None:
        """`object`, `winner`, `loser`."""
        merge_rows(
            self._call(arguments),
            self._table(arguments),
            str(arguments["winner"]).lower(),
            str(arguments["loser"]).lower(),
            {},
        )

    def do_log_activity(self, arguments: Arguments) -> str:
        """`type` (task), `regarding` [table, id], `subject`, `description`, `done`: return its id."""
        table = self._store.schema.tables[str(arguments.get("type", "task"))]
        names = ("subject", "description", "scheduledend", "actualend")
        values = {name: arguments[name] for name in names if arguments.get(name) is not None}
        values["regardingobjectid"] = list(arguments["regarding"])
        made = records.create(self._store, table, values, self._writer(arguments))
        if arguments.get("done"):
            records.update(self._store, table, made, {"statecode": 1}, self._writer(arguments))
        return made

    def do_list_add(self, arguments: Arguments) -> None:
        """`list`, `members` [[table, id]]."""
        listed = self._row("list", str(arguments["list"]))
        for member in arguments["members"]:
            add_member(self._call(arguments), listed, list(member))

    # --- what administrators do ------------------------------------------------------------------------

    def do_key_state(self, arguments: Arguments) -> None:
        """`object`, `state` (Active, Pending, InProgress, Failed; None: the key is removed)."""
        keys = dict(self._store.note("keys", str(arguments["object"])) or {})
        state = arguments.get("state")
        kept = {name: key | {"state": state} for name, key in keys.items()} if state else {}
        self._store.keep("keys", str(arguments["object"]), kept)

    def do_duplicate_rule(self, arguments: Arguments) -> None:
        """`object`, `columns`: each one alone is enough for a duplicate."""
        self._store.keep("duplicates", str(arguments["object"]), list(arguments["columns"]))

    def do_hide_columns(self, arguments: Arguments) -> None:
        """`object`, `columns`: the metadata has them no longer."""
        self._store.keep("hidden", str(arguments["object"]), list(arguments["columns"]))

    def do_remove_options(self, arguments: Arguments) -> None:
        """`object`, `column`, `codes`: the choice has them no longer."""
        self._store.keep(
            "removed_options", f"{arguments['object']}.{arguments['column']}", list(arguments["codes"])
        )

    def do_tracked(self, arguments: Arguments) -> None:
        """`tables`: where change tracking is on."""
        self._store.keep("config", "tracked", list(arguments["tables"]))

    def do_privileges(self, arguments: Arguments) -> None:
        """`missing`: privileges that our application user lacks, such as prvCreateLead."""
        self._store.keep("config", "missing_privileges", list(arguments["missing"]))

    def do_member(self, arguments: Arguments) -> None:
        """`member`: whether the application is a user of the environment."""
        self._store.keep("config", "not_a_member", None if arguments["member"] else True)

    def do_secret(self, arguments: Arguments) -> None:
        """`secret`: the only one that is right from now on."""
        self._store.keep("config", "client_secret", str(arguments["secret"]))

    def do_end_tokens(self, _: Arguments) -> None:
        """Every token ends now."""
        for kind, token in [key for key in self._store.notes if key[0] == "token"]:
            self._store.keep(kind, token, None)

    def do_end_deltas(self, _: Arguments) -> None:
        """Every delta token is too old."""
        self._store.keep("config", "delta_floor", int(self._store.note("counter", "version") or 0) + 1)
        self._store.count("version")

    # --- inside ----------------------------------------------------------------------------------------

    def _table(self, arguments: Arguments) -> Table:
        return self._store.schema.tables[str(arguments["object"])]

    def _row(self, table: str, record_id: str) -> Row:
        row = self._store.get(table, record_id)
        if row is None:
            raise LookupError(f"no {table} {record_id}")
        return row

    def _writer(self, arguments: Arguments) -> records.Writer:
        return records.Writer(fixed_id(self._name, str(arguments.get("as", "rep1"))))

    def _call(self, arguments: Arguments) -> Call:
        user = self._writer(arguments).user_id
        return Call(self._store, "POST", "", {}, {}, b"", "http://people/api/data/v9.2", user)

    def _person(self, who: str) -> list[str]:
        if who == "team":
            return ["team", fixed_id(self._name, "team")]
        for row in self._store.tables["systemuser"].values():
            if who in (row.get("internalemailaddress"), row["_id"]):
                return ["systemuser", row["_id"]]
        return ["systemuser", fixed_id(self._name, who)]

    def _values(self, table: Table, values: Mapping[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, value in values.items():
            if name.endswith("@odata.bind"):
                column, lookup = bind(self._store, table, name.removesuffix("@odata.bind"), value)
                found[column.name] = lookup
                continue
            known = table.columns.get(name)
            if known is None:
                raise LookupError(f"{table.name} has no column {name!r}")
            found[name] = list(value) if known.kind == "L" and value else read_value(table, known, value)
        return found


def _public(row: Row) -> Row:
    return {name: value for name, value in row.items() if not name.startswith("_")}
