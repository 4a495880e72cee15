from __future__ import annotations

import pytest
from sqlalchemy import select

from leadline.errors import CredentialsRefused, SchemaDrift, VendorUnavailable
from leadline.hub.schema import finding
from leadline.ports import CheckFinding
from leadline.preflight import keep_findings, stop_for

GONE = CheckFinding("field_missing", "Lead.Email", "Lead.Email is not there")
WARNED = CheckFinding("length", "Lead.City", "too short", "warning")


def rows(hub):
    with hub.reading() as connection:
        found = connection.execute(select(finding).order_by(finding.c.subject, finding.c.code)).all()
    return {(row.supplier, row.subject, row.detail): row for row in found}


def test_a_finding_stands_from_when_it_was_first_seen_until_it_is_gone(hub):
    first = keep_findings(hub, "acme", "run-1", "source", [GONE, WARNED, GONE])
    seen = rows(hub)["acme", "source", "Lead.Email"].found_at
    second = keep_findings(hub, "acme", "run-2", "source", [GONE])
    kept = rows(hub)["acme", "source", "Lead.Email"]
    third = keep_findings(hub, "acme", "run-3", "source", [])

    assert (first.opened, first.cleared, first.standing, first.errors) == (2, 0, 2, 1)
    assert (second.opened, second.cleared, second.standing) == (0, 1, 1)
    assert (kept.found_at, kept.run_id, kept.cleared_at) == (seen, "run-1", None)
    assert (third.opened, third.cleared) == (0, 1)
    assert all(row.cleared_at for row in rows(hub).values())


def test_what_comes_back_is_opened_anew(hub):
    keep_findings(hub, "acme", "run-1", "source", [GONE])
    keep_findings(hub, "acme", "run-2", "source", [])

    again = keep_findings(hub, "acme", "run-3", "source", [GONE])

    row = rows(hub)["acme", "source", "Lead.Email"]
    assert (again.opened, row.run_id, row.cleared_at) == (1, "run-3", None)


def test_subjects_and_suppliers_are_kept_apart(hub):
    keep_findings(hub, "acme", "run-1", "source", [GONE])
    keep_findings(hub, "acme", "run-1", "crm:sf-p001", [GONE])
    keep_findings(hub, "acme~test", "run-1", "source", [GONE])

    keep_findings(hub, "acme", "run-2", "source", [])

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
        ([CheckFinding("connection", "connection", "down"), GONE], SchemaDrift),
    ],
)
def test_what_is_found_says_what_happens_to_the_run(findings, error):
    assert type(stop_for(findings)) is error
