from __future__ import annotations

from contextlib import contextmanager

import pytest
from airflow.sdk.exceptions import AirflowFailException
from sqlalchemy import select

from leadline.delivery.crm_fields import SALESFORCE
from leadline.errors import CredentialsRefused
from leadline.hub.schema import crm_account, finding, mail
from leadline.hub.schema import partner as partners
from leadline.mapping.loading import load_mapping
from leadline.partners import CrmAccount, Partner, stored_account, stored_partner
from leadline.ports import CheckFinding, FieldDescription
from operators.preflight import PreflightOperator
from tests.operators.conftest import MAPPINGS

ACME = load_mapping(MAPPINGS / "acme.yaml")


class System:
    def __init__(self, findings=(), described=None):
        self.findings, self.described = findings, described or {}

    def check(self):
        yield from self.findings

    def describe(self, objects=()):
        return self.described


@pytest.fixture
def world(home, monkeypatch):
    """Return what the supplier's system and the CRMs answer; an error instead of one is raised."""
    world = {"source": System(), "sf-p001": System(described={"Lead": crm_fields()})}

    def opening(name):
        @contextmanager
        def opened():
            if isinstance(world[name], Exception):
                raise world[name]
            yield world[name]

        return opened()

    monkeypatch.setattr("hooks.systems.supplier_system", lambda mapping: opening("source"))
    monkeypatch.setattr("hooks.systems.partner_crm", lambda account, mapping: opening(account.id))
    account = CrmAccount(id="sf-p001", connection="salesforce_p001")
    partner = Partner(id="P001", name="Alpine", email="admin@alpine.example", crm="sf-p001")
    with home.transaction() as connection:
        connection.execute(crm_account.insert().values(stored_account("acme", account, 1)))
        connection.execute(partners.insert().values(stored_partner("acme", partner, 1)))
    return world


def crm_fields():
    vocabulary = SALESFORCE.usual["Lead"].values()
    mapped = [*ACME.crm.salesforce.lead.values(), *ACME.crm.salesforce.campaign.values()]
    fields = [FieldDescription(name, "string") for name in dict.fromkeys([*vocabulary, *mapped])]
    return [*fields, FieldDescription("Leadline_Id__c", "string", external_id=True, unique=True)]


def run(make_task_context, params=None, **options):
    operator = PreflightOperator(task_id="preflight", supplier="acme", **options)
    return operator.execute(make_task_context(params))


def standing(hub):
    with hub.reading() as connection:
        rows = connection.execute(select(finding).where(finding.c.cleared_at.is_(None))).all()
    return {(row.subject, row.code, row.detail) for row in rows}


def test_nothing_stands_where_all_is_well(home, world, make_task_context):
    result = run(make_task_context)

    assert standing(home) == set()
    assert result == {"subjects": 2, "standing": 0, "opened": 0, "cleared": 0}


def test_a_partner_s_trouble_is_kept_and_stops_nobody_else(home, world, make_task_context):
    world["sf-p001"] = CredentialsRefused("the org refuses the token")

    assert run(make_task_context)["opened"] == 1
    assert run(make_task_context)["opened"] == 0
    assert standing(home) == {("crm:sf-p001", "credentials", "connection")}

    world["sf-p001"] = System(described={"Lead": crm_fields()})
    assert run(make_task_context)["cleared"] == 1
    assert standing(home) == set()


def test_a_partner_s_trouble_fails_a_strict_look(world, make_task_context):
    world["sf-p001"] = System(described={"Lead": []})

    with pytest.raises(AirflowFailException, match="SchemaDrift"):
        run(make_task_context, strict=True)


def test_a_supplier_s_trouble_stops_the_run_and_is_kept(home, world, make_task_context):
    world["source"] = System([CheckFinding("permission", "/archive", "may not move files")])

    with pytest.raises(AirflowFailException, match="may not move files"):
        run(make_task_context)

    assert standing(home) == {("source", "permission", "/archive")}


def test_an_owner_that_a_partner_names_is_looked_for_in_its_crm(home, world, make_task_context):
    class Directory(System):
        def unknown_owners(self, owners):
            return owners

    world["sf-p001"] = Directory(
        described={"Lead": [*crm_fields(), FieldDescription("OwnerId", "reference")]}
    )
    partner = Partner(id="P002", name="Beacon", crm="sf-p001", crm_owner="Distributed leads")
    with home.transaction() as connection:
        connection.execute(partners.insert().values(stored_partner("acme", partner, 1)))

    run(make_task_context)

    assert standing(home) == {("crm:sf-p001", "owner_unknown", "partner P002")}


def mailed(hub):
    with hub.reading() as connection:
        rows = connection.execute(select(mail).where(mail.c.template == "findings")).all()
    return {row.recipient: row.text_body for row in rows}


def test_new_findings_of_a_crm_are_mailed_once_to_the_contact_and_to_its_partner(
    home, world, make_task_context
):
    world["sf-p001"] = System(described={"Lead": []})
    run(make_task_context)

    told = mailed(home)
    assert set(told) == {*ACME.contacts.configured, *ACME.contacts.technical, "admin@alpine.example"}
    ours, theirs = told[ACME.contacts.configured[0]], told["admin@alpine.example"]
    assert "the CRM account sf-p001" in ours
    assert "http://airflow.example:8080/dags/acme_distribution/runs/run-1" in ours
    assert "Lead.Leadline_Id__c" in theirs
    assert "airflow" not in theirs

    run(make_task_context)
    assert mailed(home) == told


def test_a_finding_that_came_again_is_mailed_again(home, world, make_task_context):
    broken = System([CheckFinding("folder_missing", "/error", "the error folder is gone", "warning")])
    context = make_task_context()
    for run_id, system in (("run-1", broken), ("run-2", System()), ("run-3", broken)):
        world["source"] = system
        PreflightOperator(task_id="preflight", supplier="acme").execute(context | {"run_id": run_id})

    with home.reading() as connection:
        runs = connection.execute(select(mail.c.run_id).where(mail.c.template == "findings")).scalars().all()
    assert set(runs) == {"run-1", "run-3"}


def test_a_warning_stops_nothing(home, world, make_task_context):
    world["source"] = System([CheckFinding("folder_missing", "/error", "made when needed", "warning")])

    assert run(make_task_context)["standing"] == 1
    assert standing(home) == {("source", "folder_missing", "/error")}


def test_a_dry_run_looks_and_keeps_nothing(home, world, make_task_context):
    world["sf-p001"] = CredentialsRefused("no")

    assert run(make_task_context, {"dry_run": True})["standing"] == 1
    assert standing(home) == set()
