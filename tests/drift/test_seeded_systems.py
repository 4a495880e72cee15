"""Every sample mapping against every system of the sandbox: well at first, and what people break is named."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml

from hooks.systems import partner_crm, supplier_system
from leadline.delivery.payload import owner_of
from leadline.mapping.loading import load_mapping
from leadline.mapping.model import OpportunityMapping, SupplierMapping
from leadline.partners import CrmAccount, Partner
from leadline.ports import CheckFinding
from leadline.preflight import keep_findings, look_at_account, look_at_supplier
from sandbox.launch import RunningSandbox
from tests.drift.breaking import CRMS, PARKED, SOURCES, do

INCLUDE = Path(__file__).parents[2] / "include"
SUPPLIERS = ("acme", "globex", "hooli", "initech", "umbrella")
# What is amiss in the seeded data itself: one upload to acme's inbox broke off days ago.
KNOWN = {"acme": {("file_marker", "leads_0214_uploading.csv", "warning")}}


def mapping_of(supplier: str) -> SupplierMapping:
    return load_mapping(INCLUDE / "mappings" / f"{supplier}.yaml")


def people_of(supplier: str) -> tuple[list[CrmAccount], list[Partner]]:
    body = yaml.safe_load((INCLUDE / "partners" / f"{supplier}.yaml").read_text(encoding="utf-8"))
    accounts = [CrmAccount.model_validate(one) for one in body["crm_accounts"]]
    return accounts, [Partner.model_validate(one) for one in body["partners"]]


def look(supplier: str, account_id: str | None = None, **owner: Any) -> list[CheckFinding]:
    """Return what preflight finds; `crm_owner` is what the account's partners name."""
    mapping = mapping_of(supplier)
    if account_id is None:
        return look_at_supplier(mapping, partial(supplier_system, mapping))
    accounts, partners = people_of(supplier)
    account = next(one for one in accounts if one.id == account_id)
    theirs = [one.model_copy(update=owner) for one in partners if one.crm == account_id]
    owners = {one.id: name for one in theirs if (name := owner_of(one))}
    kinds = [one.record_as for one in theirs]
    return look_at_account(mapping, account, kinds, partial(partner_crm, account, mapping), owners)


def told(findings: Iterable[CheckFinding]) -> set[tuple[str, str, str]]:
    return {(one.code, one.detail, one.severity) for one in findings}


@pytest.mark.parametrize("supplier", SUPPLIERS)
def test_a_sample_mapping_agrees_with_its_seeded_system(seeded: RunningSandbox, supplier: str) -> None:
    assert told(look(supplier)) == KNOWN.get(supplier, set())


@pytest.mark.parametrize("supplier", SUPPLIERS)
def test_a_sample_mapping_agrees_with_every_partner_s_crm(seeded: RunningSandbox, supplier: str) -> None:
    accounts, partners = people_of(supplier)
    used = {one.crm for one in partners}

    wrong = {one.id: look(supplier, one.id) for one in accounts if one.id in used}

    assert wrong
    assert [one for one in itertools.chain(*wrong.values()) if one.severity == "error"] == []


@pytest.mark.parametrize("case", SOURCES)
def test_what_is_broken_at_a_supplier_is_named_until_it_is_mended(
    seeded: RunningSandbox, kept: Any, case: str
) -> None:
    supplier, breaking, mending, finding = SOURCES[case]
    before = look(supplier)

    do(seeded.control, breaking)
    try:
        found = look(supplier)
    finally:
        seeded.control.clear_faults()
        do(seeded.control, mending)
    opened = keep_findings(kept, supplier, "run-1", {"source": found})
    cleared = keep_findings(kept, supplier, "run-2", {"source": look(supplier)})

    assert finding in told(found) - told(before)
    assert opened.opened == len(found)
    assert (cleared.cleared, cleared.standing) == (len(found) - len(before), len(before))


