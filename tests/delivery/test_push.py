"""What reaches a partner's CRM, and what does not."""

from __future__ import annotations

import pytest
from sqlalchemy import insert, update

from leadline.delivery import accounts_with_work, push, send
from leadline.delivery.activities import queue_events
from leadline.errors import SchemaDrift, VendorUnavailable
from leadline.hub.keys import assignment_id
from leadline.hub.schema import assignment, crm_account, crm_job, crm_record
from leadline.partners import CrmAccount, stored_account
from leadline.ports import FieldDescription, RowResult

from .conftest import ACCOUNT, House, MemoryCrm, unavailable


def test_given_salesforce_and_pending_then_nothing_is_pushed_and_after_acceptance_it_is(house: House) -> None:
    """Scenario 14 of the domain's acceptance scenarios."""
    house.add_partner()
    waiting = house.add_lead(status="pending")

    before = house.queue_and_push()
    with house.hub.transaction("acme") as connection:
        from leadline.lifecycle import accept

        accept(connection, house.ctx, waiting, via="portal")
    after = house.queue_and_push()

    assert (before.sent, after.created) == (0, 1)
    assert house.record_of(waiting)["LastName"] == "Last1"


def test_a_new_record_gets_everything_the_partner_may_see(house: House) -> None:
    house.add_partner(crm_owner="005000000000001")
    house.add_campaign("C1", shared=True, name="Summer", theme="Sun")
    assigned = house.add_lead(
        "a@example.org", campaign_key="C1", country="DE", employees=12, products=["Routers", "Cloud"]
    )

    counts = house.queue_and_push()

    assert counts.created == 1
    assert house.record_of(assigned) == {
        "Email": "a@example.org",
        "LastName": "Last1",
        "Company": "Example Ltd",
        "Country": "DE",
        "NumberOfEmployees": "12",
        "Campaign__c": "Summer",
        "LeadSource": "Leadline",
        "OwnerId": "005000000000001",
    }
    assert house.history("pushed")[0]["operation"] == "create"


def test_given_a_supplier_only_field_then_it_never_reaches_the_crm(house: House) -> None:
    """Scenario 21, for CRM records and their notes."""
    house.add_partner(custom_fields_into_notes=True, field_updates="all")
    existing = house.crm.add("Lead", Email="b@example.org")
    house.add_lead("a@example.org", internal_note="pays late", products=["Cloud"])
    house.add_lead("b@example.org", internal_note="pays late", products=["Cloud"])

    house.queue_and_push()

    assert "pays late" not in str(house.crm.records) + str(house.crm.activities)
    assert len(house.notes()) == 2
    assert existing in house.crm.records


def test_given_record_leads_as_contact_then_a_contact_with_all_fields_and_events(house: House) -> None:
    """Scenario 18."""
    house.add_partner(record_as="contact")
    assigned = house.add_lead("a@example.org", country="DE")
    add_event(house, assigned, "e1", "Webinar", "asked for a quote")

    counts = house.queue_and_push()

    (record,) = house.crm.records.values()
    assert record["object"] == "Contact"
    assert record["MailingCountry"] == "DE"
    assert "Company" not in record
    assert counts.activities == 1
    (activity,) = house.crm.activities.values()
    assert (activity.subject, activity.body) == ("Acme: Webinar", "asked for a quote")


def add_event(
    house: House, assigned: str, event_id: str, kind: str, body: str, origin: str = "supplier"
) -> None:
    from sqlalchemy import insert

    from leadline.hub.schema import event

    (row,) = house.rows("assignment", assignment_id=assigned)
    with house.hub.transaction("acme") as connection:
        connection.execute(
            insert(event).values(
                supplier="acme",
                event_id=event_id,
                lead_id=row.lead_id,
                type=kind,
                body=body,
                occurred_at=1_700_000_000_000_000,
                origin=origin,
                run_id="run-0",
            )
        )


