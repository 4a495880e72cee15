"""Rules over a batch of leads: each narrows the candidates, none ever widens them (R2).

Leads that meet the same classes of values take the same path, so the rules are walked once per distinct
path and not once per lead. Candidates are bits: position p is `1 << p`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import and_

import numpy as np

from leadline.mapping.model import SupplierMapping
from leadline.mapping.routing import Rule
from leadline.matching import Fields, values_of
from leadline.partners import Partner
from leadline.routing.columns import Codes, LeadColumns
from leadline.routing.predicates import Predicate, predicate
from leadline.routing.reasons import Outcome

_MOST_CODES = 1 << 31


@dataclass(frozen=True, slots=True)
class Step:
    """What one rule did: the candidates after it are among those before it."""

    rule: Rule
    outcome: Outcome
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Path:
    """The way of a lead through the rules, shared by all leads that took it."""

    start: int
    steps: tuple[Step, ...]
    candidates: int

    @property
    def stopped(self) -> bool:
        """Say whether a required rule sent the lead to manual review."""
        return bool(self.steps) and self.steps[-1].outcome in (
            Outcome.STOPPED_NO_VALUE,
            Outcome.STOPPED_NO_MATCH,
        )

    @property
    def applied(self) -> bool:
        """Say whether at least one rule applied."""
        return any(step.outcome is Outcome.APPLIED for step in self.steps)


@dataclass(frozen=True)
class Narrowing:
    """The rules of a module, made ready for these partners; reusable for any number of batches."""

    rules: tuple[Rule, ...]
    partners: tuple[Partner, ...]
    predicates: dict[str, Predicate]  # by the condition's repr: 1 and true are equal, and differ

    @classmethod
    def of(cls, mapping: SupplierMapping, partners: Sequence[Partner]) -> Narrowing:
        """Return the narrowing by this mapping's rules of these candidates, in their order."""
        conditions = [
            condition for rule in mapping.routing.rules for group in rule.any for condition in group.all
        ]
        fields = Fields.of(mapping)
        ready = {repr(condition): predicate(condition, partners, fields) for condition in conditions}
        return cls(mapping.routing.rules, tuple(partners), ready)

    @property
    def compared(self) -> tuple[tuple[str, str], ...]:
        """Return the lead and campaign fields that the rules look at, in the order of the rules."""
        return tuple(dict.fromkeys(one.column for one in self.predicates.values() if one.column))

    def paths(self, columns: LeadColumns, starts: Sequence[int]) -> tuple[Codes, list[Path]]:
        """Return for each lead the number of its path, shape (n,), and the paths.

        Args:
            columns: The leads.
            starts: For each lead, the candidates it starts with.
        """
        found: dict[int, int] = {}
        here = np.fromiter((found.setdefault(one, len(found)) for one in starts), np.int64, len(starts))
        paths = [Path(start, (), start) for start in found]
        for rule in self.rules:
            classes, verdicts = self._verdicts(rule, columns)
            pairs, here = np.unique(here * len(verdicts) + classes, return_inverse=True)
            paths = [
                _next(paths[pair // len(verdicts)], rule, *verdicts[pair % len(verdicts)])
                for pair in pairs.tolist()
            ]
        return here, paths

    def _verdicts(self, rule: Rule, columns: LeadColumns) -> tuple[Codes, list[tuple[int, bool]]]:
        """Return each lead's class under one rule, and per class (partners it holds for, value missing)."""
        groups = [[repr(condition) for condition in group.all] for group in rule.any]
        conditions = dict.fromkeys(condition for group in groups for condition in group)
        count = len(columns.leads)
        classes, sizes = np.zeros(count, np.int64), 1
        per_condition: list[tuple[str, Codes, list[tuple[int, bool]]]] = []
        for condition in conditions:
            ready = self.predicates[condition]
            if ready.column is None:
                continue
            column = columns.column(ready.column)
            known: dict[tuple[int, bool], int] = {}
            of_value = [
                known.setdefault((ready(one), ready.needs_value and not values_of(one)), len(known))
                for one in column.values
            ]
            codes = np.asarray(of_value, np.int64)[column.codes]
            per_condition.append((condition, codes, list(known)))
            classes, sizes = classes * len(known) + codes, sizes * len(known)
            if sizes >= _MOST_CODES:
                distinct, classes = np.unique(classes, return_inverse=True)
                sizes = len(distinct)
        _, first, classes = np.unique(classes, return_index=True, return_inverse=True)
        constant = {one: self.predicates[one](None) for one in conditions if not self.predicates[one].column}
        verdicts: dict[tuple[int, bool], int] = {}
        of_class = []
        for lead in first.tolist():
            met = {condition: answers[codes[lead]] for condition, codes, answers in per_condition}
            bits = constant | {condition: answer[0] for condition, answer in met.items()}
            holding = 0
            for group in groups:
                holding |= reduce(and_, (bits[condition] for condition in group))
            missing = any(answer[1] for answer in met.values())
            of_class.append(verdicts.setdefault((holding, missing), len(verdicts)))
        return np.asarray(of_class, np.int64)[classes], list(verdicts)


def _next(path: Path, rule: Rule, holding: int, missing: bool) -> Path:
    if path.stopped:
        return path
    before = path.candidates
    after = before & holding
    if after:
        step = Step(rule, Outcome.APPLIED, before, after)
    elif rule.required:
        outcome = Outcome.STOPPED_NO_VALUE if missing else Outcome.STOPPED_NO_MATCH
        step = Step(rule, outcome, before, 0)
    else:
        outcome = Outcome.SKIPPED_NO_VALUE if missing else Outcome.SKIPPED_NO_MATCH
        step = Step(rule, outcome, before, before)
    return Path(path.start, (*path.steps, step), step.after)
