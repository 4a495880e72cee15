"""Which handler answers which path, and what the operation is called in journal and faults."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from . import activities, bulk, custom_activities, leads, lists, objects, programs
from .calls import Answer, Call, result
from .errors import Refused


@dataclass(frozen=True)
class Route:
    """One operation. `object` is the place of a path part that names what it is about; "" where none does."""

    method: str
    pattern: re.Pattern[str]
    operation: str
    handler: Callable[..., Answer]
    object: str = ""


@dataclass(frozen=True)
class Found:
    """A route that fits, with the parts of its path."""

    route: Route
    arguments: tuple[str, ...]


def find(method: str, path: str) -> Found:
    """Return what answers this request.

    Raises:
        Refused: 610, there is no such path; 605, not with this method.
    """
    wrong_method = False
    for route in ROUTES:
        fits = route.pattern.fullmatch(path)
        if fits is None:
            continue
        if route.method == method:
            return Found(route, fits.groups())
        wrong_method = True
    raise Refused("605" if wrong_method else "610")


def _token(call: Call) -> Answer:
    answer = call.tenant.tokens.grant(
        call.value("client_id") or "", call.value("client_secret") or "", call.value("grant_type") or ""
    )
    return Answer(answer, plain=True)


def _usage(call: Call) -> Answer:
    return result(call.tenant.limits.usage())


def _usage_of_week(call: Call) -> Answer:
    return result(call.tenant.limits.usage(7))


def _errors(call: Call) -> Answer:
    return result(call.tenant.limits.errors())


def _errors_of_week(call: Call) -> Answer:
    return result(call.tenant.limits.errors(7))


def _route(method: str, path: str, operation: str, handler: Callable[..., Answer], object: str = "") -> Route:
    pattern = re.escape(path).replace("ID", r"(\d+)").replace("NAME", r"([A-Za-z0-9_\-]+)")
    pattern = pattern.replace("KIND", "(leads|activities)")
    return Route(method, re.compile(pattern), operation, handler, object)


_L = "/rest/v1"
_A = "/rest/asset/v1"
_B = "/bulk/v1/KIND/export"
_E = "/rest/v1/activities/external"
_handlers: list[tuple[Any, ...]] = [
    ("GET", "/identity/oauth/token", "token", _token),
    ("POST", "/identity/oauth/token", "token", _token),
    ("GET", f"{_L}/leads/describe.json", "leads.describe", leads.describe, "lead"),
    ("GET", f"{_L}/leads/describe2.json", "leads.describe2", leads.describe2, "lead"),
    ("GET", f"{_L}/leads/partitions.json", "leads.partitions", leads.partitions, "lead"),
    ("GET", f"{_L}/leads.json", "leads.read", leads.by_filter, "lead"),
    ("POST", f"{_L}/leads.json", "leads.sync", leads.sync, "lead"),
    ("GET", f"{_L}/lead/ID.json", "leads.one", leads.by_id, "lead"),
    ("POST", f"{_L}/leads/delete.json", "leads.delete", leads.delete, "lead"),
    ("DELETE", f"{_L}/leads.json", "leads.delete", leads.delete, "lead"),
    ("POST", f"{_L}/leads/ID/merge.json", "leads.merge", leads.merge, "lead"),
    ("GET", f"{_L}/leads/programs/ID.json", "programs.leads", programs.leads_of, "member"),
    ("POST", f"{_L}/leads/programs/ID/status.json", "members.status", programs.set_status_of_old, "member"),
    ("GET", f"{_L}/activities/types.json", "activities.types", activities.types, "activity"),
    ("GET", f"{_L}/activities/pagingtoken.json", "activities.token", activities.paging_token, "activity"),
    ("GET", f"{_L}/activities.json", "activities.read", activities.feed, "activity"),
    ("GET", f"{_L}/activities/leadchanges.json", "activities.changes", activities.lead_changes, "activity"),
    ("GET", f"{_L}/activities/deletedleads.json", "activities.deleted", activities.deleted_leads, "activity"),
    ("GET", f"{_E}/types.json", "external.types", custom_activities.external_types),
    ("POST", f"{_E}/type.json", "external.create", custom_activities.create_type),
    ("GET", f"{_E}/type/NAME/describe.json", "external.describe", custom_activities.describe_type),
    ("POST", f"{_E}/type/NAME/approve.json", "external.approve", custom_activities.approve_type),
    ("POST", f"{_E}.json", "external.add", custom_activities.add, "activity"),
    ("GET", f"{_L}/lists.json", "lists.browse", lists.browse, "list"),
    ("GET", f"{_L}/lists/ID.json", "lists.one", lists.one, "list"),
    ("GET", f"{_L}/programs/ID/members.json", "members.read", programs.members, "member"),
    ("POST", f"{_L}/programs/ID/members.json", "members.write", programs.write_members, "member"),
    ("POST", f"{_L}/programs/ID/members/status.json", "members.status", programs.set_status, "member"),
    ("GET", f"{_L}/programs/members/describe.json", "members.describe", programs.describe_members, "member"),
    ("GET", f"{_L}/campaigns.json", "campaigns.browse", programs.campaigns, "campaign"),
    ("GET", f"{_A}/programs.json", "programs.browse", programs.browse, "program"),
    ("GET", f"{_A}/program/ID.json", "programs.one", programs.one, "program"),
    ("GET", f"{_A}/program/byName.json", "programs.by_name", programs.by_name, "program"),
    ("GET", f"{_A}/channels.json", "channels.browse", programs.channels, "channel"),
    ("GET", f"{_A}/tagTypes.json", "tags.browse", programs.tag_types, "tag"),
    ("GET", f"{_L}/customobjects.json", "custom.browse", objects.custom_objects),
    ("GET", f"{_L}/customobjects/NAME/describe.json", "custom.describe", objects.describe_custom),
    ("POST", f"{_L}/customobjects/NAME/delete.json", "custom.delete", objects.delete_custom),
    ("GET", f"{_L}/customobjects/NAME.json", "custom.read", objects.read_custom),
    ("POST", f"{_L}/customobjects/NAME.json", "custom.write", objects.write_custom),
    ("GET", f"{_L}/opportunities/describe.json", "opportunities.describe", objects.describe_opportunities),
    ("GET", f"{_L}/opportunities.json", "opportunities.read", objects.read_opportunities),
    ("POST", f"{_L}/opportunities.json", "opportunities.write", objects.write_opportunities),
    ("POST", f"{_L}/opportunities/delete.json", "opportunities.delete", objects.delete_opportunities),
    ("GET", f"{_L}/opportunities/roles/describe.json", "roles.describe", objects.describe_roles),
    ("GET", f"{_L}/opportunities/roles.json", "roles.read", objects.read_roles),
    ("POST", f"{_L}/opportunities/roles.json", "roles.write", objects.write_roles),
    ("POST", f"{_L}/opportunities/roles/delete.json", "roles.delete", objects.delete_roles),
    ("POST", f"{_B}/create.json", "bulk.create", bulk.create),
    ("GET", f"{_B}.json", "bulk.browse", bulk.browse),
    ("POST", f"{_B}/NAME/enqueue.json", "bulk.enqueue", bulk.enqueue),
    ("POST", f"{_B}/NAME/cancel.json", "bulk.cancel", bulk.cancel),
    ("GET", f"{_B}/NAME/status.json", "bulk.status", bulk.status),
    ("GET", f"{_B}/NAME/file.json", "bulk.file", bulk.file),
    ("GET", f"{_L}/stats/usage.json", "stats.usage", _usage),
    ("GET", f"{_L}/stats/usage/last7days.json", "stats.usage", _usage_of_week),
    ("GET", f"{_L}/stats/errors.json", "stats.errors", _errors),
    ("GET", f"{_L}/stats/errors/last7days.json", "stats.errors", _errors_of_week),
]  # fmt: skip
for _word in ("list", "lists"):
    _handlers += [
        ("GET", f"{_L}/{_word}/ID/leads.json", "lists.members", lists.members, "list"),
        ("POST", f"{_L}/{_word}/ID/leads.json", "lists.add", lists.add, "list"),
        ("DELETE", f"{_L}/{_word}/ID/leads.json", "lists.remove", lists.remove, "list"),
        ("GET", f"{_L}/{_word}/ID/leads/ismember.json", "lists.ismember", lists.is_member, "list"),
    ]
ROUTES: tuple[Route, ...] = tuple(_route(*entry) for entry in _handlers)
