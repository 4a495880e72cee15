"""What one pull landed, as its manifest says it: sources, batches and how many rows there are.

The manifest is written last and never changed, so it is what `books` recounts from.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from leadline.ports import Kind, Window


@dataclass(frozen=True)
class LandedSource:
    """One file, or one system's pages.

    Attributes:
        origin: `file:<sha256>`, or the system's name.
        name: Of the file, or of the system; `path` is where the supplier keeps it.
        known: The hub received this content before: its rows are in no batch.
        error: Why nothing of it was taken (`code: message`); None: it was readable.
        absent: Columns that optional fields read and the file has not.
    """

    origin: str
    name: str
    path: str
    sha256: str | None
    size: int
    encoding: str | None
    rows: int
    known: bool = False
    error: str | None = None
    modified_at: str | None = None
    absent: tuple[str, ...] = ()


@dataclass(frozen=True)
class Batch:
    """At most `batch_rows` raw rows, the unit that is checked and received as a whole.

    Attributes:
        batch_id: `<run id>:<kind>:<number>`.
        uri: Where its Parquet lies, for `staging.Staging.read`.
        replay_of: The batch whose rows it repeats, `replay_rows` the row there of each row here.
    """

    batch_id: str
    run_id: str
    kind: Kind
    number: int
    uri: str
    origin: str
    rows: int
    replay_of: str | None = None
    replay_rows: tuple[int, ...] = ()


@dataclass(frozen=True)
class Manifest:
    """The whole of one pull of one kind; `rows` is the sum over its batches."""

    supplier: str
    run_id: str
    kind: Kind
    mapping_hash: str
    window: Window
    watermark_to: datetime | None  # None: this pull leaves the watermark alone
    sources: tuple[LandedSource, ...]
    batches: tuple[Batch, ...]
    uri: str

    @property
    def rows(self) -> int:
        """Return how many rows were received; each of them gets one receipt."""
        return sum(batch.rows for batch in self.batches)

    @property
    def known_files(self) -> tuple[str, ...]:
        """Return the names of the files whose content the hub had already."""
        return tuple(source.name for source in self.sources if source.known)

    @property
    def unreadable(self) -> tuple[LandedSource, ...]:
        """Return the files of which nothing was taken."""
        return tuple(source for source in self.sources if source.error)

    def to_json(self) -> bytes:
        """Return the manifest as it is stored (docs/architecture.md, "Staging layout")."""
        batches = []
        for batch in self.batches:
            entry = asdict(batch)
            del entry["run_id"], entry["kind"]
            batches.append(entry)
        body = {
            "supplier": self.supplier,
            "run_id": self.run_id,
            "kind": self.kind,
            "mapping_hash": self.mapping_hash,
            "window": {
                "start": _iso(self.window.start),
                "end": _iso(self.window.end),
                "archive": self.window.archive,
                "resend": self.window.resend,
                "campaigns": list(self.window.campaigns),
            },
            "watermark_to": _iso(self.watermark_to),
            "sources": [asdict(source) for source in self.sources],
            "batches": batches,
            "rows": self.rows,
            "uri": self.uri,
        }
        return json.dumps(body, ensure_ascii=False, indent=1).encode()

    @classmethod
    def from_json(cls, body: bytes) -> Manifest:
        """Return the manifest that `to_json` wrote.

        Raises:
            ValueError: Its rows are not the sum of its batches: it was damaged or edited.
        """
        found: dict[str, Any] = json.loads(body)
        window = found["window"]
        manifest = cls(
            supplier=found["supplier"],
            run_id=found["run_id"],
            kind=found["kind"],
            mapping_hash=found["mapping_hash"],
            window=Window(
                _moment(window["start"]),
                datetime.fromisoformat(window["end"]),
                archive=window["archive"],
                resend=window["resend"],
                campaigns=tuple(window["campaigns"]),
            ),
            watermark_to=_moment(found["watermark_to"]),
            sources=tuple(
                LandedSource(**{**source, "absent": tuple(source.get("absent", ()))})
                for source in found["sources"]
            ),
            batches=tuple(
                Batch(
                    **{**entry, "replay_rows": tuple(entry["replay_rows"])},
                    run_id=found["run_id"],
                    kind=found["kind"],
                )
                for entry in found["batches"]
            ),
            uri=found["uri"],
        )
        if manifest.rows != found["rows"]:
            raise ValueError(f"{manifest.uri}: {found['rows']} rows, but {manifest.rows} in its batches")
        return manifest


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
