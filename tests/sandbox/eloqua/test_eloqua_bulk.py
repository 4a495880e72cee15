"""Bulk API: filters, time zones, limits, imports row by row."""

from __future__ import annotations

import pytest

MAIL = "{{Contact.Field(C_EmailAddress)}}"
FIELDS = {"mail": MAIL}


def failure(answer):
    assert answer.status_code == 400
    return answer.json()["failures"][0]


@pytest.mark.parametrize(
    ("filter_", "expected"),
    [
        ("'{{Contact.Field(C_Country)}}' = 'de'", "a"),
        ("'{{Contact.Field(C_Country)}}' != 'DE'", "bc"),
        ("NOT '{{Contact.Field(C_Country)}}' = 'DE'", "bc"),
        ("'{{Contact.Field(C_Country)}}' ~ '%R' OR '{{Contact.Id}}' = '1'", "ab"),
        ("('{{Contact.Id}}' > '1' AND '{{Contact.Id}}' <= '2')", "b"),
        ("'{{Contact.UpdatedAt}}' >= '2026-11-02 00:00:00'", "bc"),
        ("'{{Contact.UpdatedAt}}' < '2026-11-03'", "ab"),
        ("EXISTS('{{ContactSegment[12]}}')", "c"),
        ("EXISTS('{{ContactSegment[12]}}') AND '{{Contact.UpdatedAt}}' < '2026-11-03'", ""),
        ("'{{Contact.Field(C_LastName)}}' = 'O''Neil'", "c"),
    ],
)
def test_filters_choose(tenant, filter_, expected):
    ids = tenant.insert(
        "contact",
        {"C_EmailAddress": "a@x.example", "C_Country": "DE", "UpdatedAt": "2026-11-01"},
        {"C_EmailAddress": "b@x.example", "C_Country": "FR", "UpdatedAt": "2026-11-02"},
        {"C_EmailAddress": "c@x.example", "C_LastName": "O'Neil", "UpdatedAt": "2026-11-03"},
    )
    tenant.act("add_members", segment="12", contacts=ids[2:])

    rows = tenant.export("contacts", FIELDS, filter=filter_, areSystemTimestampsInUTC=True)

    assert sorted(row["mail"][0] for row in rows) == list(expected)


@pytest.mark.parametrize(
    ("element", "body", "field"),
    [
        ("contacts", {"fields": {"x": "{{Contact.Field(C_Nothing)}}"}}, "fields"),
        ("contacts", {"fields": {}}, "fields"),
        ("contacts", {"filter": "'{{Contact.Id}}' is '1'"}, "filter"),
        ("contacts", {"filter": "'{{Contact.Field(C_Nothing)}}' = '1'"}, "filter"),
        ("contacts", {"filter": "'{{Contact.Id}}' = '1' OR " * 60 + "'{{Contact.Id}}' = '1'"}, "filter"),
        ("contacts", {"filter": "EXISTS('{{ContactSegment[12]}}') AND '{{Contact.Id}}' = '1'"}, "filter"),
        (
            "contacts",
            {"filter": "EXISTS('{{ContactSegment[12]}}') AND EXISTS('{{ContactList[12]}}')"},
            "filter",
        ),
        ("contacts", {"filter": "EXISTS('{{ContactSegment[99]}}')"}, "filter"),
        ("activities", {"fields": {"i": "{{Activity.Id}}"}}, "filter"),
        (
            "activities",
            {
                "fields": {f"f{n}": MAIL.replace("Contact", "Activity.Contact") for n in range(11)},
                "filter": "'{{Activity.Type}}'='FormSubmit'",
            },
            "fields",
        ),
        ("customObjects/7", {"fields": {"x": "{{CustomObject[8].Field[81]}}"}}, "fields"),
    ],
)
def test_definitions_that_cannot_run_are_refused_with_their_part(tenant, element, body, field):
    assert failure(tenant.define(element, "exports", **{"fields": FIELDS, **body}))["field"] == field


