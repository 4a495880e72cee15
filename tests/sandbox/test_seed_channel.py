"""The seed of hooli, initech and umbrella: what is in it, and that its manifest is right about it."""

from __future__ import annotations

import csv
import gzip
import io
from collections import Counter
from pathlib import Path

import phonenumbers
import pytest
import yaml
from email_validator import validate_email

from sandbox.launch import RunningSandbox
from sandbox.seed.channel import Channel, make_channel
from sandbox.seed.channel_partners import STATUS_WORDS, SUPPLIERS, partners_of
from sandbox.seed.handovers import FAULTS
from sandbox.seed.hooli_files import FAULT_KINDS, FILTERS
from sandbox.seed.manifest import make_manifest
from sandbox.seed.partners import PARTNERS

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def channel() -> Channel:
    """All of it."""
    return make_channel()


@pytest.mark.parametrize("supplier", SUPPLIERS)
def test_each_of_the_three_has_two_thousand_leads(channel: Channel, supplier: str) -> None:
    assert len(channel.leads[supplier]) >= 2000


def test_every_kind_of_fault_of_hooli_has_twenty_rows(channel: Channel) -> None:
    rows = [row for file in channel.files for row in file.rows if row.outcome != "known"]
    kinds = Counter(row.kind for row in rows)

    assert min(kinds[kind] for kind in (*FAULT_KINDS, *FILTERS)) >= 20
    assert sum(row.outcome == "quarantined" for row in rows) / len(rows) < 0.25


@pytest.mark.parametrize("supplier", sorted(FAULTS))
def test_every_kind_of_fault_of_a_handed_over_person_comes_twenty_times(
    channel: Channel, supplier: str
) -> None:
    kinds = Counter(one.person.kind for one in channel.sources[supplier].handovers)

    assert min(kinds[kind] for kind in (*FAULTS[supplier], "excluded", "preassigned")) >= 20


@pytest.mark.parametrize("supplier", sorted(FAULTS))
def test_a_person_handed_over_twice_is_two_leads_and_one_never_handed_over_is_none(
    channel: Channel, supplier: str
) -> None:
    leads = Counter(one.lead["email"] for one in channel.leads[supplier])
    people = {kind: [] for kind in ("twice", "not_handed", "plain")}
    for person in channel.sources[supplier].people:
        people.setdefault(person.kind, []).append(leads[person.lead["email"]])

    assert set(people["twice"]) == {2}
    assert set(people["not_handed"]) == {0}
    assert set(people["plain"]) == {1}


def test_hooli_s_files_differ_in_encoding_and_a_plain_reader_sees_their_rows(channel: Channel) -> None:
    starts = set()
    for file in channel.files:
        content = gzip.decompress(file.content)
        starts.add(content[:2])
        encoding = "utf-8-sig" if content[:3] == b"\xef\xbb\xbf" else "utf-16"
        if not content.startswith((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb")):
            encoding = "cp1252"
        text = content.decode(encoding, "replace")
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=";"))[1:]
        assert len(rows) == len(file.rows), file.name

    assert {b"\xff\xfe", b"\xfe\xff", b"\xef\xbb"} < starts


def test_good_leads_are_good_to_maintained_libraries(channel: Channel) -> None:
    for one in channel.everything():
        validate_email(one.lead["email"], check_deliverability=False)
        if one.lead["phone"]:
            assert phonenumbers.is_valid_number(phonenumbers.parse(one.lead["phone"], None))


def test_no_person_of_one_supplier_is_known_to_another(channel: Channel) -> None:
    seen = [{one.lead["email"] for one in channel.leads[supplier]} for supplier in SUPPLIERS]

    assert len(set.union(*seen)) == sum(map(len, seen))


@pytest.mark.parametrize("supplier", ["acme", "globex", *SUPPLIERS])
def test_the_partner_files_say_what_the_seed_says(supplier: str) -> None:
    told = yaml.safe_load((ROOT / "include" / "partners" / f"{supplier}.yaml").read_text())
    meant = {one.id: one for one in (partners_of(supplier) if supplier in SUPPLIERS else PARTNERS)}

    assert [one["id"] for one in told["partners"]] == list(meant)
    for one in told["partners"]:
        partner = meant[one["id"]]
        account = getattr(partner, "account", f"sf-{partner.org}")
        assert one["name"] == partner.name
        assert one.get("crm", "") == account
        assert one["auto_accept"] is partner.auto_accept
        assert one.get("record_as", "lead") == partner.record_as
        assert one.get("weight", 1) == partner.weight
        assert one.get("field_updates", "none") == partner.field_updates
        assert one.get("custom_fields_into_notes", False) is partner.notes
        assert one.get("opportunities", "none") == partner.opportunities
        assert one.get("crm_owner") == partner.owner
        assert tuple(one["attributes"]["countries"]) == partner.countries
        assert tuple(one["attributes"]["products"]) == partner.products
        assert one["attributes"]["tier"] == partner.tier
    for account in told["crm_accounts"]:
        assert account.get("status_mapping", {}) == STATUS_WORDS.get(account["id"], {})


def test_every_room_is_filled_as_the_plan_says(sandbox: RunningSandbox, channel: Channel) -> None:
    control = sandbox.control
    control.seed()

    names = {file["path"].removeprefix("/inbox/") for file in control.files("hooli")}
    assert names == {channel.promotions.name, *(file.name for file in channel.files)}
    initech, umbrella = (channel.sources[name] for name in ("initech", "umbrella"))
    assert len(control.do("marketo", "initech", "rows", object="lead")) == len(initech.people)
    handed = control.do("marketo", "initech", "rows", object="activity")
    assert sum(one["activityTypeId"] == 104 for one in handed) == len(initech.handovers)
    assert len(control.do("eloqua", "umbrella", "rows", object="contact")) == len(umbrella.people)
    sent = control.do("eloqua", "umbrella", "rows", object="activity")
    assert sum(one["type"] == "FormSubmit" for one in sent) == len(umbrella.handovers)
    for tenant in ("d001", "d002", "d003"):
        there = [len(control.do("dynamics", tenant, "rows", object=name)) for name in ("lead", "contact")]
        assert sum(there) == len(channel.tenants[tenant].known)


def test_the_hand_overs_lie_in_the_days_before_and_in_the_order_of_the_plan(
    sandbox: RunningSandbox, channel: Channel
) -> None:
    sandbox.control.clock(set="2026-06-10T15:00:00+00:00", hold=True)
    sandbox.control.seed()

    rows = sandbox.control.do("marketo", "initech", "rows", object="activity")
    emails = {
        one["id"]: one.get("email") for one in sandbox.control.do("marketo", "initech", "rows", object="lead")
    }
    handed = sorted(
        (one for one in rows if one["activityTypeId"] == 104), key=lambda one: one["activityDate"]
    )

    assert [emails[one["leadId"]] for one in handed] == [
        one.person.written["email"] for one in channel.sources["initech"].handovers
    ]
    assert len({one["activityDate"] for one in handed}) == len(handed)
    assert handed[0]["activityDate"] >= "2026-06-06"
    assert handed[-1]["activityDate"] < "2026-06-10"


def test_the_manifest_names_a_partner_or_a_reason_for_every_new_lead() -> None:
    manifest = make_manifest()

    for supplier in SUPPLIERS:
        told = manifest["suppliers"][supplier]
        assert told["counts"]["new"] == len(told["leads"])
        for one in told["leads"]:
            assert (one["partner"] is None) == (one["status"] == "unassigned")
            assert one["why"]
