from __future__ import annotations

import pytest

from sandbox.salesforce import seeding


@pytest.fixture
def people(org):
    """Six leads that differ in what queries look at."""
    rows = [
        ("Adams", "a@x.example", "DE", 10, "2026-11-01T08:00:00.000+0000"),
        ("baker", "B@x.example", "DE", 200, "2026-11-02T08:00:00.000+0000"),
        ("Clark", None, "FR", None, "2026-11-03T08:00:00.000+0000"),
        ("Davis", "d@y.example", None, 30, "2026-11-21T23:59:59.000+0000"),
        ("O'Neil", "o@y.example", "GB", 5, "2026-11-22T00:00:00.000+0000"),
        ("50% off_", "p@y.example", "US", 7, "2026-11-22T09:00:00.000+0000"),
    ]
    seeding.insert(
        org.org,
        "Lead",
        [
            {
                "LastName": last, "Company": "C", "Email": email, "Country": country,
                "NumberOfEmployees": size, "SystemModstamp": stamp,
            }
            for last, email, country, size, stamp in rows
        ],
    )  # fmt: skip
    return org


def names(org, where: str) -> list[str]:
    return [row["LastName"] for row in org.query(f"SELECT LastName FROM Lead WHERE {where} ORDER BY Id")]


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        # text is compared without regard to case, and so are names
        ("Email = 'b@X.EXAMPLE'", ["baker"]),
        ("email = 'a@x.example'", ["Adams"]),
        ("LastName = 'O\\'Neil'", ["O'Neil"]),
        # null is a value: != lets it through, < does not
        ("Email = null", ["Clark"]),
        ("Email != null AND Country != 'DE'", ["Davis", "O'Neil", "50% off_"]),
        ("Country != 'DE'", ["Clark", "Davis", "O'Neil", "50% off_"]),
        ("NumberOfEmployees < 10", ["O'Neil", "50% off_"]),
        ("NOT Country = 'DE'", ["Clark", "Davis", "O'Neil", "50% off_"]),
        # lists and patterns
        ("Country IN ('DE', 'fr')", ["Adams", "baker", "Clark"]),
        ("Country NOT IN ('DE', 'FR')", ["Davis", "O'Neil", "50% off_"]),
        ("Country IN ('GB', null)", ["Davis", "O'Neil"]),
        ("Email LIKE '%@Y.%'", ["Davis", "O'Neil", "50% off_"]),
        ("LastName LIKE '_lark'", ["Clark"]),
        ("LastName LIKE '50\\% off\\_'", ["50% off_"]),
        # precedence by parentheses
        ("(Country = 'DE' OR Country = 'GB') AND NumberOfEmployees >= 10", ["Adams", "baker"]),
        ("NOT (Country = 'DE' OR NumberOfEmployees < 10)", ["Clark", "Davis"]),
        # times, with an offset and relative to the clock
        ("SystemModstamp >= 2026-11-22T00:00:00Z", ["O'Neil", "50% off_"]),
        ("SystemModstamp >= 2026-11-22T01:00:00+01:00", ["O'Neil", "50% off_"]),
        ("SystemModstamp = TODAY", ["O'Neil", "50% off_"]),
        ("SystemModstamp = YESTERDAY", ["Davis"]),
        ("SystemModstamp = LAST_N_DAYS:1", ["Davis", "O'Neil", "50% off_"]),
        ("SystemModstamp < LAST_N_DAYS:1 AND SystemModstamp > 2026-11-01T08:00:00Z", ["baker", "Clark"]),
        ("SystemModstamp < THIS_MONTH", []),
        # relationships
        ("Owner.Name = 'api integration' AND Country = 'FR'", ["Clark"]),
        ("Owner.Type = 'User' AND Country = 'GB'", ["O'Neil"]),
        ("IsConverted = false AND Country = 'US'", ["50% off_"]),
    ],
)
def test_conditions_choose_the_rows_that_soql_would(people, where, expected):
    assert names(people, where) == expected


