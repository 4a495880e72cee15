"""The imitated Saleslink, asked by clients that are not ours: raw XML against its WSDL, and zeep."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests
import zeep
import zeep.exceptions
from lxml import etree

from sandbox.client import ControlRefused
from sandbox.launch import RunningSandbox, running

ROOT = Path(__file__).parents[3]
NS = "urn:saleslink:zift:lead:1"
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
TENANT = "k001"


@pytest.fixture(scope="module")
def started() -> Iterator[RunningSandbox]:
    with running(orgs=(), vendors=("saleslink",)) as sandbox:
        yield sandbox


class Raw:
    """A client of text: envelopes by hand, every answer checked against the schema of the served WSDL."""

    def __init__(self, sandbox: RunningSandbox, name: str = TENANT) -> None:
        sandbox.control.reset()
        self.control = sandbox.control
        address = sandbox.tenant("saleslink", name)
        self.url = address["url"] + address["path"]
        self.auth = (address["username"], address["password"])
        self.http = requests.Session()
        served = etree.fromstring(self.http.get(f"{self.url}?wsdl", timeout=10).content)
        self.schema = etree.XMLSchema(next(served.iter("{http://www.w3.org/2001/XMLSchema}schema")))

    def do(self, action: str, **values: Any) -> Any:
        return self.control.do("saleslink", TENANT, action, **values)

    def post(self, envelope: str, operation: str, **headers: str) -> requests.Response:
        sent = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{NS}/{operation}"'} | headers
        return self.http.post(self.url, data=envelope.encode(), headers=sent, timeout=10)

    def envelope(self, operation: str, inner: str = "", auth: tuple[str, str] | None = None) -> str:
        name, password = auth or self.auth
        return (
            f'<s:Envelope xmlns:s="{SOAP}"><s:Header><AuthHeader xmlns="{NS}"><Username>{name}</Username>'
            f"<Password>{password}</Password></AuthHeader></s:Header><s:Body>"
            f'<{operation} xmlns="{NS}">{inner}</{operation}></s:Body></s:Envelope>'
        )

    def ask(self, operation: str, inner: str = "", **options: Any) -> Any:
        """Return the one element in the answer's body, which fits the schema."""
        answer = self.post(self.envelope(operation, inner, **options), operation)
        (element,) = etree.fromstring(answer.content).find(f"{{{SOAP}}}Body")
        if element.tag == f"{{{SOAP}}}Fault":
            assert answer.status_code == 500
            (detail,) = element.find("detail")
            self.schema.assertValid(detail)
            return detail
        assert answer.status_code == 200
        self.schema.assertValid(element)
        return element

    def code(self, operation: str, inner: str = "", **options: Any) -> tuple[str | None, str | None]:
        fault = self.ask(operation, inner, **options)
        return text(fault, "Code"), text(fault, "Field")


def text(element: Any, name: str) -> str | None:
    found = element.find(f".//{{{NS}}}{name}")
    return None if found is None else found.text


def texts(element: Any, name: str) -> list[str]:
    return [one.text for one in element.iter(f"{{{NS}}}{name}")]


@pytest.fixture
def raw(started: RunningSandbox) -> Iterator[Raw]:
    client = Raw(started)
    yield client
    client.http.close()


def lead(number: int, more: str = "") -> str:
    return f"<Lead><ExternalId>A{number}</ExternalId><LastName>Last{number}</LastName>{more}</Lead>"


def test_our_own_copy_of_the_contract_is_the_one_that_is_served() -> None:
    served = etree.parse(str(ROOT / "sandbox" / "saleslink" / "service.wsdl"))
    ours = etree.parse(str(ROOT / "plugins" / "hooks" / "saleslink" / "saleslink.wsdl"))

    assert etree.tostring(ours, method="c14n") == etree.tostring(served, method="c14n")


