"""What comes back from a partner's Dynamics: records, activities, opportunities, lists."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from hooks.dynamics.activities import _plain
from leadline.errors import SchemaDrift, VendorUnavailable
from leadline.ports import ActivityWrite, ContactList, RecordWrite

GONE = "00000000-0000-0000-0000-000000000001"


def soon(dynamics) -> datetime:
    """Return the sandbox's now, a minute after everything that was done so far."""
    dynamics.control.clock(advance=60)
    return datetime.fromisoformat(dynamics.control.clock()["now"]).astimezone(UTC)


def pull(dynamics, *known, fields=(), since=None):
    return list(dynamics.crm.pull_records(known, fields, since))


@pytest.mark.capability("W10", "crm:dynamics", "query")
def test_a_record_comes_with_status_owner_and_the_values_that_were_asked_for(dynamics):
    lead = dynamics.insert(
        "lead",
        lastname="A",
        jobtitle="CTO",
        revenue=10.5,
        ll_consent=True,
        leadsourcecode=8,
        ll_products="1,3",
    )
    dynamics.act("update", object="lead", id=lead, values={"statuscode": 2})
    dynamics.act("assign", object="lead", id=lead, to="rep2")
    names = ["JobTitle", "revenue", "ll_consent", "leadsourcecode", "ll_products", "fax"]

    (record,) = pull(dynamics, dynamics.known(lead), fields=names)

    assert (record.status, record.reason, record.by_us) == ("Contacted", None, False)
    assert (record.owner.name, record.owner.email) == ("Rep Two", "rep.two@d001.example")
    assert record.values == {
        "JobTitle": "CTO",
        "revenue": "10.5",
        "ll_consent": "true",
        "leadsourcecode": "Web",
        "ll_products": "Routers;Cloud",
        "fax": None,
    }


def test_what_we_wrote_ourselves_is_told_from_what_the_partner_changed(dynamics):
    (result,) = dynamics.write(RecordWrite("D1", "create", "lead", "A1", None, {"lastname": "A"})).values()
    known = dynamics.known(result.record_id)

    (ours,) = pull(dynamics, known)
    dynamics.act("update", object="lead", id=result.record_id, values={"fax": "1"})
    (theirs,) = pull(dynamics, known)

    assert (ours.by_us, ours.owner) == (True, None)  # a lead of the application user has no sales rep
    assert not theirs.by_us


def test_only_what_changed_since_then_or_is_not_as_it_was_seen_comes(dynamics):
    old, new, seen = (dynamics.insert("lead", lastname=name) for name in "ABC")
    (read,) = pull(dynamics, dynamics.known(seen))
    same = dynamics.known(seen, seen=read.stamp)
    dynamics.act("update", object="lead", id=seen, values={"fax": "1"})  # in the same second, perhaps
    since = soon(dynamics)
    dynamics.act("update", object="lead", id=new, values={"fax": "1"})

    changed = pull(dynamics, dynamics.known(old), dynamics.known(new), same, since=since)

    assert {one.record_id for one in changed} == {new, seen}
    assert {one.stamp for one in changed}.isdisjoint({read.stamp})


def test_a_change_in_the_second_of_the_window_begin_is_not_lost(dynamics):
    lead = dynamics.insert("lead", lastname="A")
    (read,) = pull(dynamics, dynamics.known(lead))
    since = datetime.fromisoformat(read.stamp).replace(microsecond=999_999)

    assert [one.record_id for one in pull(dynamics, dynamics.known(lead), since=since)] == [lead]