def test_times_are_us_eastern_unless_utc_is_asked_for(tenant):
    tenant.insert("contact", {"C_EmailAddress": "a@x.example", "UpdatedAt": "2026-07-01T02:00:00Z"})
    fields = {"at": "{{Contact.UpdatedAt}}"}
    filter_ = "'{{Contact.UpdatedAt}}' >= '2026-07-01 01:00:00'"

    assert tenant.export("contacts", fields) == [{"at": "2026-06-30 22:00:00.000"}]
    assert tenant.export("contacts", fields, filter=filter_) == []
    utc = tenant.export("contacts", fields, filter=filter_, areSystemTimestampsInUTC=True)
    assert utc == [{"at": "2026-07-01 02:00:00.000"}]


def test_values_that_are_not_there_are_empty_text(tenant):
    tenant.insert("contact", {"C_EmailAddress": "a@x.example"})

    assert tenant.export("contacts", {"c": "{{Contact.Field(C_City)}}"}) == [{"c": ""}]


def test_what_a_sync_left_is_for_who_asked_and_for_a_while(tenant):
    tenant.insert("contact", {"C_EmailAddress": "a@x.example"})
    uri = tenant.define("contacts", "exports", fields=FIELDS).json()["uri"]
    data = f"/api/bulk/2.0{tenant.sync(uri)['uri']}/data"
    second = (f"{tenant.address['site']}\\{tenant.address['second_user']}", tenant.address["second_password"])

    assert tenant.http.get(data, auth=second).status_code == 404
    assert tenant.http.get(data).status_code == 200
    tenant.control.clock(advance=12 * 3600 + 1)
    assert tenant.http.get(data).status_code == 410


def test_an_export_of_activities_is_cut_at_its_limit(tenant):
    (contact,) = tenant.insert("contact", {"C_EmailAddress": "a@x.example"})
    for _ in range(3):
        tenant.act("log_activity", type="PageView", contact=contact)
    tenant.act("set", activity_rows=2)

    rows = tenant.export("activities", {"i": "{{Activity.Id}}"}, filter="'{{Activity.Type}}'='PageView'")

    assert len(rows) == 2


@pytest.mark.parametrize(
    "type_",
    [
        "EmailOpen",
        "EmailClickthrough",
        "EmailSend",
        "Subscribe",
        "Bounceback",
        "WebVisit",
        "PageView",
        "FormSubmit",
    ],
)
def test_every_listed_field_of_a_type_of_activity_can_be_exported(tenant, type_):
    (contact,) = tenant.insert("contact", {"C_EmailAddress": "a@x.example"})
    tenant.act("log_activity", type=type_, contact=contact)
    listed = tenant.get("/api/bulk/2.0/activities/fields", activityType=type_)["items"]
    fields = {item["internalName"]: item["statement"] for item in listed}

    (row,) = tenant.export("activities", fields, filter=f"'{{{{Activity.Type}}}}'='{type_}'")

    assert row.keys() == fields.keys()
    assert row["ContactId"] == contact
    visitors = {"VisitorId", "VisitorExternalId"}
    assert visitors <= fields.keys() or type_ in ("EmailSend", "Subscribe", "Bounceback")


def test_a_contacts_special_fields_can_be_exported(tenant):
    tenant.insert("contact", {"C_EmailAddress": "a@x.example"})
    names = ("IsSubscribed", "IsBounced", "Format")

    (row,) = tenant.export("contacts", {name: f"{{{{Contact.Email.{name}}}}}" for name in names})

    assert row == {"IsSubscribed": "True", "IsBounced": "False", "Format": "unspecified"}


def test_syncs_are_counted_by_the_hour(tenant):
    tenant.act("set", exports_per_hour=1)
    uris = [tenant.define("contacts", "exports", fields=FIELDS).json()["uri"] for _ in range(2)]
    tenant.sync(uris[0])

    refused = tenant.http.post("/api/bulk/2.0/syncs", json={"syncedInstanceUri": uris[1]})
    tenant.control.clock(advance=3601)

    assert (refused.status_code, "Retry-After" in refused.headers) == (429, False)
    assert tenant.sync(uris[1])["status"] == "success"


