"""Opportunities of a partner's org: by origin, by a contact's e-mail, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import pytest

from hooks.salesforce.crm import SalesforceCrm
from hooks.salesforce.hook import SalesforceHook
from leadline.ports import CrmOpportunity, KnownRecord
from sandbox.launch import RunningSandbox, running

EXTERNAL = "Leadline_Id__c"
OWNER = "005000000000002AAA"
DAWN = datetime(2026, 11, 20, tzinfo=UTC)
EMAIL = "doe@buyer.example"


@pytest.fixture(scope="module")
def started() -> Iterator[RunningSandbox]:
    with running(orgs=("p001",), vendors=()) as sandbox:
        yield sandbox


class Org:
    """A partner's org and our adapter for it; records are inserted with stamps (seconds after dawn)."""

    def __init__(self, sandbox: RunningSandbox) -> None:
        self.control = sandbox.control
        self.client = SalesforceHook("sf_p001").get_client()
        self.client.sleep = lambda _seconds: None

    def act(self, action: str, **values: Any) -> Any:
        return self.control.act("p001", action, **values)

    def insert(self, object_: str, after: float = 0.0, **values: Any) -> str:
        row = {"SystemModstamp": (DAWN + timedelta(seconds=after)).isoformat(), **values}
        return str(self.act("insert", object=object_, rows=[row])[0])

    def lead(self, after: float = 0.0, **values: Any) -> str:
        values = {"LastName": "Doe", "Company": "Example", "Email": EMAIL, EXTERNAL: "A-1"} | values
        return self.insert("Lead", after, **values)

    def contact(self, after: float = 0.0, **values: Any) -> str:
        return self.insert("Contact", after, **{"LastName": "Doe", "Email": EMAIL} | values)

    def deal(self, contact: str | None = None, after: float = 0.0, **values: Any) -> str:
        values = {"Name": "D", "StageName": "Prospecting", "CloseDate": "2026-12-31"} | values
        deal = self.insert("Opportunity", after, **values)
        if contact:
            self.insert("OpportunityContactRole", after, OpportunityId=deal, ContactId=contact)
        return deal

    def pull(
        self,
        *known: KnownRecord,
        policy: Literal["originating", "contact_match"] = "originating",
        since: float | None = None,
    ) -> dict[str, CrmOpportunity]:
        at = None if since is None else DAWN + timedelta(seconds=since)
        found = list(SalesforceCrm(self.client, EXTERNAL).pull_opportunities(known, policy, at))
        assert len({(one.record_id, one.origin) for one in found}) == len(found)
        return {one.record_id: one for one in found}


@pytest.fixture
def org(started: RunningSandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Org]:
    started.control.reset()
    address = started.org("p001")
    extra = {
        "instance_url": address["tls_url"],
        "consumer_key": address["client_id"],
        "consumer_secret": address["client_secret"],
        "ca_bundle": started.ca_bundle,
    }
    monkeypatch.setenv("AIRFLOW_CONN_SF_P001", json.dumps({"conn_type": "salesforce", "extra": extra}))
    made = Org(started)
    yield made
    made.client.close()


def known(record_id: str, object_: str = "Lead", email: str = EMAIL) -> KnownRecord:
    return KnownRecord(record_id, object_, "A-1", email)


def test_a_converted_lead_s_opportunity_comes_with_what_it_is(org: Org) -> None:
    lead = org.lead()
    deal = org.act("convert", lead_id=lead, owner_id=OWNER, opportunity_name="5 routers")["opportunity_id"]
    org.act("update", id=deal, values={"Amount": 1234.5, "StageName": "Value Proposition"})

    (found,) = org.pull(known(lead)).values()

    assert (found.record_id, found.origin, found.by) == (deal, lead, "originating")
    assert (found.name, found.stage, found.probability) == ("5 routers", "Value Proposition", 50.0)
    assert (found.amount, found.currency, found.is_closed, found.is_won) == ("1234.5", None, False, False)
    assert found.close_date is not None
    assert len(found.close_date) == 10
    assert found.owner is not None
    assert found.owner.email == "owner@p001.example"
    assert found.created_at is not None