def test_a_qualified_lead_comes_with_its_contact_and_opportunity(dynamics):
    lead = dynamics.insert("lead", lastname="A", jobtitle="CTO", companyname="C")
    since = soon(dynamics)
    made = dynamics.act("qualify", id=lead)
    dynamics.act("update", object="contact", id=made["contact"], values={"jobtitle": "CEO"})
    dynamics.act("assign", object="contact", id=made["contact"], to="rep2")

    (record,) = pull(dynamics, dynamics.known(lead), fields=["jobtitle", "companyname"], since=since)

    assert (record.status, record.converted_to, record.opportunity_id) == (
        "Qualified",
        made["contact"],
        made["opportunity"],
    )
    # What the contact holds is read as the contact's: what was not carried over is no change of the lead's.
    assert record.values == {"jobtitle": "CTO", "companyname": "C"}
    assert record.owner.name == "Rep Two"


def test_a_change_of_the_contact_is_news_of_its_lead(dynamics):
    lead = dynamics.insert("lead", lastname="A")
    made = dynamics.act("qualify", id=lead)
    since = soon(dynamics)
    quiet = pull(dynamics, dynamics.known(lead), since=since)

    dynamics.act("update", object="contact", id=made["contact"], values={"jobtitle": "CEO"})

    assert quiet == []
    assert [one.converted_to for one in pull(dynamics, dynamics.known(lead), since=since)] == [
        made["contact"]
    ]


def test_a_disqualified_lead_tells_why(dynamics):
    lead = dynamics.insert("lead", lastname="A")
    dynamics.act("disqualify", id=lead, status=5)

    (record,) = pull(dynamics, dynamics.known(lead))

    assert (record.status, record.reason) == ("Cannot Contact", "Cannot Contact")


def test_deleted_merged_and_hidden_records_are_told_apart(dynamics):
    deleted, winner, loser = (dynamics.insert("lead", lastname=name) for name in "ABC")
    since = soon(dynamics)
    dynamics.act("delete", object="lead", id=deleted)
    dynamics.act("merge", object="lead", winner=winner, loser=loser)
    known = [dynamics.known(one) for one in (deleted, loser, "no guid")]

    records = {one.record_id: one for one in pull(dynamics, *known, since=since)}

    assert (records[deleted].deleted, records[deleted].missing) == (True, False)
    assert (records["no guid"].deleted, records["no guid"].missing) == (False, True)
    assert (records[loser].merged_into, records[loser].status) == (winner, "New")


@pytest.mark.parametrize(
    ("kind", "arguments"),
    [
        ("status", {"status": 503}),
        ("status", {"status": 500, "code": "0x80044151"}),
        ("html", {"status": 200}),
        ("hang_up", {}),
        ("truncate", {"bytes": 30}),
    ],
)
def test_an_outage_is_never_read_as_all_gone(dynamics, kind, arguments):
    lead = dynamics.insert("lead", lastname="A")
    dynamics.describe("lead")
    moment = "after" if kind == "truncate" else "before"
    dynamics.fault(kind, "query", moment, times=None, arguments=arguments)

    with pytest.raises(VendorUnavailable) as caught:
        pull(dynamics, dynamics.known(lead))

    assert "nothing to do; it is tried again" in str(caught.value) or "no JSON object" in str(caught.value)


def test_an_outage_while_asking_for_what_is_gone_is_no_deletion(dynamics):
    dynamics.describe("lead")
    dynamics.fault("status", "batch", times=None, arguments={"status": 503})

    with pytest.raises(VendorUnavailable):
        pull(dynamics, dynamics.known(GONE))


def test_a_missing_privilege_is_no_deletion_either(dynamics):
    lead = dynamics.insert("lead", lastname="A")
    dynamics.act("privileges", missing=["prvReadLead"])

    with pytest.raises(Exception, match=r"prvReadLead.*check the connection's client id and secret"):
        pull(dynamics, dynamics.known(lead))


def test_a_field_that_no_table_has_is_drift(dynamics):
    lead = dynamics.insert("lead", lastname="A")

    with pytest.raises(SchemaDrift, match="no column 'll_colour'"):
        pull(dynamics, dynamics.known(lead), fields=["ll_colour"])


