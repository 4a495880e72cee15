"""The DAGs of every good mapping: distribution, dry run, replay, preflight, feedback and opportunities.

A broken mapping is left out here and named by `mapping_errors.py`. A task's own process reads its supplier's
mapping only.
"""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from airflow.sdk import DAG, CronDataIntervalTimetable, Param, TriggerRule, get_parsing_context

from leadline.mapping import dag_names
from leadline.mapping.loading import load_all, load_supplier
from leadline.mapping.model import SupplierMapping
from leadline.settings import settings
from operators.dry_run import DryRunOperator
from operators.events import PullEventsOperator
from operators.files import PutAwayOperator
from operators.notify import NotifyFailureOperator
from operators.preflight import PreflightOperator
from operators.pull import PullCampaignsOperator, PullLeadsOperator
from operators.pull_back import (
    FeedbackAccountsOperator,
    OpportunityAccountsOperator,
    ReadFeedbackOperator,
    ReadOpportunitiesOperator,
)
from operators.push import PushOperator
from operators.replay import ReplayOperator
from operators.route import ListAccountsOperator, RerouteOperator, RouteOperator
from operators.settle import SettleOperator
from operators.sharing import named
from operators.start import StartRunOperator
from operators.take_up import TakeUpOperator
from operators.validate import JudgeThresholdOperator, ValidateBatchOperator
from operators.write_back import WriteBackOperator

# Steps that drain the supplier's queues go on whatever failed or had nothing to do before them; the operators
# themselves do nothing in a run that never started. (ALL_DONE_MIN_ONE_SUCCESS would skip them after a skip.)
DRAINS = TriggerRule.ALL_DONE
# Steps after a mapped one that may have had nothing to do.
UNLESS_FAILED = TriggerRule.NONE_FAILED

RETRIES = {
    "retries": 3,
    "retry_delay": timedelta(seconds=30),
    "retry_exponential_backoff": True,
    "max_retry_delay": timedelta(minutes=15),
    "execution_timeout": timedelta(hours=3),
}

# What Airflow calls the parts of a mapped task, instead of their numbers.
ACCOUNT = named("account_id")
BATCHES = """\
{{ task.batch_ids[0].split(':')[-2:] | join(' ') }}\
{{ ' to ' ~ task.batch_ids[-1].split(':')[-1] if task.batch_ids | length > 1 }}"""

MORE = "More"  # a section that Airflow's form shows folded
WINDOW_FORM = {
    "window_start": Param(
        None, type=["null", "string"], format="date-time", title="Window: from",
        description="UTC, inclusive. Empty: what came since the last scheduled run. A logical date or data "
        "interval given above chooses nothing.",
    ),
    "window_end": Param(
        None, type=["null", "string"], format="date-time", title="Window: to",
        description="UTC, exclusive. Empty: now.",
    ),
    "archive": Param(
        True, type="boolean", title="Archived files too", section=MORE,
        description="With a window: also files that were read and archived in it.",
    ),
    "campaigns": Param(
        [], type="array", items={"type": "string"}, title="Only these campaigns", section=MORE,
        description="Keys, one a line; empty: all. One that nobody knows is refused. Not for files.",
    ),
    "resend": Param(
        False, type="boolean", title="Resend", section=MORE,
        description="Take files that are known already again, as new leads.",
    ),
}  # fmt: skip
DRY_RUN_FORM = {
    "dry_run": Param(
        False, type="boolean", title="Dry run",
        description="Show what would happen; change nothing anywhere. If the DAG is paused, use …_dry_run "
        "instead: unpausing this one also starts its last scheduled run, in earnest and first.",
    ),
}  # fmt: skip
TARGET_FORM = {
    "target": Param(
        None, type=["null", "string"], enum=[None, "production", "test"], title="Target", section=MORE,
        values_display={"null": "As configured", "production": "Production", "test": "Test"},
        description="As configured: what LEADLINE_TARGETS says, or else the mapping.",
    ),
}  # fmt: skip

PULL_BACK_FORM = {
    "since": Param(
        None, type=["null", "string"], format="date-time", title="Since",
        description="UTC. Reads further back. Empty, or later: what changed since the last reading.",
    ),
    "accounts": Param(
        [], type="array", items={"type": "string"}, title="Only these CRM accounts",
        description="One a line; empty: all that are active. Naming a deactivated one tests it.",
    ),
}  # fmt: skip
BELIEVE_FORM = {
    "believe_deletions": Param(
        False, type="boolean", title="Believe deletions",
        description="Records that are gone in numbers are really gone: take it as the partner's doing.",
    ),
}  # fmt: skip


