"""The partner's side on a real server: the sandbox's Dataverse over TLS."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from leadline.errors import CredentialsRefused, SchemaDrift
from leadline.ports import ActivityWrite, RecordKeys, RecordWrite

GONE = "00000000-0000-0000-0000-000000000001"
REST = "What this CRM has no place for:"
MOMENT = datetime(2026, 10, 1, 8, 30, tzinfo=UTC)


def create(number: int, object_: str = "lead", **fields: str | None) -> RecordWrite:
    values = {"lastname": f"Last{number}", "emailaddress1": f"p{number}@example.org"}
    return RecordWrite(f"D{number}", "create", object_, f"A{number}", None, values | fields)


def change(number: int, record_id: str, object_: str = "lead", **fields: str | None) -> RecordWrite:
    return RecordWrite(f"D{number}", "update", object_, f"A{number}", record_id, fields)


def keys(number: int, record_id: str | None = None, email: str | None = None) -> RecordKeys:
    return RecordKeys(f"D{number}", record_id, f"A{number}", email or f"p{number}@example.org")


@pytest.mark.capability(("P1", "P4"), "crm:dynamics", "batch")
def test_new_leads_arrive_in_the_types_that_their_columns_have(dynamics):
    result = dynamics.write(
        create(
            1,
            LeadSourceCode="web",
            ll_products="Cloud;Routers",
            numberofemployees="120",
            revenue="1200000.50",
            ll_consent="true",
            ll_eventdate="2026-10-01",
            ll_registeredat="2026-10-01T08:30:00.123456Z",
            firstname=None,
        )
    )["D1"]

    (row,) = dynamics.rows("lead")
    assert (result.ok, result.created, result.record_id) == (True, True, row["leadid"])
    assert (row["ll_leadlineid"], row["leadsourcecode"], row["ll_products"]) == ("A1", 8, "1,3")
    assert (row["numberofemployees"], row["revenue"], row["ll_consent"]) == (120, 1200000.5, True)
    assert (row["ll_eventdate"], row["ll_registeredat"]) == ("2026-10-01", "2026-10-01T08:30:00Z")


def test_a_lead_is_given_the_topic_and_name_that_people_see_first(dynamics):
    dynamics.write(create(1, lastname=None, companyname="Example GmbH"))

    (row,) = dynamics.rows("lead")
    assert (row["subject"], row["lastname"]) == ("Distributed lead: Example GmbH", "Example GmbH")


def test_what_is_too_long_or_no_choice_is_cut_or_kept_in_the_description_and_said(dynamics):
    result = dynamics.write(
        create(1, mobilephone="1" * 25, leadsourcecode="Leadline", description="Hello", lastname="Ü" * 60)
    )["D1"]

    (row,) = dynamics.rows("lead")
    assert (len(row["mobilephone"]), row["lastname"]) == (20, "Ü" * 50)
    assert row["description"] == f"Hello\n\n{REST}\nleadsourcecode: Leadline"
    assert result.left == ("leadsourcecode",)
    assert "leadsourcecode takes no such value" in result.message
    assert "mobilephone was cut" in result.message


def test_a_day_before_any_that_dataverse_keeps_is_kept_in_the_description(dynamics):
    never = {"ll_eventdate": "0001-01-01", "ll_registeredat": "0001-01-01T00:00:00.000000Z"}

    result = dynamics.write(create(1, **never))["D1"]

    (row,) = dynamics.rows("lead")
    assert (result.ok, row.get("ll_eventdate"), row.get("ll_registeredat")) == (True, None, None)
    assert (
        row["description"]
        == f"{REST}\nll_eventdate: 0001-01-01\nll_registeredat: 0001-01-01T00:00:00.000000Z"
    )


@pytest.mark.parametrize(
    ("owner", "expected"),
    [("rep.one@d001.example", "Rep One"), ("Rep Two", "Rep Two"), ("Distributed leads", "Distributed leads")],
)
def test_an_owner_may_be_named_by_e_mail_name_or_team(dynamics, owner, expected):
    dynamics.write(create(1, ownerid=owner))

    kind, owner_id = dynamics.rows("lead")[0]["ownerid"]
    (row,) = dynamics.act("find", object=kind, values={f"{kind}id": owner_id})
    assert row["fullname" if kind == "systemuser" else "name"] == expected


@pytest.mark.parametrize("owner", ["nobody@example.org", "rep.gone@d001.example"])
def test_an_owner_that_is_not_there_is_left_out_and_said(dynamics, owner):
    result = dynamics.write(create(1, ownerid=owner))["D1"]

    assert result.ok
    assert "owner is no active user" in result.message
    assert dynamics.rows("lead")[0]["ownerid"][1] == dynamics.me


@pytest.mark.parametrize("key_state", ["Active", "Pending", None])
def test_creating_again_makes_no_second_record(dynamics, key_state):
    dynamics.act("key_state", object="lead", state=key_state)

    first = dynamics.write(create(1))["D1"]
    second = dynamics.write(create(1))["D1"]

    assert second.ok
    assert (second.record_id, second.created) == (first.record_id, False)
    assert len(dynamics.rows("lead")) == 1


def test_a_partner_that_adds_no_column_for_us_gets_each_lead_once_all_the_same(dynamics):
    dynamics.act("hide_columns", object="lead", columns=["ll_leadlineid"])
    dynamics.act("key_state", object="lead", state=None)

    dynamics.write(create(1))
    again = dynamics.write(create(1))["D1"]

    assert again.ok
    assert dynamics.crm.find("lead", [keys(1, email="other@example.org")])["D1"].by == "external_id"
    assert len(dynamics.rows("lead")) == 1


def test_many_rows_go_with_their_own_outcomes(dynamics):
    writes = [
        create(n, ll_details="x" * 10, jobtitle="\r\n--batch_x'\"ü", websiteurl=f"https://e.example/{n}")
        for n in range(250)
    ]
    dynamics.describe("lead")
    dynamics.fault("row_error", "batch", arguments={"rows": [8], "code": "0x80040265"})

    results = dynamics.write(*writes)

    rows = {row["ll_leadlineid"]: row for row in dynamics.rows("lead")}
    assert len(rows) == 249
    assert sum(one.ok for one in results.values()) == 249
    (bad,) = [one for one in results.values() if not one.ok]
    assert (bad.code, bad.retryable) == ("0x80040265", False)
    assert "plug-in" in bad.message
    good = [key for key, one in results.items() if one.ok]
    assert all(results[key].record_id == rows[f"A{key[1:]}"]["leadid"] for key in good)
    assert rows["A9"]["jobtitle"] == "\r\n--batch_x'\"ü"


@pytest.mark.capability("P2", "crm:dynamics", "batch")
def test_an_update_changes_clears_and_leaves_alone(dynamics):
    record = dynamics.insert("lead", lastname="A", jobtitle="old", companyname="C", ll_leadlineid="A0")

    dynamics.write(change(1, record, jobtitle=None, fax="123", LL_LeadlineId="A1"))

    (row,) = dynamics.rows("lead")
    assert ("jobtitle" in row, row["fax"], row["companyname"]) == (False, "123", "C")
    assert row["ll_leadlineid"] == "A0"


def test_an_update_brings_nothing_deleted_back_and_asks_to_look_again(dynamics):
    result = dynamics.write(change(1, GONE, jobtitle="CTO"))["D1"]

    assert (result.ok, result.stale, result.retryable) == (False, True, False)
    assert dynamics.rows("lead") == []


def test_a_record_that_several_leads_change_takes_them_one_after_the_other(dynamics):
    record = dynamics.insert("lead", lastname="A")

    results = dynamics.write(change(1, record, jobtitle="first"), change(2, record, jobtitle="second"))

    assert all(one.ok for one in results.values())
    assert dynamics.rows("lead")[0]["jobtitle"] == "second"
    assert dynamics.calls("batch") >= 2


def test_a_qualified_lead_is_looked_at_again_and_leads_to_its_contact(dynamics):
    record = dynamics.insert("lead", lastname="A", emailaddress1="p1@example.org")
    made = dynamics.act("qualify", id=record)

    refused = dynamics.write(change(1, record, jobtitle="CTO"))["D1"]
    found = dynamics.crm.find("lead", [keys(1, record), keys(2, email="P1@Example.org")])

    assert (refused.ok, refused.stale) == (False, True)
    assert [found[key].converted_to for key in ("D1", "D2")] == [made["contact"]] * 2
    assert dynamics.write(change(1, made["contact"], "contact", jobtitle="CTO"))["D1"].ok


def test_a_lead_that_was_qualified_onto_an_old_contact_leads_to_that_one(dynamics):
    person = dynamics.insert("contact", lastname="A")
    record = dynamics.insert("lead", lastname="A", parentcontactid=["contact", person])
    dynamics.act("qualify", id=record, contact=False, account=False)

    assert dynamics.crm.find("lead", [keys(1, record)])["D1"].converted_to == person


def test_a_qualified_lead_whose_contact_cannot_be_seen_says_so(dynamics):
    record = dynamics.insert("lead", lastname="A")
    dynamics.act("qualify", id=record, contact=False, account=False)

    assert dynamics.crm.find("lead", [keys(1, record)])["D1"].converted_to == ""


def test_a_closed_lead_is_read_only_and_one_sentence_says_what_to_do(dynamics):
    record = dynamics.insert("lead", lastname="A", emailaddress1="p1@example.org")
    dynamics.act("disqualify", id=record)

    result = dynamics.write(change(1, record, jobtitle="CTO"))["D1"]

    assert (result.code, result.retryable, result.stale) == ("RECORD_CLOSED", False, False)
    assert result.message == "the lead is closed in the CRM (Lost): only its owner can reopen it"
    assert dynamics.crm.find("lead", [keys(1)]) == {}  # nobody new is written onto it


def test_a_merged_lead_leads_to_the_survivor(dynamics):
    winner, loser = dynamics.insert("lead", lastname="A"), dynamics.insert("lead", lastname="B")
    dynamics.act("merge", object="lead", winner=winner, loser=loser)

    assert dynamics.write(change(1, loser, jobtitle="CTO"))["D1"].stale
    assert dynamics.crm.find("lead", [keys(1, loser)])["D1"].record_id == winner


def test_records_are_found_by_id_then_external_id_then_e_mail(dynamics):
    by_id = dynamics.insert("lead", lastname="A", emailaddress1="p1@example.org")
    external = dynamics.insert("lead", lastname="B", ll_leadlineid="A2")
    email = dynamics.insert("lead", lastname="C", emailaddress1="o'neill@example.org")
    dynamics.insert("lead", lastname="D", emailaddress1="p2@example.org")

    found = dynamics.crm.find(
        "lead",
        [keys(1, by_id.upper()), keys(2), keys(3, GONE, "O'Neill@Example.org"), keys(4), keys(5, "no guid")],
    )

    assert {key: (one.record_id, one.by) for key, one in found.items()} == {
        "D1": (by_id, "record_id"),
        "D2": (external, "external_id"),
        "D3": (email, "email"),
    }


def test_five_hundred_people_are_found_in_a_few_calls(dynamics):
    rows = [{"lastname": f"L{n}", "emailaddress1": f"p{n}@example.org"} for n in range(500)]
    dynamics.act("insert", object="lead", rows=rows)

    found = dynamics.crm.find("lead", [keys(n) for n in range(500)])

    assert len(found) == 500
    assert dynamics.calls("query") < 25


def test_the_partners_duplicate_rules_name_the_record_that_is_there(make_dynamics):
    dynamics = make_dynamics(detect_duplicates=True)
    dynamics.act("duplicate_rule", object="lead", columns=["emailaddress1"])
    there = dynamics.insert("lead", lastname="A", emailaddress1="p1@example.org")

    result = dynamics.write(create(1))["D1"]

    assert (result.ok, result.code, result.retryable) == (False, "0x80040333", False)
    assert (result.record_id, result.object) == (there, "lead")


@pytest.mark.capability("P1", "crm:dynamics", "batch")
def test_contacts_are_written_like_leads(dynamics):
    result = dynamics.write(create(1, "contact", department="Sales", leadsourcecode="Leadline"))["D1"]

    (row,) = dynamics.rows("contact")
    assert (row["contactid"], row["department"]) == (result.record_id, "Sales")
    assert row["leadsourcecode"] == 100000008
    assert dynamics.crm.find("contact", [keys(1)])["D1"].object == "contact"


def test_a_column_that_vanished_stops_everything_with_its_name(dynamics):
    with pytest.raises(SchemaDrift, match="lead has no column 'll_colour'"):
        dynamics.write(create(1, ll_colour="red"))


def activity(number: int, record_id: str, **values: Any) -> ActivityWrite:
    body = values.get("body", "text")
    return ActivityWrite(f"E{number}", record_id, values.get("subject", "Web visit"), body, MOMENT)


@pytest.mark.capability("P2", "crm:dynamics", "batch")
def test_events_become_completed_tasks_on_leads_and_contacts_once(dynamics):
    lead, contact = dynamics.insert("lead", lastname="A"), dynamics.insert("contact", lastname="B")
    events = [activity(1, lead, subject="x" * 300), activity(2, contact, body="y" * 3000)]

    first = list(dynamics.crm.add_activities(events))
    second = list(dynamics.crm.add_activities(events))

    rows = {row["subcategory"]: row for row in dynamics.rows("task")}
    assert all(one.ok for one in first + second)
    assert [one.record_id for one in first] == [one.record_id for one in second]
    assert rows["E1"]["regardingobjectid"] == ["lead", lead]
    assert rows["E2"]["regardingobjectid"] == ["contact", contact]
    assert {row["statecode"] for row in rows.values()} == {1}
    assert (len(rows["E1"]["subject"]), len(rows["E2"]["description"])) == (200, 2000)
    assert rows["E1"]["scheduledend"] == "2026-10-01T08:30:00Z"


def test_a_task_that_was_made_and_not_yet_completed_is_completed(dynamics):
    lead = dynamics.insert("lead", lastname="A")
    dynamics.describe("lead", "contact", "task")
    dynamics.fault("row_error", "batch", arguments={"rows": 1}, skip=1)

    first = list(dynamics.crm.add_activities([activity(1, lead)]))
    second = list(dynamics.crm.add_activities([activity(1, lead)]))

    assert [one.retryable for one in first] == [True]
    assert second[0].ok
    (task,) = dynamics.rows("task")
    assert task["statecode"] == 1


def test_notes_may_be_kept_as_notes_and_their_text_is_no_markup(make_dynamics):
    dynamics = make_dynamics(activities="annotation")
    lead = dynamics.insert("lead", lastname="A")

    for _ in range(2):
        (result,) = dynamics.crm.add_activities([activity(1, lead, body="<b>1</b>\n2 & 3")])

    (note,) = dynamics.rows("annotation")
    assert result.ok
    assert (note["objectid"], note["notetext"]) == (["lead", lead], "&lt;b&gt;1&lt;/b&gt;<br>2 &amp; 3")


def test_an_event_on_a_record_that_is_gone_is_refused(dynamics):
    (result,) = dynamics.crm.add_activities([activity(1, GONE)])

    assert (result.ok, result.code, result.retryable) == (False, "RECORD_GONE", False)


@pytest.mark.capability("P4", "crm:dynamics", "batch")
def test_columns_are_described_with_lengths_labels_and_keys(dynamics):
    described = dynamics.crm.describe(["lead", "nothing"])

    fields = {one.name: one for one in described["lead"]}
    assert set(described) == {"lead"}
    assert (fields["mobilephone"].type, fields["mobilephone"].length) == ("string", 20)
    assert "Web" in fields["leadsourcecode"].values
    assert fields["leadsourcecode"].restricted
    assert fields["ll_products"].type == "multiselectpicklist"
    assert (fields["ll_eventdate"].type, fields["ll_registeredat"].type) == ("date", "datetime")
    assert fields["ll_leadlineid"].external_id
    assert not fields["fullname"].createable


def test_an_email_leads_past_the_records_that_are_to_be_left_apart(dynamics):
    ids = [
        dynamics.insert("lead", lastname=name, subject="ours", emailaddress1="p1@example.org", **more)
        for name, more in (("A", {"ll_leadlineid": "A9"}), ("B", {"ll_leadlineid": "A8"}), ("C", {}))
    ]

    found = [
        dynamics.crm.find("lead", [keys(1)._replace(apart=frozenset(apart))])
        for apart in (ids[:2], ids[1:], ids)  # all made within one second: none is the oldest
    ]

    assert [{one.record_id for one in some.values()} for some in found] == [{ids[2]}, {ids[0]}, set()]


def test_a_contact_that_an_email_led_to_has_the_id_of_the_lead_that_became_it(dynamics):
    became = dynamics.insert("lead", lastname="A", emailaddress1="p1@example.org", ll_leadlineid="A9")
    dynamics.act("qualify", id=became)
    person = dynamics.insert("contact", lastname="B", emailaddress1="p2@example.org")
    dynamics.insert("lead", lastname="B", parentcontactid=["contact", person], ll_leadlineid="A8")
    dynamics.insert("contact", lastname="C", emailaddress1="p3@example.org")

    found = dynamics.crm.find("contact", [keys(1), keys(2), keys(3)])

    assert {key: (one.by, one.external_id) for key, one in found.items()} == {
        "D1": ("email", "A9"),
        "D2": ("email", "A8"),
        "D3": ("email", None),
    }


@pytest.mark.capability("P4", "crm:dynamics", "whoami", "retrieve_user_privileges")
def test_a_healthy_environment_has_no_findings(dynamics):
    assert list(dynamics.crm.check()) == []


@pytest.mark.parametrize(
    ("action", "values", "code", "word"),
    [
        ("privileges", {"missing": ["prvCreateLead"]}, "permission", "prvCreateLead"),
        ("privileges", {"missing": ["prvWriteActivity"]}, "permission", "prvWriteActivity"),
        ("key_state", {"object": "lead", "state": "Pending"}, "external_id", "not active yet"),
        ("key_state", {"object": "contact", "state": None}, "external_id", "not defined"),
        ("hide_columns", {"object": "lead", "columns": ["ll_leadlineid"]}, "field_missing", "ll_leadlineid"),
        ("member", {"member": False}, "credentials", "application user"),
        ("secret", {"secret": "another"}, "credentials", "client id and secret"),
    ],
)
def test_what_is_wrong_with_an_environment_is_found_and_named(dynamics, action, values, code, word):
    dynamics.act(action, **values)

    (finding,) = dynamics.crm.check()

    assert finding.code == code
    assert word in finding.message


def test_a_wrong_secret_stops_with_what_to_check(dynamics):
    dynamics.act("secret", secret="another")

    with pytest.raises(CredentialsRefused, match="check tenant, client id and secret"):
        dynamics.crm.find("lead", [keys(1)])