def test_an_event_that_comes_later_is_added_once(house: House) -> None:
    house.add_partner()
    assigned = house.add_lead()
    house.queue_and_push()
    add_event(house, assigned, "e1", "Webinar", "came")

    with_work = accounts_with_work(house.hub, "acme")
    house.push()
    house.push()

    assert with_work == ["sf-p1"]
    assert len(house.crm.activities) == 1
    assert accounts_with_work(house.hub, "acme") == []


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("none", {"Email": "a@example.org", "Phone": "1", "NumberOfEmployees": "5"}),
        # Scenario 19: phone stays, the custom field changes.
        ("supplier", {"Email": "a@example.org", "Phone": "1", "NumberOfEmployees": "12"}),
        (
            "all",
            {
                "Email": "a@example.org",
                "Phone": "1",
                "LastName": "Last1",
                "Company": "Example Ltd",
                "NumberOfEmployees": "12",
            },
        ),
    ],
)
def test_given_an_existing_record_then_lead_field_updates_says_what_changes(
    house: House, policy: str, expected: dict[str, str]
) -> None:
    house.add_partner(field_updates=policy, crm_owner="005000000000001")
    record = house.crm.add("Lead", Email="a@example.org", Phone="1", NumberOfEmployees="5")
    assigned = house.add_lead("A@Example.org" if policy == "none" else "a@example.org", employees=12)

    counts = house.queue_and_push()

    assert house.record_of(assigned) == expected
    assert house.crm.records[record]["external"] is None  # never overwritten
    assert counts.created == 0
    assert counts.sent == 1


def test_given_the_notes_option_when_a_custom_field_changes_then_the_notes_hold_it(house: House) -> None:
    """Scenario 20."""
    house.add_partner(custom_fields_into_notes=True)
    assigned = house.add_lead(products=["Cloud"])
    house.queue_and_push()
    lead = house.change_lead(assigned, products=["Routers"], last_name="Other")

    queue_changes(house, [(lead, ["products", "last_name"])])
    house.push()

    assert house.notes() == ["Products: Cloud", "Products: Routers"]
    assert house.record_of(assigned)["LastName"] == "Last1"


def queue_changes(house: House, changes: list[tuple[str, list[str]]]) -> int:
    from leadline.delivery import queue_updates

    with house.hub.transaction("acme") as connection:
        return queue_updates(house.hub, connection, house.ctx, house.mapping, changes)


def test_a_change_after_the_push_reaches_the_record_and_clears_what_is_gone(house: House) -> None:
    house.add_partner(field_updates="all")
    assigned = house.add_lead(country="DE", employees=5)
    house.queue_and_push()
    lead = house.change_lead(assigned, country="AT", employees=None, last_name="Not said")

    queued = queue_changes(house, [(lead, ["country", "employees"])])
    counts = house.push()

    assert (queued, counts.updated) == (1, 1)
    record = house.record_of(assigned)
    assert (record["Country"], record["NumberOfEmployees"], record["LastName"]) == ("AT", None, "Last1")


@pytest.mark.parametrize(
    ("options", "names", "queued"),
    [
        ({"field_updates": "none"}, ["country", "employees"], 0),
        ({"field_updates": "supplier"}, ["country"], 0),
        ({"field_updates": "supplier"}, ["country", "employees"], 1),
        ({"field_updates": "all"}, ["country"], 1),
        ({"field_updates": "all"}, ["internal_note"], 0),
        ({"custom_fields_into_notes": True}, ["country"], 0),
        ({"custom_fields_into_notes": True}, ["employees"], 1),
        ({"field_updates": "all", "synchronize": False}, ["country"], 0),
    ],
)
def test_an_update_is_queued_only_if_the_partner_lets_it_in(
    house: House, options: dict[str, object], names: list[str], queued: int
) -> None:
    house.add_partner(**{**options, "synchronize": True})
    assigned = house.add_lead()
    house.queue_and_push()
    if options.get("synchronize") is False:
        with house.hub.transaction("acme") as connection:
            connection.exec_driver_sql(
                "UPDATE partner SET profile = replace(profile, 'synchronize\":true', 'synchronize\":false')"
            )
    (row,) = house.rows("assignment", assignment_id=assigned)

    assert queue_changes(house, [(row.lead_id, names)]) == queued