def test_seven_hundred_records_are_read_in_a_few_calls(dynamics):
    ids = dynamics.act("insert", object="lead", rows=[{"lastname": f"L{n}"} for n in range(700)])

    records = pull(dynamics, *(dynamics.known(one) for one in ids))

    assert {one.record_id for one in records} == set(ids)
    assert dynamics.calls("query") <= 6


def test_short_pages_lose_nothing(dynamics):
    ids = dynamics.act("insert", object="lead", rows=[{"lastname": f"L{n}"} for n in range(5)])
    dynamics.fault("short_pages", "query", times=None, arguments={"rows": 2})

    records = pull(dynamics, *(dynamics.known(one) for one in ids))

    assert sorted(one.record_id for one in records) == sorted(ids)


def test_a_link_to_another_host_is_not_followed(dynamics):
    lead = dynamics.insert("lead", lastname="A")
    dynamics.describe("lead")
    dynamics.fault("foreign_link", "query", arguments={"url": "https://elsewhere.example/api"})

    with pytest.raises(Exception, match=r"'elsewhere\.example', which this connection does not allow"):
        pull(dynamics, dynamics.known(lead))


@pytest.mark.capability("W10", "crm:dynamics", "query")
def test_activities_of_lead_contact_and_opportunity_come_once_each_and_ours_with_our_key(dynamics):
    lead = dynamics.insert("lead", lastname="A")
    list(dynamics.crm.add_activities([ActivityWrite("E1", lead, "Web visit", "text", None)]))
    call = dynamics.act("log_activity", type="phonecall", regarding=["lead", lead], subject="Called")
    made = dynamics.act("qualify", id=lead)
    meeting = dynamics.act(
        "log_activity", type="appointment", regarding=["opportunity", made["opportunity"]], subject="Met"
    )
    note = dynamics.insert(
        "annotation", subject="N", notetext="<p>one</p>two &amp; three", objectid=["contact", made["contact"]]
    )

    found = {one.activity_id: one for one in dynamics.crm.pull_activities([dynamics.known(lead)], None)}

    assert {one.record_id for one in found.values()} == {lead}
    assert {(one.type, one.key) for one in found.values()} == {
        ("Task", "E1"),
        ("Phone Call", None),
        ("Appointment", None),
        ("Note", None),
    }
    assert (found[call].subject, found[meeting].subject) == ("Called", "Met")
    assert found[note].body == "one\ntwo & three"


def test_a_note_full_of_brackets_that_nothing_closes_is_read_like_any_other():
    """Each was looked for up to the end: a note as long as a column may be held its account for minutes."""
    assert _plain("<b>one</b> two &lt; " + "<" * 1_000_000).startswith("one two < <<")


def test_only_activities_since_then_come(dynamics):
    lead = dynamics.insert("lead", lastname="A")
    dynamics.act("log_activity", regarding=["lead", lead], subject="old")
    since = soon(dynamics)
    dynamics.act("log_activity", regarding=["lead", lead], subject="new")

    found = dynamics.crm.pull_activities([dynamics.known(lead)], since)

    assert [one.subject for one in found] == ["new"]


def deal(dynamics, **values):
    return dynamics.insert("opportunity", **({"name": "D", "estimatedvalue": 100.5} | values))


@pytest.mark.capability(("P2", "W10"), "crm:dynamics", "query")
def test_opportunities_of_our_leads_come_with_money_probability_and_owner(dynamics):
    lead = dynamics.insert("lead", lastname="A", estimatedamount=250)
    made = dynamics.act("qualify", id=lead)["opportunity"]
    values = {"closeprobability": 30, "estimatedclosedate": "2026-12-24", "stepname": "2-Develop"}
    dynamics.act("update", object="opportunity", id=made, values=values)

    (found,) = dynamics.crm.pull_opportunities([dynamics.known(lead)], "originating", None)

    assert (found.record_id, found.origin, found.by) == (made, lead, "originating")
    assert (found.stage, found.probability, found.close_date) == ("2-Develop", 30.0, "2026-12-24")
    assert (found.amount, found.currency) == ("250", "EUR")
    assert (found.is_closed, found.is_won) == (False, False)
    assert found.owner is not None


