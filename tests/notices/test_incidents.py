"""Failure mail: once per incident, to the configured contacts."""

from __future__ import annotations

import pytest

from leadline import errors
from leadline.errors import Finding
from leadline.hub import Hub
from leadline.hub.schema import incident
from leadline.mapping.model import Contacts
from leadline.notices import Failure, close_incidents, drain, report_broken_mappings, report_failure
from leadline.notices.advice import advice
from leadline.notices.audience import SUPPLIERS_CAUSES, is_platforms

CONTACTS = Contacts(configured=("ops@acme.example",), technical=("it@acme.example",))
REFUSED = Failure(
    "pull_leads", "CredentialsRefused", "the server refuses the key", "http://airflow.example/x"
)
HELD = Failure("validate", "ThresholdExceeded", "40 of 100 rows")


def sent(hub: Hub, server) -> list:
    server.mails.clear()
    drain(hub, server.send)
    return server.mails


def test_a_failure_is_mailed_to_configured_and_technical_contacts(hub: Hub, server) -> None:
    reported = report_failure(hub, "acme", "run-1", [REFUSED, HELD], CONTACTS, label="Acme Networks")

    mails = sent(hub, server)
    assert (reported.opened, reported.mails) == (2, 2)
    assert {mail.recipient for mail in mails} == {"ops@acme.example", "it@acme.example"}
    assert mails[0].subject == "Acme Networks: 2 tasks failed"
    for words in ("run-1", "pull_leads", "CredentialsRefused", "refuses the key", "http://airflow.example/x"):
        assert words in mails[0].text
        assert words in mails[0].html


def test_a_failure_mail_greets_and_says_what_to_do(hub: Hub, server) -> None:
    report_failure(hub, "acme", "run-1", [REFUSED, Failure("push", "KeyError", "x")], CONTACTS)

    mail = sent(hub, server)[0]
    assert mail.text.startswith("Hello,\n")
    for words in ("renew the secret of the Airflow connection", "look at the traceback"):
        assert words in mail.text
        assert words in mail.html


def test_every_error_that_can_stop_a_task_comes_with_advice() -> None:
    told = {
        name for name, one in vars(errors).items() if isinstance(one, type) and issubclass(one, Exception)
    }
    parents = {"LeadlineError", "Stop", "RetryLater"}
    of_people = {"ActionRefused", "PartnerFileError"}  # answered at once, in a command or a page
    ours = advice("KeyError")

    assert {name for name in told - parents - of_people if advice(name) == ours} == set()


@pytest.mark.parametrize(
    ("contacts", "count"),
    [
        (Contacts(), 0),
        (Contacts(configured=("a@b.example",)), 1),
        (Contacts(technical=("a@b.example",)), 1),
        (Contacts(configured=("a@b.example", "c@b.example"), technical=("A@b.example",)), 2),
    ],
)
def test_none_one_or_several_contacts_are_told_once_each(
    hub: Hub, server, contacts: Contacts, count: int
) -> None:
    reported = report_failure(hub, "acme", "run-1", [REFUSED], contacts)

    assert reported.opened == 1
    assert len(sent(hub, server)) == count


def test_an_open_incident_is_counted_and_not_mailed_again(hub: Hub, server) -> None:
    report_failure(hub, "acme", "run-1", [REFUSED], CONTACTS)
    sent(hub, server)

    again = [report_failure(hub, "acme", f"run-{number}", [REFUSED], CONTACTS) for number in (1, 2, 3)]

    assert [(reported.opened, reported.mails) for reported in again] == [(0, 0)] * 3
    assert sent(hub, server) == []
    with hub.reading() as connection:
        (row,) = connection.execute(incident.select())
    assert (row.run_id, row.count, row.closed_at) == ("run-1", 3, None)


