"""What the imitated Marketo does as the vendor's pages say, in the wording of the wire."""

from __future__ import annotations

import httpx
import pytest

from sandbox.launch import running

FEED = "/rest/v1/activities.json"


def token(tenant, since="2020-01-01T00:00:00Z"):
    return tenant.get("/rest/v1/activities/pagingtoken.json", sinceDatetime=since)["nextPageToken"]


def test_the_same_token_is_given_until_it_ends(tenant):
    first = tenant.sign_in()
    tenant.control.clock(advance=1_000)
    second = tenant.sign_in()
    tenant.control.clock(advance=2_700)

    ended = tenant.get("/rest/v1/leads/describe.json")
    third = tenant.sign_in()

    assert second["access_token"] == first["access_token"]
    assert second["expires_in"] <= first["expires_in"] - 1_000
    assert tenant.code(ended) == "602"
    assert third["access_token"] != first["access_token"]


def test_wrong_credentials_are_401_and_a_token_in_the_url_is_none(tenant):
    with httpx.Client(base_url=tenant.address["url"]) as stranger:
        refused = stranger.get(
            "/identity/oauth/token",
            params={"grant_type": "client_credentials", "client_id": "x", "client_secret": "y"},
        )
        bare = stranger.get(
            "/rest/v1/leads/describe.json", params={"access_token": tenant.sign_in()["access_token"]}
        ).json()

    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")
    assert tenant.code(bare) == "600"


def test_refusals_come_inside_http_200(tenant):
    answers = {
        "610": tenant.http.get("/rest/v1/nothing.json"),
        "605": tenant.http.delete("/rest/v1/leads/describe.json"),
        "1002": tenant.http.get("/rest/v1/leads.json"),
        "609": tenant.http.post(
            "/rest/v1/leads.json", content=b"{", headers={"Content-Type": "application/json"}
        ),
        "612": tenant.http.post("/rest/v1/leads.json", content=b"{}"),
    }

    assert {code: answer.status_code for code, answer in answers.items()} == dict.fromkeys(answers, 200)
    assert {tenant.code(answer.json()) for answer in answers.values()} == set(answers)


def test_a_long_address_is_414_and_the_same_as_a_form_is_not(tenant):
    (lead,) = tenant.insert("lead", {"email": "a@x.example"})
    values = ",".join([str(lead), *(str(10**30 + n) for n in range(290))])
    params = {"filterType": "id", "filterValues": values}

    long = tenant.http.get("/rest/v1/leads.json", params=params)
    in_query = tenant.http.post("/rest/v1/leads.json", params={"_method": "GET"}, data=params).json()
    in_form = tenant.http.post("/rest/v1/leads.json", data={**params, "_method": "GET"}).json()

    assert long.status_code == 414
    assert [row["id"] for row in in_query["result"]] == [row["id"] for row in in_form["result"]] == [lead]


def test_the_hundred_and_first_call_in_twenty_seconds_is_606(tenant):
    tenant.act("set", rate_calls=100)
    answers = [tenant.get("/rest/v1/leads/partitions.json") for _ in range(101)]
    tenant.control.clock(advance=21)

    assert [answer["success"] for answer in answers] == [True] * 100 + [False]
    assert tenant.code(answers[-1]) == "606"
    assert tenant.get("/rest/v1/leads/partitions.json")["success"]


def test_the_daily_quota_is_607_until_midnight_central(tenant):
    tenant.act("set", daily_quota=100)
    tenant.act("set_usage", used=100)

    refused = tenant.get("/rest/v1/leads/partitions.json")
    tenant.control.clock(advance=24 * 3600)
    tenant.sign_in()

    assert tenant.code(refused) == "607"
    assert tenant.get("/rest/v1/leads/partitions.json")["success"]


def test_more_than_a_thousand_matches_are_1003(tenant):
    tenant.insert("lead", *({"email": "same@x.example"} for _ in range(1_001)))

    answer = tenant.get("/rest/v1/leads.json", filterType="email", filterValues="same@x.example")

    assert (tenant.code(answer), answer["errors"][0]["message"]) == (
        "1003",
        "Too many results match the filter",
    )


def test_an_upsert_on_a_doubled_key_is_1007_and_a_doubled_row_1036(tenant):
    tenant.insert("lead", {"email": "twin@x.example"}, {"email": "twin@x.example"})

    body = {"input": [{"email": one} for one in ("twin@x.example", "new@x.example", "new@x.example")]}
    rows = tenant.post("/rest/v1/leads.json", body)["result"]

    assert [row["status"] for row in rows] == ["skipped", "created", "skipped"]
    assert [row["reasons"][0]["code"] for row in rows if "reasons" in row] == ["1007", "1036"]


def test_three_hundred_and_one_rows_are_refused_whole(tenant):
    answer = tenant.post("/rest/v1/leads.json", {"input": [{"email": "a@x.example"}] * 301})

    assert tenant.code(answer) == "1003"
    assert tenant.rows("lead") == []


def test_an_empty_page_has_no_result_and_may_promise_more(tenant):
    tenant.insert("lead", {"email": "a@x.example"})
    tenant.fault("empty_page", "activities.read", arguments={"missing": True})
    start = token(tenant)

    empty = tenant.get(FEED, nextPageToken=start, activityTypeIds="12")
    full = tenant.get(FEED, nextPageToken=empty["nextPageToken"], activityTypeIds="12")
    last = tenant.get(FEED, nextPageToken=full["nextPageToken"], activityTypeIds="12")

    assert ("result" in empty, empty["moreResult"]) == (False, True)
    assert len(full["result"]) == 1
    assert ("result" in last, last["moreResult"], bool(last["nextPageToken"])) == (False, False, True)


