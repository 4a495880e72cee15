"""Compares what stands in the orgs with what the manifest says must stand there, field by field.

`python -m sandbox.compare [CONTROL_URL] [--state FOLDER]`: exit 0 if nothing differs, else 1 and one line per
difference. The records come from the sandbox's own state, not through the vendors' APIs.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from sandbox.client import Control

Json = dict[str, Any]


def differences(manifest: Json, control_url: str) -> list[str]:
    """Return every difference between the orgs and the manifest, in words; none: all is as it must be."""
    control = Control(control_url)
    found: list[str] = []
    for org, expected in manifest["orgs"].items():
        found += _org(control, org, expected)
    found += _write_back(control, manifest["suppliers"]["globex"]["write_back"])
    return found


def _org(control: Control, org: str, expected: list[Json]) -> Iterator[str]:
    tasks = Counter(task.get("WhoId") for task in control.records(org, "Task"))
    for object_ in ("Lead", "Contact"):
        wanted: dict[str, list[Json]] = {}
        for record in expected:
            if record["object"] == object_:
                wanted.setdefault(_key(record["email"]), []).append(record)
        there: dict[str, list[Json]] = {}
        for record in control.records(org, object_):
            there.setdefault(_key(record.get("Email")), []).append(record)
        for email in sorted(wanted.keys() | there.keys()):
            must, are = wanted.get(email, []), there.get(email, [])
            name = f"{org} {object_} {email}"
            if len(must) != len(are):
                yield f"{name}: {len(must)} expected, {len(are)} there"
            elif must:
                yield from _record(name, must[0], are[0], tasks[are[0]["Id"]])


def _record(name: str, must: Json, there: Json, tasks: int) -> Iterator[str]:
    for field, value in must["fields"].items():
        if not _same(field, value, there.get(field)):
            yield f"{name}: {field} must be {value!r}, is {there.get(field)!r}"
    external_id = "set" if there.get("Leadline_Id__c") else None
    if external_id != must["external_id"]:
        yield f"{name}: external id must be {must['external_id']!r}, is {external_id!r}"
    if there.get("OwnerId") != must["owner"]:
        yield f"{name}: owner must be {must['owner']}, is {there.get('OwnerId')}"
    if tasks != must["tasks"]:
        yield f"{name}: {must['tasks']} tasks expected, {tasks} there"


def _write_back(control: Control, expected: list[Json]) -> Iterator[str]:
    leads = {one["Id"]: one for one in control.records("globex", "Lead")}
    campaigns = {one["Id"]: one["Name"] for one in control.records("globex", "Campaign")}
    there: dict[tuple[str, str, str], list[Json]] = {}
    for member in control.records("globex", "CampaignMember"):
        lead = leads.get(member.get("LeadId", ""), {})
        key = (_key(lead.get("Email")), str(lead.get("LastName")), campaigns[member["CampaignId"]])
        there.setdefault(key, []).append(member)
    wanted: dict[tuple[str, str, str], list[Json]] = {}
    for one in expected:
        key = (_key(one["email"]), one["last_name"], one["campaign"])
        wanted.setdefault(key, []).append(one["values"])
    for key in sorted(wanted.keys() | there.keys()):
        must, are = wanted.get(key, []), there.get(key, [])
        name = f"globex CampaignMember {' / '.join(key)}"
        if len(must) != len(are):
            yield f"{name}: {len(must)} expected, {len(are)} there"
            continue
        # Several members of one person in one campaign must all say the same.
        for values, member in zip(must, are, strict=True):
            for field, value in values.items():
                is_ = "set" if value == "set" and member.get(field) else member.get(field)
                if is_ != value:
                    yield f"{name}: {field} must be {value!r}, is {is_!r}"


def _same(field: str, must: Any, is_: Any) -> bool:
    if field == "Email":
        return _key(must) == _key(is_)
    if field == "Products__c":
        return set((must or "").split(";")) == set((is_ or "").split(";"))
    return bool(must == is_)


def _key(email: str | None) -> str:
    return (email or "").strip().lower()


def main(arguments: list[str] | None = None) -> int:
    """Print the differences; 0 if there are none."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.compare", description=__doc__)
    parser.add_argument("control", nargs="?", help="address of the control, ending in /_sandbox")
    parser.add_argument(
        "--state", type=Path, default=Path(".leadline/sandbox"), help="where the addresses are"
    )
    asked = parser.parse_args(arguments)
    control = asked.control or json.loads((asked.state / "addresses.json").read_text())["control"]
    found = differences(Control(control).manifest(), control)
    _print(found)
    return 1 if found else 0


def _print(found: Iterable[str]) -> None:
    count = 0
    for line in found:
        count += 1
        print(line)
    print(f"{count} differences" if count else "the orgs are as the manifest says")


if __name__ == "__main__":
    sys.exit(main())
