from __future__ import annotations

from contextlib import contextmanager

import pytest

from leadline.errors import VendorUnavailable
from leadline.settings import settings
from operators.health import DrainMailOperator, ReportBrokenMappingsOperator
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
