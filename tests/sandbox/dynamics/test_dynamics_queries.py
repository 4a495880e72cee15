"""Questions to the Web API: filters, order, pages, expansion, annotations, delta links, metadata."""

from __future__ import annotations

import pytest

LABEL = "@OData.Community.Display.V1.FormattedValue"


@pytest.fixture
def leads(environment):
    rows = [
        {
            "lastname": f"L{n}",
            "emailaddress1": f"P{n}@e.example",
            "leadsourcecode": n % 3 + 1,
            "revenue": n * 10,
        }
        for n in range(7)
    ]
    return environment.act("insert", object="lead", rows=rows)


def names(body):
    return [row["lastname"] for row in body["value"]]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("lastname eq 'l3'", ["L3"]),
        ("not (lastname eq 'L3') and revenue ge 40", ["L4", "L5", "L6"]),
        ("startswith(lastname,'L') and leadsourcecode eq 2", ["L1", "L4"]),
        ("endswith(emailaddress1,'5@E.EXAMPLE') or contains(lastname,'6')", ["L5", "L6"]),
        ("Microsoft.Dynamics.CRM.In(PropertyName='lastname',PropertyValues=['L1','l2'])", ["L1", "L2"]),
        ("parentcontactid/emailaddress1 eq 'x@y.z'", []),
        ("jobtitle eq null and revenue lt 10", ["L0"]),
        ("createdon ge 2020-01-01T00:00:00Z and revenue eq 60", ["L6"]),
        ("(lastname eq 'L1' or lastname eq 'L2' or lastname eq 'nobody')", ["L1", "L2"]),
    ],
)
def test_a_filter_finds_what_it_says(environment, leads, condition, expected):
    assert names(environment.get(f"leads?$select=lastname&$filter={condition}")) == expected


@pytest.mark.parametrize(
    "query",
    ["$filter=nothing eq 1", "$select=nothing", "$filter=lastname eq", "$skip=3", "$filter=revenue eq 'a'"],
)
def test_a_question_that_cannot_be_read_is_refused(environment, query):
    answer = environment.call("GET", f"leads?{query}")

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "0x80060888")


def test_pages_follow_absolute_links_on_the_address_that_was_called(environment, leads):
    seen, link, pages = [], "leads?$select=lastname&$orderby=lastname desc&$count=true", 0
    while link:
        body = environment.get(link, Prefer="odata.maxpagesize=3")
        seen += names(body)
        pages += 1
        link = body.get("@odata.nextLink", "")
        assert not link or link.startswith(environment.address["tls_url"])

    assert (pages, seen) == (3, [f"L{n}" for n in reversed(range(7))])
    assert body["@odata.count"] == 7


def test_labels_and_types_come_only_when_they_are_asked_for(environment, leads):
    path = "leads?$select=leadsourcecode,_ownerid_value&$top=1"
    plain = environment.get(path)["value"][0]
    full = environment.get(path, Prefer='odata.include-annotations="*"')["value"][0]

    assert not any("@" in name and name != "@odata.etag" for name in plain)
    assert full[f"leadsourcecode{LABEL}"] == "Advertisement"
    assert full["_ownerid_value@Microsoft.Dynamics.CRM.lookuplogicalname"] == "systemuser"


def test_what_is_behind_a_lookup_and_a_collection_is_expanded(environment, leads):
    made = environment.act("qualify", id=leads[0], account=False)
    environment.act("log_activity", regarding=["lead", leads[0]], subject="Call")

    deal = environment.get(
        f"opportunities({made['opportunity']})?$select=name&$expand=originatingleadid($select=emailaddress1),"
        "parentcontactid($select=fullname)"
    )
    lead = environment.get(f"leads({leads[0]})?$select=lastname&$expand=Lead_Tasks($select=subject)")

    assert deal["originatingleadid"]["emailaddress1"] == "P0@e.example"
    assert deal["parentcontactid"]["fullname"] == "L0"
    assert [task["subject"] for task in lead["Lead_Tasks"]] == ["Call"]


