"""The rotation of a routing module: exact shares over any sets of candidates (R3).

Each partner has a virtual time that grows by 1/weight with every assignment, whatever caused it. Of the
candidates the lowest time wins, then the least recently assigned, then the lowest id. A partner that is new,
or comes back (it was inactive, absent or at its cap), starts at the lowest time of those it is compared
with, and never below its own: it gets its share from now on, and nothing for the time before.
Times are whole multiples of one unit, so that no rounding ever decides.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from operator import itemgetter

from leadline.partners import Partner

_SHOWN_WHOLE = 8  # candidates; of more the trace shows the winner and the runner-up

Standing = tuple[int, int, int]
"""What is compared: virtual time in units, number of the last assignment (0: never), position."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A partner's place in the rotation, as the hub keeps it."""

    virtual_time: Fraction = Fraction(0)
    last_sequence: int = 0
    present: bool = False


class Rotation:
    """The state of one module while a batch is routed; `turns` is what to keep.

    Positions are those of `partners`, which must be in the order of their ids. Standings count virtual time
    in parts of one: `unit` of them make a whole.

    Attributes:
        begun: What it was taken up with; of the same partners, two with equal ones choose alike.
    """

    def __init__(
        self,
        partners: Sequence[Partner],
        turns: Mapping[str, Turn],
        *,
        absent: Iterable[int] = (),
        leads_left: Sequence[int | None] | None = None,
    ) -> None:
        """Take up a rotation where `turns` left it.

        Args:
            partners: The active partners.
            turns: By partner id, also of partners that are not active now.
            absent: Positions of those that take no leads now.
            leads_left: By position, how many leads the cap still allows; None: no cap.
        """
        self._partners = partners
        self._others = {name: turn for name, turn in turns.items() if name not in {p.id for p in partners}}
        kept = [turns.get(one.id, Turn()) for one in partners]
        steps = [1 / one.share for one in partners]
        self.unit = lcm(*(turn.virtual_time.denominator for turn in kept), *(s.denominator for s in steps))
        self._steps = [int(step * self.unit) for step in steps]
        self._left = list(leads_left or [None] * len(partners))
        missing = set(absent)
        self.begun = (dict(turns), frozenset(missing), tuple(self._left))
        self._absent = bits_of(missing)
        able = [place not in missing and left != 0 for place, left in enumerate(self._left)]
        self._able = bits_of(place for place, yes in enumerate(able) if yes)
        # With an empty rotation nobody is new to anybody: all start at nought.
        self._pending = bits_of(
            place for place, turn in enumerate(kept) if turns and able[place] and not turn.present
        )
        self.sequence = max((turn.last_sequence for turn in turns.values()), default=0)
        self._standings: list[Standing] = [
            (int(turn.virtual_time * self.unit), turn.last_sequence, place) for place, turn in enumerate(kept)
        ]
        self._order = sorted(self._standings)
        self._getters: dict[int, Callable[[list[Standing]], tuple[Standing, ...]]] = {}

    def takes(self, place: int) -> bool:
        """Say whether a partner can have a lead now: neither absent nor at its cap."""
        return bool(self._able >> place & 1)

    def available(self, candidates: int) -> int:
        """Return those of the candidate bits that can have a lead now."""
        return candidates & self._able

    def away(self, candidates: int) -> tuple[int, int]:
        """Return those of the candidate bits that cannot have a lead now: absent, and at their cap."""
        away = candidates & ~self._able
        return away & self._absent, away & ~self._absent

    def choose(self, candidates: int) -> tuple[int, Sequence[Standing]] | None:
        """Return whose turn it is among the candidate bits, and the standings compared, best first.

        None: nobody of them can have a lead now. Nothing is counted yet: `count` does.
        """
        able = candidates & self._able
        if not able:
            return None
        if able & self._pending:
            self._join(able)
        size = able.bit_count()
        if size <= _SHOWN_WHOLE or size * size <= 2 * len(self._partners):
            compared = sorted(self._of(able))[:_SHOWN_WHOLE]
        else:
            compared = self._first_two(able)
        return compared[0][2], compared

    def count(self, place: int) -> int:
        """Count one assignment to a partner, whatever caused it; return its number in this module."""
        bit = 1 << place
        if not self._able & bit or self._pending & bit:
            self._raise_to_floor(bit, self._present)
        self.sequence += 1
        self._move(place, self._standings[place][0] + self._steps[place], self.sequence)
        left = self._left[place]
        if left is not None:
            self._left[place] = left - 1
            if left <= 1:
                self._able &= ~bit
        return self.sequence

    def turns(self) -> dict[str, Turn]:
        """Return every partner's place, to be kept; those that take no leads now come back as returners."""
        kept = {
            name: Turn(turn.virtual_time, turn.last_sequence, False) for name, turn in self._others.items()
        }
        for one, (time, last, place) in zip(self._partners, self._standings, strict=True):
            present = bool(self._present >> place & 1)
            kept[one.id] = Turn(Fraction(time, self.unit), last, present)
        return kept

    @property
    def _present(self) -> int:
        return self._able & ~self._pending

    def _of(self, able: int) -> tuple[Standing, ...]:
        getter = self._getters.get(able)
        if getter is None:
            found = places(able)
            one = found[0]
            getter = itemgetter(*found) if len(found) > 1 else lambda standings: (standings[one],)
            self._getters[able] = getter
        return getter(self._standings)

    def _first_two(self, able: int) -> list[Standing]:
        found: list[Standing] = []
        for standing in self._order:
            if able >> standing[2] & 1:
                found.append(standing)
                if len(found) == 2:
                    break
        return found

    def _join(self, able: int) -> None:
        """Let the newcomers among these start at the lowest time of their rivals."""
        self._raise_to_floor(able & self._pending, able & ~self._pending or self._present)

    def _raise_to_floor(self, joining: int, rivals: int) -> None:
        floor = min((self._standings[place][0] for place in places(rivals & ~joining)), default=0)
        for place in places(joining):
            time, last, _ = self._standings[place]
            self._move(place, max(time, floor), last)
        self._pending &= ~joining

    def _move(self, place: int, time: int, last: int) -> None:
        order = self._order
        del order[bisect_left(order, self._standings[place])]
        standing = self._standings[place] = (time, last, place)
        insort(order, standing)


def bits_of(found: Iterable[int]) -> int:
    """Return positions as bits."""
    return sum(1 << place for place in found)


def places(bits: int) -> list[int]:
    """Return the positions of set bits, lowest first."""
    found = []
    while bits:
        low = bits & -bits
        found.append(low.bit_length() - 1)
        bits ^= low
    return found
