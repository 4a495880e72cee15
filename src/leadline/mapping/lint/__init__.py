"""Checks of a mapping that need the whole of it, or the other mappings beside it.

Each module yields problems, pairs of a place in the file and a message that says what is allowed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from leadline.errors import Finding
from leadline.mapping.dag_names import DAG_KINDS, OWN_DAGS, dag_id
from leadline.mapping.document import Document, read_document
from leadline.mapping.lint.campaigns import campaign_problems
from leadline.mapping.lint.conditions import condition_problems
from leadline.mapping.lint.feedback import feedback_problems
from leadline.mapping.lint.fields import field_problems
from leadline.mapping.lint.files import file_problems
from leadline.mapping.lint.outbound import outbound_problems
from leadline.mapping.lint.setup import setup_problems
from leadline.mapping.lint.sharing import sharing_findings
from leadline.mapping.lint.source import source_problems
from leadline.mapping.model import SupplierMapping

__all__ = ["lint_mapping", "lint_together", "sharing_findings"]

_CHECKS = (
    setup_problems,
    source_problems,
    field_problems,
    campaign_problems,
    condition_problems,
    outbound_problems,
    feedback_problems,
    file_problems,
)


def lint_mapping(mapping: SupplierMapping, document: Document) -> Iterator[Finding]:
    """Yield what is wrong in one mapping, each with its line."""
    for check in _CHECKS:
        for place, message in check(mapping):
            yield document.finding(place, message)


def lint_together(mappings: Mapping[Path, SupplierMapping]) -> Iterator[Finding]:
    """Yield what is wrong only because of another mapping: DAG ids and suppliers that collide.

    The later file of a pair gets the finding, so that the earlier one stays good.
    """
    taken: dict[str, str] = dict.fromkeys(OWN_DAGS, "Leadline itself")
    for path, mapping in mappings.items():
        ids = [mapping.supplier, *(dag_id(mapping.supplier, kind) for kind in DAG_KINDS)]
        clash = next((name for name in ids if name in taken), None)
        if clash:
            message = (
                f"supplier '{mapping.supplier}' makes the name '{clash}', which {taken[clash]} has already"
            )
            yield Finding(str(path), read_document(path).line(("supplier",)), message)
        else:
            taken |= dict.fromkeys(ids, str(path))
