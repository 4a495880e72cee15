"""What a mapping of a Marketo supplier may not say."""

from __future__ import annotations

from pathlib import Path

import pytest

from leadline.mapping.lint.outbound import outbound_problems
from leadline.mapping.lint.source import source_problems
from leadline.mapping.loading import load_mapping
from leadline.mapping.model import EventWriteBack

SAMPLE = load_mapping(Path(__file__).parents[2] / "include/mappings/initech.yaml")
DEAL = SAMPLE.write_back.opportunities
EVENTS = SAMPLE.write_back.events


def problems(source=None, write_back=None):
    changed = SAMPLE.model_copy(
        update={
            "source": SAMPLE.source.model_copy(update=source or {}),
            "write_back": SAMPLE.write_back.model_copy(update=write_back or {}),
        }
    )
    return [*source_problems(changed), *outbound_problems(changed)]


def test_the_sample_has_no_problems():
    assert problems() == []


@pytest.mark.parametrize(
    ("source", "place", "message"),
    [
        ({"handover_ids": ()}, "handover_ids", "names no program"),
        ({"handover_ids": (0,)}, "handover_ids", "0 is no number"),
        ({"handover_ids": (7, 7)}, "handover_ids", "7 is named twice"),
        ({"handover_ids": tuple(range(1, 302))}, "handover_ids", "301 are too many"),
        ({"handover": "list"}, "handover_statuses", "has no status"),
        ({"handover_statuses": ("not in program",)}, "handover_statuses", "hands nobody over"),
        ({"activities": ("100001",)}, "activities", "come back as news"),
    ],
)
def test_a_source_that_cannot_work_is_found(source, place, message):
    ((found, text),) = problems(source)

    assert found[:2] == ("source", place)
    assert message in text


@pytest.mark.parametrize(
    ("write_back", "source", "place", "message"),
    [
        ({"object": "own_c", "lead_field": "lead"}, {}, "object", "needs write_back.key"),
        ({"object": "own_c", "key": "id"}, {}, "object", "needs write_back.lead_field"),
        ({"key": "id"}, {}, "key", "is for a custom object"),
        (
            {"object": "program_member"},
            {"handover": "list", "handover_statuses": ()},
            "object",
            "needs 'handover: program'",
        ),
        (
            {"object": "program_member", "distribution_status": "statusName"},
            {"handover_statuses": ("Accepted",)},
            "status_labels",
            "would hand the lead over again",
        ),
        ({"events": EventWriteBack(object="100001")}, {}, "events", "needs 'key'"),
        (
            {"opportunities": DEAL.model_copy(update={"external_id": "dealId"})},
            {},
            "opportunities",
            "is externalOpportunityId",
        ),
        ({"sales_status": "company"}, {}, "sales_status", "would come back as news"),
    ],
)
def test_a_write_back_that_cannot_work_is_found(write_back, source, place, message):
    ((found, text),) = problems(source, write_back)

    assert found[:2] == ("write_back", place)
    assert message in text


def test_fields_of_a_custom_object_are_not_those_that_are_read():
    own = {"object": "own_c", "key": "id", "lead_field": "lead", "sales_status": "company"}

    assert problems(write_back=own) == []