def test_the_visible_stamp_follows_standard_fields_only(tenant):
    (lead,) = tenant.insert("lead", {"email": "a@x.example"})
    before = tenant.rows("lead")[0]["updatedAt"]
    tenant.control.clock(advance=60)

    tenant.act("update", object="lead", id=lead, values={"llPartner": "K"})
    own = tenant.rows("lead")[0]["updatedAt"]
    tenant.act("update", object="lead", id=lead, values={"company": "K"})

    assert own == before
    assert tenant.rows("lead")[0]["updatedAt"] > before


def test_a_program_writes_both_zones_and_its_tags_come_by_id_only(tenant):
    (program,) = tenant.insert("program", {"name": "P1", "tags": {"Theme": "Cloud"}})

    (listed,) = tenant.get("/rest/asset/v1/programs.json")["result"]
    (alone,) = tenant.get(f"/rest/asset/v1/program/{program}.json")["result"]
    nothing = tenant.get("/rest/asset/v1/programs.json", offset=20)

    assert listed["updatedAt"].endswith("Z+0000")
    assert ("tags" in listed, alone["tags"]) == (False, [{"tagType": "Theme", "tagValue": "Cloud"}])
    assert "result" not in nothing
    assert nothing["warnings"] == ["No assets found for the given search criteria."]


def test_opportunities_are_1018_where_a_crm_is_native(tenant):
    tenant.act("set", native_crm=True)

    assert tenant.code(tenant.get("/rest/v1/opportunities/describe.json")) == "1018"


def export(tenant, **wanted):
    body = {"format": "CSV", "fields": ["id"], "filter": wanted}
    return tenant.post("/bulk/v1/leads/export/create.json", body)


def test_an_unfinished_file_is_a_real_404_in_plain_text(tenant):
    job = export(tenant, createdAt={"startAt": "2026-11-01T00:00:00Z"})["result"][0]["exportId"]

    answer = tenant.http.get(f"/bulk/v1/leads/export/{job}/file.json")

    assert (answer.status_code, answer.headers["content-type"]) == (404, "text/plain; charset=utf-8")


def test_a_part_of_a_file_says_where_it_lies(tenant):
    tenant.insert("lead", {"email": "a@x.example"})
    job = export(tenant, createdAt={"startAt": "2020-01-01T00:00:00Z"})["result"][0]["exportId"]
    base = f"/rest/../bulk/v1/leads/export/{job}"
    tenant.post(f"{base}/enqueue.json")
    for _ in range(2):
        tenant.get(f"{base}/status.json")

    part = tenant.http.get(f"{base}/file.json", headers={"Range": "bytes=0-1"})

    assert (part.status_code, part.content, part.headers["content-range"]) == (206, b"id", "bytes 0-1/8")


def test_the_three_wordings_of_1029(tenant):
    job = export(tenant, createdAt={"startAt": "2020-01-01T00:00:00Z"})["result"][0]["exportId"]
    path = f"/bulk/v1/leads/export/{job}/enqueue.json"
    tenant.post(path)
    twice = tenant.post(path)
    others = [export(tenant, createdAt={"startAt": "2020-01-01T00:00:00Z"})["result"][0] for _ in range(10)]
    full = [tenant.post(f"/bulk/v1/leads/export/{one['exportId']}/enqueue.json") for one in others][-1]
    tenant.act("set", bulk_bytes=0)
    spent = export(tenant, createdAt={"startAt": "2020-01-01T00:00:00Z"})

    assert [one["errors"][0]["message"] for one in (twice, full, spent)] == [
        "Job already queued",
        "Too many jobs in queue",
        "Export daily quota exceeded",
    ]


def test_filters_that_a_subscription_does_not_offer_are_1035(tenant):
    assert tenant.code(export(tenant, smartListId=1)) == "1035"


@pytest.mark.parametrize("moment", ["before", "after"])
def test_an_error_before_leaves_nothing_and_one_after_leaves_the_work(tenant, moment):
    tenant.fault("error", "leads.sync", moment=moment, arguments={"code": "604"})

    answer = tenant.post("/rest/v1/leads.json", {"input": [{"email": "a@x.example"}]})

    assert tenant.code(answer) == "604"
    assert len(tenant.rows("lead")) == (1 if moment == "after" else 0)


def test_the_journal_names_tenant_operation_and_object_and_no_value(tenant):
    since = tenant.control.last()
    tenant.get("/rest/v1/leads.json", filterType="email", filterValues="secret@x.example")

    (entry,) = tenant.control.journal("marketo", since, org="initech")

    assert (entry["operation"], entry["object"], entry["status"], entry["rows"]) == (
        "leads.read", "lead", 200, 0,
    )  # fmt: skip
    assert "secret" not in str(entry)


def test_tenants_are_apart_and_survive_a_restart(state):
    with running(state, orgs=(), vendors=("marketo",)) as sandbox:
        sandbox.control.do("marketo", "initech", "insert", object="lead", rows=[{"email": "a@x.example"}])

    with running(state, orgs=(), vendors=("marketo",)) as sandbox:
        counts = {
            name: len(sandbox.control.do("marketo", name, "rows", object="lead"))
            for name in ("initech", "initech_test")
        }

    assert counts == {"initech": 1, "initech_test": 0}