def test_plus_and_blank_survive_the_url(people):
    answer = people.session.get(
        f"{people.data}/query/?q=SELECT+Id+FROM+Lead+WHERE+SystemModstamp>=2026-11-22T01:00:00%2B01:00",
        timeout=20,
    )

    assert answer.json()["totalSize"] == 2


def test_names_come_back_in_their_canonical_case(people):
    row = people.query("select id, LASTNAME, owner.NAME from lead where lastname = 'Adams'")[0]

    assert list(row) == ["Id", "LastName", "Owner"]
    assert list(row["Owner"]) == ["attributes", "Name"]


def test_order_puts_nulls_first_unless_told_otherwise(people):
    def countries(order: str) -> list[str | None]:
        return [row["Country"] for row in people.query(f"SELECT Country FROM Lead ORDER BY {order}")]

    assert countries("Country") == [None, "DE", "DE", "FR", "GB", "US"]
    assert countries("Country DESC") == [None, "US", "GB", "FR", "DE", "DE"]
    assert countries("Country ASC NULLS LAST") == ["DE", "DE", "FR", "GB", "US", None]


def test_order_by_several_columns_limit_and_offset(people):
    rows = people.query(
        "SELECT LastName FROM Lead ORDER BY Country DESC NULLS LAST, LastName LIMIT 3 OFFSET 2"
    )

    assert [row["LastName"] for row in rows] == ["Clark", "Adams", "baker"]


def test_counting_gives_a_total_and_no_rows(people):
    answer = people.call("GET", "query", params={"q": "SELECT COUNT() FROM Lead WHERE Country = 'DE'"})

    assert answer.json() == {"totalSize": 2, "done": True, "records": []}


def test_groups_are_counted_under_their_alias(people):
    rows = people.query(
        "SELECT Country, COUNT(Id) total, MAX(NumberOfEmployees) FROM Lead "
        "WHERE Country != null GROUP BY Country ORDER BY Country"
    )

    assert rows[0] == {"Country": "DE", "total": 2, "expr0": 200}
    assert [row["Country"] for row in rows] == ["DE", "FR", "GB", "US"]


@pytest.mark.parametrize(
    ("soql", "code"),
    [
        ("SELECT Nope__c FROM Lead", "INVALID_FIELD"),
        ("SELECT Id FROM Lead WHERE Nope__c = 1", "INVALID_FIELD"),
        ("SELECT Foo.Name FROM Lead", "INVALID_FIELD"),
        ("SELECT Id FROM Lead WHERE NumberOfEmployees = '5'", "INVALID_FIELD"),
        ("SELECT Id FROM Lead WHERE SystemModstamp > '2026-11-22T00:00:00Z'", "INVALID_FIELD"),
        ("SELECT Id FROM Lead WHERE LastName = 5", "INVALID_FIELD"),
        ("SELECT Id FROM Lead WHERE Description = 'x'", "INVALID_FIELD"),  # a long text area
        ("SELECT Id FROM Lead WHERE Id = 'abc'", "INVALID_QUERY_FILTER_OPERATOR"),
        ("SELECT Id FROM ScratchOrgInfo", "INVALID_TYPE"),
        ("SELECT Id Lead", "MALFORMED_QUERY"),
        ("SELECT Id FROM Lead WHERE", "MALFORMED_QUERY"),
        ("SELECT Id FROM Lead WHERE LastName = 'x", "MALFORMED_QUERY"),
        ("SELECT Id FROM Lead WHERE LastName = 'O\\xNeil'", "MALFORMED_QUERY"),
        ("SELECT Id FROM Lead WHERE Id != null AND Email = null OR Email != null", "MALFORMED_QUERY"),
        ("SELECT Id FROM Lead ORDER BY Description", "MALFORMED_QUERY"),
        ("SELECT Country, COUNT(Id) FROM Lead", "MALFORMED_QUERY"),
        ("SELECT FIELDS(ALL) FROM Lead", "MALFORMED_QUERY"),
        ("SELECT Id, Id FROM Lead", "MALFORMED_QUERY"),
        ("SELECT Id FROM Lead LIMIT 5 LIMIT 6", "MALFORMED_QUERY"),
        ("", "MALFORMED_QUERY"),
    ],
)
def test_bad_statements_are_refused_with_the_code_of_the_vendor(org, soql, code):
    answer = org.call("GET", "query", params={"q": soql})

    assert answer.status_code == 400
    assert answer.json()[0]["errorCode"] == code


