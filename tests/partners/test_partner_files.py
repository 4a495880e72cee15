"""Import of partners: the whole file or nothing, every finding with its line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from leadline.errors import PartnerFileError
from leadline.hub import Hub
from leadline.hub.schema import assignment, crm_account, crm_record, delivery, partner
from leadline.partner_files import import_partners, read_partners
from leadline.partners import load_accounts, load_partners
from tests.contents import contents
from tests.trace.story import tell

INCLUDE = Path(__file__).parents[2] / "include" / "partners"

GOOD = """\
partners:
  - id: P1
    name: Eins
    email: anna@eins.example
    crm: sf-1
    weight: 2
    cap: {leads: 10, period: week, timezone: Europe/Berlin}
    absences: [{from: 2026-12-24, to: 2026-12-31}]
    default_owners: [anna@eins.example]
    reps: [{email: ben@eins.example, first_name: Ben}]
    attributes: {countries: [DE, NO], postal_codes: [01067, 80000-89999], premium: true, size: 5, tier: null}
  - id: P2
    name: Zwei
crm_accounts:
  - {id: sf-1, type: salesforce, connection: salesforce_1, status_mapping: {Working - Contacted: contacted}}
"""


def write(tmp_path: Path, text: str, name: str = "partners.yaml") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def findings(path: Path, exceptions: tuple[str, ...] = (), known: tuple[str, ...] = ()) -> list[str]:
    """Return `line: message` of every finding."""
    with pytest.raises(PartnerFileError) as caught:
        read_partners(path, exceptions, known_accounts=known)
    assert all(one.path == str(path) for one in caught.value.findings)
    return [f"{one.line}: {one.message}" for one in caught.value.findings]


@pytest.mark.parametrize("name", ["acme.yaml", "globex.yaml", "acme.csv"])
def test_the_sample_partners_hold(name: str) -> None:
    found = read_partners(INCLUDE / name, known_accounts=())

    assert [one.id for one in found.partners] == [f"P{number:03}" for number in range(1, 11)]
    assert [one.id for one in found.crm_accounts] == [f"sf-p{number:03}" for number in range(1, 11)]
    assert found.partners[5].attributes["countries"] == ("NO", "SE", "DK", "FI")


def test_attributes_stay_as_their_author_wrote_them(tmp_path: Path) -> None:
    (one, _) = read_partners(write(tmp_path, GOOD)).partners

    # YAML alone reads NO as false and 01067 as 567.
    assert one.attributes == {
        "countries": ("DE", "NO"),
        "postal_codes": ("01067", "80000-89999"),
        "premium": True,
        "size": 5,
    }


def test_a_csv_row_is_a_partner_with_its_account(tmp_path: Path) -> None:
    text = (
        "ID,Name,Auto Accept,Weight,Cap_leads,Cap_period,CRM_type,CRM_connection,Absences,Default Owners,"
        "Countries,Tier\n"
        'P1,"Eins, GmbH",yes,1.5,5,day,salesforce,salesforce_1,2026-01-01..2026-01-03|2026-02-01,'
        "a@eins.example|b@eins.example,DE|AT,gold\n"
        "P2,Zwei,,,,,,,,,FR,\n"
    )

    found = read_partners(write(tmp_path, text, "partners.csv"), known_accounts=())

    one, two = found.partners
    assert (one.name, one.auto_accept, one.weight, one.crm) == ("Eins, GmbH", True, 1.5, "salesforce_1")
    assert one.cap is not None
    assert (one.cap.leads, one.cap.period, one.cap.timezone) == (5, "day", "UTC")
    assert [str(absence.last) for absence in one.absences] == ["2026-01-03", "2026-02-01"]
    assert one.default_owners == ("a@eins.example", "b@eins.example")
    assert one.attributes == {"countries": ("DE", "AT"), "tier": "gold"}
    assert (two.attributes, two.crm, two.active) == ({"countries": "FR"}, None, True)
    assert [(one.id, one.type) for one in found.crm_accounts] == [("salesforce_1", "salesforce")]


def test_semicolons_separate_where_the_header_has_no_comma(tmp_path: Path) -> None:
    found = read_partners(write(tmp_path, "id;name;city\nP1;Eins;Ulm, Donau\n", "partners.csv"))

    assert found.partners[0].attributes == {"city": "Ulm, Donau"}


def test_a_contact_is_refused_where_the_crm_has_leads_only(hub: Hub, tmp_path: Path) -> None:
    text = GOOD.replace("type: salesforce", "type: saleslink")
    import_partners(hub, "acme", write(tmp_path, text))

    wanted = text.replace("weight: 2", "record_as: contact")
    alone = wanted[: wanted.index("crm_accounts:")]
    for file in (wanted, alone):  # the account stands in the file, or in the hub already
        with pytest.raises(
            PartnerFileError, match="6: partner P1: 'sf-1' is a saleslink account, which has no"
        ):
            import_partners(hub, "acme", write(tmp_path, file))


@pytest.mark.parametrize(
    ("wrong", "right", "expected"),
    [
        ("weight: 2", "weight: 0", "6: partners[Eins].weight: must be more than 0"),
        ("weight: 2", "weight: yes", "6: partners[Eins].weight: must be a number, not yes (which YAML reads"),
        ("to: 2026-12-31", "to: 2026-12-32", "8: partners[Eins].absences[1].to: '2026-12-32' is no day; wr"),
        ("to: 2026-12-31", "to: 20261231", "absences[1].to: '20261231' is no day; write it like 2026-01-31"),
        ("name: Zwei", 'name: "Zw\\nei"', "this must stand on one line, without control characters"),
        ("name: Zwei", 'name: "Zwei\\0"', "a control character (code 0) has no place in a text"),
        ("connection: salesforce_1", "connection: 'https://u:secret@h'", "is no Airflow connection id"),
        ("leads: 10", "leads: 0", "7: partners[Eins].cap.leads: must be at least 1"),
        ("Europe/Berlin", "Europe/Atlantis", "7: partners[Eins].cap.timezone: 'Europe/Atlantis' is no time"),
        ("period: week", "period: year", "7: partners[Eins].cap.period: 'year' is not known"),
        ("to: 2026-12-31", "to: 2026-12-01", "8: partners[Eins].absences[1]: an absence ends"),
        ("id: P2", "id: p1", "12: partners: 'p1' is there twice; the first is on line 2"),
        ("crm: sf-1", "crm: sf-9", "5: partner P1: there is no CRM account 'sf-9'"),
        ("email: anna@eins.example", "email: anna", "4: partner P1: its e-mail has no valid"),
        ("email: anna@eins.example", "emial: x", "4: partners[Eins]: 'emial' is not known here; did you"),
        ("name: Zwei", "nam: Zwei", "'name' is missing"),
        ("id: P2", f"id: {'x' * 81}", ".id: must have at most 80 characters, not 'xxxx"),
        ("partners:", "partnerz:", "'partners' is missing"),
        (
            "Contacted: contacted",
            "Contacted: contcated",
            "15: status_mapping: 'Working - Contacted' means 'contcated', which is no sales status; allowed: "
            "open, contacted, nurture, qualified, unqualified",
        ),
        (
            "{Working - Contacted: contacted}",
            "{Parked: nurture, PARKED : open}",
            "15: status_mapping: 'PARKED' and 'Parked' are one word, and mean different statuses",
        ),
        ("email: ben@eins.example", "email: sales-emea@eins.example", "10: partner P1: a rep has a role's"),
    ],
)
def test_a_finding_names_line_value_and_what_is_allowed(
    tmp_path: Path, wrong: str, right: str, expected: str
) -> None:
    assert any(expected in one for one in findings(write(tmp_path, GOOD.replace(wrong, right, 1))))


def test_a_connection_that_holds_a_secret_is_not_shown(tmp_path: Path) -> None:
    text = GOOD.replace("connection: salesforce_1", "connection: 'https://u:secret@h'", 1)

    assert "u:secret" not in "".join(findings(write(tmp_path, text)))


def test_a_connection_of_a_table_that_holds_a_secret_is_not_shown(tmp_path: Path) -> None:
    # Without a column `crm`, the account is called as its connection.
    text = "id,name,crm_type,crm_connection\nP1,Eins,salesforce,https://u:secret@h\nP1,Zwei,dynamics,https://u:secret@h\n"

    found = "".join(findings(write(tmp_path, text, "partners.csv")))

    assert "is no Airflow connection id" in found
    assert "u:secret" not in found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # one finding for what is wrong with the header, none for the rows below it
        ("name\nEins\n", ["1: the column 'id' is missing"]),
        ("id,name,id\nP1,Eins,P1\n", ["1: the column 'id' is there twice"]),
        # nor that nobody is left of a file whose rows are all wrong
        ("id,name\nP1\n", ["2: this row has 1 cells, the header has 2"]),
        ("id,name\nP1,Ei\0ns\n", ["2: this row holds a control character"]),
        # an account is described by rows
        ("id,name,crm_type\nP1,Eins,salesforce\n", ["2: crm_accounts[1]: 'connection' is missing"]),
        (
            "id,name,crm_type,crm_connection\nP1,Eins,salesforce,a\nP2,Zwei,hubspot,b\n",
            ["3: crm_accounts[2]: 'hubspot' is not known; allowed: salesforce, dynamics, saleslink"],
        ),
    ],
)
def test_a_finding_of_a_csv_has_its_row(tmp_path: Path, text: str, expected: list[str]) -> None:
    assert findings(write(tmp_path, text, "p.csv")) == expected


def test_all_findings_of_a_csv_come_at_once(tmp_path: Path) -> None:
    text = (
        "id,name,email,weight,default_owners\n"
        "P1,Eins,info@eins.example,1,\n"
        "P2,Zwei\n"
        "P1,Drei,c@drei.example,1,leads+x@drei.example\n"
    )

    assert [one.split(":")[0] for one in findings(write(tmp_path, text, "p.csv"))] == ["2", "3", "4", "4"]


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        ("", "p.yaml", "1: the file is empty"),
        ("", "p.csv", "1: the file is empty"),
        ("- a\n", "p.yaml", "a partner file is a section"),
        ("partners: []\n", "p.yaml", "names no partner"),
        ("partners: {a: [}\n", "p.yaml", "1: this is not YAML"),
        ("name\nEins\n", "p.csv", "1: the column 'id' is missing"),
        ("id,name,tier,Tier\nP1,Eins,a,b\n", "p.csv", "1: the column 'tier' is there twice"),
        ('id,name\nP1,"Eins\n', "p.csv", "2: this is not CSV"),
        ("id,name\n", "p.csv", "names no partner"),
    ],
)
def test_a_file_that_is_none_is_refused(tmp_path: Path, text: str, name: str, expected: str) -> None:
    assert any(expected in one for one in findings(write(tmp_path, text, name)))


# Scenario 29.
@pytest.mark.parametrize(
    "place", ["email: anna@eins.example", "email: ben@eins.example", "[anna@eins.example]"]
)
def test_scenario_29_a_role_address_is_refused_unless_excepted(tmp_path: Path, place: str) -> None:
    address = "leads@eins.example"
    changed = place.replace("anna@eins.example", address).replace("ben@eins.example", address)
    path = write(tmp_path, GOOD.replace(place, changed, 1))

    (only,) = findings(path)

    assert "role" in only
    assert read_partners(path, ("Leads@Eins.example",), known_accounts=())


def test_importing_twice_changes_nothing(hub: Hub, tmp_path: Path) -> None:
    path = write(tmp_path, GOOD)

    first = import_partners(hub, "acme", path)
    before = contents(hub)
    second = import_partners(hub, "acme", path)

    assert (first.added, first.accounts_added) == (("P1", "P2"), ("sf-1",))
    assert (second.added, second.changed, second.unchanged) == ((), (), ("P1", "P2"))
    assert contents(hub) == before


def test_nothing_is_imported_if_one_partner_is_wrong(hub: Hub, tmp_path: Path) -> None:
    path = write(tmp_path, GOOD.replace("name: Zwei", "name: Zwei\n    weight: -1"))

    with pytest.raises(PartnerFileError):
        import_partners(hub, "acme", path)

    with hub.reading() as connection:
        assert load_partners(hub, connection, "acme") == ()
        assert load_accounts(hub, connection, "acme") == ()


def test_a_changed_partner_is_updated_and_a_missing_one_left_alone(hub: Hub, tmp_path: Path) -> None:
    import_partners(hub, "acme", write(tmp_path, GOOD))
    shorter: Any = write(tmp_path, "partners:\n  - {id: P2, name: Deux, crm: sf-1}\n", "shorter.yaml")

    report = import_partners(hub, "acme", shorter)

    assert (report.changed, report.deactivated) == (("P2",), ())
    with hub.reading() as connection:
        assert [(one.name, one.active, one.crm) for one in load_partners(hub, connection, "acme")] == [
            ("Eins", True, "sf-1"),
            ("Deux", True, "sf-1"),
        ]

    assert import_partners(hub, "acme", shorter, deactivate_missing=True).deactivated == ("P1",)
    assert import_partners(hub, "acme", shorter, deactivate_missing=True).deactivated == ()
    with hub.reading() as connection:
        rows = connection.execute(select(partner.c.partner_id, partner.c.active)).all()
    assert sorted(map(tuple, rows)) == [("P1", False), ("P2", True)]


@pytest.mark.parametrize("by_file", [True, False], ids=["the file says so", "the file lacks it"])
def test_what_a_partner_that_is_deactivated_still_has_is_said_once(
    hub: Hub, tmp_path: Path, by_file: bool
) -> None:
    tell(hub, "acme", {"a@example.com": "DE", "b@example.com": "AT", "c@example.com": "DE"})
    with hub.transaction("acme") as connection:
        connection.execute(update(delivery).values(state="waiting"))
        connection.execute(update(assignment).values(status="pending"))
    inactive = "  - {id: P001, name: Eins, active: false}\n" if by_file else ""
    path = write(tmp_path, f"partners:\n{inactive}  - {{id: P002, name: Zwei}}\n")

    report = import_partners(hub, "acme", path, deactivate_missing=True)
    again = import_partners(hub, "acme", path, deactivate_missing=True)

    assert report.as_json()["keeping"] == [{"partner": "P001", "pending": 3, "undelivered": 3}]
    assert again.keeping == ()
    with hub.reading() as connection:
        assert set(connection.execute(select(delivery.c.state)).scalars()) == {"waiting"}


def test_a_partner_that_is_deactivated_and_has_nothing_is_not_mentioned(hub: Hub, tmp_path: Path) -> None:
    import_partners(hub, "acme", write(tmp_path, GOOD))
    shorter = write(tmp_path, "partners:\n  - {id: P2, name: Zwei, crm: sf-1}\n", "shorter.yaml")

    assert import_partners(hub, "acme", shorter, deactivate_missing=True).keeping == ()


def test_an_import_leaves_a_deactivated_crm_deactivated(hub: Hub, tmp_path: Path) -> None:
    import_partners(hub, "acme", write(tmp_path, GOOD))
    with hub.transaction("acme") as connection:
        connection.execute(update(crm_account).values(state="deactivated"))

    report = import_partners(hub, "acme", write(tmp_path, GOOD.replace("salesforce_1", "salesforce_x")))

    assert report.accounts_changed == ("sf-1",)
    with hub.reading() as connection:
        assert connection.execute(select(crm_account.c.connection, crm_account.c.state)).all() == [
            ("salesforce_x", "deactivated")
        ]


def test_a_crm_with_records_does_not_change_its_type(hub: Hub, tmp_path: Path) -> None:
    import_partners(hub, "acme", write(tmp_path, GOOD))
    other = GOOD.replace("type: salesforce", "type: dynamics")
    assert import_partners(hub, "acme", write(tmp_path, other)).accounts_changed == ("sf-1",)  # not used yet
    import_partners(hub, "acme", write(tmp_path, GOOD))
    record = {"object": "Lead", "record_id": "00Q1", "created": True, "linked_at": 0}
    with hub.transaction("acme") as connection:
        connection.execute(
            insert(crm_record).values(supplier="acme", assignment_id="A1", account_id="sf-1", **record)
        )

    with pytest.raises(PartnerFileError, match="'sf-1' has records in a salesforce CRM and cannot"):
        import_partners(hub, "acme", write(tmp_path, other))

    with hub.reading() as connection:
        assert connection.execute(select(crm_account.c.type)).scalar() == "salesforce"


def test_partners_of_one_supplier_key_are_apart_from_those_of_another(hub: Hub, tmp_path: Path) -> None:
    import_partners(hub, "acme~test", write(tmp_path, GOOD))

    with hub.reading() as connection:
        assert load_partners(hub, connection, "acme") == ()
        assert len(load_partners(hub, connection, "acme~test")) == 2
