"""Leads of an Eloqua window: what a form, a segment or a custom object handed over.

Source: Oracle, "Exporting activities", "Activity fields", "Filtering"; docs/unverified.md, Eloqua.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl

from hooks.eloqua.bulk import FIELDS_OF_EXPORT, Bulk, DataPage
from hooks.eloqua.spool import Spool, spool
from hooks.eloqua.window import between, halves, is_in, one_spelling, read_stamp
from leadline.errors import ConfigurationError
from leadline.mapping.model import SupplierMapping
from leadline.mapping.source import EloquaSource
from leadline.ports import RecordPage, SourceRecord, Window

logger = logging.getLogger(__name__)

ACTIVITY_CONTACT_FIELDS = 10  # the most contact fields that one activity export may have
ACTIVITY_ROWS = 5_000_000  # the most rows of one activity export: what is above is cut off
UNLINKED = "unlinked-"  # record id of a hand-over that no contact belongs to

ID, STAMP, CONTACT, CAMPAIGN = "LL_Id", "LL_Stamp", "LL_Contact", "LL_Campaign"
ASSET, RAW = "LL_Asset", "LL_Raw"
ACTIVITY_FIELDS: Mapping[str, str] = {
    "CampaignId": "{{Activity.Campaign.Id}}",
    "CampaignName": "{{Activity.Campaign.Field(CampaignName)}}",
    "AssetId": "{{Activity.Asset.Id}}",
    "AssetName": "{{Activity.Asset.Name}}",
    "CreatedAt": "{{Activity.CreatedAt}}",
}
SYSTEM_FIELDS = ("Id", "CreatedAt", "UpdatedAt")
_TIMES = frozenset({"CreatedAt", "UpdatedAt", "Activity.CreatedAt", "CustomObject.CreatedAt"})

Row = Mapping[str, Any]


class Handovers:
    """What a mapping's source hands over. `activity_rows`: see `ACTIVITY_ROWS`."""

    def __init__(
        self, bulk: Bulk, mapping: SupplierMapping, source: EloquaSource, activity_rows: int = ACTIVITY_ROWS
    ) -> None:
        self._bulk = bulk
        self._mapping = mapping
        self._source = source
        self._most = activity_rows
        self._sources = list(dict.fromkeys(field.source for field in mapping.fields))

    def pages(self, window: Window) -> Iterator[RecordPage]:
        """Yield raw pages, and records by (stamp, id)."""
        with spool() as kept:
            for name, fields, windows in self._parts():
                self._fill(kept, name, dict(fields), window if windows else None)
            yield from kept.pages(lambda id_, row: self._record(id_, row, window))

    def probes(self, window: Window) -> list[tuple[str, dict[str, str], str | None]]:
        """Return (element, fields, filter) of the exports that a pull makes, for the vendor to judge."""
        return [
            (name, dict(fields), self._filter(window if windows else None))
            for name, fields, windows in self._parts()
        ]

    def _fill(self, kept: Spool, name: str, fields: Mapping[str, str], window: Window | None) -> None:
        def read() -> Iterator[DataPage]:
            yield from self._export(name, fields, window)

        def id_of(row: Row) -> str:
            if row.keys() < fields.keys():
                raise KeyError("a column is missing")
            return str(row[ID])

        kept.fill(read, id_of, STAMP if STAMP in fields else "")

    def _export(self, element: str, fields: Mapping[str, str], window: Window | None) -> Iterator[DataPage]:
        """Yield an export's pages; activities that reach the limit are read in halves of their window."""
        name = f"Leadline leads {self._mapping.supplier}"
        for page in self._bulk.export(element, fields, self._filter(window), name):
            parts = halves(window) if window and page.total >= self._most else None
            if element == "activities" and parts:
                logger.info("an activity export reached %s rows: its window is halved", page.total)
                for part in parts:
                    yield from self._export(element, fields, part)
                return
            yield page

    def _parts(self) -> list[tuple[str, list[tuple[str, str]], bool]]:
        """Return (element, [(column, statement)], by window) of each export."""
        if self._source.handover == "form":
            return self._form()
        if self._source.handover == "segment":
            columns = [(ID, "{{Contact.Id}}"), (STAMP, "{{Contact.UpdatedAt}}")]
            names = [*self._sources, *([self._source.segment_stamp] if self._source.segment_stamp else [])]
            columns += [(name, self._contact_statement(name)) for name in dict.fromkeys(names)]
            return [("contacts", self._bounded(columns), self._source.segment_changed_only)]
        return self._rows()

    def _form(self) -> list[tuple[str, list[tuple[str, str]], bool]]:
        first = [
            (ID, "{{Activity.Id}}"),
            (STAMP, "{{Activity.CreatedAt}}"),
            (CONTACT, "{{Activity.Contact.Id}}"),
            (CAMPAIGN, "{{Activity.Campaign.Id}}"),
            (ASSET, "{{Activity.Asset.Id}}"),
        ]
        contacts: list[tuple[str, str]] = []
        for source in self._sources:
            prefix, dot, name = source.partition(".")
            if dot and prefix == "Activity":
                if name not in ACTIVITY_FIELDS:
                    raise ConfigurationError(f"{self._mapping.supplier}: '{source}' is no activity field")
                first.append((source, ACTIVITY_FIELDS[name]))
            elif dot and prefix == "Form":
                if RAW not in dict(first):
                    first.append((RAW, "{{Activity.Field(RawData)}}"))
            else:
                statement = self._contact_statement(source)
                contacts.append((source, statement.replace("{{Contact.", "{{Activity.Contact.", 1)))
        most = ACTIVITY_CONTACT_FIELDS
        chunks = [contacts[at : at + most] for at in range(0, len(contacts), most)] or [[]]
        parts = [[*first, *chunks[0]], *([(ID, "{{Activity.Id}}"), *chunk] for chunk in chunks[1:])]
        return [("activities", part, True) for part in parts]

    def _rows(self) -> list[tuple[str, list[tuple[str, str]], bool]]:
        own = f"CustomObject[{self._source.handover_id}]"
        element = f"customObjects/{self._source.handover_id}"
        columns = [
            (ID, f"{{{{{own}.Id}}}}"),
            (STAMP, f"{{{{{own}.UpdatedAt}}}}"),
            (CONTACT, f"{{{{{own}.Contact.Id}}}}"),
        ]
        for source in self._sources:
            prefix, dot, name = source.partition(".")
            if dot and prefix == "CustomObject":
                known = f"{{{{{own}.{name}}}}}" if name in SYSTEM_FIELDS else None
                columns.append((source, known or self._bulk.statement(element, name)))
            else:
                statement = self._contact_statement(source)
                columns.append((source, statement.replace("{{Contact.", f"{{{{{own}.Contact.", 1)))
        return [(element, self._bounded(columns), True)]

    def _contact_statement(self, source: str) -> str:
        prefix, dot, name = source.partition(".")
        if source in SYSTEM_FIELDS:
            return f"{{{{Contact.{source}}}}}"
        if dot and prefix == "Account" and self._source.handover == "segment":
            self._bulk.statement("accounts", name)
            return f"{{{{Contact.Account.Field({name})}}}}"
        if dot:
            raise ConfigurationError(
                f"{self._mapping.supplier}: source '{source}' cannot be read with handover "
                f"'{self._source.handover}'"
            )
        return self._bulk.statement("contacts", source)

    def _bounded(self, columns: list[tuple[str, str]]) -> list[tuple[str, str]]:
        if len(columns) > FIELDS_OF_EXPORT:
            raise ConfigurationError(
                f"{self._mapping.supplier}: {len(columns)} fields are mapped; Eloqua exports at most "
                f"{FIELDS_OF_EXPORT}"
            )
        return columns

    def _filter(self, window: Window | None) -> str:
        id_ = self._source.handover_id
        if self._source.handover == "form":
            wanted = "'{{Activity.Type}}' = 'FormSubmit'"
            if self._source.form_in_filter:
                wanted += f" AND '{{{{Activity.Asset.Id}}}}' = '{id_}'"
            return wanted if window is None else f"{wanted} AND {between('{{Activity.CreatedAt}}', window)}"
        if self._source.handover == "segment":
            wanted = f"EXISTS('{{{{ContactSegment[{id_}]}}}}')"
            return wanted if window is None else f"{wanted} AND {between('{{Contact.UpdatedAt}}', window)}"
        return "" if window is None else between(f"{{{{CustomObject[{id_}].UpdatedAt}}}}", window)

    def _record(self, id_: str, row: Row, window: Window) -> SourceRecord | None:
        """Return what one row hands over; None: another form's, or outside of the window."""
        source = self._source
        by_window = source.handover != "segment" or source.segment_changed_only
        if by_window and not is_in(read_stamp(str(row[STAMP])), window):
            return None
        if source.handover == "form" and str(row[ASSET]) != str(source.handover_id):
            return None
        inputs = dict(parse_qsl(str(row.get(RAW) or "").lstrip("?&"))) if RAW in row else {}
        values = {name: self._value(name, row, inputs) for name in self._sources}
        if source.handover == "segment":
            told = str(row.get(source.segment_stamp) or "") if source.segment_stamp else ""
            contact, handover = id_, f"segment-{source.handover_id}" + (f"-{told}" if told else "")
        else:
            contact, handover = str(row[CONTACT] or ""), id_
        campaign = str(row.get(CAMPAIGN) or "") or self._campaign_of(values)
        return SourceRecord(
            contact or f"{UNLINKED}{id_}",
            values,
            campaign_key=campaign,
            stamp=one_spelling(str(row[STAMP])),
            handover=handover,
        )

    def _value(self, name: str, row: Row, inputs: Mapping[str, str]) -> str | None:
        if name.startswith("Form."):
            return inputs.get(name.removeprefix("Form.")) or None
        text = row.get(name)
        if text is None or text == "":
            return None
        return one_spelling(str(text)) if name in _TIMES else str(text)

    def _campaign_of(self, values: Mapping[str, str | None]) -> str | None:
        name = self._mapping.campaigns.lead_field
        return values[self._mapping.field(name).source] if name else None


def handover_of(identity: str) -> str:
    """Return the hand-over that an identity `eloqua:<contact>:<hand-over>` names."""
    return identity.split(":", 2)[2]
