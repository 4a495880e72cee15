"""Fixtures of opportunities: the house of feedback, with one partner, on both databases."""

from __future__ import annotations

from tests.feedback.conftest import house, make_feedback_house

__all__ = ["house", "make_feedback_house"]