def test_every_operation_answers_as_the_served_schema_says(raw: Raw) -> None:
    info = raw.ask("GetServiceInfo")
    made = raw.ask("CreateLead", lead(1, "<Field><Name>Tier</Name><Value>Gold</Value></Field>"))
    again = raw.ask("CreateLead", lead(1))
    lead_id = text(made, "LeadId")
    changed = raw.ask(
        "UpdateLead", f"<LeadId>{lead_id}</LeadId><Field><Name>Phone</Name><Value>1</Value></Field>"
    )
    event = "<Event><ExternalId>E1</ExternalId><Type>click</Type></Event>"
    added = [raw.ask("AddMarketingEvents", f"<LeadId>{lead_id}</LeadId>{event}") for _ in range(2)]
    raw.do("open_opportunity", LeadId=lead_id, Status="Quote", Amount="10.50", CloseDate="2026-05-01")
    told = raw.ask(
        "GetLeads", f"<LeadId>{lead_id}</LeadId><ExternalId>A9</ExternalId><FieldName>Tier</FieldName>"
    )
    feed = raw.ask("GetChangedLeads", "<SinceUtc>2020-01-01T00:00:00Z</SinceUtc>")
    opportunities = raw.ask("GetOpportunities", f"<LeadId>{lead_id}</LeadId>")
    users = raw.ask("GetUsers")

    assert (text(info, "ProductVersion"), text(info, "MaxItems")) == ("3.5", "200")
    assert (text(made, "Created"), text(again, "Created")) == ("true", "false")
    assert text(again, "LeadId") == text(changed, "LeadId") == lead_id
    assert [(text(one, "Added"), text(one, "Known")) for one in added] == [("1", "0"), ("0", "1")]
    assert texts(told, "State") == ["Opportunity", "NotFound"]
    assert (text(told, "OpportunityStatus"), text(told, "Value")) == ("Quote", "Gold")
    assert texts(feed, "LeadId") == [lead_id]
    assert (text(opportunities, "Status"), text(opportunities, "Amount")) == ("Quote", "10.50")
    assert "Kim Larsen" in texts(users, "Name")


def test_zeep_works_on_the_description_that_is_served(started: RunningSandbox) -> None:
    started.control.reset()
    address = started.tenant("saleslink", "k002")
    client = zeep.Client(f"{address['url']}{address['path']}?wsdl")
    header = client.get_element(f"{{{NS}}}AuthHeader")
    headers = [header(Username=address["username"], Password=address["password"])]

    made = client.service.CreateLead(Lead={"ExternalId": "A1", "LastName": "N"}, _soapheaders=headers)
    with pytest.raises(zeep.exceptions.Fault, match="no such lead"):
        client.service.UpdateLead(LeadId="L-9", Field=[{"Name": "Phone"}], _soapheaders=headers)

    assert (made.Created, client.service.GetServiceInfo(_soapheaders=headers).ProductVersion) == (True, "3.5")
    assert [one["ExternalId"] for one in started.control.do("saleslink", "k002", "rows", object="Lead")] == [
        "A1"
    ]
    assert started.control.do("saleslink", "k001", "rows", object="Lead") == []


@pytest.mark.parametrize(
    ("operation", "inner", "expected"),
    [
        ("CreateLead", "<Lead><ExternalId>A1</ExternalId></Lead>", ("VALIDATION", "LastName")),
        ("CreateLead", lead(1, f"<Company>{'x' * 256}</Company>"), ("VALIDATION", "Company")),
        ("CreateLead", lead(1, "<OwnerUserId>U-4</OwnerUserId>"), ("VALIDATION", "OwnerUserId")),
        ("CreateLead", "<Lead><LastName>N</LastName></Lead>", ("VALIDATION", None)),
        ("CreateLead", lead(1, "<Nonsense>1</Nonsense>"), ("VALIDATION", None)),
        ("UpdateLead", "<LeadId>L-1</LeadId><Field><Name>a</Name></Field>", ("NOT_FOUND", None)),
        ("GetLeads", "", ("VALIDATION", "LeadId")),
        ("GetLeads", "<LeadId>L</LeadId>" * 201, ("VALIDATION", "LeadId")),
        ("GetOpportunities", "", ("VALIDATION", "LeadId")),
        ("GetUsers", "<Cursor>nonsense</Cursor>", ("VALIDATION", "Cursor")),
        ("DropDatabase", "", ("VALIDATION", None)),
    ],
)
def test_what_does_not_fit_is_a_fault_with_code_and_field(
    raw: Raw, operation: str, inner: str, expected: tuple[str, str | None]
) -> None:
    assert raw.code(operation, inner) == expected
    assert raw.do("rows", object="Lead") == []


