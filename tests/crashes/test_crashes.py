"""A process that is killed at any commit or vendor call, and run again, leaves what an undisturbed one does.

Every point is killed at, before and after it. Kills that leave the same state on both sides, on disk and in
the vendors' systems, have the same future: that future is run once.
"""

from __future__ import annotations

import signal

import pytest

from tests.crashes import stories
from tests.crashes.cases import (
    LATER,
    Kill,
    Walk,
    kills_of,
    next_run_first,
    same_run_again,
    undisturbed,
    walk,
    walk_twice,
    whole,
)
from tests.crashes.lane import Ended
from tests.crashes.sides import differences

EXPECTED = {
    # Each is a part of a point's name; "step|" says in which task.
    "collections": [
        "start|commit",
        "pull_campaigns|http globex GET query Campaign",
        "pull_campaigns|staging manifest",
        "pull_campaigns|commit batch_keep",
        "pull_leads|commit lease_acquire",
        "pull_leads|http globex POST oauth2/token",
        "pull_leads|http globex GET query CampaignMember",
        "pull_leads|http globex GET queryAll Lead",
        "pull_leads|staging batch leads-0003.parquet",
        "pull_leads|staging manifest",
        "validate|commit campaign_fingerprint",
        "+delivery_insert+",
        "judge|commit",
        "route|commit",
        "pull_events|http globex GET queryAll Task",
        "pull_events|commit event_keep",
        "accounts|commit",
        "push|http p001 POST oauth2/token",
        "push|http p001 GET sobjects/Lead/describe",
        "push|http p001 GET query Lead",
        "push|http p001 PATCH composite/sobjects#",
        "push|http p001 PATCH composite/sobjects/Lead/Leadline_Id__c",
        "push|http p001 PATCH composite/sobjects/Task/Leadline_Id__c",
        "push|http p002 PATCH composite/sobjects#",
        "push|http p002 PATCH composite/sobjects/Contact/Leadline_Id__c",
        "push|http p002 PATCH composite/sobjects/Task/Leadline_Id__c",
        "push|commit delivery_store",
        "push|commit delivery_events_store",
        "write_back|commit writeback_looking",
        "write_back|http globex PATCH composite/sobjects",
        "write_back|commit writeback_look_again",
        "settle|commit",
    ],
    "bulk": [
        "pull_leads|http globex POST jobs/query",
        "pull_leads|http globex GET jobs/query/*/results",
        "push|http p001 POST jobs/ingest",
        "push|commit crm_record_job",
        "push|http p001 PUT jobs/ingest/*/batches",
        "push|http p001 PATCH jobs/ingest/*",
        "push|http p001 GET jobs/ingest/*/successfulResults",
        "push|commit delivery_store",
        "push|commit crm_record_job_finish",
        "push|http p002 PUT jobs/ingest/*/batches",
        "write_back|http globex PUT jobs/ingest/*/batches",
        "write_back|commit writeback_look_again",
    ],
    "other crms": [
        "push|http d001 POST",
        "push|http d001 POST $batch",
        "push|http d001 GET leads",
        "push|http d001 GET systemusers",
        "push|http d001 GET tasks",
        "push|http k001 POST /ZiftLeadService.asmx GetLeads",
        "push|http k001 POST /ZiftLeadService.asmx GetUsers",
        "push|http k001 POST /ZiftLeadService.asmx CreateLead#4",
        "push|http k001 POST /ZiftLeadService.asmx UpdateLead",
        "push|http k001 POST /ZiftLeadService.asmx AddMarketingEvents#5",
        "push|commit delivery_store",
        "push|commit delivery_events_store",
    ],
    "files": [
        "pull_leads|sftp connect",
        "pull_leads|sftp readdir",
        "pull_leads|sftp read#",
        "pull_leads|staging upload",
        "pull_leads|staging manifest",
        "validate|commit",
        "put_away|sftp mkdir",
        "put_away|sftp write",
        "put_away|sftp posix_rename",
        "route|commit",
        "settle|commit",
    ],
}
BROKEN = [
    ("records_without_our_id", "collections", "push", "push|http p001 POST composite/sobjects#1"),
    ("tasks_without_our_id", "collections", "push", "push|http p001 POST composite/sobjects#1"),
    (
        "decisions_not_saved",
        "collections",
        "push",
        "push|http p001 PATCH composite/sobjects/Lead/Leadline_Id__c#1",
    ),
    ("batches_not_looked_up", "collections", "pull", "judge|commit pull_quarantined#1"),
    ("rows_without_our_key", "other crms", "push", "push|http d001 POST $batch#3"),
    ("tasks_under_any_id", "other crms", "push", "push|http d001 POST $batch#5"),
    ("leads_under_any_id", "other crms", "push", "push|http k001 POST /ZiftLeadService.asmx CreateLead#2"),
    (
        "events_under_any_id",
        "other crms",
        "push",
        "push|http k001 POST /ZiftLeadService.asmx AddMarketingEvents#2",
    ),
]


