from __future__ import annotations

import os
from contextlib import contextmanager

import pytest
from sqlalchemy import insert

from leadline.errors import HubUnavailable, VendorUnavailable
from leadline.hub.schema import run
from leadline.settings import settings
from leadline.staging import Staging
from operators.health import (
    DrainMailOperator,
    ExpireRawDataOperator,
    HubOperator,
    ReportBrokenMappingsOperator,
)
from tests.operators.conftest import TaskInstance
from tests.trace.story import tell


@pytest.fixture
def box(monkeypatch):
    box = {"sent": [], "error": None}

    @contextmanager
    def mail_sender():
        def send(message):
            if box["error"]:
                raise box["error"]
            box["sent"].append(message)

        yield send

    monkeypatch.setattr("hooks.smtp.mail_sender", mail_sender)
    return box


@pytest.fixture
def broken(home):
    path = settings().mappings_dir / "acme.yaml"
    path.write_text(path.read_text() + "\nnonsense: true\n")


def test_a_lost_hub_is_told_past_the_outbox_once_until_it_is_back(
    home, box, make_task_context, monkeypatch, tmp_path
):
    url = os.environ["LEADLINE_HUB_URL"]
    look, left = HubOperator(task_id="hub"), {}

    def looks(hub_url):
        monkeypatch.setenv("LEADLINE_HUB_URL", hub_url)
        settings.cache_clear()
        ti = TaskInstance(left=dict(left))
        left.clear()
        try:
            look.execute(make_task_context(ti=ti, dag_id="leadline_health", run_id="run-1"))
        except HubUnavailable:
            left.update({("hub", -1, key): value for key, value in ti.pushed.items()})
            return "lost"
        return "found"

    lost = f"sqlite:///{tmp_path / 'no' / 'such' / 'hub.db'}"
    (tmp_path / "no").write_text("a file where a folder should be")
    box["error"] = VendorUnavailable("no mail either")
    assert [looks(lost), len(box["sent"])] == ["lost", 0]
    box["error"] = None
    assert [looks(lost), len(box["sent"])] == ["lost", 1]
    assert [looks(lost), len(box["sent"])] == ["lost", 1]
    assert [looks(url), len(box["sent"])] == ["found", 1]
    assert [looks(lost), len(box["sent"])] == ["lost", 2]

    mail = box["sent"][0]
    assert mail.recipient == "platform@leadline.example"
    assert mail.subject == "Leadline: HubUnavailable"
    assert "LEADLINE_HUB_URL" in mail.text
    assert "met it first" not in mail.text + mail.html  # the health DAG is no supplier


def test_a_broken_mapping_is_told_to_the_platform_once(home, box, broken, make_task_context):
    look, send = ReportBrokenMappingsOperator(task_id="r"), DrainMailOperator(task_id="d")

    assert look.execute(make_task_context())["mails"] == 1
    assert look.execute(make_task_context())["mails"] == 0
    assert send.execute(make_task_context())["sent"] == 1

    (mail,) = box["sent"]
    assert mail.recipient == "platform@leadline.example"
    assert "acme.yaml" in mail.text


def test_a_mapping_that_is_gone_while_leads_wait_is_told_until_it_is_back(home, box, make_task_context):
    path = settings().mappings_dir / "acme.yaml"
    text = path.read_text()
    look = ReportBrokenMappingsOperator(task_id="r")
    tell(home, "acme", {"a@example.com": "DE", "b@example.com": "XX"})
    assert look.execute(make_task_context())["findings"] == 0

    path.unlink()
    gone = [look.execute(make_task_context())["mails"] for _ in range(2)]
    path.write_text(text)
    back = look.execute(make_task_context())
    path.unlink()
    again = look.execute(make_task_context())

    assert (gone, back["findings"], again["mails"]) == ([1, 0], 0, 1)
    DrainMailOperator(task_id="d").execute(make_task_context())
    assert "acme.yaml" in box["sent"][0].text
    assert "leads without a partner: 1" in box["sent"][0].text


def test_a_target_of_a_supplier_that_is_none_is_told_to_the_platform(
    home, box, make_task_context, monkeypatch
):
    monkeypatch.setenv("LEADLINE_TARGETS", "acne=test,acme=test")
    settings.cache_clear()

    ReportBrokenMappingsOperator(task_id="r").execute(make_task_context())
    DrainMailOperator(task_id="d").execute(make_task_context())

    (mail,) = box["sent"]
    assert "LEADLINE_TARGETS:0: there is no mapping for 'acne'; there are: acme, " in mail.text


def test_mails_that_cannot_leave_turn_the_health_red_and_leave_later(home, box, broken, make_task_context):
    ReportBrokenMappingsOperator(task_id="r").execute(make_task_context())
    box["error"] = VendorUnavailable("no mail today")
    with pytest.raises(VendorUnavailable, match="1 mails wait"):
        DrainMailOperator(task_id="d").execute(make_task_context())

    box["error"] = None

    assert DrainMailOperator(task_id="d").execute(make_task_context())["sent"] == 1


def test_raw_data_of_old_runs_end_as_the_mapping_says(home, make_task_context):
    own = {"supplier": "acme", "run_id": "r1", "dag_id": "d", "kind": "scheduled", "balanced": True}
    with home.transaction("acme") as connection:
        hashes = dict.fromkeys(("mapping_hash", "rules_hash"), "m")
        connection.execute(insert(run).values(own | hashes | {"started_at": 1}))
    staging = Staging()
    with staging.writing(f"{staging.folder('acme', 'r1')}/raw/page.gz") as stream:
        stream.write(b"page")
    os.utime(staging.of_run("acme", "r1")[0].path, (0, 0))

    counts = ExpireRawDataOperator(task_id="raw").execute(make_task_context())

    assert counts["acme"] == {"supplier": "acme", "days": 30, "runs": 1, "files": 1, "size": 4, "kept": 0}
    assert staging.of_run("acme", "r1") == []