def _doc(mapping: SupplierMapping, what: str, cron: str | None) -> str:
    contacts = ", ".join(mapping.contacts.configured) or "nobody is configured"
    # Airflow shows the cron line without its zone, beside a clock that shows another.
    when = f"`{cron}` in the time of {mapping.schedule.timezone}" if cron else "by hand only"
    return (
        f"**{mapping.label}**: {what}\n\nRuns: {when}. Configured contact: {contacts}.\n\n"
        "Any task may be cleared and run again; repeating a window leaves the same leads. Refused rows: "
        f"`leadline replay --run RUN --supplier {mapping.supplier}`. What to do for each kind of failure: "
        "docs/operations.md."
    )


def _owner(mapping: SupplierMapping) -> str:
    return mapping.label.replace(",", "")  # Airflow takes a comma for the next owner


def _dag(mapping: SupplierMapping, name: str, what: str, cron: str | None = None, **options) -> DAG:
    owner, contacts = _owner(mapping), mapping.contacts.configured
    return DAG(
        dag_id=dag_names.dag_id(mapping.supplier, name),
        start_date=datetime.fromisoformat(mapping.schedule.start_date).replace(
            tzinfo=ZoneInfo(mapping.schedule.timezone)
        ),
        schedule=CronDataIntervalTimetable(cron, timezone=mapping.schedule.timezone) if cron else None,
        catchup=False,
        max_active_runs=1,
        default_args=RETRIES | {"owner": owner},
        owner_links={owner: f"mailto:{','.join(contacts)}"} if contacts else {},
        tags=["leadline", mapping.supplier],
        description=f"{mapping.label}: {what}",
        doc_md=_doc(mapping, what, cron),
        **options,
    )


def _receive(key: str, batches, task_id: str = "validate"):
    validate = ValidateBatchOperator.partial(task_id=task_id, supplier_key=key, map_index_template=BATCHES)
    return validate.expand(batch_ids=batches.output)


def _distribute(mapping: SupplierMapping, key: str, start, judge):
    """Add what follows once leads are received; each step drains the supplier's queue."""
    take_up = TakeUpOperator(task_id="take_up", supplier_key=key, trigger_rule=DRAINS)
    route = RouteOperator(task_id="route", supplier_key=key, trigger_rule=DRAINS)
    accounts = ListAccountsOperator(task_id="accounts", supplier_key=key, trigger_rule=DRAINS)
    push = PushOperator.partial(task_id="push", supplier_key=key, map_index_template=ACCOUNT).expand(
        account_id=accounts.output
    )
    write_back = WriteBackOperator(task_id="write_back", supplier_key=key, trigger_rule=DRAINS)
    settle = SettleOperator(task_id="settle", supplier_key=key, trigger_rule=DRAINS)
    for step in (take_up, route, accounts, write_back, settle):
        start >> step
    if mapping.routing.reroute.wanted:
        reroute = RerouteOperator(task_id="reroute", supplier_key=key, trigger_rule=DRAINS)
        start >> reroute
        take_up >> reroute >> route
    judge >> take_up >> route >> accounts >> push >> write_back >> settle
    return accounts, settle


def distribution(mapping: SupplierMapping) -> DAG:
    """Return the daily run of one supplier."""
    what = "pulls campaigns and leads, checks, routes and pushes them, and writes their status back."
    form = DRY_RUN_FORM | WINDOW_FORM | TARGET_FORM
    with _dag(mapping, "distribution", what, mapping.schedule.cron, params=form) as dag:
        start = StartRunOperator(task_id="start", supplier=mapping.supplier)
        key = start.output
        pull_campaigns = PullCampaignsOperator(task_id="pull_campaigns", supplier_key=key)
        validate_campaigns = _receive(key, pull_campaigns, "validate_campaigns")
        pull_leads = PullLeadsOperator(task_id="pull_leads", supplier_key=key, trigger_rule=UNLESS_FAILED)
        validate = _receive(key, pull_leads)
        judge = JudgeThresholdOperator(task_id="judge", supplier_key=key, trigger_rule=UNLESS_FAILED)
        pull_campaigns >> validate_campaigns >> pull_leads >> validate >> judge
        accounts, settle = _distribute(mapping, key, start, judge)
        if mapping.source.system == "sftp":
            put_away = PutAwayOperator(task_id="put_away", supplier_key=key, trigger_rule=UNLESS_FAILED)
            validate >> put_away >> settle
        if getattr(mapping.source, "activities", None):
            events = PullEventsOperator(task_id="pull_events", supplier_key=key, trigger_rule=UNLESS_FAILED)
            validate >> events >> accounts
        DryRunOperator(task_id="dry_run", supplier=mapping.supplier)
        _notify_last(dag, mapping)
    return dag


