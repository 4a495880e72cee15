"""Checks that need the whole mapping."""

from __future__ import annotations

import pytest

from leadline.mapping.cron import cron_problem

FILTER = "filter:\n  any:\n    - all:\n        - {CONDITION}\n"
FILTER_LINE = 28
NEEDED = "object: O, external_id: E, lead_field: L"
SALESFORCE = ("  system: sftp\n  campaigns: campaigns_*.csv\n", "  system: salesforce\n")


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        # Names.
        ("lead: cuntry, value: DE", "'cuntry' is no lead field; lead fields are: email, country,"),
        ("campaign: theme, value: x", "'campaign' cannot be asked about here; only 'lead' can"),
        ("partner: tier, value: gold", "'partner' cannot be asked about here; only 'lead' can"),
        # Values that could never match.
        (
            "lead: industry, value: Retial",
            "'Retial' is no value of field 'industry'; allowed: Retail, Public",
        ),
        (
            "lead: industry, operator: one_of, values: [retail, Army]",
            "'Army' is no value of field 'industry'",
        ),
        (
            "lead: country, value: NO",
            "field 'country' is text, but YAML reads false here; put the value in q",
        ),
        (
            "lead: postal_code, value: 01234",
            "field 'postal_code' is text, but YAML reads 668 here; put the va",
        ),
        ("lead: country, value: Germany", "field 'country' holds countries as two letters, such as DE"),
        ("lead: country, operator: one_of, values: [DE, SW]", "such as DE, of ISO 3166-1, not 'SW'"),
        ("lead: opt_in, value: ja", "field 'opt_in' is true or false, not 'ja'"),
        ("lead: employees, value: many", "field 'employees' is a number, not 'many'"),
        ("lead: event_date, operator: at_least, value: 31.12.2026", "is a date; write it like 2026-01-31"),
        # Operators that do not fit.
        (
            "lead: opt_in, operator: at_least, value: 1",
            "at_least is for integer, decimal, date, datetime; field",
        ),
        (
            "lead: employees, operator: starts_with, value: 1",
            "starts_with is for string, text, select; field",
        ),
        (
            "lead: employees, operator: between, values: [9, 1]",
            "the lower bound 9 is above the upper bound 1",
        ),
        ("lead: postal_code, operator: between, values: ['1000', '99999']", "give both the same length"),
        ("lead: note, operator: starts_with, value: ' '", "ask with 'empty' or 'not_empty'"),
    ],
)
def test_a_condition_that_cannot_work_is_found_on_its_line(findings_of, condition: str, message: str) -> None:
    findings = findings_of(added=FILTER.replace("CONDITION", condition))

    assert [finding.line for finding in findings] == [FILTER_LINE]
    assert message in findings[0].message


@pytest.mark.parametrize(
    "condition",
    [
        "lead: industry, value: ' retail '",
        "lead: industry, operator: starts_with, value: Pub",
        "lead: country, operator: one_of, values: [DE, 'NO', at]",
        "lead: opt_in, value: no",
        "lead: employees, operator: between, values: [1, 999.5]",
        "lead: event_date, operator: between, values: [2026-01-01, 2026-12-31]",
        "lead: postal_code, operator: between, values: ['10000', '19999']",
        "lead: note, operator: not_empty",
    ],
)
def test_a_condition_that_works_is_no_finding(findings_of, condition: str) -> None:
    assert findings_of(added=FILTER.replace("CONDITION", condition)) == ()


def test_routing_rules_may_ask_for_any_partner_field_but_for_known_lead_fields_only(findings_of) -> None:
    findings = findings_of(
        added=(
            "routing:\n  rules:\n    - name: one\n      any:\n        - all:\n"
            "            - {lead: region, operator: same_as_partner, partner: whatever}\n"
            "            - {partner: tier, value: gold}\n"
            "            - {campaign: name, value: x}\n"
            "            - {campaign: nam, value: x}\n"
        )
    )

    assert [(finding.line, finding.message.split(";")[0]) for finding in findings] == [
        (30, "'region' is no lead field"),
        (33, "'nam' is no campaign field"),
    ]


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ("operator: at_least, value: gold", "at_least takes a number, without quotes, or a date like 2026-"),
        ("operator: at_most, value: '10'", "at_most takes a number, without quotes, or a date"),
        ("operator: at_most, value: no", "or a date like 2026-01-31, not 'false'"),
        ("operator: between, values: [10, 1]", "the lower bound 10 is above the upper bound 1"),
        ("operator: between, values: [1, '10']", "two numbers, two dates, or two codes of the same length"),
        ("operator: between, values: ['1', '10']", "give both the same length"),
        ("operator: starts_with, value: ''", "ask with 'empty' or 'not_empty'"),
        ("operator: one_of, values: [a, ' ']", "ask with 'empty' or 'not_empty'"),
    ],
)
def test_a_condition_on_partners_that_cannot_work_is_found(findings_of, condition: str, message: str) -> None:
    rules = "routing:\n  rules:\n    - name: one\n      any:\n        - all:\n"

    (finding,) = findings_of(added=f"{rules}            - {{partner: size, {condition}}}\n")

    assert finding.line == 30
    assert message in finding.message


