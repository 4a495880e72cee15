"""The fields of activities, type by type.

Source: Oracle, "Activity fields", "Activities export definitions"; what public clients ask for.
"""

from __future__ import annotations

from sandbox.eloqua.config import ACTIVITY_TYPES

_MAIL = ("EmailOpen", "EmailClickthrough", "EmailSend")
_SEEN = ("EmailOpen", "EmailClickthrough", "WebVisit", "PageView")
_VISITOR = (*_SEEN, "FormSubmit")
_ADDRESSED = (*_MAIL, "Subscribe", "Unsubscribe", "Bounceback")
_WEB = ("WebVisit", "PageView")

ACTIVITY_FIELDS = {
    "ActivityId": ("{{Activity.Id}}", "number", ACTIVITY_TYPES),
    "ActivityType": ("{{Activity.Type}}", "string", ACTIVITY_TYPES),
    "ActivityDate": ("{{Activity.CreatedAt}}", "date", ACTIVITY_TYPES),
    "ContactId": ("{{Activity.Contact.Id}}", "number", ACTIVITY_TYPES),
    "AssetType": ("{{Activity.Asset.Type}}", "string", ACTIVITY_TYPES),
    "AssetId": ("{{Activity.Asset.Id}}", "number", ACTIVITY_TYPES),
    "AssetName": ("{{Activity.Asset.Name}}", "string", ACTIVITY_TYPES),
    "CampaignId": ("{{Activity.Campaign.Id}}", "number", ACTIVITY_TYPES),
    "CampaignName": ("{{Activity.Campaign.Field(CampaignName)}}", "string", ACTIVITY_TYPES),
    "CRMCampaignId": ("{{Activity.Campaign.Field(CRMCampaignId)}}", "string", ACTIVITY_TYPES),
    "ExternalId": ("{{Activity.ExternalId}}", "string", ACTIVITY_TYPES),
    "EmailAddress": ("{{Activity.Field(EmailAddress)}}", "string", _ADDRESSED),
    "EmailRecipientId": ("{{Activity.Field(EmailRecipientId)}}", "string", _ADDRESSED),
    "EmailDeploymentId": ("{{Activity.Field(EmailDeploymentId)}}", "number", (*_MAIL, "Bounceback")),
    "EmailSendType": ("{{Activity.Field(EmailSendType)}}", "string", _MAIL),
    "EmailWebLink": ("{{Activity.Field(EmailWebLink)}}", "string", _MAIL),
    "SubjectLine": ("{{Activity.Field(SubjectLine)}}", "string", _MAIL),
    "EmailClickedThruLink": ("{{Activity.Field(EmailClickedThruLink)}}", "string", ("EmailClickthrough",)),
    "SmtpErrorCode": ("{{Activity.Field(SmtpErrorCode)}}", "string", ("Bounceback",)),
    "SmtpStatusCode": ("{{Activity.Field(SmtpStatusCode)}}", "string", ("Bounceback",)),
    "SmtpMessage": ("{{Activity.Field(SmtpMessage)}}", "string", ("Bounceback",)),
    "IpAddress": ("{{Activity.Field(IpAddress)}}", "string", _SEEN),
    "VisitorId": ("{{Activity.Visitor.Id}}", "number", _VISITOR),
    "VisitorExternalId": ("{{Activity.Visitor.ExternalId}}", "string", _VISITOR),
    "ReferrerUrl": ("{{Activity.Field(ReferrerUrl)}}", "string", _WEB),
    "NumberOfPages": ("{{Activity.Field(NumberOfPages)}}", "number", ("WebVisit",)),
    "FirstPageViewUrl": ("{{Activity.Field(FirstPageViewUrl)}}", "string", ("WebVisit",)),
    "Duration": ("{{Activity.Field(Duration)}}", "string", ("WebVisit",)),
    "WebVisitId": ("{{Activity.Field(WebVisitId)}}", "number", ("PageView",)),
    "Url": ("{{Activity.Field(Url)}}", "string", ("PageView",)),
    "IsWebTrackingOptedIn": ("{{Activity.Field(IsWebTrackingOptedIn)}}", "string", ("PageView",)),
    "RawData": ("{{Activity.Field(RawData)}}", "string", ("FormSubmit",)),
    "CampaignResponseDate": ("{{Activity.CampaignResponse.CreatedAt}}", "date", _VISITOR),
    "CampaignResponseMemberStatus": (
        "{{Activity.CampaignResponse.Field(MemberStatus)}}", "string", _VISITOR
    ),
}  # fmt: skip
"""Name -> (statement, data type, types of activities that have it)."""

ACTIVITY_STATEMENTS = frozenset(statement for statement, _, _ in ACTIVITY_FIELDS.values())
