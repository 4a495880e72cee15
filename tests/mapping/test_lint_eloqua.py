"""What `leadline lint` says of a mapping with Eloqua."""

from __future__ import annotations

import pytest

from leadline.mapping.lint.eloqua import eloqua_inbound, eloqua_source, eloqua_write_back
from leadline.mapping.loading import load_mapping
from leadline.mapping.model import SupplierMapping
from leadline.settings import default_include_dir

UMBRELLA = load_mapping(default_include_dir() / "mappings" / "umbrella.yaml")
EMAIL = {"name": "email", "source": "C_EmailAddress", "required": True}
ALONE = {"campaigns": {}, "filter": None, "preassignment": None, "routing": {}, "crm": {}, "write_back": {}}


def mapping(source=None, sources=(), **parts):
    body = UMBRELLA.model_dump(by_alias=True, mode="json")
    body["source"] |= source or {}
    fields = [EMAIL, *({"name": f"f{n}", "source": one} for n, one in enumerate(sources))]
    return SupplierMapping.model_validate(body | ALONE | {"fields": fields} | parts)


def problems(chosen):
    return [*eloqua_source(chosen, chosen.source), *eloqua_write_back(chosen, chosen.source)]


def test_the_sample_has_no_problems():
    assert problems(UMBRELLA) == []


@pytest.mark.parametrize(
    ("handover", "good", "bad"),
    [
        ("form", ["C_City", "Form.your-name.first", "Activity.AssetName"], "CustomObject.Interest1"),
        ("segment", ["C_City", "Account.M_CompanyName"], "Form.comments"),
        ("custom_object", ["C_City", "CustomObject.Interest1"], "Account.M_CompanyName"),
        ("form", ["UpdatedAt"], "C_City-1"),
        ("form", [], "Form."),
    ],
)
def test_a_source_must_be_one_that_the_hand_over_gives(handover, good, bad):
    chosen = mapping({"handover": handover}, [*good, bad])

    ((place, message),) = problems(chosen)

    assert place == ("fields", len(good) + 1, "source")
    assert f"'{bad}' cannot be read with handover {handover}" in message


@pytest.mark.parametrize(
    ("source", "name", "message"),
    [
        ({"handover_id": 0}, "handover_id", "0 is no id of a form"),
        ({"segment_stamp": "C_At1"}, "segment_stamp", "goes with handover segment, not with form"),
        ({"segment_changed_only": True}, "segment_changed_only", "goes with handover segment"),
        ({"handover": "segment", "segment_stamp": "C At"}, "segment_stamp", "'C At' is no contact field"),
        ({"link_rows_by": "C_EmailAddress"}, "link_rows_by", "is no contact statement"),
    ],
)
def test_options_fit_the_hand_over(source, name, message):
    ((place, found),) = problems(mapping(source))

    assert place == ("source", name)
    assert message in found


@pytest.mark.parametrize(
    ("source", "write_back", "place", "message"),
    [
        ({}, {"object": "Contact", "key": "K1"}, "object", "'Contact' is no id of a custom object"),
        ({}, {"object": "10"}, "object", "needs write_back.key"),
        ({}, {"key": "K1"}, "key", "is for a custom object of its own"),
        (
            {"handover": "custom_object"},
            {"object": "7", "key": "K1"},
            "key",
            "not for what is handed over",
        ),
        ({}, {"events": {"object": "8", "fields": {"type": "T1"}}}, "events", "needs 'key'"),
    ],
)
def test_what_is_written_to_must_be_known_by_something(source, write_back, place, message):
    ((found, text),) = problems(mapping(source, write_back=write_back))

    assert found[:2] == ("write_back", place)
    assert message in text


@pytest.mark.parametrize(
    ("source", "object_", "expected"),
    [
        ({}, None, {"C_EmailAddress": "email", "C_City": "f0"}),
        ({"handover": "custom_object"}, "7", {"Interest1": "f1"}),
        ({"handover": "custom_object"}, "10", {}),
    ],
)
def test_what_is_read_from_the_record_that_is_written_to(source, object_, expected):
    chosen = mapping(source, ["C_City", "CustomObject.Interest1"], write_back={"object": object_})

    assert eloqua_inbound(chosen, chosen.source) == expected
