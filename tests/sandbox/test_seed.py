"""The seed data: what is in it, that it is always the same, and that its manifest is right about it."""

from __future__ import annotations

import csv
import gzip
import io
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import phonenumbers
import pytest
from email_validator import validate_email

from sandbox.compare import differences
from sandbox.launch import RunningSandbox
from sandbox.seed.acme_faults import FAULT_KINDS
from sandbox.seed.acme_files import FILTERS
from sandbox.seed.globex_org import FAULTS
from sandbox.seed.manifest import make_manifest
from sandbox.seed.partners import PARTNERS
from sandbox.seed.plan import Plan, make_plan
from sandbox.seed.routing import GLOBEX_RULES, SeedRotation, decide

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def plan() -> Plan:
    """The whole plan."""
    return make_plan()


@pytest.fixture(scope="module")
def manifest() -> dict[str, object]:
    """What is expected of it, as it is after a journey through JSON."""
    return json.loads(json.dumps(make_manifest()))


def acme_rows(plan: Plan) -> list[object]:
    """Return the rows of all files that can be read, each once."""
    return [row for file in plan.files for row in file.rows if row.outcome != "known"]


def test_each_supplier_has_two_thousand_leads(manifest: dict[str, dict[str, dict[str, object]]]) -> None:
    assert all(len(one["leads"]) >= 2000 for one in manifest["suppliers"].values())


def test_every_kind_of_fault_has_twenty_rows_and_few_enough_are_bad(plan: Plan) -> None:
    rows = acme_rows(plan)
    kinds = Counter(row.kind for row in rows)
    bad = sum(row.outcome == "quarantined" for row in rows)
    members = Counter(member.lead.kind for member in plan.pulled())
    campaigns = [row for file in plan.campaign_files for row in file.rows]

    assert min(kinds[kind] for kind in (*FAULT_KINDS, *FILTERS)) >= 20
    assert min(members[kind] for kind in FAULTS) >= 20
    assert sum(bool(row.reasons) for row in campaigns) >= 20
    assert bad / len(rows) < 0.2
    assert sum(bool(row.reasons) for row in campaigns) / len(campaigns) < 0.2


def test_a_day_of_files_is_below_the_threshold_too(plan: Plan) -> None:
    for day in {file.day for file in plan.files}:
        outcomes = [row.outcome for file in plan.files if file.day == day for row in file.rows]

        assert outcomes.count("quarantined") / len(outcomes) < 0.25


def test_the_lines_of_the_manifest_are_where_the_records_start(plan: Plan) -> None:
    for file in plan.files:
        if not file.rows or file.name.endswith(".gz"):
            continue
        lines = file.content.decode("cp1252" if "0302" in file.name else "utf-8", "replace").splitlines(True)
        for row in file.rows:
            if row.lead is not None:
                assert row.lead["supplier_ref"] in lines[row.line - 1]
                assert lines[row.line - 1].startswith(row.lead["supplier_ref"])


def test_a_plain_reader_sees_the_rows_of_the_manifest(plan: Plan) -> None:
    file = next(one for one in plan.files if one.name == "leads_0402.csv.gz")

    text = gzip.decompress(file.content).decode("utf-8", "surrogateescape")
    rows = list(csv.reader(io.StringIO(text, newline="")))[1:]

    assert len(rows) == len(file.rows)
    for cells, row in zip(rows, file.rows, strict=True):
        assert (not cells) == (row.kind == "blank_row")
        assert (0 < len(cells) < 30) == (row.kind == "short_row")
        assert (len(cells) > 30) == (row.kind == "long_row")
        assert any("\0" in cell for cell in cells) == (row.kind == "nul_byte")


def test_good_leads_are_good_and_bad_ones_bad_to_maintained_libraries(plan: Plan) -> None:
    leads = [row.lead for row in acme_rows(plan) if row.lead is not None]
    leads += [one.lead for one in plan.globex_leads.values()]

    for lead in leads:
        validate_email(lead["email"], check_deliverability=False)
        for number in filter(None, (lead["phone"], lead["mobile"])):
            parsed = phonenumbers.parse(number, None)
            assert phonenumbers.is_valid_number(parsed)
            assert phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164) == number


def test_mails_and_phones_are_shared_only_on_purpose(plan: Plan) -> None:
    acme = Counter(one.lead["email"] for one in plan.acme_leads)
    globex = Counter(one.lead["email"] for one in plan.globex_leads.values())
    phones: dict[str, str] = {}

    assert set(acme) & set(globex) == set()
    assert 30 <= sum(count > 1 for count in acme.values()) <= 40
    assert sum(count > 1 for count in globex.values()) >= 100
    for one in [*plan.acme_leads, *plan.globex_leads.values()]:
        if one.lead["phone"]:
            assert phones.setdefault(one.lead["phone"], one.lead["email"]) == one.lead["email"]


def test_the_rotation_gives_equal_partners_a_b_c_a() -> None:
    rotation = SeedRotation()
    three = [PARTNERS[place] for place in (0, 1, 2)]
    given = []
    for _ in range(4):
        given.append(rotation.next(three))
        rotation.count(given[-1])

    assert [one.id for one in given] == ["P001", "P002", "P003", "P001"]


