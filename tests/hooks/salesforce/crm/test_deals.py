"""Opportunities of a partner's org: by origin, by a contact's e-mail, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Literal

import pytest

from hooks.salesforce.client import SalesforceClient
from leadline.ports import CrmOpportunity, KnownRecord
from sandbox.launch import RunningSandbox
from tests.hooks.salesforce.crm.room import EXTERNAL, OWNER, PartnerOrg
from tests.hooks.salesforce.rooms import DAWN

EMAIL = "doe@buyer.example"


class DealOrg(PartnerOrg):
    """A partner's org with people of one address, and their opportunities."""

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

    def deals(
        self,
        *known: KnownRecord,
        policy: Literal["originating", "contact_match"] = "originating",
        since: float | None = None,
    ) -> dict[str, CrmOpportunity]:
        at = None if since is None else DAWN + timedelta(seconds=since)
        found = list(self.crm.pull_opportunities(known, policy, at))
        assert len({(one.record_id, one.origin) for one in found}) == len(found)
        return {one.record_id: one for one in found}


@pytest.fixture
def org(started: RunningSandbox, connect: Callable[..., SalesforceClient]) -> DealOrg:
    return DealOrg(started, "p001", connect("p001"))


def known(record_id: str, object_: str = "Lead", email: str = EMAIL) -> KnownRecord:
    return KnownRecord(record_id, object_, "A-1", email)


def test_a_converted_lead_s_opportunity_comes_with_what_it_is(org: DealOrg) -> None:
    lead = org.lead()
    deal = org.act("convert", lead_id=lead, owner_id=OWNER, opportunity_name="5 routers")["opportunity_id"]
    org.act("update", id=deal, values={"Amount": 1234.5, "StageName": "Value Proposition"})

    (found,) = org.deals(known(lead)).values()

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
def test_closed_does_not_mean_won(
    org: DealOrg, stage: str, closed: bool, won: bool, probability: float
) -> None:
    contact = org.contact(**{EXTERNAL: "A-1"})
    org.deal(contact, StageName=stage)

    (found,) = org.deals(known(contact, "Contact")).values()

    assert (found.is_closed, found.is_won, found.probability) == (closed, won, probability)


def test_an_org_of_several_currencies_names_its_own(org: DealOrg) -> None:
    org.act("add_field", object="Opportunity", name="CurrencyIsoCode", length=3)
    contact = org.contact()
    org.deal(contact, Amount=10, CurrencyIsoCode="CHF")

    (found,) = org.deals(known(contact, "Contact")).values()

    assert (found.amount, found.currency) == ("10", "CHF")


@pytest.mark.capability(("P2", "W10"), "crm:salesforce", "query_all")
def test_scenario_24_an_opportunity_with_only_a_matching_address_is_contact_match(org: DealOrg) -> None:
    lead = org.lead()
    made = org.act("convert", lead_id=lead)["opportunity_id"]
    stranger = org.contact(Email=EMAIL.upper())
    matching = org.deal(stranger)
    org.deal(org.contact(Email="other@buyer.example"))

    originating = org.deals(known(lead))
    matched = org.deals(known(lead), policy="contact_match")

    assert set(originating) == {made}
    assert {one: found.by for one, found in matched.items()} == {
        made: "originating",
        matching: "contact_match",
    }


def test_later_opportunities_of_who_a_lead_became_are_its_own_and_earlier_ones_are_not(org: DealOrg) -> None:
    existing = org.contact(-100)
    before = org.deal(existing, -50)
    lead = org.lead()
    made = org.act("convert", lead_id=lead, contact_id=existing)["opportunity_id"]
    later = org.deal(existing, 500)

    assert set(org.deals(known(lead))) == {made, later}
    # Once the lead is followed to its contact, that is what is known.
    assert set(org.deals(known(existing, "Contact"))) == {made, later}
    assert before in org.deals(known(lead), policy="contact_match")


def test_a_pushed_contact_has_those_that_name_it(org: DealOrg) -> None:
    contact = org.contact(**{EXTERNAL: "A-1"})
    by_role = org.deal(contact)
    own = org.deal(ContactId=contact)

    found = org.deals(known(contact, "Contact"))

    assert set(found) == {by_role, own}
    assert {one.by for one in found.values()} == {"originating"}


