"""Application API: contacts, campaigns, rows and form data; what a restart keeps; what the journal tells."""

from __future__ import annotations

from sandbox.launch import running

REST = "/API/REST/2.0"


def test_a_put_blanks_what_it_leaves_out(tenant):
    made = tenant.http.post(
        f"{REST}/data/contact",
        json={
            "emailAddress": "a@x.example",
            "firstName": "Ann",
            "fieldValues": [{"id": "100024", "value": "Accepted"}],
        },
    ).json()
    tenant.http.put(f"{REST}/data/contact/{made['id']}", json={"emailAddress": "a@x.example"})

    (row,) = tenant.rows("contact")
    assert (row["C_FirstName"], row["C_LL_Status1"]) == ("", "")


def test_the_same_address_twice_is_a_conflict(tenant):
    body = {"emailAddress": "a@x.example"}
    tenant.http.post(f"{REST}/data/contact", json=body)

    answer = tenant.http.post(f"{REST}/data/contact", json={"emailAddress": "A@X.example"})

    assert answer.status_code == 409
    assert tenant.http.post(f"{REST}/data/contact", json={"emailAddress": "x"}).status_code == 400
    assert len(tenant.rows("contact")) == 1


def test_a_deleted_contact_is_not_found(tenant):
    (contact,) = tenant.insert("contact", {"C_EmailAddress": "a@x.example"})

    assert tenant.http.delete(f"{REST}/data/contact/{contact}").status_code == 200
    assert tenant.http.get(f"{REST}/data/contact/{contact}").status_code == 404
    assert tenant.rows("contact") == []
    assert len(tenant.rows("contact", deleted=True)) == 1


def test_campaigns_come_in_pages_with_epoch_times(tenant):
    tenant.insert("campaign", *({"name": f"C{n}", "startAt": "2026-11-01"} for n in range(3)))

    pages = [
        tenant.get(f"{REST}/assets/campaigns", depth="complete", count=2, page=n, orderBy="id DESC")
        for n in (1, 2, 3)
    ]

    assert [[one["id"] for one in page["elements"]] for page in pages] == [["3", "2"], ["1"], []]
    assert {page["total"] for page in pages} == {3}
    assert pages[0]["elements"][0]["startAt"] == "1793491200"
    minimal = tenant.get(f"{REST}/assets/campaigns")["elements"][0]
    assert "startAt" not in minimal


def test_what_somebody_sends_makes_a_contact_and_an_activity(tenant):
    sent = [{"id": "1", "value": "a@x.example"}, {"id": "2", "value": "Ann"}]
    answer = tenant.http.post(f"{REST}/data/form/7", json={"fieldValues": sent})

    assert answer.status_code == 201
    (contact,) = tenant.rows("contact")
    (data,) = tenant.get(f"{REST}/data/form/7")["elements"]
    assert contact["C_FirstName"] == "Ann"
    assert (data["submittedByContactId"], data["fieldValues"][1]["value"]) == (contact["id"], "Ann")
    activities = tenant.get(f"/API/REST/1.0/data/activities/contact/{contact['id']}", type="formSubmit")
    assert [one["asset"] for one in activities] == ["7"]


def test_rows_of_a_custom_object_are_made_read_changed_and_deleted(tenant):
    made = tenant.http.post(
        f"{REST}/data/customObject/7/instance", json={"fieldValues": [{"id": "73", "value": "Cloud"}]}
    ).json()
    path = f"{REST}/data/customObject/7/instance/{made['id']}"
    tenant.http.put(path, json={"fieldValues": [{"id": "74", "value": "later"}]})

    found = tenant.get(f"{REST}/data/customObject/7/instances", depth="complete")
    values = {one["id"]: one.get("value") for one in found["elements"][0]["fieldValues"]}
    assert (values["73"], values["74"]) == (None, "later")
    assert tenant.http.delete(path).status_code == 200
    assert tenant.rows("customObject/7") == []


def test_paths_do_not_mind_case_or_double_slashes(tenant):
    assert tenant.get("/API/Bulk/2.0//contacts/fields")["count"] > 20
    assert tenant.get("/api/bulk/2.0/CUSTOMOBJECTS/7/fields")["count"] == 6
    assert tenant.http.get("/api/bulk/2.0/nothing").status_code == 404


def test_records_and_tokens_survive_a_restart(tmp_path):
    for kept in (0, 1):
        with running(tmp_path, orgs=(), vendors=("eloqua",)) as sandbox:

            def act(action, **values):
                return sandbox.control.do("eloqua", "umbrella", action, **values)

            assert len(act("rows", object="contact")) == kept
            if not kept:
                act("submit_form", form="7", values={"emailAddress": "a@x.example"})
            else:
                again = act("submit_form", form="7", values={"emailAddress": "a@x.example"})
                assert again == {"contact": "1", "activity": "500002"}


def test_the_tenants_are_apart(tenant, eloqua_sandbox):
    tenant.insert("contact", {"C_EmailAddress": "a@x.example"})

    assert eloqua_sandbox.control.do("eloqua", "umbrella_test", "rows", object="contact") == []


def test_the_journal_tells_what_was_asked_and_no_values(tenant):
    tenant.insert("contact", {"C_EmailAddress": "secret@x.example"})
    tenant.control.clear_faults()
    since = tenant.control.last()
    tenant.export("contacts", {"mail": "{{Contact.Field(C_EmailAddress)}}"})

    entries = tenant.control.journal("eloqua", since=since, org="umbrella")

    assert [one["operation"] for one in entries] == [
        "bulk.exports.create", "bulk.syncs.create", "bulk.syncs.read", "bulk.syncs.read", "bulk.syncs.data",
    ]  # fmt: skip
    assert (entries[0]["object"], entries[-1]["rows"], entries[-1]["status"]) == ("contacts", 1, 200)
    assert "secret" not in str(entries)


def test_two_thousand_records_are_in_at_once(tenant):
    ids = tenant.insert("contact", *({"C_EmailAddress": f"{n}@x.example"} for n in range(2000)))

    assert len(set(ids)) == 2000
    assert tenant.get(f"{REST}/data/contacts", count=1)["total"] == 2000