def test_the_rotation_gives_twice_the_weight_twice_the_leads() -> None:
    rotation = SeedRotation()
    two = [next(one for one in PARTNERS if one.id == name) for name in ("P001", "P009")]
    given = Counter()
    for _ in range(300):
        partner = rotation.next(two)
        rotation.count(partner)
        given[partner.id] += 1

    assert given == {"P001": 100, "P009": 200}


def test_a_required_rule_without_a_match_beats_the_default_partner() -> None:
    lead = {"country": "IT", "tier_need": "Basic", "products": ["Cloud"]}

    decision = decide(lead, GLOBEX_RULES, SeedRotation(), None, PARTNERS[-1])

    assert (decision.partner, decision.why) == (None, "required_rule")


def test_an_optional_rule_that_would_leave_nobody_is_skipped() -> None:
    lead = {"country": "AT", "tier_need": None, "products": ["Cloud"]}

    decision = decide(lead, GLOBEX_RULES, SeedRotation(), None, None)

    assert decision.partner is not None
    assert decision.partner.id == "P009"  # of the Austrians only Isar Data sells Cloud


def test_seeding_fills_every_room_once(sandbox: RunningSandbox, plan: Plan) -> None:
    control = sandbox.control

    assert [control.seed(), control.seed()] == [True, False]

    names = {file["path"].removeprefix("/inbox/") for file in control.files()}
    assert {file.name for file in plan.files} <= names
    assert "leads_0401.csv.done" in names
    assert "leads_0214_uploading.csv.done" not in names
    assert len(control.records("globex", "CampaignMember")) == len(plan.globex.members)
    assert control.files("acme_test")
    assert control.records("globex_test", "CampaignMember")
    assert control.manifest() == json.loads(json.dumps(make_manifest()))


def test_stamps_lie_in_the_days_before_and_in_the_order_of_the_plan(
    sandbox: RunningSandbox, plan: Plan
) -> None:
    sandbox.control.clock(set="2026-06-10T15:00:00+00:00", hold=True)
    sandbox.control.seed()

    members = sandbox.control.records("globex", "CampaignMember")
    leads = {one["Id"]: one for one in sandbox.control.records("globex", "Lead")}
    campaigns = {one["Id"]: one["Name"] for one in sandbox.control.records("globex", "Campaign")}
    chosen = {one.name for one in plan.globex.campaigns if one.chosen}
    pulled = [
        (max(one["SystemModstamp"], leads[one["LeadId"]]["SystemModstamp"]), one["Id"], one)
        for one in members
        if campaigns[one["CampaignId"]] in chosen and not leads[one["LeadId"]]["IsConverted"]
    ]
    ordered = [one for _, _, one in sorted(pulled, key=lambda row: row[:2])]

    assert [leads[one["LeadId"]].get("Email") for one in ordered] == [
        one.lead.written["Email"] for one in plan.pulled()
    ]
    assert min(row[0] for row in pulled) >= "2026-06-06"
    assert max(row[0] for row in pulled) < "2026-06-09"
    assert {file["mtime"] for file in sandbox.control.files()} <= set(range(1780704000, 1781049600))


def test_the_manifest_is_the_same_in_every_process(tmp_path: Path) -> None:
    outputs = [
        subprocess.run(
            [sys.executable, "-m", "sandbox.seed", "--manifest"],
            cwd=ROOT,
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]

    assert outputs[0] == outputs[1]
    assert json.loads(outputs[0]) == json.loads(json.dumps(make_manifest()))


def test_a_fresh_seed_differs_from_the_manifest_in_what_is_yet_to_be_done_only(
    sandbox: RunningSandbox,
) -> None:
    sandbox.control.seed()
    manifest = sandbox.control.manifest()

    found = differences(manifest, sandbox.control.url)

    found = [line for line in found if line.split()[0] in manifest["orgs"]]
    records = [record for org in manifest["orgs"].values() for record in org]
    # Those found by their phone get their new e-mail with the push.
    waiting = sum(one["origin"] == "created" or one["why"] == "same_phone" for one in records)
    assert sum("1 expected, 0 there" in line for line in found) == waiting
    untouched = {
        one["email"] for one in records if one["origin"] == "untouched" and one["why"] != "converted"
    }
    assert not [line for line in found if line.split()[2].strip(":") in untouched and "p005" in line]


def test_a_comparison_names_each_wrong_field_and_each_record_too_many(sandbox: RunningSandbox) -> None:
    control = sandbox.control
    control.seed()
    manifest = control.manifest()
    before = set(differences(manifest, control.url))
    walter = next(one for one in control.records("p001", "Lead") if one["LastName"] == "Walkin")

    control.act("p001", "update", id=walter["Id"], values={"City": "Elsewhere", "Leadline_Id__c": "A1"})
    control.act("p002", "insert", object="Contact", rows=[{"LastName": "X", "Email": "too@many.example"}])
    control.act("p003", "insert", object="Task", rows=[{"WhoId": control.records("p003", "Lead")[0]["Id"]}])

    new = "\n".join(sorted(set(differences(manifest, control.url)) - before))
    assert "City must be None, is 'Elsewhere'" in new
    assert "external id must be None, is 'set'" in new
    assert "p002 Contact too@many.example: 0 expected, 1 there" in new
    assert "0 tasks expected, 1 there" in new
    assert new.count("\n") == 3
