"""Traces as text that reads from top to bottom."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from leadline.trace import words
from leadline.trace.routing_text import decision_lines

MANY = 50  # problem rows of one step that are printed; --json has all


def lead_lines(lead: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines of one lead's history."""
    records = {row["identity"]: row["record_id"] or row["identity"] for row in lead["sources"]}
    yield f"lead {lead['lead']}  {lead['email']}  (all times are UTC)"
    yield f"  {lead['status']}, sales status {lead['sales_status']}, score {lead['score']}" + (
        ", deleted at the source" if lead["source_deleted"] else ""
    )
    if lead["campaign"]:
        yield f"  campaign {lead['campaign']}"
    yield from _section("received", (_receipt(row) for row in lead["receipts"]))
    yield from _section("source records", (_source(row) for row in lead["sources"]))
    yield from _section("routed", (line for row in lead["decisions"] for line in decision_lines(row)))
    yield from _section("assigned", (_assignment(row) for row in lead["assignments"]))
    yield from _section("delivered", (_delivery(row) for row in lead["deliveries"]))
    yield from _section("written back", (_write_back(row, records) for row in lead["write_backs"]))
    yield from _section("events", (_event(row) for row in lead["events"]))
    yield from _section("events told", (_event_write(row) for row in lead["event_writes"]))
    yield from _section("opportunities", (_opportunity(row) for row in lead["opportunities"]))
    yield from _section("opportunities told", (_opportunity_write(row) for row in lead["opportunity_writes"]))
    yield from _section("history", (_history(row, records) for row in lead["history"]))


