from __future__ import annotations

from contextlib import contextmanager, nullcontext

import pytest
from airflow.sdk.exceptions import AirflowFailException
from sqlalchemy import select

from leadline.delivery.crm_fields import SALESFORCE
from leadline.errors import CredentialsRefused, VendorUnavailable
from leadline.hub.schema import crm_account, finding, mail
from leadline.hub.schema import partner as partners
from leadline.mapping.loading import load_mapping
from leadline.partners import CrmAccount, Partner, stored_account, stored_partner
from leadline.ports import CheckFinding, FieldDescription
from operators.notify import NotifyFailureOperator
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
    """Return the texts that each recipient was sent."""
    told = {}
    with hub.reading() as connection:
        for row in connection.execute(select(mail).order_by(mail.c.queued_at)).all():
            told.setdefault(row.recipient, []).append(f"{row.subject}\n{row.text_body}")
    return told


CONTACTS = {*ACME.contacts.configured, *ACME.contacts.technical}


def test_new_findings_of_a_crm_are_mailed_once_to_the_contact_and_to_its_partner(
    home, world, make_task_context
):
    world["sf-p001"] = System(described={"Lead": []})
    run(make_task_context)

    told = mailed(home)
    assert set(told) == {*CONTACTS, "admin@alpine.example"}
    (ours,), (theirs,) = told[ACME.contacts.configured[0]], told["admin@alpine.example"]
    assert "CRM account sf-p001 (Alpine)" in ours
    assert "http://airflow.example:8080/dags/acme_distribution/runs/run-1" in ours
    assert "Lead.Leadline_Id__c" in theirs
    assert "airflow" not in theirs

    run(make_task_context)
    assert mailed(home) == told


def test_one_mail_tells_a_person_of_all_systems_and_a_partner_of_its_own_only(home, world, make_task_context):
    world["source"] = System([CheckFinding("folder_missing", "/error", "made when needed", "warning")])
    world["sf-p001"] = System(described={"Lead": []})
    world["sf-p002"] = CredentialsRefused("the org of Beacon refuses the token")
    add_partner(home, "P002", "Beacon", "sf-p002", "IT@beacon.example")
    add_partner(home, "P003", "Beacon East", "sf-p002", "it@beacon.example")
    run(make_task_context)

    told = mailed(home)
    assert {address.casefold() for address in told} == {
        *CONTACTS,
        "admin@alpine.example",
        "it@beacon.example",
    }
    assert [len(texts) for texts in told.values()] == [1] * len(told)
    (ours,) = told[ACME.contacts.configured[0]]
    heads = ["Its own system", "CRM account sf-p001 (Alpine)", "CRM account sf-p002 (Beacon, Beacon East)"]
    assert [head for head in heads if head in ours] == heads
    assert "Beacon" not in told["admin@alpine.example"][0]
    for other in ("Alpine", "Lead.", "made when needed"):
        assert other not in told["it@beacon.example"][0]


def add_partner(hub, name, called, account_id, email):
    account = CrmAccount(id=account_id, connection="salesforce_p002")
    one = Partner(id=name, name=called, email=email, crm=account_id)
    with hub.transaction() as connection:
        known = select(crm_account.c.account_id).where(crm_account.c.account_id == account_id)
        if connection.execute(known).first() is None:
            connection.execute(crm_account.insert().values(stored_account("acme", account, 1)))
        connection.execute(partners.insert().values(stored_partner("acme", one, 1)))


def test_what_stops_the_run_is_told_by_the_findings_and_not_once_more_as_a_failure(
    home, world, make_task_context
):
    world["source"] = CredentialsRefused("the server refuses the key")
    context = make_task_context(task_ids=("preflight", "notify_failure"))
    with pytest.raises(AirflowFailException):
        PreflightOperator(task_id="preflight", supplier="acme").execute(context)
    end(context)

    told = mailed(home)
    assert set(told) == CONTACTS
    assert [len(texts) for texts in told.values()] == [1] * len(told)
    assert "1 finding, 1 stops work" in told[ACME.contacts.configured[0]][0]


