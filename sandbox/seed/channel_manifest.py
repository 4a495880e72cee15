"""What is expected of hooli, initech and umbrella, keyed by file and line, or by e-mail and campaign."""

from __future__ import annotations

from sandbox.seed.channel import Channel
from sandbox.seed.channel_partners import HOOLI
from sandbox.seed.handovers import HandedPerson, HandedSource
from sandbox.seed.outcomes import Json, counts_of, dropped, lead_json


def channel_manifest(channel: Channel) -> dict[str, Json]:
    """Return the expectations by supplier."""
    told = {HOOLI: dropped([channel.promotions], channel.files, channel.leads[HOOLI])}
    for name, source in channel.sources.items():
        told[name] = _handed(channel, source)
    return told


def _handed(channel: Channel, source: HandedSource) -> Json:
    handovers = []
    for one in source.handovers:
        outcome, reasons = source.outcome(one.person)
        told = {**_person(one.person), "campaign": one.campaign.name, "place": one.place}
        handovers.append({**told, "outcome": outcome, "reasons": [list(reason) for reason in reasons]})
    leads = channel.leads[source.supplier]
    return {
        "campaigns": [
            {"number": one.number, "name": one.name, "theme": one.theme, "shared": one.shared}
            for one in source.campaigns
        ],
        "handovers": handovers,
        "not_handed": [_person(one) for one in source.people if one.kind == "not_handed"],
        "leads": [lead_json(one) for one in leads],
        "counts": counts_of([one["outcome"] for one in handovers], leads),
    }


def _person(one: HandedPerson) -> Json:
    return {
        "number": one.number,
        "email": one.written["email"],
        "last_name": one.written["last_name"],
        "kind": one.kind,
    }