def run_lines(run: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines of one run's way from its window to CRM and status."""
    yield f"run {run['run']} of {run['supplier']} ({run['kind']}, DAG {run['dag_id']})"
    settled = run["settled_at"] or "not yet"
    yield f"  started {run['started_at']}, settled {settled}{_balance(run['balanced'])}"
    if run["window_end"]:
        yield f"  window {run['window_start'] or 'the beginning'} to {run['window_end']}"
    yield from _section("differences", (run["books"] or {}).get("differences", ()))
    yield from _section("pulled", (_pull(row) for row in run["pulls"]))
    yield from _section("files", [*(_file(row) for row in run["files"]), *_known_files(run)])
    yield from _section("batches", (_batch(row) for row in run["batches"]))
    yield from _section(
        "routed",
        (
            f"{row['decisions']} {row['outcome']}{_to(row['partner'])}: {words.reason(row['reason'])}"
            for row in run["decisions"]
        ),
    )
    yield from _section("leads today", _leads_today(run["leads"]))
    yield from _section(
        "deliveries", (f"{row['deliveries']} {row['state']} at {row['account']}" for row in run["deliveries"])
    )
    yield from _section("write-back", (f"{row['writebacks']} {row['state']}" for row in run["write_backs"]))
    yield from _section(
        "read back", (f"{row['lines']} {words.kind(row['kind'])}" for row in run["read_back"])
    )
    yield from _section("told", (f"{row['rows']} {row['what']} {row['state']}" for row in run["told"]))
    yield from _section("problems", _problems(run["problems"]))
    yield from _section(
        "incidents", (f"{row['task']}: {row['cause']}: {row['message']}" for row in run["incidents"])
    )
    yield from _section(
        "findings", (f"{row['severity']}: {row['subject']}: {row['message']}" for row in run["findings"])
    )


def _section(title: str, lines: Iterable[str]) -> Iterator[str]:
    for number, line in enumerate(lines):
        if number == 0:
            yield f"  {title}"
        yield f"    {line}"


def _balance(balanced: bool | None) -> str:
    return "" if balanced is None else ", the books balance" if balanced else ", THE BOOKS DO NOT BALANCE"


def _to(partner: str | None) -> str:
    return f" to {partner}" if partner else ""


def _where(row: Mapping[str, Any]) -> str:
    if row.get("file"):
        return f"{row['file']}:{row['line']}"
    return f"{row['batch']} row {row['row']}"


def _receipt(row: Mapping[str, Any]) -> str:
    replay = f", replay of {row['replay_of']}" if row["replay_of"] else ""
    why = f": {_reasons(row)}" if row["reasons"] else ""
    return f"{row['received_at'] or '-'}  {row['outcome']}  {_where(row)}{why}  (run {row['run']}{replay})"


def _source(row: Mapping[str, Any]) -> str:
    gone = ", deleted there" if row["deleted_at"] else ""
    merged = f", merged into {row['merged_into']}" if row["merged_into"] else ""
    return f"{row['identity']}  {row['record_id'] or ''}{gone}{merged}".rstrip()


def _assignment(row: Mapping[str, Any]) -> str:
    active = "" if row["active"] else ", ended"
    rep = f"  rep {row['rep_email']}" if row["rep_email"] else ""
    why = words.reason(row["cause"])
    return (
        f"{row['assigned_at']}  {row['partner']}  {row['status']}{active}: {why}{rep}  "
        f"({row['assignment']}, attempt {row['attempt']}, {words.actor(row['actor'])})"
    )


def _delivery(row: Mapping[str, Any]) -> str:
    record = f"{row['object'] or ''} {row['record_id'] or ''}".strip()
    operation = " ".join(filter(None, (row["operation"], record)))
    reason = ": ".join(str(row[key]) for key in ("vendor_code", "vendor_field", "message") if row[key])
    return (
        f"{row['sent_at'] or row['queued_at']}  {row['state']}{'  ' if operation else ''}{operation}  at "
        f"{row['account']}  ({row['delivery']}, attempts {row['attempts']}){'  ' + reason if reason else ''}"
    )


def _write_back(row: Mapping[str, Any], records: Mapping[str, str]) -> str:
    body = row["body"] if isinstance(row["body"], dict) else {}
    reason = ": ".join(str(row[key]) for key in ("vendor_code", "message") if row[key])
    at, record = row["sent_at"] or row["queued_at"], records.get(row["identity"], row["identity"])
    return f"{at}  {row['state']}  {record}  {words.pairs(body)}  {reason}".rstrip()


def _event(row: Mapping[str, Any]) -> str:
    told = ", ".join(filter(None, ("by the partner" if row["origin"] == "partner" else "", row["subject"])))
    return f"{row['occurred_at'] or '-'}  {row['type']}{f'  ({told})' if told else ''}"


def _event_write(row: Mapping[str, Any]) -> str:
    return f"{row['sent_at'] or row['queued_at']}  {row['state']}  {row['event']}{_reason(row)}"


def _opportunity(row: Mapping[str, Any]) -> str:
    percent = f", {row['probability']} %" if row["probability"] is not None else ""
    amount = f", {row['amount']} {row['currency'] or ''}".rstrip() if row["amount"] else ""
    gone = ", deleted there" if row["deleted_at"] else ""
    told = f"  told as {row['source_record_id']}" if row["source_record_id"] else ""
    return (
        f"{row['updated_at']}  {row['status']}{percent}{amount}{gone}  {row['record_id']} at {row['account']}"
        f"{told}  ({row['opportunity_id']}, {words.found_by(row['found_by'])})"
    )


def _opportunity_write(row: Mapping[str, Any]) -> str:
    return f"{row['sent_at'] or row['queued_at']}  {row['state']}  {row['opportunity_id']}{_reason(row)}"


def _reason(row: Mapping[str, Any]) -> str:
    reason = ": ".join(str(row[key]) for key in ("vendor_code", "message") if row[key])
    return f"  {reason}" if reason else ""


def _history(row: Mapping[str, Any], records: Mapping[str, str]) -> str:
    said = words.history(row, records)
    return f"{row['at']}  {said}  ({words.actor(row['actor'])}; {row['task']} of {row['run']})"


def _pull(row: Mapping[str, Any]) -> str:
    verdict = f"held by {row['held_by']}" if row["held_by"] else row["judged"]
    judged = f", {verdict}" if verdict else ""
    released = f", released by {row['released_by']}" if row["released_by"] else ""
    taken_up = f", finished by run {row['taken_up_by']}" if row["taken_up_by"] else ""
    return f"{row['rows']} rows of {row['kind']}{judged}{released}{taken_up}  {row['manifest_uri']}"


def _file(row: Mapping[str, Any]) -> str:
    return f"{row['name']}  {row['state']}, {row['rows'] or 0} rows  {row['error'] or ''}".rstrip()


def _known_files(run: Mapping[str, Any]) -> Iterator[str]:
    for name in (run["books"] or {}).get("known_files", ()):
        yield f"{name}  known: its content was received before, nothing of it is taken again"


def _leads_today(leads: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield a line per status: how leads were first decided stands under `routed`."""
    counts: dict[tuple[str, str], int] = {}
    for row in leads:
        stands = (row["status"], row["sales_status"])
        counts[stands] = counts.get(stands, 0) + row["leads"]
    for (status, sales_status), count in counts.items():
        yield f"{count} {status}, sales status {sales_status}"


def _batch(row: Mapping[str, Any]) -> str:
    outcomes = ", ".join(f"{count} {name}" for name, count in row["outcomes"].items()) or "no receipts yet"
    replay = f"  replay of {row['replay_of']}" if row["replay_of"] else ""
    return f"{row['batch']}  {row['file'] or row['origin']}  {row['rows']} rows: {outcomes}{replay}"


def _problems(problems: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    counts: dict[str, int] = {}
    for row in problems:
        step = row["step"]
        counts[step] = counts.get(step, 0) + 1
        if counts[step] <= MANY:
            yield f"{step}: {_problem(row)}"
    for step, count in counts.items():
        if count > MANY:
            yield f"{step}: {count - MANY} more; --json has all"


def _reasons(row: Mapping[str, Any]) -> str:
    return "; ".join(
        f"{reason.get('field') or 'row'}: {reason.get('message') or reason.get('rule')}"
        for reason in row["reasons"] or []
    )


def _problem(row: Mapping[str, Any]) -> str:
    if row["step"] == "file":
        return f"{row['name']}: {row['error']}"
    if row["step"] == "check":
        lead = f", lead {row['lead']}" if row["lead"] else ""
        since = f"; replayed since: {row['replayed_as']}{lead} (run {row['replayed_in']})"
        return f"{_where(row)}: {_reasons(row)}{since if row['replayed_in'] else ''}"
    if row["step"] == "route":
        today = "" if row["status"] == "unassigned" else f"; {row['status']} today"
        return f"{row['lead']}: {words.reason(row['reason'])}{today}"
    key = f"{row.get('delivery') or row['identity']} ({row['lead']})"
    reason = ": ".join(str(row[name]) for name in ("vendor_code", "vendor_field", "message") if row.get(name))
    at = f" at {row['account']}" if row.get("account") else ""
    return f"{key}{at} {row['state']} after {row['attempts']} attempts: {reason or 'not tried yet'}"
