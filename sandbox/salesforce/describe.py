"""The org's objects and fields as its describe calls show them.

Source: REST API Developer Guide, "sObject Describe" and "Describe Global".
"""

from __future__ import annotations

from typing import Any

from .fields import NUMBER_TYPES, Field, SObject
from .schema import Schema

_SOAP = {
    "id": "tns:ID", "reference": "tns:ID", "boolean": "xsd:boolean", "int": "xsd:int", "double": "xsd:double",
    "currency": "xsd:double", "percent": "xsd:double", "date": "xsd:date", "datetime": "xsd:dateTime",
    "address": "urn:address", "base64": "xsd:base64Binary",
}  # fmt: skip


def describe_all(schema: Schema, base: str) -> dict[str, Any]:
    """Return the answer of `sobjects`."""
    return {
        "encoding": "UTF-8",
        "maxBatchSize": 200,
        "sobjects": [
            _summary(sobject, base) for sobject in schema.objects.values() if sobject.name != "Name"
        ],
    }


def basic_information(sobject: SObject, base: str) -> dict[str, Any]:
    """Return the answer of `sobjects/X`."""
    return {"objectDescribe": _summary(sobject, base), "recentItems": []}


def describe(schema: Schema, sobject: SObject, base: str) -> dict[str, Any]:
    """Return the answer of `sobjects/X/describe`."""
    return {
        **_summary(sobject, base),
        "actionOverrides": [],
        "childRelationships": [
            {
                "cascadeDelete": child.name in {"CampaignMember", "CampaignMemberStatus"},
                "childSObject": child.name,
                "deprecatedAndHidden": False,
                "field": field.name,
                "junctionIdListNames": [],
                "junctionReferenceTo": [],
                "relationshipName": field.child_relationship,
                "restrictedDelete": False,
            }
            for child, field in schema.children(sobject)
            if child.name != "Name"
        ],
        "compactLayoutable": True,
        "fields": [_field(field) for field in sobject.fields.values()],
        "listviewable": None,
        "lookupLayoutable": None,
        "namedLayoutInfos": [],
        "networkScopeFieldName": None,
        "recordTypeInfos": [
            {
                "active": True,
                "available": True,
                "defaultRecordTypeMapping": True,
                "developerName": "Master",
                "master": True,
                "name": "Master",
                "recordTypeId": "012000000000000AAA",
                "urls": {"layout": f"{base}/sobjects/{sobject.name}/describe/layouts/012000000000000AAA"},
            }
        ],
        "searchLayoutable": sobject.name in {"Lead", "Contact", "Account", "Campaign", "Opportunity", "User"},
        "sobjectDescribeOption": "FULL",
        "supportedScopes": [{"label": f"All {sobject.plural}", "name": "everything"}],
    }


def _summary(sobject: SObject, base: str) -> dict[str, Any]:
    open_ = not sobject.sealed
    path = f"{base}/sobjects/{sobject.name}"
    return {
        "activateable": False,
        "createable": open_,
        "custom": sobject.custom,
        "customSetting": False,
        "deletable": open_,
        "deprecatedAndHidden": False,
        "feedEnabled": False,
        "hasSubtypes": False,
        "isInterface": False,
        "isSubtype": False,
        "keyPrefix": sobject.prefix,
        "label": sobject.label,
        "labelPlural": sobject.plural,
        "layoutable": open_,
        "mergeable": sobject.name in {"Lead", "Contact", "Account"},
        "mruEnabled": open_,
        "name": sobject.name,
        "queryable": True,
        "replicateable": True,
        "retrieveable": True,
        "searchable": open_,
        "triggerable": open_,
        "undeletable": open_,
        "updateable": open_,
        "urls": {
            "sobject": path,
            "describe": f"{path}/describe",
            "rowTemplate": f"{path}/{{ID}}",
        },
    }


def _field(field: Field) -> dict[str, Any]:
    picklist = [
        {
            "active": True,
            "defaultValue": value == field.default,
            "label": value,
            "validFor": None,
            "value": value,
        }
        for value in field.picklist
    ]
    byte_length = field.length * 3 if field.type not in {"id", "reference"} else field.length
    return {
        "aggregatable": field.filterable and field.type != "textarea",
        "aiPredictionField": False,
        "autoNumber": False,
        "byteLength": byte_length,
        "calculated": field.calculated,
        "calculatedFormula": None,
        "cascadeDelete": False,
        "caseSensitive": field.case_sensitive,
        "compoundFieldName": field.part_of,
        "controllerName": None,
        "createable": field.createable,
        "custom": field.custom,
        "defaultValue": field.default if not field.picklist else None,
        "defaultValueFormula": None,
        "defaultedOnCreate": field.default is not None
        or (not field.nillable and field.createable and not field.needed),
        "dependentPicklist": False,
        "deprecatedAndHidden": False,
        "digits": 9 if field.type == "int" else 0,
        "displayLocationInDecimal": False,
        "encrypted": False,
        "externalId": field.external_id,
        "extraTypeInfo": "plaintextarea" if field.type == "textarea" else None,
        "filterable": field.filterable,
        "filteredLookupInfo": None,
        "formulaTreatNullNumberAsZero": False,
        "groupable": field.filterable and field.type not in {"datetime", "textarea", *NUMBER_TYPES},
        "highScaleNumber": False,
        "htmlFormatted": False,
        "idLookup": field.id_lookup,
        "inlineHelpText": None,
        "label": field.label,
        "length": field.length,
        "mask": None,
        "maskType": None,
        "name": field.name,
        "nameField": field.name == "Name",
        "namePointing": len(field.reference_to) > 1,
        "nillable": field.nillable,
        "permissionable": field.nillable and field.createable,
        "picklistValues": picklist,
        "polymorphicForeignKey": len(field.reference_to) > 1,
        "precision": field.precision,
        "queryByDistance": False,
        "referenceTargetField": None,
        "referenceTo": list(field.reference_to),
        "relationshipName": field.relationship,
        "relationshipOrder": None,
        "restrictedDelete": False,
        "restrictedPicklist": field.restricted,
        "scale": field.scale,
        "searchPrefilterable": False,
        "soapType": _SOAP.get(field.type, "xsd:string"),
        "sortable": field.sortable,
        "type": field.type,
        "unique": field.unique,
        "updateable": field.updateable,
        "writeRequiresMasterRead": False,
    }
