"""What holds of any day of distribution, tried on days that nobody chose."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from leadline.ports import SourceEvent, Window
from leadline.replay import Selection
from tests.scenarios.house import CRM, FIELDS, FIRST_DAY, House, csv_of

MakeHouse = Callable[..., House]

few = settings(
    max_examples=int(os.environ.get("LEADLINE_EXAMPLES", "5")),
    derandomize=True,
    deadline=None,
    database=None,
    # A failure is told by its own example: shrinking would play hundreds of days more.
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

PEOPLE = [f"p{number}@example.org" for number in range(4)]
ROWS = st.one_of(
    st.builds(
        lambda email, country, tier: ("new", {"email": email, "country": country, "tier": tier}),
        st.sampled_from(PEOPLE),
        st.sampled_from(["DE", "FR", ""]),
        st.sampled_from(["gold", "silver", ""]),
    ),
    st.just(("quarantined", {"email": "", "country": "DE"})),
    st.just(("quarantined", {"email": "no address", "country": "DE"})),
    st.just(("quarantined", {"email": PEOPLE[0], "employees": "many"})),
    st.just(("filtered", {"email": PEOPLE[0], "tier": "TEST"})),
)
DAYS = st.lists(st.lists(ROWS, max_size=6), min_size=1, max_size=3)
NEVER_HELD = {"share": 1, "minimum_rows": 0}
TESTS_OUT = {"any": [{"all": [{"lead": "tier", "operator": "equals", "value": "TEST"}]}]}
RULES = [
    {
        "name": "country",
        "required": True,
        "any": [{"all": [{"lead": "country", "operator": "same_as_partner", "partner": "countries"}]}],
    },
    {
        "name": "tier",
        "any": [{"all": [{"lead": "tier", "operator": "same_as_partner", "partner": "tiers"}]}],
    },
]
# What a further look at the same things may add to: which runs there were, and what they read.
OF_RUNS = ("run", "lease", "pull", "batch", "receipt", "source_file", "watermark")


def a_house(make_house: MakeHouse, system: str = "sftp", **changes: Any) -> House:
    """Return a house with three partners that accept at once, A and B with rivals for every lead."""
    usual = {"threshold": NEVER_HELD, "filter": TESTS_OUT, "routing": {"rules": RULES}}
    house = make_house(system, **usual | changes)
    house.add_partner("A", auto_accept=True, countries=["DE"], tiers=["gold"], field_updates="all")
    house.add_partner("B", auto_accept=True, countries=["DE", "FR"], tiers=["gold", "silver"])
    house.add_partner("C", countries=["FR"], tiers=["silver"])
    return house


def crms_of(house: House) -> dict[str, Any]:
    """Return everything that stands in the partners' CRMs."""
    return {name: crm.everything() for name, crm in house.crms.items()}


@few
@given(days=DAYS, batch_rows=st.integers(2, 5), again=st.booleans())
def test_books_balance_and_every_row_has_one_outcome(
    make_house: MakeHouse, days: Sequence[Sequence[tuple[str, dict[str, Any]]]], batch_rows: int, again: bool
) -> None:
    house = a_house(make_house, batch_rows=batch_rows)
    expected: Counter[str] = Counter()
    seen: set[bytes] = set()
    for number, rows in enumerate(days):
        content = csv_of(*(values for _, values in rows))
        house.system.drop(f"leads_{number}.csv", content)
        told = Counter(outcome for outcome, _ in rows) if content not in seen and rows else Counter()
        seen.add(content)
        expected += told

        # A file with a header alone is unreadable, and books balance whatever else a day holds.
        if not rows:
            house.system.inbox.clear()
        books = house.distribute(f"day-{number}")
        if again:
            assert house.distribute(f"day-{number}") == books

        outcomes = {name: books[name] for name in ("quarantined", "filtered", "known", "updated", "new")}
        assert {name: count for name, count in outcomes.items() if count} == dict(told)
        assert books["received"] == sum(told.values())
        assert books["new"] == books["assigned"] + books["unassigned"]
        queued = books["deliveries"]
        assert queued["queued"] == queued["sent"] + queued["refused"] + queued["waiting"]

    receipts = house.rows("receipt")
    assert Counter(one.outcome for one in receipts) == expected
    per_batch = Counter(one.batch_id for one in receipts)
    assert per_batch == {one.batch_id: one.rows for one in house.rows("batch")}
    assert len(house.rows("lead")) == expected["new"]
    active = Counter(one.lead_id for one in house.rows("assignment") if one.active)
    assert set(active.values()) <= {1}
    assert len(active) == sum(one.status != "unassigned" for one in house.rows("lead"))