def test_merged_contacts_and_leads_are_followed(org: DealOrg) -> None:
    lesser, master = org.contact(**{EXTERNAL: "A-1"}), org.contact()
    deal = org.deal(lesser)
    org.act("merge", object="Contact", master_id=master, lesser_ids=[lesser])
    gone, kept = org.lead(**{EXTERNAL: "A-2"}), org.lead(**{EXTERNAL: "A-3"})
    org.act("merge", object="Lead", master_id=kept, lesser_ids=[gone])
    made = org.act("convert", lead_id=kept)["opportunity_id"]

    found = org.deals(known(lesser, "Contact", ""), known(gone))

    assert {one: deal_.origin for one, deal_ in found.items()} == {deal: lesser, made: gone}


def test_only_what_changed_or_came_to_belong_since_then_is_told(org: DealOrg) -> None:
    contact = org.contact(-100)
    old, changed, linked = org.deal(contact, -10), org.deal(contact, -10), org.deal(None, -10)
    org.insert("Opportunity", 5, Id=changed, Name="D", StageName="Prospecting", CloseDate="2026-12-31")
    org.insert("OpportunityContactRole", 5, OpportunityId=linked, ContactId=contact)

    found = org.deals(known(contact, "Contact"), since=0)

    assert set(found) == {changed, linked}
    assert set(org.deals(known(contact, "Contact"))) == {old, changed, linked}


def test_a_conversion_into_an_old_opportunity_is_news(org: DealOrg) -> None:
    lead, contact = org.lead(-100), org.contact(-100)
    deal = org.deal(None, -50)
    row = {
        "IsConverted": True,
        "ConvertedOpportunityId": deal,
        "ConvertedContactId": contact,
        EXTERNAL: "A-1",
    }
    org.insert("Lead", 5, Id=lead, LastName="Doe", Company="Example", **row)

    assert set(org.deals(known(lead), since=0)) == {deal}
    assert set(org.deals(known(contact, "Contact"), since=0)) == {deal}
    assert org.deals(known(lead), since=10) == {}


def test_a_deleted_opportunity_is_told_as_deleted(org: DealOrg) -> None:
    contact = org.contact()
    deal, other = org.deal(contact), org.deal(contact)
    org.act("delete", id=deal)

    found = org.deals(known(contact, "Contact"), since=0)

    assert {one: found[one].deleted for one in found} == {deal: True, other: False}


def test_a_role_that_was_taken_away_says_nothing(org: DealOrg) -> None:
    contact = org.contact()
    deal = org.deal(contact)
    role = org.act("rows", object="OpportunityContactRole")[0]["Id"]
    org.act("delete", id=role)

    assert org.deals(known(contact, "Contact"), since=0) == {}
    org.insert("OpportunityContactRole", 5, OpportunityId=deal, ContactId=contact)
    assert set(org.deals(known(contact, "Contact"), since=0)) == {deal}


def test_a_deal_names_the_leads_whose_conversions_made_it(org: DealOrg) -> None:
    ours = org.lead()
    contact = org.act("convert", lead_id=ours, owner_id=OWNER, opportunity_name="ours")["contact_id"]
    theirs = org.lead(**{EXTERNAL: "A-9"})
    made = org.act("convert", lead_id=theirs, owner_id=OWNER, opportunity_name="theirs", contact_id=contact)[
        "opportunity_id"
    ]
    by_hand = org.deal(contact)

    found = org.deals(known(ours))

    assert (found[made].came_from, found[by_hand].came_from) == ({"A-9"}, set())


def test_one_that_belongs_to_two_records_comes_once_for_each(org: DealOrg) -> None:
    one, other = org.contact(**{EXTERNAL: "A-1"}), org.contact(**{EXTERNAL: "A-2"}, Email="b@buyer.example")
    deal = org.deal(one)
    org.insert("OpportunityContactRole", 5, OpportunityId=deal, ContactId=other)

    found = list(
        org.crm.pull_opportunities([known(one, "Contact"), known(other, "Contact")], "originating", None)
    )

    assert sorted((each.record_id, each.origin) for each in found) == sorted([(deal, one), (deal, other)])


@pytest.mark.parametrize("many", [2, 1_200], ids=["few-changes", "many-changes"])
def test_many_records_lose_and_double_nothing(org: DealOrg, many: int) -> None:
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

    found = org.deals(*all_known, policy="contact_match", since=0)

    assert {one: deal.origin for one, deal in found.items()} == dict(zip(deals, contacts, strict=False))


def test_no_known_record_asks_for_nothing(org: DealOrg) -> None:
    assert org.deals(policy="contact_match") == {}
    assert org.asked() == []
