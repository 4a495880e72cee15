from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace

import pytest
from sqlalchemy import select

from leadline import preflight
from leadline.errors import (
    BudgetExhausted,
    ConfigurationError,
    CredentialsRefused,
    NotAllowed,
    SchemaDrift,
    VendorUnavailable,
)
from leadline.hub.schema import finding
from leadline.partners import CrmAccount, RecordAs
from leadline.ports import CheckFinding, FieldDescription
from leadline.preflight import keep_findings, look_at_account, look_at_supplier, stop_for

GONE = CheckFinding("field_missing", "Lead.Email", "Lead.Email is not there")
WARNED = CheckFinding("length", "Lead.City", "too short", "warning")
BEGAN = 1_795_000_000_000_000


def rows(hub):
    with hub.reading() as connection:
        found = connection.execute(select(finding).order_by(finding.c.subject, finding.c.code)).all()
    return {(row.supplier, row.subject, row.detail): row for row in found}


def test_a_finding_stands_from_when_it_was_first_seen_until_it_is_gone(hub):
    first = keep_findings(hub, "acme", "run-1", {"source": [GONE, WARNED, GONE]})
    seen = rows(hub)["acme", "source", "Lead.Email"].found_at
    second = keep_findings(hub, "acme", "run-2", {"source": [GONE]})
    kept = rows(hub)["acme", "source", "Lead.Email"]
    third = keep_findings(hub, "acme", "run-3", {"source": []})

    assert (first.opened, first.cleared, first.standing, first.errors) == (2, 0, 2, 1)
    assert (second.opened, second.cleared, second.standing) == (0, 1, 1)
    assert (kept.found_at, kept.run_id, kept.cleared_at) == (seen, "run-1", None)
    assert (third.opened, third.cleared) == (0, 1)
    assert [row.cleared_at is None for row in rows(hub).values()] == [False, False]


def test_what_comes_back_is_opened_anew(hub):
    keep_findings(hub, "acme", "run-1", {"source": [GONE]})
    keep_findings(hub, "acme", "run-2", {"source": []})

    again = keep_findings(hub, "acme", "run-3", {"source": [GONE]})

    row = rows(hub)["acme", "source", "Lead.Email"]
    assert (again.opened, row.run_id, row.cleared_at) == (1, "run-3", None)


def test_a_warning_that_comes_and_goes_within_a_day_is_told_once(hub, monkeypatch):
    told, hours = [], iter([0, 1, 2, 3, 26, 51, 52])

    def look(*found):
        monkeypatch.setattr(preflight, "now_us", lambda: BEGAN + next(hours) * 3_600_000_000)
        keep_findings(hub, "acme", "run", {"files:leads": found}, lambda _, news: told.append(news))

    look(WARNED)
    look()
    look(WARNED)
    assert told == [{"files:leads": [WARNED]}]
    assert rows(hub)["acme", "files:leads", "Lead.City"].cleared_at is None

    look()
    look(WARNED)  # gone for 23 hours
    assert len(told) == 1

    look()
    look(replace(WARNED, severity="error"))  # it stops work now
    assert len(told) == 2


def test_a_warning_that_comes_back_after_days_is_told_again(hub, monkeypatch):
    told = []
    for day, found in enumerate([[WARNED], [], [], [WARNED]]):
        monkeypatch.setattr(preflight, "now_us", lambda day=day: BEGAN + day * 86_400_000_000)
        keep_findings(hub, "acme", "run", {"files:leads": found}, lambda _, news: told.append(news))

    assert told == [{"files:leads": [WARNED]}] * 2


def test_subjects_and_suppliers_are_kept_apart(hub):
    keep_findings(hub, "acme", "run-1", {"source": [GONE]})
    keep_findings(hub, "acme", "run-1", {"crm:sf-p001": [GONE]})
    keep_findings(hub, "acme~test", "run-1", {"source": [GONE]})

    keep_findings(hub, "acme", "run-2", {"source": []})

    standing = {key for key, row in rows(hub).items() if row.cleared_at is None}
    assert standing == {("acme", "crm:sf-p001", "Lead.Email"), ("acme~test", "source", "Lead.Email")}


@pytest.mark.parametrize(
    ("findings", "error"),
    [
        ([], type(None)),
        ([WARNED], type(None)),
        ([GONE, WARNED], SchemaDrift),
        ([CheckFinding("connection", "connection", "down")], VendorUnavailable),
        ([CheckFinding("credentials", "connection", "no")], CredentialsRefused),
        ([CheckFinding("permission", "/inbox", "no"), GONE], CredentialsRefused),
        ([CheckFinding("configuration", "connection", "no such connection")], ConfigurationError),
        ([CheckFinding("connection", "connection", "down"), GONE], SchemaDrift),
    ],
)
def test_what_is_found_says_what_happens_to_the_run(findings, error):
    assert type(stop_for(findings)) is error


class System:
    """A system that tells what it was given, and raises errors where they stand among it."""

    def __init__(self, checked=(), described=None, strangers=()):
        self.checked, self.described, self.strangers = checked, described, strangers

    def check(self):
        for one in self.checked:
            if isinstance(one, Exception):
                raise one
            yield one

    def describe(self, objects=()):
        if isinstance(self.described, Exception):
            raise self.described
        return self.described or {}

    def unknown_owners(self, owners):
        return [owner for owner in owners if owner in self.strangers]


CLOSED = CheckFinding("permission", "handover_ids", "programs are closed to us")


@pytest.mark.parametrize(
    "system",
    [
        System([CLOSED], CredentialsRefused("describe is closed to us")),
        System([CLOSED, VendorUnavailable("the line broke")]),
    ],
)
def test_what_was_found_before_a_call_failed_stays(mapping, system):
    assert look_at_supplier(mapping, lambda: nullcontext(system)) == [CLOSED]


def test_a_description_that_fails_without_another_reason_is_a_finding(mapping):
    system = System([WARNED], CredentialsRefused("describe is closed to us"))

    found = look_at_supplier(mapping, lambda: nullcontext(system))

    assert [(one.code, one.severity) for one in found] == [("length", "warning"), ("credentials", "error")]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (NotAllowed("closed"), "permission"),
        (BudgetExhausted("spent"), "budget"),
        (VendorUnavailable("down"), "connection"),
        (SchemaDrift("gone"), "schema"),
        (ConfigurationError("no such connection"), "configuration"),
    ],
)
def test_why_a_look_failed_is_told_by_its_code(mapping, error, code):
    found = look_at_supplier(mapping, lambda: nullcontext(System([error])))

    assert [(one.code, one.message) for one in found] == [(code, str(error))]


def test_a_system_that_cannot_be_reached_is_not_asked_for_more(mapping):
    down = CheckFinding("connection", "connection", "down")
    system = System([down], SchemaDrift("never asked"))

    assert look_at_supplier(mapping, lambda: nullcontext(system)) == [down]


def test_an_owner_that_is_not_known_is_told_by_its_partner_and_not_by_name(mapping):
    account = CrmAccount(id="sf-p001", connection="salesforce_p001")
    key = FieldDescription("Leadline_Id__c", "string", external_id=True, unique=True)
    system = System(
        described={"Lead": [key, FieldDescription("OwnerId", "reference")]}, strangers=["jo@x.example"]
    )
    owners = {"P001": "amy@x.example", "P002": "jo@x.example"}

    (found,) = look_at_account(mapping, account, [RecordAs.LEAD], lambda: nullcontext(system), owners)

    assert (found.code, found.detail, found.severity) == ("owner_unknown", "partner P002", "error")
    assert "jo@" not in found.message