def dry_run(mapping: SupplierMapping) -> DAG:
    """Return the run that can only show what a distribution run would do.

    It has no schedule, so it is switched on from the start: who looks before a supplier goes live need not
    unpause `distribution`, which would go live. It mails nobody, and so has no failure mail.
    """
    what = "shows what a distribution run would do, and changes nothing anywhere."
    form = WINDOW_FORM | TARGET_FORM
    with _dag(mapping, "dry_run", what, params=form, is_paused_upon_creation=False) as dag:
        DryRunOperator(task_id="dry_run", supplier=mapping.supplier)
    return dag


def replay(mapping: SupplierMapping) -> DAG:
    """Return the run that takes quarantined rows again."""
    form = {
        "run": Param(None, type=["null", "string"], title="Run", description="All its quarantined rows."),
        "batch": Param(None, type=["null", "string"], title="Batch", description="Or those of one batch."),
        "rows": Param([], type="array", items={"type": "integer"}, title="Rows of the batch; empty: all"),
    }
    what = "takes quarantined rows again under today's mapping; the old run's books never change."
    with _dag(mapping, "replay", what, params=form | TARGET_FORM) as dag:
        start = StartRunOperator(task_id="start", supplier=mapping.supplier, replays=True)
        key = start.output
        land = ReplayOperator(task_id="replay", supplier_key=key)
        judge = JudgeThresholdOperator(task_id="judge", supplier_key=key, trigger_rule=UNLESS_FAILED)
        _receive(key, land) >> judge
        _distribute(mapping, key, start, judge)
        _notify_last(dag, mapping)
    return dag


def preflight(mapping: SupplierMapping) -> DAG:
    """Return the daily look at connections, permissions and mapped fields."""
    what = (
        "checks connections, permissions, external-id fields and every mapped field before a run needs them."
    )
    with _dag(mapping, "preflight", what, "0 5 * * *", params=TARGET_FORM) as dag:
        PreflightOperator(task_id="preflight", supplier=mapping.supplier)
        _notify_last(dag, mapping)
    return dag


def feedback(mapping: SupplierMapping) -> DAG:
    """Return the daily look at what partners did with their leads."""
    what = "reads status, changed fields, reps and activities back from partner CRMs and tells the supplier."
    form = PULL_BACK_FORM | BELIEVE_FORM | TARGET_FORM
    with _dag(mapping, "feedback", what, mapping.schedule.cron, params=form) as dag:
        _pull_back(mapping, FeedbackAccountsOperator, ReadFeedbackOperator)
        _notify_last(dag, mapping)
    return dag


def opportunities(mapping: SupplierMapping) -> DAG:
    """Return the daily look at the opportunities that partners share."""
    what = "reads opportunities back from the partner CRMs that share them and tells the supplier."
    form = PULL_BACK_FORM | TARGET_FORM
    with _dag(mapping, "opportunities", what, mapping.schedule.cron, params=form) as dag:
        _pull_back(mapping, OpportunityAccountsOperator, ReadOpportunitiesOperator)
        _notify_last(dag, mapping)
    return dag


def _pull_back(mapping: SupplierMapping, list_accounts, read_account) -> None:
    """Add the way back: each account is read by itself, and what came is told whatever the others do."""
    start = StartRunOperator(task_id="start", supplier=mapping.supplier, reads_source=False)
    key = start.output
    accounts = list_accounts(task_id="accounts", supplier_key=key)
    read = read_account.partial(task_id="read", supplier_key=key, map_index_template=ACCOUNT).expand(
        account_id=accounts.output
    )
    write_back = WriteBackOperator(task_id="write_back", supplier_key=key, trigger_rule=DRAINS)
    settle = SettleOperator(task_id="settle", supplier_key=key, trigger_rule=DRAINS)
    start >> [write_back, settle]
    accounts >> read >> write_back >> settle


def _notify_last(dag: DAG, mapping: SupplierMapping) -> None:
    tasks = list(dag.tasks)
    tasks >> NotifyFailureOperator(task_id="notify_failure", supplier=mapping.supplier)


def _wanted() -> list[SupplierMapping]:
    dag_id = get_parsing_context().dag_id
    if dag_id is not None:
        return [load_supplier(settings().mappings_dir, dag_names.supplier_of(dag_id))]
    return list(load_all(settings().mappings_dir)[0].values())


for _mapping in _wanted():
    for _make in (distribution, dry_run, replay, preflight, feedback, opportunities):
        _made = _make(_mapping)
        globals()[_made.dag_id] = _made