@pytest.mark.parametrize(("action", "won", "amount"), [("win", True, "90"), ("lose", False, "100.5")])
def test_closed_does_not_mean_won(dynamics, action, won, amount):
    lead = dynamics.insert("lead", lastname="A")
    made = deal(dynamics, originatingleadid=["lead", lead])
    dynamics.act(action, id=made, revenue=90)

    (found,) = dynamics.crm.pull_opportunities([dynamics.known(lead)], "originating", None)

    assert (found.is_closed, found.is_won, found.amount) == (True, won, amount)


@pytest.mark.capability("P2", "crm:dynamics", "query")
def test_a_contacts_e_mail_counts_only_by_match_and_origin_comes_first(dynamics):
    lead = dynamics.insert("lead", lastname="A", emailaddress1="p1@example.org")
    person = dynamics.insert("contact", lastname="A", emailaddress1="P1@example.org")
    own = deal(dynamics, originatingleadid=["lead", lead], parentcontactid=["contact", person])
    other = deal(dynamics, parentcontactid=["contact", person])
    customer = deal(dynamics, customerid=["contact", person])
    deal(dynamics)
    known = [dynamics.known(lead, email="p1@example.org")]

    by_origin = list(dynamics.crm.pull_opportunities(known, "originating", None))
    by_match = list(dynamics.crm.pull_opportunities(known, "contact_match", None))

    assert [one.record_id for one in by_origin] == [own]
    assert {(one.record_id, one.by) for one in by_match} == {
        (own, "originating"),
        (other, "contact_match"),
        (customer, "contact_match"),
    }


def test_opportunities_of_a_pushed_contact_are_its_own(dynamics):
    person = dynamics.insert("contact", lastname="A")
    made = deal(dynamics, parentcontactid=["contact", person])

    (found,) = dynamics.crm.pull_opportunities([dynamics.known(person, "contact")], "originating", None)

    assert (found.record_id, found.by) == (made, "originating")


def test_an_opportunity_names_the_lead_it_came_from(dynamics):
    theirs = dynamics.insert("lead", lastname="A", emailaddress1="p1@example.org", ll_leadlineid="A9")
    person = dynamics.insert("contact", lastname="A", emailaddress1="p1@example.org")
    made = deal(dynamics, originatingleadid=["lead", theirs], parentcontactid=["contact", person])
    by_hand = deal(dynamics, parentcontactid=["contact", person])

    found = dynamics.crm.pull_opportunities([dynamics.known(person, "contact")], "originating", None)

    assert {one.record_id: one.came_from for one in found} == {made: {"A9"}, by_hand: set()}


def test_an_old_opportunity_comes_when_its_contact_gets_the_e_mail(dynamics):
    person = dynamics.insert("contact", lastname="A")
    made = deal(dynamics, parentcontactid=["contact", person])
    since = soon(dynamics)
    known = [dynamics.known(GONE, email="p1@example.org")]
    before = list(dynamics.crm.pull_opportunities(known, "contact_match", since))

    dynamics.act("update", object="contact", id=person, values={"emailaddress1": "p1@example.org"})
    after = list(dynamics.crm.pull_opportunities(known, "contact_match", since))

    assert (before, [one.record_id for one in after]) == ([], [made])


def test_opportunities_that_did_not_change_since_then_stay_away(dynamics):
    lead = dynamics.insert("lead", lastname="A")
    deal(dynamics, originatingleadid=["lead", lead])

    since = soon(dynamics) + timedelta(seconds=1)

    assert list(dynamics.crm.pull_opportunities([dynamics.known(lead)], "originating", since)) == []


