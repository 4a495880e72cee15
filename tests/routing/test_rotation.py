"""The rotation: shares that are exact, whatever the weights, restarts and absences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from leadline.partners import Partner
from leadline.routing.rotation import Rotation, Turn
from tests.routing.conftest import make_partner


def turn(rotation: Rotation, partners: Sequence[Partner], names: str) -> str:
    """Return whose turn it is among these partners, counted."""
    bits = sum(1 << place for place, one in enumerate(partners) if one.id in names)
    chosen = rotation.choose(bits)
    assert chosen is not None
    rotation.count(chosen[0])
    return partners[chosen[0]].id


def play(rotation: Rotation, partners: Sequence[Partner], names: str, count: int) -> str:
    return "".join(turn(rotation, partners, names) for _ in range(count))


def partners_of(**weights: float) -> list[Partner]:
    return [make_partner(name, weight=weight) for name, weight in sorted(weights.items())]


def test_equal_weights_go_round() -> None:
    partners = partners_of(A=1, B=1, C=1)

    assert play(Rotation(partners, {}), partners, "ABC", 7) == "ABCABCA"


def test_weights_are_shares_and_ties_go_to_the_least_recent() -> None:
    partners = partners_of(A=2, B=1)

    assert Counter(play(Rotation(partners, {}), partners, "AB", 300)) == {"A": 200, "B": 100}


def test_tenths_add_up_without_rounding() -> None:
    partners = partners_of(A=0.1, B=0.3)
    rotation = Rotation(partners, {})

    counts = Counter(play(rotation, partners, "AB", 4_000))

    assert counts == {"A": 1_000, "B": 3_000}
    assert rotation.turns()["A"].virtual_time == rotation.turns()["B"].virtual_time == Fraction(10_000)


def test_a_newcomer_starts_at_the_current_minimum_and_is_not_flooded() -> None:
    partners = partners_of(A=1, B=1)
    rotation = Rotation(partners, {})
    play(rotation, partners, "AB", 21)
    grown = partners_of(A=1, B=1, C=1)

    after = Rotation(grown, rotation.turns())

    # A has 11, B and the newcomer stand at 10.
    assert play(after, grown, "ABC", 6) == "CBACBA"


def test_a_newcomer_is_compared_with_its_rivals_and_not_with_a_partner_nobody_asks_for() -> None:
    partners = partners_of(A=1, B=1, X=1)
    rotation = Rotation(partners, {})
    play(rotation, partners, "AB", 20)  # X gets none: it stays at nought
    grown = partners_of(A=1, B=1, N=1, X=1)

    counts = Counter(play(Rotation(grown, rotation.turns()), grown, "ABN", 9))

    assert counts == {"A": 3, "B": 3, "N": 3}


def test_who_comes_back_gets_its_share_from_now_on_only() -> None:
    partners = partners_of(A=1, B=1, C=1)
    rotation = Rotation(partners, {})
    play(rotation, partners, "ABC", 3)
    away = Rotation(partners, rotation.turns(), absent=[0])
    assert Counter(play(away, partners, "ABC", 20)) == {"B": 10, "C": 10}

    back = Rotation(partners, away.turns())

    assert Counter(play(back, partners, "ABC", 9)) == {"A": 3, "B": 3, "C": 3}


def test_going_away_gains_nothing() -> None:
    partners = partners_of(A=0.5, B=1)
    rotation = Rotation(partners, {})
    assert turn(rotation, partners, "AB") == "A"
    away = Rotation(partners, rotation.turns(), absent=[0])

    back = Rotation(partners, away.turns())

    # A's one lead counts two: B has its two before A is asked again.
    assert play(back, partners, "AB", 3) == "BBA"


def test_a_deactivated_partner_keeps_its_place_in_the_hub() -> None:
    partners = partners_of(A=1, B=1)
    rotation = Rotation(partners, {})
    play(rotation, partners, "AB", 2)

    turns = Rotation(partners[:1], rotation.turns()).turns()

    assert turns["B"] == Turn(Fraction(1), 2, False)


def test_large_sets_of_candidates_choose_as_small_ones_do() -> None:
    partners = [make_partner(f"P{number:03}") for number in range(100)]
    rotation = Rotation(partners, {})
    everybody = (1 << 100) - 1

    found = []
    for _ in range(200):
        chosen = rotation.choose(everybody)
        assert chosen is not None
        assert len(chosen[1]) == 2  # winner and runner-up
        rotation.count(chosen[0])
        found.append(chosen[0])

    assert found == [*range(100), *range(100)]


@given(
    weights=st.lists(st.sampled_from([0.1, 0.5, 1, 2, 3.3]), min_size=1, max_size=12),
    rounds=st.lists(st.tuples(st.integers(1, 4095), st.booleans()), max_size=60),
)
@settings(max_examples=150, deadline=None)
def test_times_are_the_sum_of_what_was_assigned_and_restarts_change_nothing(
    weights: list[float], rounds: list[tuple[int, bool]]
) -> None:
    partners = [make_partner(f"P{number:02}", weight=weight) for number, weight in enumerate(weights)]
    going, restarted = Rotation(partners, {}), Rotation(partners, {})
    counts: Counter[int] = Counter()

    for bits, restart in rounds:
        candidates = bits & ((1 << len(partners)) - 1) or 1
        chosen, again = going.choose(candidates), restarted.choose(candidates)
        assert chosen is not None
        assert again is not None
        assert chosen[0] == again[0]
        counts[chosen[0]] += 1
        going.count(chosen[0])
        restarted.count(again[0])
        if restart:
            restarted = Rotation(partners, restarted.turns())

    turns = going.turns()
    for place, one in enumerate(partners):
        assert turns[one.id].virtual_time == counts[place] / one.share
    assert sum(counts.values()) == going.sequence