@pytest.mark.parametrize(
    ("stage", "closed", "won", "probability"),
    [("Closed Won", True, True, 100.0), ("Closed Lost", True, False, 0.0)],
)
def test_closed_does_not_mean_won(org: Org, stage: str, closed: bool, won: bool, probability: float) -> None:
    contact = org.contact(**{EXTERNAL: "A-1"})
    org.deal(contact, StageName=stage)

    (found,) = org.pull(known(contact, "Contact")).values()

    assert (found.is_closed, found.is_won, found.probability) == (closed, won, probability)


def test_an_org_of_several_currencies_names_its_own(org: Org) -> None:
    org.act("add_field", object="Opportunity", name="CurrencyIsoCode", length=3)
    contact = org.contact()
    org.deal(contact, Amount=10, CurrencyIsoCode="CHF")

    (found,) = org.pull(known(contact, "Contact")).values()

    assert (found.amount, found.currency) == ("10", "CHF")


@pytest.mark.capability(("P2", "W10"), "crm:salesforce", "query_all")
def test_scenario_24_an_opportunity_with_only_a_matching_address_is_contact_match(org: Org) -> None:
    lead = org.lead()
    made = org.act("convert", lead_id=lead)["opportunity_id"]
    stranger = org.contact(Email=EMAIL.upper())
    matching = org.deal(stranger)
    org.deal(org.contact(Email="other@buyer.example"))

    originating = org.pull(known(lead))
    matched = org.pull(known(lead), policy="contact_match")

    assert set(originating) == {made}
    assert {one: found.by for one, found in matched.items()} == {
        made: "originating",
        matching: "contact_match",
    }


def test_later_opportunities_of_who_a_lead_became_are_its_own_and_earlier_ones_are_not(org: Org) -> None:
    existing = org.contact(-100)
    before = org.deal(existing, -50)
    lead = org.lead()
    made = org.act("convert", lead_id=lead, contact_id=existing)["opportunity_id"]
    later = org.deal(existing, 500)

    assert set(org.pull(known(lead))) == {made, later}
    # Once the lead is followed to its contact, that is what is known.
    assert set(org.pull(known(existing, "Contact"))) == {made, later}
    assert before in org.pull(known(lead), policy="contact_match")


def test_a_pushed_contact_has_those_that_name_it(org: Org) -> None:
    contact = org.contact(**{EXTERNAL: "A-1"})
    by_role = org.deal(contact)
    own = org.deal(ContactId=contact)

    found = org.pull(known(contact, "Contact"))

    assert set(found) == {by_role, own}
    assert {one.by for one in found.values()} == {"originating"}


def test_merged_contacts_and_leads_are_followed(org: Org) -> None:
    lesser, master = org.contact(**{EXTERNAL: "A-1"}), org.contact()
    deal = org.deal(lesser)
    org.act("merge", object="Contact", master_id=master, lesser_ids=[lesser])
    gone, kept = org.lead(**{EXTERNAL: "A-2"}), org.lead(**{EXTERNAL: "A-3"})
    org.act("merge", object="Lead", master_id=kept, lesser_ids=[gone])
    made = org.act("convert", lead_id=kept)["opportunity_id"]

    found = org.pull(known(lesser, "Contact", ""), known(gone))

    assert {one: deal_.origin for one, deal_ in found.items()} == {deal: lesser, made: gone}


