"""The campaign mapping: known names, the key, what is shared with whom (S6)."""

from __future__ import annotations

from collections.abc import Iterator

from leadline.mapping.document import Place
from leadline.mapping.fields import FieldType
from leadline.mapping.inbound import CAMPAIGN_KEY
from leadline.mapping.lint.fields import list_problems
from leadline.mapping.model import SupplierMapping
from leadline.mapping.source import SalesforceSource, SftpSource, Uniqueness

_AT: Place = ("campaigns",)


def campaign_problems(mapping: SupplierMapping) -> Iterator[tuple[Place, str]]:
    """Yield what is wrong with `campaigns`."""
    campaigns, source = mapping.campaigns, mapping.source
    yield from _fields(mapping)
    if campaigns.share and campaigns.share_all:
        yield (*_AT, "share_all"), "campaigns: 'share' and 'share_all' exclude each other"
    if campaigns.population and not (campaigns.share or campaigns.share_all):
        yield (*_AT, "population"), "campaigns: 'population' needs 'share' or 'share_all': nothing is shared"
    if (campaigns.share or campaigns.share_all) and not campaigns.fields:
        yield (*_AT, "share"), "campaigns: nothing can be shared without 'fields'"
    if isinstance(source, SftpSource):
        if source.campaigns and not campaigns.key:
            yield _AT, "campaigns: 'key' is missing, the column that identifies a campaign in its file"
        if source.campaigns and not campaigns.fields:
            yield _AT, "campaigns: 'fields' is missing, and source.campaigns names campaign files"
        if campaigns.fields and not source.campaigns:
            message = "campaigns: 'fields' needs source.campaigns, the pattern of the campaign files"
            yield (*_AT, "fields"), message
        if campaigns.fields and not campaigns.lead_field:
            yield _AT, "campaigns: 'lead_field' is missing, the lead field that names the campaign"
    elif isinstance(source, SalesforceSource) and source.object == "Lead":
        by_campaign = source.uniqueness is Uniqueness.EMAIL_AND_CAMPAIGN
        if by_campaign and not campaigns.lead_field:
            message = "source.uniqueness email_and_campaign needs campaigns.lead_field when leads are pulled"
            yield ("source", "uniqueness"), f"{message} as records; or choose 'email'"


def _fields(mapping: SupplierMapping) -> Iterator[tuple[Place, str]]:
    fields = mapping.campaigns.fields
    names = [field.name for field in fields]
    for index, field in enumerate(fields):
        if field.name in names[:index]:
            yield (*_AT, "fields", index, "name"), f"campaigns: field name '{field.name}' is used twice"
        if field.name == CAMPAIGN_KEY:
            message = f"campaigns: the name '{CAMPAIGN_KEY}' is that of 'key'; choose another"
            yield (*_AT, "fields", index, "name"), message
        if field.name in ("starts_on", "ends_on") and field.type not in (FieldType.DATE, FieldType.DATETIME):
            message = f"campaigns: field '{field.name}' must be a date, not {field.type}"
            yield (*_AT, "fields", index, "type"), message
    if fields and "name" not in names:
        yield (*_AT, "fields"), "campaigns: a field named 'name' is needed"
    salesforce = isinstance(mapping.source, SalesforceSource)
    yield from list_problems(fields, (*_AT, "fields"), salesforce)
