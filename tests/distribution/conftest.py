"""The houses of the acceptance scenarios, to look at single steps of a run."""

from __future__ import annotations

from tests.scenarios.conftest import house, make_house, no_expectations_by_hand

__all__ = ["house", "make_house", "no_expectations_by_hand"]