def test_an_upload_over_the_limit_is_not_found(tenant):
    tenant.act("set", upload_bytes=100)
    uri = tenant.define("contacts", "imports", fields=FIELDS, identifierFieldName="mail").json()["uri"]

    answer = tenant.http.post(f"/api/bulk/2.0{uri}/data", json=[{"mail": "x" * 200}])

    assert answer.status_code == 404


def imported(tenant, rows, fields, element="contacts", **body):
    body = {"isSyncTriggeredOnImport": False, **body}
    uri = tenant.define(element, "imports", fields=fields, **body).json()["uri"]
    assert tenant.http.post(f"/api/bulk/2.0{uri}/data", json=rows).status_code == 204
    sync = tenant.sync(uri)
    rejects = tenant.get(f"/api/bulk/2.0{sync['uri']}/rejects").get("items", [])
    return sync["status"], [(one["recordIndex"], one["statusCode"]) for one in rejects]


def test_an_import_by_mail_makes_and_updates(tenant):
    tenant.insert("contact", {"C_EmailAddress": "a@x.example", "C_City": "Ulm", "C_Country": "DE"})
    fields = {"mail": MAIL, "city": "{{Contact.Field(C_City)}}"}

    done = imported(
        tenant,
        [{"mail": "A@x.example", "city": ""}, {"mail": "b@x.example", "city": "Bern"}],
        fields,
        identifierFieldName="mail",
    )

    assert done == ("success", [])
    assert [(row["C_City"], row.get("C_Country")) for row in tenant.rows("contact")] == [
        ("", "DE"), ("Bern", None),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ({"mail": "nobody"}, "ELQ-00002"),
        ({"mail": ""}, "ELQ-00059"),
        ({"mail": "c@x.example", "budget": "much"}, "ELQ-00032"),
        ({"mail": "c@x.example", "stranger": "1"}, "ELQ-00111"),
        ({"mail": "a@x.example"}, "ELQ-00026"),
        ({"mail": "new@x.example"}, "ELQ-00034"),
    ],
)
def test_an_import_rejects_rows_one_by_one(tenant, row, code):
    tenant.insert("contact", {"C_EmailAddress": "a@x.example"}, {"C_EmailAddress": "c@x.example"})
    fields = {"mail": MAIL, "budget": "{{Contact.Field(C_Budget1)}}"}

    status, rejects = imported(
        tenant,
        [{"mail": "a@x.example", "budget": "5"}, row],
        fields,
        identifierFieldName="mail",
        importRule="updateOnly",
    )

    assert (status, rejects) == ("warning", [(2, code)])
    assert tenant.rows("contact")[0]["C_Budget1"] == "5"
    assert len(tenant.rows("contact")) == 2


def test_rows_of_a_custom_object_are_made_by_an_empty_id(tenant):
    fields = {"id": "{{CustomObject[7].Id}}", "interest": "{{CustomObject[7].Field[73]}}"}
    rows = [{"id": "", "interest": "a"}, {"id": "", "interest": "b"}, {"id": "77", "interest": "c"}]

    done = imported(tenant, rows, fields, "customObjects/7", identifierFieldName="id")

    assert done == ("warning", [(3, "ELQ-00034")])
    assert [row["Interest1"] for row in tenant.rows("customObject/7")] == ["a", "b"]


def test_a_sync_that_fails_half_way_leaves_what_it_did(tenant):
    ids = tenant.insert("contact", *({"C_EmailAddress": f"{n}@x.example"} for n in range(3)))
    tenant.fault("sync_error", "bulk.syncs.create", arguments={"after": 1, "code": "ELQ-00146"})
    fields = {"id": "{{Contact.Id}}", "city": "{{Contact.Field(C_City)}}"}

    status, _ = imported(
        tenant, [{"id": id_, "city": "Ulm"} for id_ in ids], fields, identifierFieldName="id"
    )

    assert status == "error"
    assert [row.get("C_City") for row in tenant.rows("contact")] == ["Ulm", None, None]