@pytest.mark.parametrize(
    "condition",
    [
        "operator: at_least, value: 10",
        "operator: at_least, value: 2026-01-31",
        "operator: between, values: ['10000', '19999']",
        "operator: starts_with, value: 1",
        "operator: not_equals, value: no",
    ],
)
def test_a_condition_on_partners_that_works_is_no_finding(findings_of, condition: str) -> None:
    rules = "routing:\n  rules:\n    - name: one\n      any:\n        - all:\n"

    assert findings_of(added=f"{rules}            - {{partner: size, {condition}}}\n") == ()


@pytest.mark.parametrize(
    "name", ["row", "line", "number", "identity", "record_id", "stamp", "deleted", "merged_into"]
)
def test_a_field_cannot_have_the_name_of_a_column_of_ours(findings_of, name: str) -> None:
    leads = findings_of(("name: employees", f"name: {name}"))
    campaigns = findings_of(("name: theme", f"name: {name}"))

    assert [(found[0].line, len(found)) for found in (leads, campaigns)] == [(12, 1), (24, 1)]
    assert f"the name '{name}' is Leadline's own" in leads[0].message


def test_a_campaign_s_key_is_told_from_a_field_of_its_name(findings_of) -> None:
    assert findings_of(("campaign_code", "campaign_key")) == ()

    (lead,) = findings_of(("name: employees", "name: campaign_key"))
    (campaign,) = findings_of(("name: theme", "name: campaign_key"))

    assert (lead.line, campaign.line) == (12, 24)


