"""What must be there whatever else fails: word of a lost hub and broken mappings, mails, old raw data."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from airflow.sdk import DAG, CronDataIntervalTimetable, TriggerRule

from operators.health import (
    DrainMailOperator,
    ExpireRawDataOperator,
    HubOperator,
    ReportBrokenMappingsOperator,
)

with DAG(
    dag_id="leadline_health",
    schedule=CronDataIntervalTimetable("*/10 * * * *", timezone="UTC"),
    start_date=datetime(2026, 1, 1, tzinfo=ZoneInfo("UTC")),
    catchup=False,
    max_active_runs=1,
    tags=["leadline"],
    description=__doc__,
    default_args={"owner": "platform", "retries": 0, "execution_timeout": timedelta(minutes=8)},
    doc_md=__doc__,
):
    broken = ReportBrokenMappingsOperator(task_id="broken_mappings")
    # Mails leave though mappings cannot be read; `raw_data` keeps such a run red.
    mails = DrainMailOperator(task_id="mail_outbox", trigger_rule=TriggerRule.ALL_DONE)
    HubOperator(task_id="hub") >> broken >> [mails, ExpireRawDataOperator(task_id="raw_data")]