def test_only_what_changed_or_came_to_belong_since_then_is_told(org: Org) -> None:
    contact = org.contact(-100)
    old, changed, linked = org.deal(contact, -10), org.deal(contact, -10), org.deal(None, -10)
    org.insert("Opportunity", 5, Id=changed, Name="D", StageName="Prospecting", CloseDate="2026-12-31")
    org.insert("OpportunityContactRole", 5, OpportunityId=linked, ContactId=contact)

    found = org.pull(known(contact, "Contact"), since=0)

    assert set(found) == {changed, linked}
    assert set(org.pull(known(contact, "Contact"))) == {old, changed, linked}


def test_a_conversion_into_an_old_opportunity_is_news(org: Org) -> None:
    lead, contact = org.lead(-100), org.contact(-100)
    deal = org.deal(None, -50)
    row = {
        "IsConverted": True,
        "ConvertedOpportunityId": deal,
        "ConvertedContactId": contact,
        EXTERNAL: "A-1",
    }
    org.insert("Lead", 5, Id=lead, LastName="Doe", Company="Example", **row)

    assert set(org.pull(known(lead), since=0)) == {deal}
    assert set(org.pull(known(contact, "Contact"), since=0)) == {deal}
    assert org.pull(known(lead), since=10) == {}


def test_a_deleted_opportunity_is_told_as_deleted(org: Org) -> None:
    contact = org.contact()
    deal, other = org.deal(contact), org.deal(contact)
    org.act("delete", id=deal)

    found = org.pull(known(contact, "Contact"), since=0)

    assert {one: found[one].deleted for one in found} == {deal: True, other: False}


def test_a_role_that_was_taken_away_says_nothing(org: Org) -> None:
    contact = org.contact()
    deal = org.deal(contact)
    role = org.act("rows", object="OpportunityContactRole")[0]["Id"]
    org.act("delete", id=role)

    assert org.pull(known(contact, "Contact"), since=0) == {}
    org.insert("OpportunityContactRole", 5, OpportunityId=deal, ContactId=contact)
    assert set(org.pull(known(contact, "Contact"), since=0)) == {deal}


def test_one_that_belongs_to_two_records_comes_once_for_each(org: Org) -> None:
    one, other = org.contact(**{EXTERNAL: "A-1"}), org.contact(**{EXTERNAL: "A-2"}, Email="b@buyer.example")
    deal = org.deal(one)
    org.insert("OpportunityContactRole", 5, OpportunityId=deal, ContactId=other)

    crm = SalesforceCrm(org.client, EXTERNAL)
    found = list(
        crm.pull_opportunities([known(one, "Contact"), known(other, "Contact")], "originating", None)
    )

    assert sorted((each.record_id, each.origin) for each in found) == sorted([(deal, one), (deal, other)])


@pytest.mark.parametrize("many", [2, 1_200], ids=["few-changes", "many-changes"])
def test_many_records_lose_and_double_nothing(org: Org, many: int) -> None:
    people = [
        {"LastName": "Doe", "Email": f"p{number}@buyer.example", EXTERNAL: f"A-{number}"}
        for number in range(1_500)
    ]
    contacts = org.act("insert", object="Contact", rows=people)
    stamp = {"SystemModstamp": (DAWN + timedelta(seconds=5)).isoformat()}
    deals = org.act(
        "insert",
        object="Opportunity",
        rows=[
            {"Name": "D", "StageName": "Prospecting", "CloseDate": "2026-12-31", **stamp} for _ in range(many)
        ],
    )
    roles = [{"OpportunityId": deal, "ContactId": contacts[n], **stamp} for n, deal in enumerate(deals)]
    org.act("insert", object="OpportunityContactRole", rows=roles)
    org.act("set_page_rows", rows=250)
    all_known = [known(one, "Contact", f"p{number}@buyer.example") for number, one in enumerate(contacts)]

    found = org.pull(*all_known, policy="contact_match", since=0)

    assert {one: deal.origin for one, deal in found.items()} == dict(zip(deals, contacts, strict=False))


def test_no_known_record_asks_for_nothing(org: Org) -> None:
    assert org.pull(policy="contact_match") == {}
    assert org.control.journal(room="salesforce") == []