def test_another_cause_of_the_same_task_is_another_incident(hub: Hub, server) -> None:
    report_failure(hub, "acme", "run-1", [REFUSED], CONTACTS)
    sent(hub, server)

    report_failure(hub, "acme", "run-2", [REFUSED, Failure("pull_leads", "VendorUnavailable", "x")], CONTACTS)

    (mail, _) = sent(hub, server)
    assert "VendorUnavailable" in mail.text
    assert "CredentialsRefused" not in mail.text


def test_the_first_success_closes_an_incident_and_the_next_failure_is_mailed(hub: Hub, server) -> None:
    report_failure(hub, "acme", "run-1", [REFUSED, HELD], CONTACTS)
    first = {mail.mail_id for mail in sent(hub, server)}

    assert close_incidents(hub, "acme", ["pull_leads", "route"]) == 1
    assert close_incidents(hub, "acme", ["pull_leads", "route"]) == 0
    reported = report_failure(hub, "acme", "run-2", [REFUSED, HELD], CONTACTS)

    assert (reported.opened, reported.mails) == (1, 2)
    second = sent(hub, server)
    assert "validate" not in second[0].text
    assert not first & {mail.mail_id for mail in second}


def test_incidents_of_suppliers_and_targets_are_apart(hub: Hub, server) -> None:
    for supplier in ("acme", "acme~test", "globex"):
        assert report_failure(hub, supplier, "run-1", [REFUSED], CONTACTS).opened == 1

    assert close_incidents(hub, "acme", ["pull_leads"]) == 1
    assert report_failure(hub, "globex", "run-2", [REFUSED], CONTACTS).opened == 0


def test_several_mapped_failures_of_one_cause_are_one_incident(hub: Hub, server) -> None:
    reported = report_failure(hub, "acme", "run-1", [REFUSED, REFUSED], CONTACTS)

    assert (reported.opened, reported.mails) == (1, 2)


def test_mails_hold_no_address_secret_or_markup_of_an_error(hub: Hub, server) -> None:
    message = (
        "lead jane.doe@example.com at sftp://user:geheim@host/x, password=hunter2 Bearer abcdef123456 "
        "<script>alert(1)</script>"
    )

    report_failure(
        hub, "acme", "run-1", [Failure("t", "c\r\nBcc: x", message)], CONTACTS, label="A\r\nBcc: x"
    )

    mail = sent(hub, server)[0]
    for words in ("jane.doe", "geheim", "hunter2", "abcdef123456"):
        assert words not in mail.text + mail.html + mail.subject
    assert "<script>" not in mail.html
    assert "\n" not in mail.subject


def test_a_broken_mapping_is_told_to_the_platform_once_until_it_is_mended(hub: Hub, server) -> None:
    broken = [
        Finding("/opt/include/mappings/a.yaml", 3, "'x' is not known"),
        Finding("/opt/include/mappings/b.yaml", 1, "the file is empty"),
    ]

    reports = [
        report_broken_mappings(hub, findings, ["platform@leadline.example"], url="http://airflow.example")
        for findings in (broken, broken, broken[:1], broken)
    ]

    assert [(report.opened, report.mails) for report in reports] == [(2, 1), (0, 0), (0, 0), (1, 1)]
    first, second = sent(hub, server)
    assert "a.yaml:3: 'x' is not known" in first.text
    assert "b.yaml:1: the file is empty" in first.text
    assert first.subject == "2 mappings are broken"
    assert "a.yaml" not in second.text
    assert second.subject == "The mapping b.yaml is broken"


PLATFORM = ["platform@leadline.example"]
GLOBEX = Contacts(configured=("ops@globex.example",))
LOST = Failure("write_back", "HubUnavailable", "the database is locked")
DAY = 24 * 3600 * 1_000_000


def platforms(hub: Hub, server) -> list[str]:
    """Return the subjects of mails that wait for the platform; nobody else may have one."""
    mails = sent(hub, server)
    assert {mail.recipient for mail in mails} <= set(PLATFORM)
    return [mail.subject for mail in mails]