@few
@given(days=DAYS, batch_rows=st.integers(2, 5))
def test_repeating_any_day_of_files_changes_nothing(
    make_house: MakeHouse, days: Sequence[Sequence[tuple[str, dict[str, Any]]]], batch_rows: int
) -> None:
    house = a_house(make_house, batch_rows=batch_rows)
    for number, rows in enumerate(days):
        if rows:
            house.system.drop(f"leads_{number}.csv", csv_of(*(values for _, values in rows)))
        house.distribute(f"day-{number}")
    hub, crms = house.everything("run", "lease"), crms_of(house)

    for number in range(len(days)):
        house.distribute(f"day-{number}")  # cleared, every task of it
    assert house.everything("run", "lease") == hub

    everything = Window(FIRST_DAY, FIRST_DAY + timedelta(days=30), archive=True)
    house.distribute(kind="backfill", window=everything)
    for one in list(house.system.archived.values()):
        house.system.drop(f"leads_again_{one.name}", one.content)
    house.distribute()
    for number in range(len(days)):
        house.replay(Selection(run_id=f"day-{number}"))

    left = house.everything(*OF_RUNS)
    assert left == {name: rows for name, rows in hub.items() if name not in OF_RUNS}
    assert crms_of(house) == crms


RECORDS = st.lists(
    st.tuples(
        st.sampled_from(["00Q1", "00Q2", "00Q3"]),
        st.sampled_from(["C1", "C2"]),
        st.sampled_from(PEOPLE),
        st.sampled_from(["DE", "FR"]),
        st.sampled_from(["one", "two"]),
    ),
    min_size=1,
    max_size=5,
)


@few
@given(days=st.lists(RECORDS, min_size=1, max_size=3))
def test_repeating_any_day_of_records_changes_nothing(
    make_house: MakeHouse, days: Sequence[Sequence[tuple[str, ...]]]
) -> None:
    house = a_house(
        make_house,
        source={"system": "salesforce", "activities": {}},
        write_back={"distribution_status": "Status__c", "partner_id": "Partner__c"},
    )
    for number, records in enumerate(days):
        for record_id, campaign, email, country, comments in records:
            house.system.put(record_id, campaign=campaign, email=email, country=country, comments=comments)
            at = FIRST_DAY + timedelta(days=number, hours=1)
            house.system.events.append(SourceEvent(f"{record_id}-{number}", record_id, "Opened", at))
        house.distribute(f"day-{number}")
    hub, crms, status = house.everything("run", "lease"), crms_of(house), dict(house.system.status)

    for number in range(len(days)):
        house.distribute(f"day-{number}")  # cleared, every task of it
    assert house.everything("run", "lease") == hub

    house.distribute(kind="backfill", window=Window(None, FIRST_DAY + timedelta(days=30)))
    house.distribute()

    left = house.everything(*OF_RUNS)
    assert left == {name: rows for name, rows in hub.items() if name not in OF_RUNS}
    assert (crms_of(house), house.system.status) == (crms, status)


NAMES = [one["name"] for one in FIELDS if one["name"] not in ("email", "employees")]
PARTNERS = st.fixed_dictionaries(
    {
        "record_as": st.sampled_from(["lead", "contact"]),
        "field_updates": st.sampled_from(["none", "supplier", "all"]),
        "custom_fields_into_notes": st.booleans(),
    }
)