def test_a_preflight_that_broke_down_itself_is_mailed_as_a_failure(home, world, make_task_context):
    world["source"] = KeyError("a bug of ours")
    context = make_task_context(task_ids=("preflight", "notify_failure"))
    with pytest.raises(KeyError):
        PreflightOperator(task_id="preflight", supplier="acme").execute(context)
    end(context)

    ((address, (text,)),) = mailed(home).items()
    assert address == "platform@leadline.example"
    assert "KeyError" in text


def end(context):
    """Play the last task of a run whose preflight failed."""
    ti = context["ti"]
    ti.left = {("preflight", -1, key): value for key, value in ti.pushed.items()}
    ti.states = {"preflight": "failed"}
    with pytest.raises(AirflowFailException):
        NotifyFailureOperator(task_id="notify_failure", supplier="acme").execute(context)


def test_a_supplier_s_system_that_is_away_for_a_moment_is_told_to_nobody(home, world, make_task_context):
    world["source"] = VendorUnavailable("no answer")
    context = make_task_context()
    for number in (1, 2, 3):
        context["ti"].try_number = number
        with pytest.raises(VendorUnavailable):
            PreflightOperator(task_id="preflight", supplier="acme").execute(context)
    assert (standing(home), mailed(home)) == (set(), {})

    context["ti"].try_number = 4
    with pytest.raises(VendorUnavailable):
        PreflightOperator(task_id="preflight", supplier="acme").execute(context)

    assert standing(home) == {("source", "connection", "connection")}
    assert set(mailed(home)) == CONTACTS


def test_a_warning_that_stops_work_now_is_told_again(home, world, make_task_context):
    for severity in ("warning", "error", "error"):
        world["source"] = System([CheckFinding("folder", "/error", "may not write there", severity)])
        context = make_task_context()
        with nullcontext() if severity == "warning" else pytest.raises(AirflowFailException):
            PreflightOperator(task_id="preflight", supplier="acme").execute(context)

    texts = mailed(home)[ACME.contacts.configured[0]]
    assert ["Stops work" in text for text in texts] == [False, True]


def test_mails_about_the_test_target_say_so(home, world, make_task_context):
    world["source"] = System([CheckFinding("folder_missing", "/error", "made when needed", "warning")])
    run(make_task_context, {"target": "test"})

    assert "Acme Networks (test): 1 finding" in mailed(home)[ACME.contacts.configured[0]][0]


def test_an_error_that_came_again_is_mailed_again(home, world, make_task_context):
    broken = System([CheckFinding("folder_missing", "/error", "the error folder is gone", "error")])
    context = make_task_context()
    for run_id, system in (("run-1", broken), ("run-2", System()), ("run-3", broken)):
        world["source"] = system
        with pytest.raises(AirflowFailException) if system is broken else nullcontext():
            PreflightOperator(task_id="preflight", supplier="acme").execute(context | {"run_id": run_id})

    with home.reading() as connection:
        runs = connection.execute(select(mail.c.run_id).where(mail.c.template == "findings")).scalars().all()
    assert set(runs) == {"run-1", "run-3"}


def test_a_warning_stops_nothing(home, world, make_task_context):
    world["source"] = System([CheckFinding("folder_missing", "/error", "made when needed", "warning")])

    assert run(make_task_context)["standing"] == 1
    assert standing(home) == {("source", "folder_missing", "/error")}


def test_a_mail_about_a_file_that_is_passed_by_does_not_speak_of_values_only(home, world, make_task_context):
    told = "leads_1.csv is from 2026-11-20, and leads_1.csv.done never came: it is not read"
    world["source"] = System([CheckFinding("file_marker", "leads_1.csv", told, "warning")])

    run(make_task_context)

    (text,) = mailed(home)[ACME.contacts.configured[0]]
    assert told in text
    assert "nothing stops" in text
    assert "left out or not read until it is corrected" in text


def test_a_dry_run_looks_and_keeps_nothing(home, world, make_task_context):
    world["sf-p001"] = CredentialsRefused("no")

    assert run(make_task_context, {"dry_run": True})["standing"] == 1
    assert standing(home) == set()