def test_a_newer_update_supersedes_an_unsent_one_and_takes_over_what_it_was_about(house: House) -> None:
    house.add_partner(field_updates="all")
    assigned = house.add_lead()
    house.queue_and_push()
    lead = house.change_lead(assigned, country="AT")
    queue_changes(house, [(lead, ["country"])])
    house.change_lead(assigned, employees=7)
    queue_changes(house, [(lead, ["employees"])])

    counts = house.push()

    assert counts.updated == 1
    record = house.record_of(assigned)
    assert (record["Country"], record["NumberOfEmployees"]) == ("AT", "7")
    states = {row.sequence: row.state for row in house.rows("delivery")}
    assert states == {1: "sent", 2: "superseded", 3: "sent"}


def test_a_change_of_one_lead_writes_nothing_to_the_record_of_another(house: House) -> None:
    house.add_partner(field_updates="all")
    changed, other = house.add_lead(country="DE"), house.add_lead(country="DE")
    house.queue_and_push()
    lead = house.change_lead(changed, country="AT")

    queued = queue_changes(house, [(lead, ["country"])])
    counts = house.push()

    assert (queued, counts.updated) == (1, 1)
    assert [row.sequence for row in house.rows("delivery", assignment_id=other)] == [1]


def pass_on(house: House, assigned: str, partner_id: str) -> str:
    """Take a lead from its partner, who rejects it, to another; return the new assignment's id."""
    (row,) = house.rows("assignment", assignment_id=assigned)
    new = assignment_id("acme", row.lead_id, row.attempt + 1)
    of = {"assignment_id": new, "attempt": row.attempt + 1, "partner_id": partner_id, "queued": False}
    with house.hub.transaction("acme") as connection:
        mine = assignment.c.assignment_id == assigned
        connection.execute(update(assignment).where(mine).values(status="rejected", active=False))
        connection.execute(insert(assignment).values(row._asdict() | of))
    return new


def test_what_comes_to_a_lead_that_went_on_goes_to_its_present_partner_alone(house: House) -> None:
    other, its = CrmAccount(id="sf-p2", connection="sf_p2"), MemoryCrm()
    house.add_partner(field_updates="all")
    house.add_partner("P2", other, field_updates="all")
    unmoved = house.add_lead()
    first = house.add_lead(country="DE")
    house.queue_and_push()
    add_event(house, first, "E1", "EmailOpen", "opened")
    queue_events(house.hub, house.ctx, ACCOUNT)
    house.push()
    second = pass_on(house, first, "P2")
    house.queue()

    before = accounts_with_work(house.hub, "acme")
    push(house.hub, house.ctx, house.mapping, other, its)
    lead = house.change_lead(first, country="AT")
    changed = queue_changes(house, [(lead, ["country"])])
    with_change = accounts_with_work(house.hub, "acme")
    push(house.hub, house.ctx, house.mapping, other, its)
    add_event(house, first, "E0", "Call", "called", origin="partner")
    done = accounts_with_work(house.hub, "acme")
    add_event(house, first, "E2", "EmailOpen", "opened again")
    with_event = accounts_with_work(house.hub, "acme")
    queue_events(house.hub, house.ctx, other)
    with_note = accounts_with_work(house.hub, "acme")

    assert (before, changed, with_change, done) == (["sf-p2"], 1, ["sf-p2"], [])
    assert (with_event, with_note) == (["sf-p2"], ["sf-p2"])
    sent = [(row.assignment_id, row.account_id, row.sequence) for row in house.rows("delivery")]
    assert sorted(sent) == sorted(
        [(unmoved, "sf-p1", 1), (first, "sf-p1", 1), (second, "sf-p2", 1), (second, "sf-p2", 2)]
    )
    assert [one["Country"] for one in its.records.values()] == ["AT"]
    assert house.record_of(first)["Country"] == "DE"


