"""What goes wrong at Eloqua, before and after it committed: nothing is lost or doubled, and it is said."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from leadline.errors import BudgetExhausted, CredentialsRefused, SchemaDrift, VendorUnavailable
from leadline.ports import EventWrite, OpportunityWrite, StatusRow, Window

DAWN = datetime(2026, 11, 20, tzinfo=UTC)
DAY = Window(DAWN, DAWN + timedelta(days=1))

ON_THE_WIRE = [
    ("before", "status", {"status": 503}),
    ("before", "status", {"status": 500}),
    ("before", "status", {"status": 429}),
    ("before", "status", {"status": 401}),
    ("before", "html", {"status": 200}),
    ("before", "html", {"status": 502}),
    ("before", "hang_up", {}),
    ("after", "status", {"status": 503}),
    ("after", "html", {"status": 200}),
    ("after", "hang_up", {}),
    ("after", "truncate", {"bytes": 10}),
]
PULL = [
    "id", "bulk.fields", "bulk.exports.create", "bulk.syncs.create", "bulk.syncs.read", "bulk.syncs.data",
    "bulk.exports.delete",
]  # fmt: skip
WRITE = [
    "id", "bulk.fields", "bulk.imports.create", "bulk.imports.data", "bulk.syncs.create", "bulk.syncs.read",
    "bulk.syncs.rejects", "bulk.imports.delete",
]  # fmt: skip


def cases(operations):
    """Return each fault at each operation; /id tells strangers so with 200, never with 401."""
    return [
        pytest.param(operation, *fault, id=f"{operation}-{fault[0]}-{fault[1]}{fault[2].get('status', '')}")
        for operation in operations
        for fault in ON_THE_WIRE
        if not (operation == "id" and fault[2].get("status") == 401)
    ]


def handed(system, window=DAY):
    return [one.handover for page in system.pull("leads", window) for one in page.records]


@pytest.fixture
def submitted(umbrella):
    """Return the activities of five submissions, in order."""
    return [
        umbrella.submit(f"2026-11-20T10:00:0{n}Z", f"b{n % 3}@buyer.example")["activity"] for n in range(5)
    ]


class TestPull:
    @pytest.mark.parametrize(("operation", "moment", "kind", "arguments"), cases(PULL))
    def test_a_fault_on_the_wire_loses_and_doubles_nothing(
        self, umbrella, eloqua, submitted, operation, moment, kind, arguments
    ):
        order = umbrella.fault(kind, operation, moment=moment, arguments=arguments)
        system = eloqua()
        try:
            found = handed(system)
        except (VendorUnavailable, BudgetExhausted):
            found = handed(eloqua())  # as the next try of the task does

        assert found == submitted
        assert next(one for one in umbrella.control.faults() if one["id"] == order)["used"] == 1

    @pytest.mark.parametrize(
        ("kind", "arguments"),
        [("short_pages", {"rows": 2}), ("empty_page", {}), ("lost_rows", {"rows": 1}), ("twice", {}),
         ("expired", {"status": 410}), ("expired", {"status": 404}), ("null_cells", {})],
    )  # fmt: skip
    @pytest.mark.parametrize("skip", [0, 1, 2])
    def test_pages_that_lie_lose_and_double_nothing(
        self, umbrella, eloqua, submitted, monkeypatch, kind, arguments, skip
    ):
        monkeypatch.setattr("hooks.eloqua.bulk.DATA_ROWS", 2)
        umbrella.fault(kind, "bulk.syncs.data", arguments=arguments, skip=skip)

        assert handed(eloqua()) == submitted

    def test_short_pages_throughout_still_bring_all(self, umbrella, eloqua, submitted):
        umbrella.fault("short_pages", "bulk.syncs.data", times=None, arguments={"rows": 1})

        assert handed(eloqua()) == submitted

    def test_a_slow_sync_is_waited_for(self, umbrella, eloqua, submitted):
        umbrella.fault("slow_sync", "bulk.syncs.create", arguments={"polls": 12})

        assert handed(eloqua()) == submitted
        assert umbrella.calls("bulk.syncs.create") == 3

    def test_a_sync_that_never_ends_is_given_up_with_a_wish(self, umbrella, eloqua, submitted):
        umbrella.fault("slow_sync", "bulk.syncs.create", arguments={"polls": -1})

        with pytest.raises(
            VendorUnavailable, match=r"still active after 1 minutes.*source.sync_minutes"
        ) as raised:
            handed(eloqua({"sync_minutes": 1}))

        assert raised.value.retry_after_seconds == 300
        assert handed(eloqua()) == submitted

    @pytest.mark.parametrize(
        ("code", "error", "seconds"),
        [
            ("ELQ-00146", VendorUnavailable, 3600),
            ("ELQ-00136", BudgetExhausted, 3600),
            ("ELQ-00122", SchemaDrift, None),
        ],
    )
    def test_a_sync_that_failed_says_why(self, umbrella, eloqua, submitted, code, error, seconds):
        umbrella.fault(
            "sync_error", "bulk.syncs.create", arguments={"code": code, "message": "No a@b.example"}
        )

        with pytest.raises(
            error, match=f"export of activities: the sync ended with error: {code}: No …"
        ) as raised:
            handed(eloqua())

        assert getattr(raised.value, "retry_after_seconds", None) == seconds
        assert handed(eloqua()) == submitted

    def test_a_sync_that_failed_once_is_run_again(self, umbrella, eloqua, submitted):
        umbrella.fault("sync_error", "bulk.syncs.create", arguments={"code": "ELQ-00107"})

        assert handed(eloqua()) == submitted

    def test_an_export_with_a_warning_is_no_success(self, umbrella, eloqua, submitted):
        umbrella.fault("sync_warning", "bulk.syncs.create", times=None, arguments={"code": "ELQ-00040"})

        with pytest.raises(VendorUnavailable, match="ended with warning: ELQ-00040"):
            handed(eloqua())

    def test_the_quota_of_syncs_is_a_budget(self, umbrella, eloqua, submitted):
        umbrella.act("set", exports_per_hour=0)

        with pytest.raises(BudgetExhausted, match="POST bulk syncs: HTTP 429: Too many syncs") as raised:
            handed(eloqua())

        assert raised.value.retry_after_seconds == 300

    def test_a_wish_of_the_vendor_is_heard(self, umbrella, eloqua, submitted):
        umbrella.fault(
            "status", "bulk.exports.create", times=None, arguments={"status": 429, "retry_after": 77}
        )
        system, waited = eloqua(), []
        system._client.sleep = waited.append

        with pytest.raises(BudgetExhausted) as raised:
            handed(system)

        assert raised.value.retry_after_seconds == 77
        assert waited == [77.0, 77.0, 77.0]

    def test_a_tenant_that_is_down_is_unavailable(self, umbrella, eloqua, submitted):
        umbrella.control.tenant_up("eloqua", "umbrella", False)
        try:
            with pytest.raises(VendorUnavailable, match="sign-in: ConnectError"):
                handed(eloqua())
        finally:
            umbrella.control.tenant_up("eloqua", "umbrella", True)

        assert handed(eloqua()) == submitted

    def test_a_right_that_is_missing_stops(self, umbrella, eloqua):
        umbrella.fault(
            "status", "bulk.exports.create", arguments={"status": 403, "body": "Service is not enabled."}
        )

        with pytest.raises(CredentialsRefused, match="HTTP 403: Service is not enabled"):
            handed(eloqua())

    @pytest.mark.parametrize("operation", ["rest.campaigns.list"])
    @pytest.mark.parametrize(("moment", "kind", "arguments"), ON_THE_WIRE)
    def test_campaigns_survive_the_same(self, umbrella, eloqua, operation, moment, kind, arguments):
        ids = umbrella.insert("campaign", {"name": "Partner A"}, {"name": "Partner B"})
        umbrella.fault(kind, operation, moment=moment, arguments=arguments)

        found = [one.record_id for page in eloqua().pull("campaigns", DAY) for one in page.records]

        assert found == ids


class TestWriteBack:
    @pytest.mark.parametrize(("operation", "moment", "kind", "arguments"), cases(WRITE))
    def test_a_fault_on_the_wire_leaves_each_contact_written_once_said(
        self, umbrella, eloqua, operation, moment, kind, arguments
    ):
        contacts = [umbrella.contact() for _ in range(3)]
        umbrella.fault(kind, operation, moment=moment, arguments=arguments)
        rows = [StatusRow(f"eloqua:{one}:1", one, 1, {"C_LL_Status1": "Accepted"}, "L1") for one in contacts]
        try:
            results = list(eloqua().write_back(rows))
        except (VendorUnavailable, BudgetExhausted):
            results = list(eloqua().write_back(rows))

        assert [(result.key, result.ok) for result in results] == [(row.identity, True) for row in rows]
        assert [row["C_LL_Status1"] for row in umbrella.rows("contact")] == ["Accepted"] * 3

    @pytest.mark.parametrize(("operation", "moment", "kind", "arguments"), cases(WRITE))
    def test_an_event_and_a_deal_are_made_once_whatever_answer_is_lost(
        self, umbrella, eloqua, operation, moment, kind, arguments
    ):
        event = EventWrite("E1", "5", "Call", DAWN, "Called")
        deal = OpportunityWrite("W1", "O1", None, "5", {"Name1": "Deal"})
        umbrella.fault(kind, operation, moment=moment, arguments=arguments)
        for _ in range(2):
            try:
                system = eloqua()
                results = [*system.write_events([event]), *system.write_opportunities([deal])]
                break
            except (VendorUnavailable, BudgetExhausted):
                continue

        assert [result.ok for result in results] == [True, True]
        assert [row["Event_Key1"] for row in umbrella.rows("customObject/8")] == ["E1"]
        (made,) = umbrella.rows("customObject/9")
        assert (made["Leadline_Id1"], results[1].record_id) == ("O1", made["id"])

    def test_an_import_that_failed_half_way_is_written_whole_by_the_next_round(self, umbrella, eloqua):
        contacts = [umbrella.contact() for _ in range(3)]
        umbrella.fault("sync_error", "bulk.syncs.create", arguments={"after": 1, "code": "ELQ-00107"})
        rows = [StatusRow(f"eloqua:{one}:1", one, 1, {"C_LL_Status1": "Accepted"}, "L1") for one in contacts]

        results = list(eloqua().write_back(rows))

        assert all(result.ok for result in results)
        assert [row["C_LL_Status1"] for row in umbrella.rows("contact")] == ["Accepted"] * 3

    def test_a_full_staging_area_is_a_budget(self, umbrella, eloqua):
        contact = umbrella.contact()
        umbrella.act("set", uploads=0)

        with pytest.raises(BudgetExhausted, match=r"HTTP 413: ELQ-00136") as raised:
            list(eloqua().write_back([StatusRow("eloqua:1:1", contact, 1, {"C_LL_Status1": "x"}, "L1")]))

        assert raised.value.retry_after_seconds == 3600

    def test_a_field_that_is_gone_stops_before_anything_is_written(self, umbrella, eloqua):
        contact = umbrella.contact()
        umbrella.act("remove_field", element="contacts", internal="C_LL_Status1")

        with pytest.raises(SchemaDrift, match="contacts has no field 'C_LL_Status1'"):
            list(eloqua().write_back([StatusRow("eloqua:1:1", contact, 1, {"C_LL_Status1": "x"}, "L1")]))

        assert umbrella.calls("bulk.imports.create") == 0

    def test_no_message_holds_a_value_of_a_person(self, umbrella, eloqua, caplog):
        caplog.set_level("DEBUG")
        contact = umbrella.contact(C_EmailAddress="secret.person@buyer.example")
        body = [{"type": "ObjectValidationError", "property": "x", "value": "secret.person@buyer.example"}]
        umbrella.fault("status", "bulk.imports.create", arguments={"status": 400, "body": body})

        with pytest.raises(SchemaDrift) as raised:
            list(eloqua().write_back([StatusRow("eloqua:1:1", contact, 1, {"C_LL_Status1": "x"}, "L1")]))

        assert "HTTP 400: x" in str(raised.value)
        assert "secret" not in f"{raised.value}{caplog.text}"
