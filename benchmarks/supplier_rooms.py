"""Puts leads into the imitated systems of the sample suppliers, as if they had been handed over yesterday."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox.launch import RunningSandbox

AGE = timedelta(days=1)
"""How long ago the first lead was handed over; they all come within twelve hours."""

_PER_ACT = 5_000


@dataclass(frozen=True)
class SupplierRoom:
    """Where one sample supplier's leads lie.

    Attributes:
        room: The sandbox's name of the vendor, in journal and addresses.
        tenant: Whose calls are counted: the journal's `org`, or its `account`.
        mapping: File name of the sample mapping.
        source: What of the mapping's source is set otherwise.
        fill: Puts so many leads there.
    """

    room: str
    tenant: str
    mapping: str
    fill: Callable[[RunningSandbox, int], None]
    source: Mapping[str, Any]


def person(number: int) -> dict[str, str]:
    """Return one person's values, by the names that a lead's usual fields have."""
    return {
        "email": f"buyer{number}@buyer{number % 97}.example",
        "first_name": "Robin",
        "last_name": f"Buyer{number}",
        "company": f"Buyer {number % 97} GmbH",
        "title": "Head of purchasing",
        "phone": f"+49 30 {1_000_000 + number}",
        "street": f"Hauptstr. {number}",
        "city": "Berlin",
        "postal_code": f"{10_000 + number % 5_000}",
        "country": "Germany",
    }


def _fill_sftp(sandbox: RunningSandbox, leads: int) -> None:
    names = {
        "email": "Email Address",
        "first_name": "Forename",
        "last_name": "Surname",
        "company": "Organisation",
        "title": "Role",
        "phone": "Telephone",
        "street": "Address",
        "city": "Town",
        "postal_code": "Postcode",
        "country": "Country",
    }
    text = io.StringIO(newline="")
    rows = csv.DictWriter(text, ["Enquiry No", *names.values()], delimiter=";")
    rows.writeheader()
    for number in range(leads):
        rows.writerow({"Enquiry No": number, **_named(names, number)})
    content = gzip.compress(text.getvalue().encode("cp1252"))
    before = (datetime.now(UTC) - AGE).timestamp()
    sandbox.control.put_file("/inbox/hooli_leads_bench.csv.gz", content, account="hooli", mtime=before)


def _fill_salesforce(sandbox: RunningSandbox, leads: int) -> None:
    names = {
        "email": "Email",
        "first_name": "FirstName",
        "last_name": "LastName",
        "company": "Company",
        "title": "Title",
        "phone": "Phone",
        "street": "Street",
        "city": "City",
        "postal_code": "PostalCode",
        "country": "Country",
    }

    def insert(object_: str, rows: list[dict[str, Any]]) -> list[str]:
        return list(sandbox.control.act("globex", "insert", object=object_, rows=rows))

    (campaign,) = insert("Campaign", [{"Name": "Bench", "IsActive": True, "Distribute__c": True}])
    for numbers in _parts(leads):
        ids = insert(
            "Lead", [_named(names, one) | {"SystemModstamp": _moment(one, leads)} for one in numbers]
        )
        insert(
            "CampaignMember",
            [
                {"CampaignId": campaign, "LeadId": lead, "SystemModstamp": _moment(one, leads)}
                for one, lead in zip(numbers, ids, strict=True)
            ],
        )


def _fill_marketo(sandbox: RunningSandbox, leads: int) -> None:
    names = {
        "email": "email",
        "first_name": "firstName",
        "last_name": "lastName",
        "company": "company",
        "title": "title",
        "phone": "phone",
        "street": "address",
        "city": "city",
        "postal_code": "postalCode",
        "country": "country",
    }

    def do(action: str, **values: Any) -> Any:
        return sandbox.control.do("marketo", "initech", action, **values)

    do("set", rate_calls=1_000_000)  # the rate is ours here; what the vendor allows is worked out
    (program,) = do("insert", object="program", rows=[{"name": "Bench"}])
    for numbers in _parts(leads):
        handed = {"program": program, "status": "Sent to Partner"}
        rows = [_named(names, one) | handed | {"at": _moment(one, leads)} for one in numbers]
        do("insert", object="lead", rows=rows)


def _fill_eloqua(sandbox: RunningSandbox, leads: int) -> None:
    names = {
        "email": "C_EmailAddress",
        "first_name": "C_FirstName",
        "last_name": "C_LastName",
        "company": "C_Company",
        "title": "C_Title",
        "phone": "C_BusPhone",
        "street": "C_Address1",
        "city": "C_City",
        "postal_code": "C_Zip_Postal",
        "country": "C_Country",
    }
    form = {"type": "FormSubmit", "asset_type": "Form", "asset_id": "7", "asset_name": "Partner enquiry"}

    def insert(object_: str, rows: list[dict[str, Any]]) -> list[str]:
        return list(sandbox.control.do("eloqua", "umbrella", "insert", object=object_, rows=rows))

    for numbers in _parts(leads):
        stamps = [{"CreatedAt": _moment(one, leads)} for one in numbers]
        people = [_named(names, one) | at for one, at in zip(numbers, stamps, strict=True)]
        ids = insert("contact", people)
        insert("activity", [{**form, "contact": id_} | at for id_, at in zip(ids, stamps, strict=True)])


SUPPLIERS: Mapping[str, SupplierRoom] = {
    # A look at the inbox, and no second one after a while: waiting is no work.
    "sftp": SupplierRoom("sftp", "hooli", "hooli.yaml", _fill_sftp, {"stable_seconds": 0}),
    "salesforce": SupplierRoom("salesforce", "globex", "globex.yaml", _fill_salesforce, {}),
    "marketo": SupplierRoom("marketo", "initech", "initech.yaml", _fill_marketo, {}),
    "eloqua": SupplierRoom("eloqua", "umbrella", "umbrella.yaml", _fill_eloqua, {}),
}


def _named(names: Mapping[str, str], number: int) -> dict[str, Any]:
    return {names[name]: value for name, value in person(number).items()}


def _moment(number: int, leads: int) -> str:
    return (datetime.now(UTC) - AGE + number / leads * AGE / 2).isoformat()


def _parts(leads: int) -> Iterator[range]:
    for first in range(0, leads, _PER_ACT):
        yield range(first, min(first + _PER_ACT, leads))