def test_every_error_is_the_suppliers_or_the_platforms() -> None:
    assert set(vars(errors)) >= SUPPLIERS_CAUSES
    for cause in ("HubUnavailable", "StagingUnavailable", "StagingDamaged", "KeyError", "unknown"):
        assert is_platforms(cause)


def test_trouble_of_the_platform_is_told_there_once_for_all_suppliers(hub: Hub, server) -> None:
    for number, (supplier, contacts) in enumerate([("acme", CONTACTS), ("globex", GLOBEX)]):
        for task in ("write_back", "push:sf-p001"):
            lost = Failure(task, LOST.cause, LOST.message, step=task.partition(":")[0])
            report_failure(hub, supplier, f"{task}-{number}", [lost], contacts, platform=PLATFORM)

    assert platforms(hub, server) == ["Leadline: HubUnavailable"]


def test_each_is_told_of_what_it_can_mend(hub: Hub, server) -> None:
    report_failure(hub, "acme", "run-1", [REFUSED, LOST], CONTACTS, platform=PLATFORM, label="Acme Networks")

    texts = {mail.recipient: mail.text + mail.html for mail in sent(hub, server)}
    assert set(texts) == {"ops@acme.example", "it@acme.example", *PLATFORM}
    for address, text in texts.items():
        assert ("the database is locked" in text) is (address in PLATFORM)
        assert ("refuses the key" in text) is (address not in PLATFORM)
        assert "Acme Networks" in text


def test_a_fault_at_another_step_or_of_another_kind_is_told_too(hub: Hub, server) -> None:
    faults = [("route", "KeyError"), ("push", "KeyError"), ("push", "TypeError")]
    for number, (step, cause) in enumerate([*faults, *faults]):
        fault = Failure(f"{step}:x{number}", cause, "a traceback", step=step)
        report_failure(hub, f"s{number}", "run-1", [fault], CONTACTS, platform=PLATFORM)

    assert len(platforms(hub, server)) == 3


def test_damage_is_told_of_each_supplier_for_each_has_to_be_mended(hub: Hub, server) -> None:
    damage = Failure("validate", "StagingDamaged", "leads.0001 was cut off", step="validate")
    for supplier in ("acme", "globex"):
        report_failure(hub, supplier, "run-1", [damage], CONTACTS, platform=PLATFORM)

    assert len(platforms(hub, server)) == 2


def test_trouble_of_the_platform_is_over_when_no_supplier_meets_it(hub: Hub, server) -> None:
    for supplier in ("acme", "globex"):
        report_failure(hub, supplier, "run-1", [LOST], CONTACTS, platform=PLATFORM, now=1)
    assert len(platforms(hub, server)) == 1
    close_incidents(hub, "acme", ["write_back"], now=2)
    report_failure(hub, "acme", "run-2", [LOST], CONTACTS, platform=PLATFORM, now=3)
    assert platforms(hub, server) == []  # globex is still without

    for supplier in ("acme", "globex"):
        close_incidents(hub, supplier, ["write_back"], now=4)
    report_failure(hub, "acme", "run-3", [LOST], CONTACTS, platform=PLATFORM, now=5)

    assert len(platforms(hub, server)) == 1


def test_a_supplier_that_never_runs_again_silences_the_platforms_trouble_for_a_day_only(
    hub: Hub, server
) -> None:
    for number, at in enumerate((1, DAY, DAY + 2)):
        report_failure(hub, f"s{number}", "run-1", [LOST], CONTACTS, platform=PLATFORM, now=at)

    assert len(platforms(hub, server)) == 2


def test_without_contacts_of_the_platform_the_suppliers_are_told(hub: Hub, server) -> None:
    report_failure(hub, "acme", "run-1", [LOST], CONTACTS)

    assert {mail.recipient for mail in sent(hub, server)} == {"ops@acme.example", "it@acme.example"}
