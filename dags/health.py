"""What must be there whatever else fails: waiting mails, word of broken mappings, the end of old raw data."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from airflow.sdk import DAG, CronDataIntervalTimetable

from operators.health import DrainMailOperator, ExpireRawDataOperator, ReportBrokenMappingsOperator

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
    ReportBrokenMappingsOperator(task_id="broken_mappings") >> DrainMailOperator(task_id="mail_outbox")
    ExpireRawDataOperator(task_id="raw_data")
