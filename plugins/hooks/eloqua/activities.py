"""Activities of contacts (S7): one export per type, of all contacts, from which ours are kept.

Source: Oracle, "Exporting activities": contact fields cannot be filtered on, and one type comes at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

from hooks.eloqua.bulk import Bulk
from hooks.eloqua.leads import ACTIVITY_ROWS, UNLINKED
from hooks.eloqua.window import between, halves, is_in, read_stamp
from hooks.shapes import understood
from leadline.mapping.source import EloquaSource
from leadline.ports import SourceEvent, Window, storable

_FIELDS = {
    "id": "{{Activity.Id}}",
    "at": "{{Activity.CreatedAt}}",
    "contact": "{{Activity.Contact.Id}}",
    "asset": "{{Activity.Asset.Name}}",
}


class Activities:
    """Activities of one tenant. `activity_rows`: the most that one export may have."""

    def __init__(
        self, bulk: Bulk, source: EloquaSource, supplier: str, activity_rows: int = ACTIVITY_ROWS
    ) -> None:
        self._bulk = bulk
        self._source = source
        self._supplier = supplier
        self._most = activity_rows

    def of(self, record_ids: Sequence[str], window: Window) -> Iterator[SourceEvent]:
        """Yield the mapped activities of these contacts in the window, each once.

        A window without a start reaches back as many days as the mapping says: the export would bring the
        activities of everybody since ever.
        """
        wanted = {record_id for record_id in record_ids if not record_id.startswith(UNLINKED)}
        if not wanted:
            return
        if window.start is None:
            window = replace(window, start=window.end - timedelta(days=self._source.activity_days))
        for type_ in self._source.activities:
            yield from self._of_type(type_, wanted, window)

    def _of_type(self, type_: str, wanted: set[str], window: Window) -> Iterator[SourceEvent]:
        filter_ = f"'{{{{Activity.Type}}}}' = '{type_}' AND {between(_FIELDS['at'], window)}"
        seen: set[str] = set()
        for page in self._bulk.export(
            "activities", _FIELDS, filter_, f"Leadline activities {self._supplier}"
        ):
            parts = halves(window) if page.total >= self._most else None
            if parts:
                for part in parts:
                    yield from self._of_type(type_, wanted, part)
                return
            for row in page.rows:
                with understood("export of activities"):
                    id_, contact, at = str(row["id"]), str(row["contact"]), read_stamp(str(row["at"]))
                    asset = storable(str(row["asset"])) if row["asset"] else None
                if contact not in wanted or not is_in(at, window) or id_ in seen:
                    continue
                seen.add(id_)
                # Ids count by type: two activities of different types may share one.
                yield SourceEvent(f"{type_}:{id_}", contact, type_, at, asset)