@pytest.mark.capability("P9", "crm:dynamics", "query", "retrieve")
def test_static_lists_of_leads_and_contacts_are_read_with_their_members(dynamics):
    lead = dynamics.insert("lead", firstname="Ann", lastname="Lee", emailaddress1="a@example.org")
    hot = dynamics.insert("list", listname="Hot", createdfromcode=4, type=False)
    dynamics.insert("list", listname="Accounts", createdfromcode=1, type=False)
    dynamics.act("list_add", list=hot, members=[["lead", lead]])

    lists = list(dynamics.crm.lists())
    (member,) = dynamics.crm.list_members(lists[0])

    assert lists == [ContactList(hot, "Hot", "marketing_list")]
    assert (member.record_id, member.object, member.email, member.name) == (
        lead,
        "lead",
        "a@example.org",
        "Ann Lee",
    )


def test_a_dynamic_list_is_what_its_query_finds_now_page_after_page(dynamics, monkeypatch):
    monkeypatch.setattr("hooks.dynamics.lists.PAGE_ROWS", 2)
    dynamics.act(
        "insert", object="contact", rows=[{"lastname": f"C{n}", "department": "IT"} for n in range(5)]
    )
    dynamics.insert("contact", lastname="X", department="HR")
    query = (
        '<fetch><entity name="contact"><attribute name="lastname"/><filter>'
        '<condition attribute="department" operator="eq" value="IT"/></filter></entity></fetch>'
    )
    made = dynamics.insert("list", listname="IT", createdfromcode=2, type=True, query=query)

    members = list(dynamics.crm.list_members(ContactList(made, "IT", "marketing_list")))

    assert sorted(one.name for one in members) == [f"C{n}" for n in range(5)]


def test_a_stored_query_with_a_document_type_is_not_read(dynamics):
    query = '<!DOCTYPE fetch [<!ENTITY x "y">]><fetch><entity name="contact"/></fetch>'
    made = dynamics.insert("list", listname="IT", createdfromcode=2, type=True, query=query)

    with pytest.raises(VendorUnavailable, match="holds a declaration"):
        list(dynamics.crm.list_members(ContactList(made, "IT", "marketing_list")))


@pytest.mark.parametrize("notes", ["Call first\n\nthen write", None])
def test_what_found_no_column_is_no_part_of_the_description_that_comes_back(dynamics, notes):
    fields = {"lastname": "A", "description": notes, "industrycode": "Moonshine"}
    (made,) = dynamics.write(RecordWrite("D1", "create", "lead", "A1", None, fields)).values()

    (ours,) = pull(dynamics, dynamics.known(made.record_id), fields=["description"])
    text = dynamics.rows("lead")[0]["description"].replace("Call first", "Called")
    dynamics.act("update", object="lead", id=made.record_id, values={"description": text})
    (theirs,) = pull(dynamics, dynamics.known(made.record_id), fields=["description"])

    assert "industrycode: Moonshine" in text
    assert ours.values == {"description": notes}
    assert theirs.values == {"description": notes and "Called\n\nthen write"}


def test_nor_is_it_where_a_form_has_other_line_ends(dynamics):
    fields = {"lastname": "A", "description": "Call first", "industrycode": "Moonshine"}
    (made,) = dynamics.write(RecordWrite("D1", "create", "lead", "A1", None, fields)).values()
    text = dynamics.rows("lead")[0]["description"].replace("\n", "\r\n")
    dynamics.act("update", object="lead", id=made.record_id, values={"description": text})

    (theirs,) = pull(dynamics, dynamics.known(made.record_id), fields=["description"])

    assert (theirs.values["description"] or "").strip() == "Call first"


def test_the_number_of_a_choice_is_described_beside_its_word(dynamics):
    (found,) = [one for one in dynamics.crm.describe(["lead"])["lead"] if one.name == "industrycode"]

    assert dict(zip(found.numbers, found.values, strict=True))["1"] == "Accounting"
