"""What each CRM type calls things: its objects and the usual field of each standard lead field (M6).

A mapping's own choice always beats these. A usual field counts only where the CRM has it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from leadline.mapping.model import CrmFields, CrmMappings
from leadline.partners import RecordAs


@dataclass(frozen=True)
class CrmVocabulary:
    """The names of one CRM type.

    Attributes:
        objects: Lead or contact -> the CRM's object.
        usual: Object -> lead field -> CRM field.
        owner: The field that holds a record's owner.
        lead_source: The field that holds where a record came from.
        campaign: Shared campaign field -> CRM field.
        status: Object -> the field that holds how far its record has come, where the CRM lists its values.
        works_without_key: A record is made once although the field of our id is no key there.
        works_without_owner: A record whose owner is not known there is made all the same.
    """

    objects: Mapping[RecordAs, str]
    usual: Mapping[str, Mapping[str, str]]
    owner: str
    lead_source: str
    campaign: Mapping[str, str] = field(default_factory=dict)
    status: Mapping[str, str] = field(default_factory=dict)
    works_without_key: bool = False
    works_without_owner: bool = False


_PERSON = {
    "email": "Email",
    "salutation": "Salutation",
    "first_name": "FirstName",
    "last_name": "LastName",
    "title": "Title",
    "phone": "Phone",
    "mobile": "MobilePhone",
    "fax": "Fax",
}

SALESFORCE = CrmVocabulary(
    objects={RecordAs.LEAD: "Lead", RecordAs.CONTACT: "Contact"},
    usual={
        "Lead": _PERSON
        | {
            "company": "Company",
            "street": "Street",
            "city": "City",
            "state": "State",
            "postal_code": "PostalCode",
            "country": "Country",
            "website": "Website",
            "industry": "Industry",
            "employees": "NumberOfEmployees",
            "annual_revenue": "AnnualRevenue",
        },
        "Contact": _PERSON
        | {
            "department": "Department",
            "street": "MailingStreet",
            "city": "MailingCity",
            "state": "MailingState",
            "postal_code": "MailingPostalCode",
            "country": "MailingCountry",
        },
    },
    owner="OwnerId",
    lead_source="LeadSource",
    status={"Lead": "Status"},
)

# Saleslink has leads only: what a partner wants as a contact becomes one too. Its names are our contract's.
SALESLINK = CrmVocabulary(
    objects={RecordAs.LEAD: "Lead", RecordAs.CONTACT: "Lead"},
    usual={
        "Lead": _PERSON
        | {
            "company": "Company",
            "street": "Street",
            "city": "City",
            "state": "State",
            "postal_code": "PostalCode",
            "country": "Country",
            "website": "Website",
            "notes": "Notes",
        },
    },
    owner="OwnerUserId",
    lead_source="Source",
    campaign={"name": "Campaign"},
)

_DYNAMICS_PERSON = {
    "email": "emailaddress1",
    "salutation": "salutation",
    "first_name": "firstname",
    "last_name": "lastname",
    "title": "jobtitle",
    "phone": "telephone1",
    "mobile": "mobilephone",
    "fax": "fax",
    "street": "address1_line1",
    "city": "address1_city",
    "state": "address1_stateorprovince",
    "postal_code": "address1_postalcode",
    "country": "address1_country",
    "website": "websiteurl",
    "notes": "description",
}

DYNAMICS = CrmVocabulary(
    objects={RecordAs.LEAD: "lead", RecordAs.CONTACT: "contact"},
    usual={
        "lead": _DYNAMICS_PERSON
        | {
            "company": "companyname",
            "industry": "industrycode",
            "employees": "numberofemployees",
            "annual_revenue": "revenue",
        },
        "contact": _DYNAMICS_PERSON | {"department": "department"},
    },
    owner="ownerid",
    lead_source="leadsourcecode",
    status={"lead": "statuscode"},
    works_without_key=True,
    works_without_owner=True,
)

VOCABULARIES: Mapping[str, CrmVocabulary] = {
    "salesforce": SALESFORCE,
    "dynamics": DYNAMICS,
    "saleslink": SALESLINK,
}


def fields_of(crm: CrmMappings, crm_type: str) -> CrmFields:
    """Return the mapping's own part for a CRM type."""
    chosen: CrmFields = getattr(crm, crm_type)
    return chosen


def external_id_field(crm: CrmMappings, crm_type: str, of_account: str | None) -> str:
    """Return the CRM field that holds our id: the account's own choice, else the mapping's."""
    return of_account or fields_of(crm, crm_type).external_id


def mapped_fields(crm: CrmMappings, crm_type: str, record_as: RecordAs) -> dict[str, str]:
    """Return the fields a mapping names itself, lead field -> CRM field; the usual ones are not in it."""
    own = fields_of(crm, crm_type)
    return dict(own.lead if record_as is RecordAs.LEAD else own.contact)