def test_a_push_that_ends_before_events_are_queued_leaves_its_account_with_work(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    other, its = CrmAccount(id="sf-p2", connection="sf_p2"), MemoryCrm()
    house.add_partner()
    house.add_partner("P2", other)
    first = house.add_lead()
    add_event(house, first, "E1", "EmailOpen", "opened")
    house.queue_and_push()
    pass_on(house, first, "P2")
    house.queue()

    monkeypatch.setattr(send, "queue_events", lambda *_: raise_lost())
    with pytest.raises(VendorUnavailable):
        push(house.hub, house.ctx, house.mapping, other, its)
    monkeypatch.undo()
    left = accounts_with_work(house.hub, "acme")
    push(house.hub, house.ctx, house.mapping, other, its)

    assert (left, accounts_with_work(house.hub, "acme")) == (["sf-p2"], [])
    assert [one.body for one in its.activities.values()] == ["opened"]


def raise_lost() -> None:
    raise unavailable()


def test_a_change_before_the_first_push_travels_with_it(house: House) -> None:
    house.add_partner()
    assigned = house.add_lead(country="DE")
    house.queue()
    lead = house.change_lead(assigned, country="AT")

    queued = queue_changes(house, [(lead, ["country"])])
    counts = house.push()

    assert (queued, counts.created) == (0, 1)
    assert house.record_of(assigned)["Country"] == "AT"


@pytest.mark.parametrize(
    ("account", "job", "state"),
    [("sf-p2", "turn", "open"), ("sf-p1", "a plan", "open"), ("sf-p1", "turn", "finished")],
)
def test_only_a_push_at_work_on_its_account_makes_such_a_change_an_update(
    house: House, account: str, job: str, state: str
) -> None:
    house.add_partner(field_updates="all")
    house.add_partner("P2", CrmAccount(id="sf-p2", connection="sf_p2"))
    lead = house.change_lead(house.add_lead(country="DE"), country="AT")
    house.queue()
    row = {"supplier": "acme", "account_id": account, "job_key": job, "state": state, "created_at": 1}
    with house.hub.transaction("acme") as connection:
        connection.execute(insert(crm_job).values(row | {"operation": "create", "object": "Lead", "rows": 1}))

    assert queue_changes(house, [(lead, ["country"])]) == 0


def test_a_refused_lead_that_is_corrected_is_pushed_anew(house: House) -> None:
    from .conftest import refused

    house.add_partner()
    assigned = house.add_lead()
    house.crm.faults[assigned] = [refused("STRING_TOO_LONG", field="LastName", message="too long")]
    first = house.queue_and_push()
    lead = house.change_lead(assigned, last_name="Short")

    queue_changes(house, [(lead, ["last_name"])])
    second = house.push()

    assert (first.refused, first.created, second.created) == (1, 0, 1)
    assert house.record_of(assigned)["LastName"] == "Short"


def test_two_leads_of_one_person_share_one_record(house: House) -> None:
    house.add_partner(field_updates="supplier")
    first = house.add_lead("a@example.org", employees=1)
    second = house.add_lead("A@example.org", employees=2)

    counts = house.queue_and_push()

    assert (counts.created, counts.updated) == (1, 1)
    assert len(house.crm.records) == 1
    assert house.record_of(first) == house.record_of(second)
    assert house.record_of(first)["NumberOfEmployees"] == "2"
    assert next(iter(house.crm.records.values()))["external"] == first


def test_a_record_with_another_suppliers_id_is_left_alone_and_the_partners_own_is_taken(house: House) -> None:
    house.add_partner(field_updates="all")
    house.add_lead("a@example.org", company="Ours")
    house.add_lead("b@example.org", company="Ours")
    of_others = [
        house.crm.add("Lead", Email=email, Company="Theirs", external="A-theirs")
        for email in ("a@example.org", "b@example.org")
    ]
    partners_own = house.crm.add("Lead", Email="b@example.org", Company="Old")

    house.queue_and_push()

    assert [house.crm.records[one]["Company"] for one in of_others] == ["Theirs", "Theirs"]
    assert house.crm.records[partners_own]["Company"] == "Ours"
    assert sorted(one["Email"] for one in house.crm.records.values()) == [
        "a@example.org", "a@example.org", "b@example.org", "b@example.org",
    ]  # fmt: skip


@pytest.mark.parametrize("connection", ["sf_p1", "sf_p2"])
@pytest.mark.parametrize("became", [False, True], ids=["record", "contact"])
def test_a_partners_own_record_serves_the_supplier_that_came_first(
    house: House, connection: str, became: bool
) -> None:
    house.add_partner(field_updates="all")
    house.add_lead("a@example.org", company="Ours")
    contact = house.crm.add("Contact", Email="a@example.org") if became else None
    own = house.crm.add("Lead", Email="a@example.org", Company="Theirs", converted=contact)
    theirs = CrmAccount(id="their-name-for-it", connection=connection)
    with house.hub.transaction("globex") as opened:
        opened.execute(insert(crm_account).values(stored_account("globex", theirs, 1)))
        opened.execute(
            insert(crm_record).values(
                supplier="globex", account_id=theirs.id, assignment_id="A-theirs", object="Lead",
                record_id=contact or own, created=False, linked_at=1,
            )
        )  # fmt: skip

    house.queue_and_push()

    is_same_crm = connection == "sf_p1"
    (link,) = house.rows("crm_record", supplier="acme")
    assert (link.record_id in {own, contact}) is not is_same_crm
    assert link.created is is_same_crm


def test_a_converted_lead_is_updated_at_the_contact_it_became(house: House) -> None:
    house.add_partner(field_updates="all")
    contact = house.crm.add("Contact", Email="a@example.org")
    house.crm.add("Lead", Email="a@example.org", converted=contact)
    assigned = house.add_lead("a@example.org", country="DE")

    house.queue_and_push()

    assert house.rows("crm_record")[0].record_id == contact
    assert house.record_of(assigned)["MailingCountry"] == "DE"


def test_an_update_of_a_lead_that_was_converted_since_leaves_its_link_to_whoever_reads_it_back(
    house: House,
) -> None:
    house.add_partner(field_updates="all", custom_fields_into_notes=True)
    assigned = house.add_lead("a@example.org", country="DE")
    house.queue_and_push()
    (linked,) = house.rows("crm_record")
    contact = house.crm.add("Contact", Email="a@example.org")
    house.crm.records[linked.record_id]["converted"] = contact
    lead = house.change_lead(assigned, country="AT", employees=9)

    queue_changes(house, [(lead, ["country", "employees"])])
    counts = house.push()

    assert counts.updated == 1
    assert house.crm.records[contact]["MailingCountry"] == "AT"
    assert [one.record_id for one in house.crm.activities.values()][-1] == contact
    assert [(one.object, one.record_id) for one in house.rows("crm_record")] == [("Lead", linked.record_id)]


def test_a_converted_lead_without_a_contact_is_refused_with_the_reason(house: House) -> None:
    house.add_partner(field_updates="all")
    house.crm.add("Lead", Email="a@example.org", converted="")
    house.add_lead("a@example.org")

    counts = house.queue_and_push()

    (row,) = house.rows("delivery")
    assert counts.refused == 1
    assert (row.state, row.vendor_code) == ("refused", "LEAD_CONVERTED")
    assert "converted" in row.message


def test_an_update_does_not_bring_back_a_record_that_the_partner_deleted(house: House) -> None:
    house.add_partner(field_updates="all")
    assigned = house.add_lead()
    house.queue_and_push()
    house.crm.records.clear()
    lead = house.change_lead(assigned, country="AT")

    queue_changes(house, [(lead, ["country"])])
    counts = house.push()

    assert counts.refused == 1
    assert house.crm.records == {}
    assert house.rows("delivery", sequence=2)[0].vendor_code == "RECORD_GONE"


def test_a_value_is_cut_to_the_length_the_crm_describes_and_history_says_so(house: House) -> None:
    house.crm.descriptions["Lead"] = [
        FieldDescription("Email", "email", 10),
        FieldDescription("LastName", "string", 4),
        FieldDescription("NumberOfEmployees", "int"),
        FieldDescription("Campaign__c", "string", 255),
    ]
    house.add_partner()
    assigned = house.add_lead("someone@example.org", last_name="Lastname")

    house.queue_and_push()

    # Company is not described: this CRM has no such field. Half an address would be a wrong address.
    assert house.record_of(assigned) == {"Email": "someone@example.org", "LastName": "Last"}
    assert house.history("pushed")[0]["shortened"] == ["LastName"]


def test_history_does_not_say_that_a_field_was_written_which_could_not_hold_its_value(house: House) -> None:
    house.add_partner(field_updates="all")
    house.crm.add("Lead", Email="a@example.org")
    assigned = house.add_lead("a@example.org", employees=2**40)
    house.crm.faults[assigned] = [RowResult("", ok=True, left=("NumberOfEmployees",))]

    house.queue_and_push()

    (line,) = house.history("pushed")
    assert "Company" in line["fields"]
    assert "NumberOfEmployees" not in line["fields"]


def test_a_character_that_vendors_count_twice_is_counted_twice_and_never_halved(house: House) -> None:
    house.crm.descriptions["Lead"] = [
        FieldDescription("Email", "email", 80),
        FieldDescription("LastName", "string", 5),
        FieldDescription("NumberOfEmployees", "int"),
        FieldDescription("Campaign__c", "string", 255),
    ]
    house.add_partner()
    assigned = house.add_lead("someone@example.org", last_name="\N{TRACTOR}" * 4)

    house.queue_and_push()

    assert house.record_of(assigned)["LastName"] == "\N{TRACTOR}" * 2
    assert house.history("pushed")[0]["shortened"] == ["LastName"]


def test_a_mapped_field_that_the_crm_lacks_stops_the_push_and_leaves_the_leads_waiting(house: House) -> None:
    house.crm.descriptions["Lead"] = [FieldDescription("Email", "email")]
    house.add_partner()
    house.add_lead()
    house.queue()

    with pytest.raises(SchemaDrift, match="NumberOfEmployees"):
        house.push()

    assert [row.state for row in house.rows("delivery")] == ["waiting"]
    assert house.crm.records == {}


@pytest.mark.parametrize(
    ("shared", "population", "seen"), [(True, "gold", True), (True, "silver", False), (False, "gold", False)]
)
def test_campaign_fields_go_only_where_the_campaign_is_shared(
    house: House, shared: bool, population: str, seen: bool
) -> None:
    campaigns = house.mapping.campaigns.model_copy(
        update={
            "population": type(house.mapping.campaigns.share).model_validate(
                {"any": [{"all": [{"partner": "tier", "value": population}]}]}
            )
        }
    )
    house.mapping = house.mapping.model_copy(update={"campaigns": campaigns})
    house.add_partner(attributes={"tier": "gold"}, custom_fields_into_notes=True)
    house.add_campaign("C1", shared=shared, name="Summer", theme="Sun")
    assigned = house.add_lead(campaign_key="C1")

    house.queue_and_push()

    assert house.record_of(assigned).get("Campaign__c") == ("Summer" if seen else None)
    assert house.notes() == (["Campaign theme: Sun"] if seen else [])


def test_the_first_default_owner_with_a_crm_user_owns_the_record(house: House) -> None:
    house.add_partner(
        default_owners=["a@partner.example", "B@partner.example"],
        reps=[{"email": "b@partner.example", "crm_user": "005000000000009"}],
    )
    assigned = house.add_lead()

    house.queue_and_push()

    assert house.record_of(assigned)["OwnerId"] == "005000000000009"


def test_a_partner_that_does_not_synchronise_or_has_no_crm_gets_nothing(house: House) -> None:
    house.add_partner("P1", synchronize=False)
    house.add_partner("P2", account=None)
    house.add_lead(partner_id="P1")
    house.add_lead(partner_id="P2")

    assert house.queue() == 0
    assert accounts_with_work(house.hub, "acme") == []


def test_an_account_that_was_deactivated_has_no_work_though_leads_wait_for_it(house: House) -> None:
    house.add_partner()
    house.add_lead()
    house.queue()
    before = accounts_with_work(house.hub, "acme")

    with house.hub.transaction("acme") as connection:
        connection.execute(update(crm_account).values(state="deactivated"))

    assert (before, accounts_with_work(house.hub, "acme")) == (["sf-p1"], [])
    assert [row.state for row in house.rows("delivery")] == ["waiting"]


def test_a_lead_taken_away_before_the_push_is_not_sent(house: House) -> None:
    house.add_partner()
    assigned = house.add_lead()
    house.queue()
    with house.hub.transaction("acme") as connection:
        connection.exec_driver_sql("UPDATE assignment SET active = false, status = 'deactivated'")

    counts = house.push()

    assert (counts.sent, counts.waiting, house.crm.records) == (0, 0, {})
    assert house.rows("delivery", assignment_id=assigned)[0].state == "superseded"


def test_leads_go_in_the_order_in_which_they_were_received(house: House) -> None:
    house.add_partner()
    assigned = [house.add_lead() for _ in range(30)]

    house.queue_and_push(chunk_rows=7)

    assert [record["external"] for record in house.crm.records.values()] == assigned
