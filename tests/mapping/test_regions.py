"""The list of regions is that of the library which judges numbers by it."""

from __future__ import annotations

import phonenumbers

from leadline.mapping.regions import PHONE_REGIONS


def test_a_region_is_allowed_if_the_library_can_judge_its_numbers() -> None:
    assert phonenumbers.SUPPORTED_REGIONS == PHONE_REGIONS