@pytest.mark.parametrize("scenario", sorted(EXPECTED))
def test_every_kind_of_commit_and_vendor_call_is_a_point(lanes, scenario: str) -> None:
    lane = lanes.first(scenario)

    ended, _ = undisturbed(lane)
    once_more, _ = undisturbed(lane)

    missing = [one for one in EXPECTED[scenario] if not any(one in point for point in ended.points)]
    assert not missing
    assert len(ended.points) > 60
    # Results are stored while other work goes on: the order may differ, the points do not.
    assert sorted(once_more.points) == sorted(ended.points)


@pytest.mark.parametrize(
    ("scenario", "phase"),
    [
        ("collections", "pull"),
        ("collections", "route"),
        ("collections", "push"),
        ("collections", "write_back"),
        ("bulk", "push"),
        ("bulk", "write_back"),
        ("other crms", "push"),
        ("files", "pull"),
        ("files", "put_away"),
    ],
)
def test_a_run_killed_anywhere_and_run_again_is_as_if_undisturbed(lanes, scenario: str, phase: str) -> None:
    points = lanes.first(scenario, phase).points(phase)
    kills = kills_of(points)

    def work(lane, part) -> Walk:
        _, expected = undisturbed(lane, phase)
        return walk(lane, phase, part, same_run_again(expected, phase))

    found = together(lanes.share(scenario, phase, kills, work))

    assert not found.problems, "\n".join(found.problems[:40])
    assert found.killed == kills
    assert found.recovered


@pytest.mark.parametrize(
    ("scenario", "phase"),
    [
        ("collections", "pull"),
        ("collections", "route"),
        ("collections", "push"),
        ("collections", "write_back"),
        ("other crms", "push"),
        ("files", "pull"),
    ],
)
def test_the_next_scheduled_run_does_the_work_of_a_killed_one(lanes, scenario: str, phase: str) -> None:
    kills = kills_of(lanes.first(scenario, phase).points(phase))
    writing = [kill for kill in kills if "GET" not in kill[0] and kill[1] == "after"]

    def work(lane, part) -> Walk:
        undisturbed(lane, phase)
        whole(lane.run("third", at=LATER))
        return walk(lane, phase, part, next_run_first(lane.sides(runs_apart=False)))

    found = together(lanes.share(scenario, phase, writing[::4], work))

    assert not found.problems, "\n".join(found.problems[:40])
    assert found.recovered


def test_leads_of_a_pull_that_died_unjudged_go_with_the_next_run(lanes) -> None:
    lane = lanes.first("collections")
    undisturbed(lane)
    whole(lane.run("third", at=LATER))
    expected = lane.sides(runs_apart=False)
    received = [point for point in lane.points("pull") if "history_received" in point]
    lane.put_back()
    assert lane.run(kill=(received[0], "after"), phases=["pull"]).code == -signal.SIGKILL
    assert lane.undecided() == {"second": 5}
    lane.let_lease_end()

    whole(lane.run("third", at=LATER))
    found = lane.sides(runs_apart=False)
    taken_up = lane.sides()["hub pull"]
    whole(lane.run("second"))

    assert lane.undecided() == {}
    assert not differences(expected, found)
    assert not differences(found, lane.sides(runs_apart=False))
    assert sum('"taken_up_by": "third"' in one for one in taken_up) == 2  # leads and campaigns