def test_a_delta_link_tells_changes_and_deletions_until_it_is_too_old(environment, leads):
    body = environment.get("leads?$select=lastname", Prefer="odata.track-changes")
    link = body["@odata.deltaLink"]
    environment.act("update", object="lead", id=leads[1], values={"lastname": "New"})
    environment.act("delete", object="lead", id=leads[2])

    changes = environment.get(link)["value"]
    environment.sandbox.control.clock(advance=8 * 86_400)
    environment.sign_in()
    late = environment.call("GET", link)

    assert [row.get("lastname") for row in changes] == ["New", None]
    assert (changes[1]["id"], changes[1]["reason"]) == (leads[2], "deleted")
    assert late.status_code == 400


def test_change_tracking_takes_no_filter_and_only_tables_that_have_it(environment):
    tracked = {"Prefer": "odata.track-changes"}

    assert environment.call("GET", "leads?$filter=statecode eq 0", **tracked).status_code == 400
    assert environment.call("GET", "lists", **tracked).status_code == 400


def test_metadata_describes_tables_columns_choices_and_keys(environment):
    table = "EntityDefinitions(LogicalName='lead')"
    prefix = f"{table}/Attributes/Microsoft.Dynamics.CRM"

    (head,) = environment.get("EntityDefinitions?$select=EntitySetName&$filter=LogicalName eq 'lead'")[
        "value"
    ]
    lengths = environment.get(f"{prefix}.StringAttributeMetadata?$select=LogicalName,MaxLength")["value"]
    statuses = environment.get(f"{prefix}.StatusAttributeMetadata?$expand=OptionSet")["value"]
    (key,) = environment.get(f"{table}/Keys")["value"]

    assert head["EntitySetName"] == "leads"
    assert {one["LogicalName"]: one["MaxLength"] for one in lengths}["mobilephone"] == 20
    labels = [one["Label"]["UserLocalizedLabel"]["Label"] for one in statuses[0]["OptionSet"]["Options"]]
    assert {"New", "Contacted", "Qualified", "Lost"} <= set(labels)
    assert (key["KeyAttributes"], key["EntityKeyIndexStatus"]) == (["ll_leadlineid"], "Active")
    assert '<EntityType Name="lead">' in environment.call("GET", "$metadata").text


def test_a_stored_query_is_answered_in_pages(environment, leads):
    query = (
        '<fetch count="2" page="{}"><entity name="lead"><attribute name="lastname"/><filter>'
        '<condition attribute="revenue" operator="not-null"/>'
        '<condition attribute="lastname" operator="ne" value="L0"/></filter></entity></fetch>'
    )
    seen = []
    for page in (1, 2, 3):
        params = {"fetchXml": query.format(page)}
        headers = {"Authorization": f"Bearer {environment.token}", "Prefer": 'odata.include-annotations="*"'}
        body = environment.http.get(f"{environment.api}/leads", params=params, headers=headers).json()
        seen += names(body)

    assert seen == ["L1", "L2", "L3", "L4", "L5", "L6"]
    assert body["@Microsoft.Dynamics.CRM.morerecords"] is False


def test_the_service_document_names_every_set(environment):
    sets = {one["name"]: one for one in environment.get("")["value"]}

    assert sets["leads"] == {"name": "leads", "kind": "EntitySet", "url": "leads"}
    assert {"contacts", "opportunities", "systemusers"} <= sets.keys()


def test_all_tables_are_described_with_the_columns_that_are_asked_for(environment):
    query = "$select=LogicalName&$expand=Attributes($select=LogicalName,AttributeType),Keys"
    tables = {one["LogicalName"]: one for one in environment.get(f"EntityDefinitions?{query}")["value"]}

    columns = {one["LogicalName"]: one for one in tables["lead"]["Attributes"]}
    assert columns["modifiedon"]["AttributeType"] == "DateTime"
    assert "RequiredLevel" not in columns["modifiedon"]
    assert tables["lead"]["Keys"][0]["KeyAttributes"] == ["ll_leadlineid"]
    assert "EntitySetName" not in tables["lead"]
