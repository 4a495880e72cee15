"""The records an org has before anybody writes to it: itself, users, queues, statuses and stages."""

from __future__ import annotations

from typing import Any

from . import identifiers
from .disk import Record
from .store import OrgStore

_EPOCH = "2026-01-01T00:00:00.000+0000"
_CONVERTED = "Closed - Converted"
# name, closed, won, forecast category, its label, probability
_STAGES = (
    ("Prospecting", False, False, "Pipeline", "Pipeline", 10.0),
    ("Qualification", False, False, "Pipeline", "Pipeline", 10.0),
    ("Needs Analysis", False, False, "Pipeline", "Pipeline", 20.0),
    ("Value Proposition", False, False, "Pipeline", "Pipeline", 50.0),
    ("Id. Decision Makers", False, False, "Pipeline", "Pipeline", 60.0),
    ("Perception Analysis", False, False, "Pipeline", "Pipeline", 70.0),
    ("Proposal/Price Quote", False, False, "Pipeline", "Pipeline", 75.0),
    ("Negotiation/Review", False, False, "Pipeline", "Pipeline", 90.0),
    ("Closed Won", True, True, "Closed", "Closed", 100.0),
    ("Closed Lost", True, False, "Omitted", "Omitted", 0.0),
)


def write_base_records(store: OrgStore) -> None:
    """Store what is missing of the org's own records; an org read back from disk keeps what it has."""
    with store.transaction():
        execution_user = _users(store)
        known = {"CreatedById": execution_user, "LastModifiedById": execution_user}
        config = store.config
        _keep(
            store, "Organization", store.org_id, known,
            Name=config.organization_name or config.name, OrganizationType="Enterprise Edition",
            InstanceName="SBX1", IsSandbox=config.is_sandbox, DefaultLocaleSidKey="en_US",
            LanguageLocaleKey="en_US", TimeZoneSidKey="UTC",
        )  # fmt: skip
        for queue_id, name in config.queues:
            _keep(
                store, "Group", identifiers.normal(queue_id), known,
                Name=name, DeveloperName=name.replace(" ", "_"), Type="Queue", DoesSendEmailToMembers=False,
            )  # fmt: skip
        _statuses(store, known)
        for rule in config.assignment_rules:
            entries = [{"owner": identifiers.normal(e.owner), "where": e.where} for e in rule.entries]
            _keep(
                store, "AssignmentRule", identifiers.normal(rule.id), known,
                Name=rule.name, SobjectType="Lead", Active=rule.active, Entries=entries,
            )  # fmt: skip


def user_ids(store: OrgStore) -> dict[str, str]:
    """Return the ids of the configured users by user name, in the order of the configuration."""
    made: dict[str, str] = {}
    pod = identifiers.pod(store.config.org_id)
    for number, user in enumerate(store.config.users, start=1):
        made[user.username] = identifiers.normal(user.id) if user.id else identifiers.make("005", pod, number)
    return made


def _users(store: OrgStore) -> str:
    ids = user_ids(store)
    first = next(iter(ids.values()))
    for user in store.config.users:
        _keep(
            store, "User", ids[user.username], {"CreatedById": first, "LastModifiedById": first},
            Username=user.username, FirstName=user.first_name, LastName=user.last_name,
            Name=" ".join(part for part in (user.first_name, user.last_name) if part),
            Email=user.email or user.username, Alias=user.last_name[:8].lower(), IsActive=user.active,
            UserType="Standard", TimeZoneSidKey="UTC", LocaleSidKey="en_US", LanguageLocaleKey="en_US",
            EmailEncodingKey="UTF-8",
        )  # fmt: skip
    # Ids that the configuration takes are not given out again.
    counted = len(store.config.users)
    while counted > store.counter("005"):
        store.new_id(store.schema.objects["User"])
    return first


def _statuses(store: OrgStore, known: Record) -> None:
    field = store.schema.objects["Lead"].fields["Status"]
    pod = identifiers.pod(store.config.org_id)
    values = field.picklist
    converted = [value for value in values if value == _CONVERTED or "convert" in value.lower()]
    converted = [value for value in converted if "not" not in value.lower().split()] or [values[-1]]
    for order, value in enumerate(values, start=1):
        _keep(
            store, "LeadStatus", identifiers.make("01J", pod, order), known,
            MasterLabel=value, ApiName=value, SortOrder=order, IsDefault=value == field.default,
            IsConverted=value in converted,
        )  # fmt: skip
    for order, (name, closed, won, category, label, probability) in enumerate(_STAGES, start=1):
        _keep(
            store, "OpportunityStage", identifiers.make("01J", pod, 1000 + order), known,
            MasterLabel=name, ApiName=name, IsActive=True, SortOrder=order, IsClosed=closed, IsWon=won,
            ForecastCategory=category, ForecastCategoryName=label, DefaultProbability=probability,
        )  # fmt: skip


def _keep(store: OrgStore, name: str, record_id: str, known: Record, **values: Any) -> None:
    if store.get(name, record_id) is None:
        store.put(
            name,
            {
                "Id": record_id, "IsDeleted": False, "CreatedDate": _EPOCH, "LastModifiedDate": _EPOCH,
                "SystemModstamp": _EPOCH, **known, **values,
            },
        )  # fmt: skip