def test_a_run_killed_while_it_takes_up_what_another_left_is_as_if_undisturbed(lanes) -> None:
    lane = lanes.first("collections")
    undisturbed(lane)
    whole(lane.run("third", at=LATER))
    expected = lane.sides(runs_apart=False)
    received = next(point for point in lane.points("pull") if "history_received" in point)

    def dies(kill: Kill | None = None) -> Ended:
        lane.put_back()
        lane.run(kill=(received, "after"), phases=["pull"])
        lane.let_lease_end()
        whole(lane.run("third", at=LATER, phases=["pull", "put_away"]))
        return lane.run("third", at=LATER, kill=kill, phases=["route"])

    kills = kills_of([point for point in dies().points if point.startswith("take_up|")])
    problems = []
    for kill in kills:
        assert dies(kill).code == -signal.SIGKILL
        whole(lane.run("third", at=LATER))
        found = differences(expected, lane.sides(runs_apart=False))
        problems += [f"{kill}: {one}" for one in found]

    assert len(kills) >= 8
    assert not problems, "\n".join(problems[:40])


@pytest.mark.parametrize(
    ("scenario", "phase", "every"),
    [
        ("collections", "pull", 5),
        ("collections", "route", 1),
        ("collections", "push", 5),
        ("bulk", "push", 9),
        ("other crms", "push", 11),
        ("collections", "write_back", 4),
        ("files", "put_away", 5),
    ],
)
def test_a_run_whose_recovery_is_killed_too_is_as_if_undisturbed(
    lanes, scenario: str, phase: str, every: int
) -> None:
    kills = kills_of(lanes.first(scenario, phase).points(phase))[::every]

    def work(lane, part) -> Walk:
        _, expected = undisturbed(lane, phase)
        return walk_twice(lane, phase, part, expected)

    found = together(lanes.share(scenario, phase, kills, work))

    assert not found.problems, "\n".join(found.problems[:40])
    assert len(found.killed) >= len(kills)
    assert len(found.killed_again) > len(found.killed) / 4


def test_a_replay_killed_anywhere_and_run_again_is_as_if_undisturbed(lanes) -> None:
    corrected = stories.salesforce_mapping(bulk=False)
    corrected["fields"] = [
        {name: one[name] for name in one if (one["name"], name) != ("country", "judge")}
        for one in corrected["fields"]
    ]
    order = {"run_id": "again", "mapping": corrected}
    rest = ["route", "push", "write_back"]
    kills = kills_of(lanes.first("collections", "replay").points("replay", **order))

    def work(lane, part) -> Walk:
        lane.put_back()
        before = lane.sides()
        whole(lane.run(**order, phases=["replay", *rest]))
        expected = lane.sides()
        assert len(expected["hub lead"]) == len(before["hub lead"]) + 1
        lane.put_back()
        whole(lane.run("third", at=LATER, mapping=corrected))
        whole(lane.run(**order, phases=["replay", *rest]))
        with_next = lane.sides(runs_apart=False)

        def recover(lane) -> list[str]:
            whole(lane.run(**order, phases=["replay", *rest]))
            return differences(expected, lane.sides())

        def next_run(lane) -> list[str]:
            whole(lane.run("third", at=LATER, mapping=corrected))
            whole(lane.run(**order, phases=["replay", *rest]))
            return differences(with_next, lane.sides(runs_apart=False))

        result = walk(lane, "replay", part, recover, **order)
        result.add(walk(lane, "replay", part[::5], next_run, **order))
        return result

    found = together(lanes.share("collections", "replay", kills, work))

    assert not found.problems, "\n".join(found.problems[:40])
    assert set(found.killed) == set(kills)