def test_pages_are_followed_by_their_url_whatever_else_is_sent(org):
    seeding.insert(org.org, "Lead", [{"LastName": f"L{n}", "Company": "C"} for n in range(450)])
    options = {"headers": {"Sforce-Query-Options": "batchSize=200"}, "params": {"q": "SELECT Id FROM Lead"}}

    first = org.call("GET", "queryAll", **options).json()
    second = org.session.get(org.url + first["nextRecordsUrl"], params={"q": "x"}, timeout=20).json()
    third = org.session.get(org.url + second["nextRecordsUrl"], timeout=20).json()

    assert "/query/" in first["nextRecordsUrl"]
    assert [len(page["records"]) for page in (first, second, third)] == [200, 200, 50]
    assert [page["done"] for page in (first, second, third)] == [False, False, True]
    assert len({row["Id"] for page in (first, second, third) for row in page["records"]}) == 450


def test_a_page_size_below_200_is_not_granted(org):
    seeding.insert(org.org, "Lead", [{"LastName": f"L{n}", "Company": "C"} for n in range(250)])

    page = org.call(
        "GET", "query", params={"q": "SELECT Id FROM Lead"}, headers={"Sforce-Query-Options": "batchSize=5"}
    ).json()

    assert len(page["records"]) == 200


def test_an_unknown_cursor_is_refused(org):
    answer = org.call("GET", "query/01g000000000000AAA-2000")

    assert answer.status_code == 400
    assert answer.json()[0]["errorCode"] == "INVALID_QUERY_LOCATOR"


def test_query_all_shows_what_query_hides(org):
    gone, kept = org.lead(LastName="Gone"), org.lead(LastName="Kept")
    org.call("DELETE", f"sobjects/Lead/{gone}")

    assert [row["Id"] for row in org.query("SELECT Id FROM Lead")] == [kept]
    rows = org.query("SELECT Id, IsDeleted FROM Lead ORDER BY Id", "queryAll")
    assert rows == [{"Id": gone, "IsDeleted": True}, {"Id": kept, "IsDeleted": False}]


def test_parents_are_nested_and_null_when_absent(org):
    lead = org.lead(FirstName="Jane", Email="j@x.example")
    contact = org.create("Contact", LastName="Roe")
    campaign = org.create("Campaign", Name="Fair")
    org.create("CampaignMember", CampaignId=campaign, LeadId=lead)
    org.create("CampaignMember", CampaignId=campaign, ContactId=contact)

    rows = org.query(
        "SELECT Campaign.Name, Lead.Email, Lead.Owner.Name, FirstName, CompanyOrAccount FROM CampaignMember "
        f"WHERE CampaignId = '{campaign}' ORDER BY Id"
    )

    assert rows[0]["Lead"]["Email"] == "j@x.example"
    assert rows[0]["Lead"]["Owner"]["Name"] == "Api Integration"
    assert rows[0]["Lead"]["attributes"]["type"] == "Lead"
    assert rows[0]["FirstName"] == "Jane"
    assert rows[0]["CompanyOrAccount"] == "Acme"
    assert rows[1]["Lead"] is None
    assert rows[1]["Campaign"]["Name"] == "Fair"


def test_inner_queries_read_children_and_filter_parents(org):
    lead, campaign = org.lead(), org.create("Campaign", Name="Fair")
    org.lead(LastName="Alone")
    org.create("CampaignMember", CampaignId=campaign, LeadId=lead)

    chosen = org.query("SELECT Id FROM Lead WHERE Id IN (SELECT LeadId FROM CampaignMember)")
    nested = org.query("SELECT Name, (SELECT LeadId FROM CampaignMembers) FROM Campaign")

    assert [row["Id"] for row in chosen] == [lead]
    assert [row["LeadId"] for row in nested[0]["CampaignMembers"]["records"]] == [lead]