def test_a_doctype_is_refused_before_any_entity_is_read(raw: Raw) -> None:
    body = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]>' + raw.envelope("GetServiceInfo")

    answer = raw.post(body, "GetServiceInfo")

    assert answer.status_code == 500
    assert "a DOCTYPE is not allowed" in answer.text


def test_wrong_credentials_action_or_media_type_are_refused(raw: Raw) -> None:
    assert raw.code("GetServiceInfo", auth=("zift", "wrong")) == ("AUTH", None)
    good = raw.envelope("GetServiceInfo")
    assert "SOAPAction must be" in raw.post(good, "GetUsers").text
    assert raw.post(good, "GetServiceInfo", **{"Content-Type": "application/json"}).status_code == 415
    assert raw.http.get(raw.url, timeout=10).status_code == 405
    assert "2097152 bytes" in raw.post(good + " " * 2_100_000, "GetServiceInfo").text


def test_more_calls_than_a_minute_allows_are_throttled_until_it_passed(raw: Raw) -> None:
    raw.do("configure", calls_per_minute=2)
    for _ in range(2):
        raw.ask("GetServiceInfo")

    fault = raw.ask("GetServiceInfo")
    assert (text(fault, "Code"), text(fault, "Retryable")) == ("THROTTLED", "true")
    assert 0 < int(text(fault, "RetryAfterSeconds") or 0) <= 60

    raw.control.clock(advance=61)
    assert text(raw.ask("GetServiceInfo"), "ProductVersion") == "3.5"


def test_the_feed_is_ordered_inclusive_and_pages_without_gap_or_repeat(raw: Raw) -> None:
    raw.control.clock(set="2026-03-02T06:00:00+00:00", hold=True)
    raw.do("insert", object="Lead", rows=[{"LastName": "X"} for _ in range(5)])
    since = "<SinceUtc>2026-03-02T06:00:00Z</SinceUtc>"
    found, cursor = [], ""
    while True:
        page = raw.ask("GetChangedLeads", f"{since}{cursor}<MaxItems>2</MaxItems>")
        found.append(texts(page, "LeadId"))
        if text(page, "NextCursor") is None:
            break
        cursor = f"<Cursor>{text(page, 'NextCursor')}</Cursor>"

    assert [len(one) for one in found] == [2, 2, 1]
    assert [one for page in found for one in page] == [one["LeadId"] for one in raw.do("rows", object="Lead")]
    assert texts(raw.ask("GetChangedLeads", "<SinceUtc>2026-03-02T06:00:01Z</SinceUtc>"), "LeadId") == []


def test_a_deleted_lead_is_a_tombstone_for_ninety_days_and_then_not_found(raw: Raw) -> None:
    (lead_id,) = raw.do("insert", object="Lead", rows=[{"LastName": "X", "ExternalId": "A1"}])
    raw.do("delete", object="Lead", id=lead_id, reason="Wrong dealer")
    ask = f"<LeadId>{lead_id}</LeadId>"

    told = raw.ask("GetLeads", ask)
    assert (text(told, "State"), text(told, "DeleteReason")) == ("Deleted", "Wrong dealer")
    assert text(raw.ask("CreateLead", lead(1)), "Created") == "false"

    raw.control.clock(advance=90 * 86_400)
    assert texts(raw.ask("GetLeads", ask), "State") == ["Deleted"]
    raw.control.clock(advance=2 * 86_400)
    assert texts(raw.ask("GetLeads", ask), "State") == ["NotFound"]