def test_mails_are_sent_whatever_kills_their_sender(lanes) -> None:
    lane = lanes.first("collections", "mail")
    lane.put_back()
    lane.rooms.control.clear_mailbox()
    points = whole(lane.run(phases=["mail"])).points
    expected = lane.sides()
    told = mailbox(lane)

    problems = []
    for kill in kills_of(points):
        lane.put_back()
        lane.rooms.control.clear_mailbox()
        assert lane.run(kill=kill, phases=["mail"]).code == -signal.SIGKILL, kill
        lane.let_lease_end()
        whole(lane.run(phases=["mail"]))
        whole(lane.run(phases=["mail"]))
        problems += [f"{kill}: {one}" for one in differences(expected, lane.sides())]
        # Nobody can know whether a server took a mail that it never confirmed: the repeat has the same id.
        doubled = ("smtp data" in kill[0] and kill[1] == "after") or (
            "commit mail_result" in kill[0] and kill[1] == "before"
        )
        found = mailbox(lane)
        if sorted(set(found)) != told or len(found) != len(told) + doubled:
            problems.append(f"{kill}: {len(found)} mails, {len(set(found))} different ones")

    assert len(told) == 2
    assert sum("smtp data" in point for point in points) == 2
    assert not problems, "\n".join(problems[:40])


def mailbox(lane) -> list[str]:
    """Return who got which message, sorted."""
    found = []
    for one in lane.rooms.control.mails():
        ids = {name.lower(): value for name, value in dict(one["headers"]).items()}["message-id"]
        found.append(f"{one['envelope_to']} {ids}")
    return sorted(found)


@pytest.mark.postgresql
@pytest.mark.parametrize(
    ("scenario", "phase", "every"),
    [
        ("files", "pull", 4),
        ("collections", "route", 1),
        ("collections", "push", 3),
        ("collections", "write_back", 3),
    ],
)
def test_a_run_on_postgresql_killed_and_run_again_is_as_if_undisturbed(
    postgresql_lanes, scenario: str, phase: str, every: int
) -> None:
    lanes = postgresql_lanes
    # What differs between the databases is what a commit means.
    kills = [one for one in kills_of(lanes.first(scenario, phase).points(phase)) if "|commit" in one[0]][
        ::every
    ]

    def work(lane, part) -> Walk:
        _, expected = undisturbed(lane, phase)
        return walk(lane, phase, part, same_run_again(expected, phase))

    found = together(lanes.share(scenario, phase, kills, work))

    assert not found.problems, "\n".join(found.problems[:40])
    assert found.killed == kills
    assert found.recovered


@pytest.mark.postgresql
def test_the_next_run_on_postgresql_takes_up_what_a_killed_one_left(postgresql_lanes) -> None:
    lane = postgresql_lanes.first("collections")
    undisturbed(lane)
    whole(lane.run("third", at=LATER))
    expected = lane.sides(runs_apart=False)
    received = [point for point in lane.points("pull") if "history_received" in point]

    found = walk(lane, "pull", [(one, "after") for one in received], next_run_first(expected))

    assert not found.problems, "\n".join(found.problems[:40])
    assert len(found.recovered) >= 2


@pytest.mark.parametrize(("sabotage", "scenario", "phase", "point"), BROKEN, ids=[one[0] for one in BROKEN])
def test_a_repeat_that_does_harm_is_noticed(
    lanes, sabotage: str, scenario: str, phase: str, point: str
) -> None:
    lane = lanes.first(scenario, phase)
    _, expected = undisturbed(lane, phase, sabotage)

    found = walk(
        lane, phase, [(point, "after")], same_run_again(expected, phase, sabotage), sabotage=sabotage
    )

    assert found.killed
    assert found.problems


def together(parts: list[Walk]) -> Walk:
    """Return what all lanes found."""
    found = Walk()
    for part in parts:
        found.add(part)
    return found