@few
@given(
    secret=st.sets(st.sampled_from(NAMES)),
    profile=st.sets(st.sampled_from(NAMES)),
    mapped=st.sets(st.sampled_from(NAMES)),
    partner=PARTNERS,
    was_there=st.booleans(),
)
def test_no_supplier_only_value_leaves_whatever_is_mapped(
    make_house: MakeHouse,
    secret: set[str],
    profile: set[str],
    mapped: set[str],
    partner: dict[str, Any],
    was_there: bool,
) -> None:
    fields = [
        {key: value for key, value in one.items() if key != "visibility"}
        | {"visibility": "supplier_only" if one["name"] in secret else "shared"}
        | {"class": "profile" if one["name"] in profile else "supplier"}
        for one in FIELDS
    ]
    own = {name: f"{name.title()}__c" for name in sorted(mapped)}
    crm = {"salesforce": CRM["salesforce"] | {"lead": own, "contact": own}}
    house = make_house("salesforce", fields=fields, crm=crm)
    house.add_partner("P1", auto_accept=True, **partner)
    if was_there:
        house.crms["crm-P1"].insert(partner["record_as"].title(), Email=PEOPLE[0])

    for day in ("first", "second"):
        values = {name: _token(name, day, name in secret) for name in NAMES if name != "campaign_code"}
        house.system.put("00Q1", campaign=_token("code", "C", "campaign_code" in secret), email=PEOPLE[0])
        (key,) = house.system.records["leads"]
        house.system.put("00Q1", campaign=key[1], email=PEOPLE[0], **values)
        house.distribute()

    handed_over = repr(crms_of(house)) + repr([one.decision for one in house.rows("delivery")])
    assert "supplier-only" not in handed_over
    shared = sorted(set(NAMES) - secret)
    if not was_there and partner["custom_fields_into_notes"]:
        # The first value may have been changed into the second one since.
        told = {
            name for name in shared for day in ("first", "second") if _token(name, day, False) in handed_over
        }
        missing = [name for name in shared if name not in told]
        assert [name for name in missing if name != "campaign_code"] == []


def _token(name: str, day: str, secret: bool) -> str:
    return f"{'supplier-only' if secret else 'shared'}-{name}-{day}"


@few
@given(
    rules=st.permutations(RULES),
    partners=st.lists(
        st.tuples(
            st.sets(st.sampled_from(["DE", "FR"]), min_size=1), st.sets(st.sampled_from(["gold", "silver"]))
        ),
        min_size=1,
        max_size=4,
    ),
    rows=st.lists(ROWS, min_size=1, max_size=6),
)
@example(  # two of three partners are left, and take turns
    rules=RULES,
    partners=[({"DE"}, {"gold"}), ({"DE", "FR"}, {"gold", "silver"}), ({"FR"}, {"gold"})],
    rows=[("new", {"email": email, "country": "DE", "tier": "gold"}) for email in PEOPLE],
)
def test_routing_never_widens(
    make_house: MakeHouse,
    rules: Sequence[dict[str, Any]],
    partners: Sequence[tuple[set[str], set[str]]],
    rows: Sequence[tuple[str, dict[str, Any]]],
) -> None:
    house = make_house(routing={"rules": rules}, threshold=NEVER_HELD, filter=TESTS_OUT)
    for number, (countries, tiers) in enumerate(partners):
        house.add_partner(f"P{number}", countries=sorted(countries), tiers=sorted(tiers))
    house.system.drop("leads_1.csv", csv_of(*(values for _, values in rows)))

    house.distribute()

    for one in house.leads():
        candidates = [f"P{number}" for number in range(len(partners))]
        trace = house.decisions(one.lead_id)[-1]
        for step in trace["trace"]:
            if step["step"] == "rule":
                assert step["before"] == candidates
                assert set(step["after"]) <= set(candidates)
                candidates = step["after"]
        assert trace["partner"] is None or trace["partner"] in candidates
        taken = house.rows("assignment", lead_id=one.lead_id)
        assert [each.partner_id for each in taken] == [trace["partner"]] * bool(trace["partner"])
        for each in taken:  # the country is required, whatever a trace may say
            assert one.attributes["country"] in partners[int(each.partner_id[1:])][0]