def test_multi_select_values_are_found_by_includes_and_excludes(org):
    both = org.lead(Products__c="Cloud;Routers")
    one = org.lead(Products__c="Cloud")
    none = org.lead()

    def ids(where: str) -> list[str]:
        return [row["Id"] for row in org.query(f"SELECT Id FROM Lead WHERE {where} ORDER BY Id")]

    assert ids("Products__c INCLUDES ('Routers;Cloud')") == [both]
    assert ids("Products__c INCLUDES ('Routers', 'Cloud')") == [both, one]
    assert ids("Products__c EXCLUDES ('Routers')") == [one, none]
    assert org.read("Lead", both)["Products__c"] == "Routers;Cloud"  # in the picklist's own order


def test_columns_of_a_query_are_described(org):
    body = org.call("GET", "query", params={"q": "SELECT id FROM Lead", "columns": "true"}).json()

    assert body["entityName"] == "Lead"
    assert body["columnMetadata"][0]["columnName"] == "Id"


def test_a_hidden_field_looks_as_if_it_were_not_there(serve):
    org = serve(hidden_fields=("Lead.Budget__c",))

    answer = org.call("GET", "query", params={"q": "SELECT Budget__c FROM Lead"})
    fields = org.call("GET", "sobjects/Lead/describe").json()["fields"]

    assert answer.json()[0]["errorCode"] == "INVALID_FIELD"
    assert "Budget__c" not in {field["name"] for field in fields}


def test_a_list_too_long_for_the_url_is_refused(org):
    ids = ",".join(f"'{'x' * 20}{n:04}'" for n in range(700))

    answer = org.call("GET", "query", params={"q": f"SELECT Id FROM Lead WHERE Ext_Id__c IN ({ids})"})

    assert answer.status_code == 414


@pytest.mark.parametrize(
    "soql",
    [
        "SELECT COUNT(Id) FROM Lead LIMIT 1",
        "SELECT COUNT() FROM Lead ORDER BY Id",
        "SELECT FORMAT(AnnualRevenue) FROM Lead",
        "SELECT toLabel(Status) said FROM Lead",
        "SELECT LastName said FROM Lead",
        "SELECT Id, (SELECT COUNT() FROM Tasks) FROM Lead",
        "SELECT Id FROM Lead USING SCOPE mine",
        "SELECT Id FROM Lead WITH DATA",
    ],
)
def test_what_soql_or_this_room_does_not_know_is_refused(org, soql):
    refused = org.call("GET", "query", params={"q": soql})

    assert (refused.status_code, refused.json()[0]["errorCode"]) == (400, "MALFORMED_QUERY")


def test_a_count_keeps_to_its_limit(org):
    seeding.insert(org.org, "Lead", [{"LastName": str(n), "Company": "C"} for n in range(3)])

    def total(soql: str) -> int:
        return org.call("GET", "query", params={"q": soql}).json()["totalSize"]

    assert total("SELECT COUNT() FROM Lead") == 3
    assert total("SELECT COUNT() FROM Lead LIMIT 2") == 2


def test_grouped_fields_have_aliases(org):
    seeding.insert(org.org, "Lead", [{"LastName": "L", "Company": "C"}])

    rows = org.query("SELECT Company who, COUNT(Id) many FROM Lead GROUP BY Company")

    assert [(row["who"], row["many"]) for row in rows] == [("C", 1)]


def test_children_may_begin_later(org):
    lead = seeding.insert(org.org, "Lead", [{"LastName": "L", "Company": "C"}])[0]
    seeding.insert(org.org, "Task", [{"WhoId": lead, "Subject": name} for name in "abc"])

    rows = org.query("SELECT (SELECT Subject FROM Tasks ORDER BY Subject LIMIT 1 OFFSET 1) FROM Lead LIMIT 1")

    assert [task["Subject"] for task in rows[0]["Tasks"]["records"]] == ["b"]