@pytest.mark.parametrize("case", CRMS)
def test_what_is_broken_in_a_partner_s_crm_is_named_until_it_is_mended(
    seeded: RunningSandbox, kept: Any, case: str
) -> None:
    supplier, account, breaking, mending, finding = CRMS[case]
    before = look(supplier, account)

    do(seeded.control, breaking)
    try:
        found = look(supplier, account)
    finally:
        seeded.control.clear_faults()
        do(seeded.control, mending)
    keep_findings(kept, supplier, "run-1", {f"crm:{account}": found})
    cleared = keep_findings(kept, supplier, "run-2", {f"crm:{account}": look(supplier, account)})

    assert told(found) - told(before) == {finding}
    assert (cleared.standing, told(look(supplier, account))) == (len(before), told(before))


@pytest.mark.parametrize(
    ("supplier", "account", "known", "severity"),
    [
        ("acme", "sf-p001", "owner@p001.example", "error"),
        ("hooli", "dyn-d002", "rep.one@d002.example", "warning"),  # its records are made all the same
        ("hooli", "sl-k001", None, "error"),
    ],
)
def test_an_owner_that_the_crm_does_not_know_is_named_by_its_partner(
    seeded: RunningSandbox, supplier: str, account: str, known: str | None, severity: str
) -> None:
    known = known or next(
        one["Email"] for one in seeded.control.do("saleslink", "k001", "rows", object="User")
    )
    before = look(supplier, account, crm_owner=known)

    found = look(supplier, account, crm_owner="nobody@nowhere.example")

    new = [one for one in found if told([one]) - told(before)]
    assert {one.severity for one in new} == {severity}
    assert {one.code for one in new} == {"owner_unknown"}
    assert all("nobody" not in one.message + one.detail for one in new)


def test_an_owner_who_left_is_named_until_somebody_is_there(seeded: RunningSandbox) -> None:
    owner = "owner@p001.example"

    seeded.control.act("p001", "set_user_active", username=owner, active=False)
    try:
        gone = look("acme", "sf-p001", crm_owner=owner)
    finally:
        seeded.control.act("p001", "set_user_active", username=owner, active=True)

    assert {one.code for one in gone} == {"owner_unknown"}
    assert look("acme", "sf-p001", crm_owner=owner) == []


def test_a_custom_object_with_another_key_is_named(seeded: RunningSandbox) -> None:
    mapping = mapping_of("initech")
    deals = {"object": "partnerDeal_c", "external_id": "name", "lead_field": "leadId", "events": False}
    back = mapping.write_back.model_copy(update={"opportunities": OpportunityMapping.model_validate(deals)})
    mapping = mapping.model_copy(update={"write_back": back})

    found = look_at_supplier(mapping, partial(supplier_system, mapping))

    assert told(found) == {("external_id_not_unique", "partnerDeal_c.name", "error")}


def test_the_words_of_a_status_mapping_that_the_crm_no_longer_has_are_named(seeded: RunningSandbox) -> None:
    parked = ("value_missing", "lead.statuscode=Parked", "warning")
    before = look("hooli", "dyn-d002")
    rows = seeded.control
    rows.do("dynamics", "d002", "remove_options", object="lead", column="statuscode", codes=[PARKED])
    try:
        found = look("hooli", "dyn-d002")
    finally:
        rows.do("dynamics", "d002", "remove_options", object="lead", column="statuscode", codes=[])

    assert parked not in told(before)
    assert parked in told(found)


@pytest.mark.parametrize(
    ("case", "words"),
    [
        ("salesforce: a campaign field", "Campaign.Theme__c, mapped as 'theme', is not there"),
        ("marketo: a lead field", "lead field 'company', mapped as 'company', is not there"),
        ("eloqua: a contact field", "contact field 'C_Country', mapped as 'country', is not there"),
        ("eloqua: an input of the form", "input 'comments' of form 7, mapped as 'comments', is not there"),
        (
            "eloqua: a field of events",
            "field 'Subject1' of custom object 8, to which an event's subject is written, is not there",
        ),
    ],
)
def test_a_finding_speaks_as_the_vendor_s_people_do(seeded: RunningSandbox, case: str, words: str) -> None:
    supplier, breaking, mending, finding = SOURCES[case]
    do(seeded.control, breaking)
    try:
        found = {one.detail: one.message for one in look(supplier)}
    finally:
        do(seeded.control, mending)

    assert words in found[finding[1]]
