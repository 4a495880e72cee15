"""`leadline simulate MAPPING`: tries a rule set on a file of leads, or on the past ones of the hub."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from leadline.cli import expectations
from leadline.cli.naming import moment
from leadline.cli.printing import json_text, say

if TYPE_CHECKING:
    from leadline.simulation import Simulated


def add_parser(subparsers: Any) -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser(
        "simulate",
        help="try a rule set",
        description="Routes leads without changing anything: those of a file, in file order from an empty"
        " rotation; or with --since the past ones of the hub, of which it prints those that this rule set"
        " would have routed differently.",
    )
    parser.add_argument("mapping", metavar="MAPPING", type=Path, help="the supplier's YAML file")
    parser.add_argument("--leads", metavar="CSV", type=Path, help="a file as the supplier drops it")
    parser.add_argument("--partners", metavar="CSV|YAML", type=Path, help="partners as for `partners import`")
    parser.add_argument("--since", metavar="DATE", type=moment, help="past leads of the hub since then (UTC)")
    parser.add_argument(
        "--target", choices=("production", "test"), help="with --since; default: the mapping's"
    )
    expectations.add_argument(parser)
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    """Simulate and print; return 2 if the arguments do not go together."""
    from leadline.mapping.loading import load_mapping

    files = [one for one in (arguments.leads, arguments.partners) if one is not None]
    if len(files) != (2 if arguments.since is None else 0):
        say("leadline simulate: give --leads and --partners, or --since alone", error=True)
        return 2
    mapping = load_mapping(arguments.mapping)
    if arguments.since is not None:
        return _past(arguments, mapping)
    from leadline.errors import UnreadableFile
    from leadline.partner_files import read_partners
    from leadline.routing.never_met import NEVER_MET, never_met
    from leadline.simulation import simulate_file

    partners = read_partners(arguments.partners, mapping.role_address_exceptions).partners
    for line in never_met(mapping, partners):
        say(f"{NEVER_MET}{line}", error=True)
    suites = expectations.chosen(arguments)
    results = simulate_file(mapping, arguments.leads, partners, expectations_dir=suites)
    try:
        if arguments.json:
            _print_json(results)
        else:
            _print_text(results)
    except UnreadableFile as error:
        say(f"{arguments.leads}:{error.line}: {error.code}: {error}", error=True)
        return 2
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            raise
        say(f"{arguments.leads}:0: {error.strerror or 'cannot be read'}", error=True)
        return 2
    return 0


def _past(arguments: argparse.Namespace, mapping: Any) -> int:
    from leadline.cli.hub_access import hub_of
    from leadline.simulation import simulate_past

    key = mapping.key(arguments.target)
    count, different = simulate_past(hub_of(key), mapping, arguments.since, key)
    if arguments.json:
        _print_json(different)
        return 0
    for one in different:
        was = one.before or {}
        say(f"{one.lead}: was {was['partner'] or was['status']} ({was['reason']}), {_ending(one)}")
    say(f"{len(different)} of {count} leads would have gone elsewhere")
    return 0


def _print_json(results: Iterable[Simulated]) -> None:
    """Print a list, one lead a line, without holding all of it."""
    before = "["
    for one in results:
        print(f"{before}\n{json_text(one.as_json())}", end="")
        before = ","
    print("[]" if before == "[" else "\n]")


def _print_text(results: Iterable[Simulated]) -> None:
    counts: Counter[str] = Counter()
    for one in results:
        counts[one.partner or one.status] += 1
        say(f"lead {one.lead}: {_ending(one)}")
        for line in _trace(one):
            say(f"    {line}")
    for name, count in sorted(counts.items()):
        say(f"{count:8d}  {name}")


def _ending(one: Simulated) -> str:
    return f"{one.partner or one.status} ({one.reason})"


def _trace(one: Simulated) -> Iterator[str]:
    for entry in one.trace:
        yield str(entry["text"])
        for gone in (*entry.get("eliminated", ()), *entry.get("not_holding", ())):
            yield f"  not {gone['partner']} {gone['name']}: {gone['why']}"