@pytest.mark.parametrize(
    ("added", "line", "message"),
    [
        # Words that YAML reads as true are no numbers.
        ("threshold:\n  share: yes\n", 26, "must be a number, not yes (which YAML reads as true)"),
        ("batch_rows: on\n", 25, "must be a whole number, not on (which YAML reads as true)"),
        (
            "routing: {reroute: {pending_days: 1, working_week: {holidays: [2026-02-30]}}}\n",
            25,
            "'2026-02-30' is no day; write it like 2026-01-31",
        ),
        ("routing: {cap: {leads: true, period: day}}\n", 25, "must be a whole number, not true"),
        # What leaves.
        ("crm: {salesforce: {lead: {note: Note__c}}}\n", 25, "'note' is supplier_only: it never leaves"),
        ("crm: {salesforce: {contact: {note: Note__c}}}\n", 25, "'note' is supplier_only: it never leaves"),
        ("crm: {dynamics: {lead: {nte: x}}}\n", 25, "'nte' is no lead field; shared lead fields are: email,"),
        (
            "crm: {salesforce: {lead: {country: A, industry: a}}}\n",
            25,
            "'industry' goes into 'a', where 'cou",
        ),
        (
            "crm:\n  salesforce:\n    campaign: {teme: x}\n",
            27,
            "'teme' is no campaign field; shared campaign",
        ),
        ("crm: {salesforce: {lead: {country: Leadline_Id__c}}}\n", 25, "where 'external_id' goes already"),
        ("crm: {salesforce: {lead: {country: 'A B'}}}\n", 25, "'A B' is no CRM field name"),
        # What is written back must not come back.
        (
            "write_back: {distribution_status: country}\n",
            25,
            "which field 'country' reads: what we write would",
        ),
        ("write_back: {partner_id: X, partner_name: x}\n", 25, "where write_back.partner_id writes already"),
        (
            "write_back: {status_labels: {pendign: P}}\n",
            25,
            "'pendign' is no status; statuses are: unassigned,",
        ),
        ("write_back: {object: Lead}\n", 25, "write_back.object is for salesforce, not for sftp"),
        # What goes back of what partners do.
        (
            "write_back: {rejection_fields: {why: W}}\n",
            25,
            "'why' is no rejection field; rejection fields are: none",
        ),
        (
            "write_back: {fields: {cuntry: C}}\n",
            25,
            "'cuntry' is no lead field; shared lead fields are: email",
        ),
        ("write_back: {fields: {note: N}}\n", 25, "'note' is supplier_only: no partner sees it"),
        (
            "write_back: {partner_id: X, fields: {country: x}}\n",
            25,
            "'country' is written into 'x', where write_back.partner_id goes already",
        ),
        (
            "write_back: {events: {object: T, fields: {kind: K}}}\n",
            25,
            "'kind' is nothing that we know of an event",
        ),
        (
            "write_back: {opportunities: {NEEDED, fields: {sum: S}}}\n",
            25,
            "'sum' is nothing that we know of an opportunity; known are: name, stage,",
        ),
        (
            "write_back: {opportunities: {NEEDED, fields: {name: A, stage: a}}}\n",
            25,
            "'stage' is written into 'a', where 'name' goes already",
        ),
        (
            "write_back: {opportunities: {NEEDED, probability_steps: [50, 25]}}\n",
            25,
            "probability_steps must ascend; 50, 25 do not",
        ),
        (
            "write_back: {opportunities: {NEEDED, probability_steps: [0, 25]}}\n",
            25,
            "probability_steps are percents from 1 to 100",
        ),
        (
            "write_back: {opportunities: {NEEDED, probability_steps: [100]}}\n",
            25,
            "probability_steps need one below 100",
        ),
        # Names outside the mapping.
        ("contacts: {configured: [ops@acme.example, ops]}\n", 25, "contacts.configured: 'ops' is no e-mail"),
        ("contacts: {technical: [a@b.example, a@b.example]}\n", 25, "is given twice"),
        ("contacts: {technical: ['A <a@b.example>']}\n", 25, "is no e-mail address"),
        ("schedule: {cron: 0 25 * * *}\n", 25, "hour '25' is not allowed; 0-23"),
        ("schedule: {timezone: Europe/Berln}\n", 25, "'Europe/Berln' is no time zone"),
        ("schedule: {start_date: 1.1.2026}\n", 25, "is no day; write it like 2026-01-31"),
        ("timezone: ../etc/passwd\n", 25, "is no time zone"),
        ("default_region: Germany\n", 25, "is no country code"),
        ("default_region: UK\n", 25, "the United Kingdom is GB"),
        ("default_region: de\n", 25, "write DE"),
        ("default_region: XX\n", 25, "'XX' is no country code that has phone numbers; allowed are"),
        ("default_region: AQ\n", 25, "is no country code that has phone numbers"),
        ("preassignment: {field: employees}\n", 25, "must be a string or a select, not integer"),
        ("preassignment: {field: emploees}\n", 25, "preassignment.field 'emploees' is not a field"),
        ("rejection_fields:\n  - {name: a, label: A}\n", 26, "select needs 'values'"),
        (
            "rejection_fields:\n  - {name: a, label: A, type: text, values: [b]}\n",
            26,
            "'values' is for select",
        ),
        ("routing:\n  rules:\n    - {name: a, any: []}\n", 27, "'any' needs at least one group"),
    ],
)
def test_an_added_part_that_cannot_work_is_found(findings_of, added: str, line: int, message: str) -> None:
    findings = findings_of(added=added.replace("NEEDED", NEEDED))

    assert [(finding.line, message in finding.message) for finding in findings] == [(line, True)], findings


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        (
            "source: Country",
            "source: E-Mail",
            11,
            "field 'country' reads 'E-Mail', which field 'email' reads",
        ),
        ("type: date}", "type: date, formats: ['%d.%m']}", 15, "day, month and year must all be in it"),
        ("type: date}", "type: date, formats: ['%Y-%m-%Q']}", 15, "'Q' is a bad directive"),
        ("type: date}", "type: date, formats: ['%d.%m.%Y', '%']}", 15, "format '%'"),
        # what would be read as another moment: a zone by name, an hour of twelve without its half
        ("type: date}", "type: datetime, formats: ['%Y-%m-%d %H:%M %Z']}", 15, "use %z for an offset"),
        ("type: date}", "type: datetime, formats: ['%m/%d/%Y %I:%M']}", 15, "needs %p"),
        ("type: integer", "type: integer, length: 3", 12, "'length' is for string, text and select"),
        ("type: integer", "type: integer, minimum: 3, maximum: 1", 12, "minimum 3 is above maximum 1"),
        ("type: boolean", "type: boolean, true_values: []", 13, "is empty: no row could be true"),
        ("type: boolean", "type: boolean, false_values: []", 13, "is empty: no row could be false"),
        ("type: boolean", "type: boolean, true_values: [x], false_values: [X]", 13, "both true and false: x"),
        (
            "[Retail, Public Sector]",
            "[Retail], null_values: [retail]",
            14,
            "both a value and no value: retail",
        ),
        ("type: select, values: [Retail,", "type: multiselect, values: [a;b,", 14, "holds the separator ';'"),
        ("judge: email}", "judge: phone}", 10, "is judged as email"),
        ("connection: acme_sftp_test", "connection: acme_sftp", 5, "share the connection 'acme_sftp'"),
        ("connection: acme_sftp}", "connection: 'sftp://u:secret@h'}", 4, "is no Airflow connection id"),
        ("{name: theme,", "{name: ends_on,", 24, "field 'ends_on' must be a date"),
        ("{name: theme,", "{name: name,", 24, "field name 'name' is used twice"),
        ("{name: name,", "{name: title,", 22, "a field named 'name' is needed"),
        ("  key: Code\n", "", 19, "'key' is missing"),
        ("  campaigns: campaigns_*.csv\n", "", 21, "'fields' needs source.campaigns"),
        ("campaigns: campaigns_*.csv", "campaigns: leads_*.csv*", 8, "match the same files"),
        ("system: sftp", "system: sftp\n  archive: /inbox/", 8, "are the same folder"),
        ("system: sftp", "system: sftp\n  inbox: /archive", 8, "are the same folder"),
        ("label: Acme", 'label: "Ac\\nme"', 2, "must stand on one line, without control characters"),
        ("source: Theme", 'source: "The\\0me"', 24, "a control character (code 0) has no place in a text"),
        (
            "system: sftp",
            "system: sftp\n  dialect: {encoding: utf8mb4}",
            8,
            "is no encoding that Python knows",
        ),
        ("system: sftp", "system: sftp\n  dialect: {delimiter: '\"'}", 8, "are the same character"),
    ],
)
def test_a_changed_part_that_cannot_work_is_found(
    findings_of, old: str, new: str, line: int, message: str
) -> None:
    findings = findings_of((old, new))

    assert [(finding.line, message in finding.message) for finding in findings] == [(line, True)], findings


