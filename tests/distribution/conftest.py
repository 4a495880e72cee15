"""The houses of the acceptance scenarios, to look at single steps of a run."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from leadline.hub import Hub
from leadline.mapping.model import SupplierMapping
from leadline.settings import settings
from tests.scenarios.house import CRM, FIELDS, FileSupplier, House, RecordSupplier


@pytest.fixture(autouse=True)
def no_expectations_by_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Keep the sample suppliers' hand-written expectations out of these mappings."""
    monkeypatch.setenv("LEADLINE_EXPECTATIONS_DIR", str(tmp_path / "expectations"))
    settings.cache_clear()
    yield
    settings.cache_clear()


@pytest.fixture
def make_house(
    make_hub: Callable[..., Hub], make_mapping: Callable[..., SupplierMapping], tmp_path: Path
) -> Callable[..., House]:
    """Return a factory of houses: `make_house("salesforce", routing=...)`; keywords are the mapping's."""
    numbers = itertools.count()

    def make(system: str = "sftp", *, hub: Hub | None = None, **changes: Any) -> House:
        mapping = make_mapping(system, **{"fields": FIELDS, "crm": CRM} | changes)
        staging = (tmp_path / f"staging-{next(numbers)}").as_uri()
        supplier = RecordSupplier() if mapping.source.system == "salesforce" else FileSupplier()
        return House(hub or make_hub(), staging, mapping, supplier)

    return make


@pytest.fixture
def house(make_house: Callable[..., House]) -> House:
    """Return the house of a supplier that drops files."""
    return make_house()
