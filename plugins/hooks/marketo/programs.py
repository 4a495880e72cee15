"""Programs as campaigns: those that hand leads over, with their tags.

https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/assets/programs
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from hooks.marketo.assets import read_asset
from hooks.marketo.client import MarketoClient
from hooks.marketo.envelope import Json
from hooks.marketo.handovers import Handovers
from hooks.marketo.values import as_text, read_time, stamp_of, value_at
from hooks.shapes import understood
from leadline.errors import NotAllowed
from leadline.mapping.model import SupplierMapping
from leadline.mapping.source import MarketoSource
from leadline.ports import FieldDescription, SourceRecord

FIELDS = (
    "id", "name", "description", "createdAt", "updatedAt", "url", "type", "channel", "status", "workspace",
    "headStart", "startDate", "endDate", "folder.folderName", "folder.value",
)  # fmt: skip
TAGS = "tags."


def program_ids(handovers: Handovers, source: MarketoSource) -> list[str]:
    """Return the programs that hand leads over; of lists, the programs they lie in."""
    if source.handover == "program":
        return [str(number) for number in source.handover_ids]
    found = handovers.programs_of_lists().values()
    return list(dict.fromkeys(program for program in found if program))


def read_program(
    client: MarketoClient, number: str, keep: Callable[[bytes], None] = lambda _: None
) -> Json | None:
    """Return one program with its tags; None where there is none: `result` is missing, or code 702."""
    try:
        page = read_asset(client, f"/rest/asset/v1/program/{number}.json")
    except NotAllowed as error:
        if error.vendor_code == "702":
            return None
        raise
    keep(page.raw)
    return page.rows[0] if page.rows else None


def campaigns(
    client: MarketoClient, mapping: SupplierMapping, source: MarketoSource, keep: Callable[[bytes], None]
) -> Iterator[SourceRecord]:
    """Yield the programs, all of them whatever the window; one that is gone is told as deleted."""
    own = mapping.campaigns
    paths = [*([own.key] if own.key else []), *(field.source for field in own.fields)]
    for number in program_ids(Handovers(client, source, keep), source):
        program = read_program(client, number, keep)
        if program is None:
            yield SourceRecord(number, {}, deleted=True)
            continue
        with understood(f"program {number}"):
            changed = as_text(program.get("updatedAt"))
            record = SourceRecord(
                number,
                {path: as_text(value_at(program, path)) for path in paths},
                stamp=stamp_of(read_time(changed)) if changed else None,
            )
        yield record


def describe_programs(client: MarketoClient) -> list[FieldDescription]:
    """Return what a program has: its own fields, and the tags of this subscription as `tags.<type>`."""
    fields = [FieldDescription(name, "string", updateable=False) for name in FIELDS]
    rows = client.get("/rest/asset/v1/tagTypes.json", [("maxReturn", "200")]).rows
    tags = [FieldDescription(TAGS + str(row["tagType"]), "string", updateable=False) for row in rows]
    return fields + tags