def test_a_connection_that_holds_a_secret_is_not_repeated_in_the_finding(findings_of) -> None:
    (finding,) = findings_of(("connection: acme_sftp}", "connection: 'sftp://u:secret@h'}"))

    assert "secret@" not in finding.message


@pytest.mark.parametrize(
    ("object_", "target", "found"),
    [
        ("CampaignMember", "Status", True),
        ("CampaignMember", "Country", False),  # that is the lead's, not the member's
        ("Lead", "Country", True),
        ("Lead", "Status", False),  # that is the member's
    ],
)
def test_write_back_is_compared_with_what_is_read_from_the_same_record(
    findings_of, object_: str, target: str, found: bool
) -> None:
    findings = findings_of(
        SALESFORCE,
        ("source: Country", "source: Lead.Country"),
        ("source: Note", "source: Status"),
        *((f"source: {name}", f"source: {name.replace(' ', '_').replace('-', '_')}") for name in SPACED),
        added=f"write_back: {{object: {object_}, distribution_status: {target}}}\n",
    )

    assert [("come back as news" in finding.message) for finding in findings] == [True] * found


SPACED = ("E-Mail", "Opt In", "Event Date", "Postal Code")


@pytest.mark.parametrize(
    ("soql", "message"),
    [
        ("Rating = 'Hot') OR (Id != null", "a bracket closes that none opened"),
        ("(Rating = 'Hot'", "a bracket opens that none closes"),
        ("Rating = 'Hot", "does not end"),
        ("WHERE Rating = 'Hot'", "leave out 'WHERE'"),
        ("Name = 'O\\\\'Neill (x'", None),
    ],
)
def test_soql_that_would_change_the_meaning_of_ours_is_found(
    findings_of, soql: str, message: str | None
) -> None:
    findings = findings_of(
        ("system: sftp\n  campaigns: campaigns_*.csv", f'system: salesforce\n  where: "{soql}"'),
        *((f"source: {name}", f"source: {name.replace(' ', '_').replace('-', '_')}") for name in SPACED),
    )

    assert [(finding.line, finding.message) for finding in findings if finding.line == 8] == (
        [] if message is None else [(8, findings[0].message)]
    )
    assert message is None or message in findings[0].message


@pytest.mark.parametrize(
    "expression",
    [
        "0 6 * * *",
        "*/15 0-6,20 1,15 jan-mar MON-FRI",
        "@daily",
        "0 0 * * 7",
        "5/10 * * * *",
        "0 0 29 2 *",
        "0 0 30 2 1",
    ],
)
def test_a_cron_expression_that_airflow_takes_is_taken(expression: str) -> None:
    assert cron_problem(expression) is None


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "0 6 * *",
        "60 * * * *",
        "* * 0 * *",
        "* * * 13 *",
        "a * * * *",
        "*/0 * * * *",
        "@dayly",
        "0 0 30 2 *",
    ],
)
def test_a_cron_expression_that_cannot_run_is_refused(expression: str) -> None:
    assert cron_problem(expression)