def test_a_lead_goes_through_what_people_do_with_it(raw: Raw) -> None:
    (lead_id,) = raw.do(
        "insert", object="Lead", rows=[{"LastName": "X", "Email": "x@example.org", "Tier": "Gold"}]
    )
    raw.do("assign", id=lead_id, user="U-2")
    opportunity = raw.do("open_opportunity", LeadId=lead_id)
    raw.do("win", id=opportunity)

    (row,) = raw.do("rows", object="Lead")
    assert (row["LeadState"], row["OwnerUserId"], row["Tier"]) == ("Opportunity", "U-2", "Gold")
    (won,) = raw.do("rows", object="Opportunity")
    assert (won["Status"], won["IsWon"], won["ContactEmail"]) == ("Won", True, "x@example.org")

    raw.do("delete", object="Lead", id=lead_id)
    raw.do("restore", id=lead_id)
    raw.do("delete", object="Lead", id=lead_id, hard=True)
    assert raw.do("rows", object="Lead", deleted=True) == []
    assert len(raw.do("rows", object="Opportunity")) == 1


@pytest.mark.parametrize(
    ("action", "arguments"),
    [
        ("fly", {}),
        ("rows", {"object": "Contact"}),
        ("delete", {"object": "Lead", "id": "L-9"}),
        ("assign", {"id": "L-9", "user": "U-9"}),
        ("win", {}),
    ],
)
def test_what_people_cannot_do_is_refused(raw: Raw, action: str, arguments: dict[str, Any]) -> None:
    with pytest.raises(ControlRefused, match="400"):
        raw.do(action, **arguments)


def broken(call: Callable[[], requests.Response]) -> bool:
    try:
        call()
    except requests.RequestException:
        return True
    return False


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("kind", ["hang_up", "status", "empty", "page", "fault", "timeout"])
def test_a_fault_strikes_before_or_after_the_lead_is_kept(raw: Raw, kind: str, moment: str) -> None:
    arguments = {"timeout": {"seconds": 0.01}, "fault": {"code": "MAINTENANCE"}}.get(kind, {})
    raw.control.fault("saleslink", kind, operation="CreateLead", moment=moment, arguments=arguments)

    call = raw.envelope("CreateLead", lead(1))
    if kind in ("hang_up", "timeout"):
        assert broken(lambda: raw.post(call, "CreateLead"))
    else:
        answer = raw.post(call, "CreateLead")
        assert f"{NS}/" not in answer.text
        assert "Created" not in answer.text

    assert len(raw.do("rows", object="Lead")) == (moment == "after")
    (entry,) = raw.control.journal("saleslink", operation="CreateLead", org=TENANT)
    assert (entry["fault"], entry["rows"], entry["object"]) == (kind, 1, "Lead")


def test_an_answer_may_break_off_after_the_commit(raw: Raw) -> None:
    raw.control.fault("saleslink", "truncate", operation="CreateLead", moment="after")

    assert broken(lambda: raw.post(raw.envelope("CreateLead", lead(1)), "CreateLead"))
    assert len(raw.do("rows", object="Lead")) == 1


def test_the_journal_holds_neither_password_nor_people(raw: Raw) -> None:
    raw.ask("CreateLead", lead(1, "<Email>ann@example.org</Email>"))

    said = repr(raw.control.journal("saleslink"))
    for secret in ("password", "ann@example.org", "Last1"):
        assert secret not in said


def test_what_a_tenant_holds_survives_a_restart(tmp_path: Path) -> None:
    with running(tmp_path, orgs=(), vendors=("saleslink",)) as sandbox:
        sandbox.control.do("saleslink", TENANT, "insert", object="Lead", rows=[{"LastName": "X"}])
        sandbox.control.do("saleslink", TENANT, "configure", calls_per_minute=7)
    with running(tmp_path, orgs=(), vendors=("saleslink",)) as sandbox:
        (row,) = sandbox.control.do("saleslink", TENANT, "rows", object="Lead")
        settings = sandbox.control.do("saleslink", TENANT, "settings")

    assert (row["LastName"], settings) == ("X", {"calls_per_minute": 7})
    assert datetime.fromisoformat(row["CreatedUtc"]).tzinfo == UTC
