"""Many rows at once, batches, and what sales people do."""

from __future__ import annotations

import pytest

TYPE = "Microsoft.Dynamics.CRM.lead"


def batch(environment, body, **headers):
    sent = {
        "Authorization": f"Bearer {environment.token}",
        "Content-Type": "multipart/mixed; boundary=batch_x",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    content = body.replace("\n", "\r\n").encode()
    return environment.http.post(f"{environment.api}/$batch", content=content, headers=sent)


def part(method, path, body="", headers=""):
    return (
        "--batch_x\nContent-Type: application/http\nContent-Transfer-Encoding: binary\n\n"
        f"{method} {path} HTTP/1.1\nContent-Type: application/json\n{headers}\n{body}\n"
    )


GOOD = part("POST", "/api/data/v9.2/leads", '{"lastname":"A"}')
BAD = part("POST", "leads", '{"lastname":"' + "x" * 51 + '"}')


def test_many_rows_are_made_in_order_or_not_at_all(environment):
    def targets(*names):
        return {"Targets": [{"@odata.type": TYPE, "lastname": name} for name in names]}

    good = environment.call("POST", f"leads/{TYPE.rsplit('.', 1)[0]}.CreateMultiple", targets("A", "B"))
    bad = environment.call("POST", "leads/Microsoft.Dynamics.CRM.CreateMultiple", targets("C", "x" * 51))

    ids = {row["leadid"]: row["lastname"] for row in environment.rows("lead")}
    assert [ids[one] for one in good.json()["Ids"]] == ["A", "B"]
    assert bad.status_code == 400
    assert len(ids) == 2


def test_many_rows_are_upserted_by_their_key_without_a_word_on_which_were_made(environment):
    environment.insert("lead", lastname="A", ll_leadlineid="1")
    targets = [
        {"@odata.type": TYPE, "@odata.id": f"leads(ll_leadlineid='{n}')", "lastname": f"U{n}"} for n in (1, 2)
    ]

    answer = environment.call("POST", "leads/Microsoft.Dynamics.CRM.UpsertMultiple", {"Targets": targets})

    assert (answer.status_code, answer.content) == (204, b"")
    assert sorted(row["lastname"] for row in environment.rows("lead")) == ["U1", "U2"]


def test_a_batch_stops_at_the_first_failure_unless_it_is_told_to_go_on(environment):
    stopped = batch(environment, GOOD + BAD + GOOD + "--batch_x--")
    first = len(environment.rows("lead"))
    went_on = batch(environment, GOOD + BAD + GOOD + "--batch_x--", Prefer="odata.continue-on-error")

    assert (stopped.status_code, stopped.text.count("HTTP/1.1 ")) == (400, 2)
    assert (went_on.status_code, went_on.text.count("HTTP/1.1 204")) == (200, 2)
    assert (first, len(environment.rows("lead"))) == (1, 3)


def test_a_change_set_is_all_or_nothing_and_may_name_what_it_made(environment):
    def change_set(*parts):
        inner = "".join(
            f"--cs\nContent-Type: application/http\nContent-ID: {n}\n\n{text}\n"
            for n, text in enumerate(parts, 1)
        )
        return f"--batch_x\nContent-Type: multipart/mixed;boundary=cs\n\n{inner}--cs--\n--batch_x--"

    create = 'POST leads HTTP/1.1\nContent-Type: application/json\n\n{"lastname":"A"}'
    task = 'POST tasks HTTP/1.1\n\n{"subject":"T","regardingobjectid_lead_task@odata.bind":"$1"}'
    broken = 'POST tasks HTTP/1.1\n\n{"subject":"' + "x" * 2001 + '"}'

    undone = batch(environment, change_set(create, broken), Prefer="odata.continue-on-error")
    rows = environment.rows("lead")
    done = batch(environment, change_set(create, task), Prefer="odata.continue-on-error")

    assert undone.text.count("HTTP/1.1 400") == 1
    assert rows == []
    assert done.text.count("HTTP/1.1 204") == 2
    assert environment.rows("task")[0]["regardingobjectid"] == ["lead", environment.rows("lead")[0]["leadid"]]


def test_a_batch_holds_a_thousand_parts_and_no_more(environment):
    answer = batch(environment, GOOD * 1001 + "--batch_x--")

    assert answer.status_code == 400
    assert environment.rows("lead") == []


def test_a_qualified_lead_leaves_account_contact_and_opportunity_that_name_it(environment):
    lead = environment.insert("lead", lastname="Lee", companyname="Example", estimatedamount=100)
    body = {"CreateAccount": True, "CreateContact": True, "CreateOpportunity": True, "Status": -1}

    answer = environment.call("POST", f"leads({lead})/Microsoft.Dynamics.CRM.QualifyLead", body)

    row = environment.get(f"leads({lead})")
    (deal,) = environment.rows("opportunity")
    assert answer.status_code == 200
    assert (row["statecode"], row["statuscode"]) == (1, 3)
    assert row["_qualifyingopportunityid_value"] == deal["opportunityid"]
    assert (deal["originatingleadid"], deal["estimatedvalue"]) == (["lead", lead], 100)
    assert environment.rows("contact")[0]["originatingleadid"] == ["lead", lead]


@pytest.mark.parametrize(("action", "state", "status"), [("WinOpportunity", 1, 3), ("LoseOpportunity", 2, 4)])
def test_an_opportunity_is_closed_by_its_own_action(environment, action, state, status):
    deal = environment.insert("opportunity", name="D", estimatedvalue=50)
    close = {"subject": "done", "opportunityid@odata.bind": f"/opportunities({deal})"}

    answer = environment.call("POST", action, {"Status": -1, "OpportunityClose": close})

    row = environment.get(f"opportunities({deal})")
    assert answer.status_code == 204
    assert (row["statecode"], row["statuscode"], row["actualvalue"]) == (state, status, 50)


def test_the_loser_of_a_merge_points_to_the_winner(environment):
    winner, loser = environment.insert("lead", lastname="A"), environment.insert("lead", lastname="B")
    body = {
        "Target": {"@odata.type": TYPE, "leadid": winner},
        "Subordinate": {"@odata.type": TYPE, "leadid": loser},
        "UpdateContent": {"@odata.type": TYPE, "jobtitle": "CTO"},
        "PerformParentingChecks": False,
    }

    answer = environment.call("POST", "Merge", body)

    lost = environment.get(f"leads({loser})")
    assert answer.status_code == 204
    assert (lost["merged"], lost["_masterid_value"], lost["statecode"]) == (True, winner, 2)
    assert environment.get(f"leads({winner})")["jobtitle"] == "CTO"


def test_a_static_list_takes_each_member_once(environment):
    lead = environment.insert("lead", lastname="A", emailaddress1="a@b.example")
    list_id = environment.insert("list", listname="Hot", createdfromcode=4, type=False)
    for _ in range(2):
        environment.call("POST", f"lists({list_id})/Microsoft.Dynamics.CRM.AddMemberList", {"EntityId": lead})
    members = [{"@odata.type": TYPE, "leadid": lead}]
    environment.call("POST", "AddListMembersList", {"List": {"listid": list_id}, "Members": members})

    body = environment.get(f"lists({list_id})/listlead_association?$select=emailaddress1")

    assert [row["emailaddress1"] for row in body["value"]] == ["a@b.example"]


def test_two_thousand_rows_are_inserted_by_one_call_of_the_control(environment):
    ids = environment.act("insert", object="lead", rows=[{"lastname": f"L{n}"} for n in range(2_000)])

    assert len(set(ids)) == len(environment.rows("lead")) == 2_000
