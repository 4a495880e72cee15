from __future__ import annotations

import pytest
from airflow.secrets.environment_variables import EnvironmentVariablesBackend

from hooks.sftp.supplier import SftpSupplier
from hooks.systems import PARTNER_CRMS, partner_crm, supplier_system
from leadline.errors import ConfigurationError
from leadline.partners import CrmAccount


def test_a_mapping_names_the_system_and_the_target_its_connection(sftp, monkeypatch, make_mapping):
    monkeypatch.setenv("AIRFLOW_CONN_ACME_SOURCE_TEST", sftp.connection())
    mapping = make_mapping()

    with supplier_system(mapping, "test") as system:
        assert isinstance(system, SftpSupplier)
        assert list(system.check()) == []

    assert sftp.logins == 1


def test_a_system_without_a_hook_is_named_with_those_that_have_one(make_mapping, monkeypatch):
    monkeypatch.setattr("hooks.systems.SUPPLIER_SYSTEMS", {"salesforce": None, "sftp": None})
    source = {"system": "eloqua", "handover_id": 7}

    with pytest.raises(ConfigurationError, match="'eloqua' has no hook; supported are salesforce, sftp"):
        supplier_system(make_mapping(source=source))


def test_a_target_that_is_not_there_is_named_with_those_that_are(make_mapping):
    with pytest.raises(ConfigurationError, match="'stage'; targets are production, test"):
        supplier_system(make_mapping(), "stage")


def test_a_crm_without_a_hook_is_named_with_those_that_have_one(make_mapping, monkeypatch):
    monkeypatch.delitem(PARTNER_CRMS, "saleslink")
    account = CrmAccount(id="sl-p001", type="saleslink", connection="saleslink_p001")

    with pytest.raises(ConfigurationError, match="'sl-p001': type 'saleslink' has no hook"):
        partner_crm(account, make_mapping())


@pytest.fixture
def no_connections(monkeypatch):
    """Stand for an Airflow whose one place of connections is the environment, which has none."""
    monkeypatch.setattr(
        "airflow.sdk.execution_time.supervisor.ensure_secrets_backend_loaded",
        lambda: [EnvironmentVariablesBackend()],
    )


@pytest.mark.usefixtures("no_connections")
@pytest.mark.parametrize("system", ["sftp", "salesforce"])
def test_a_suppliers_connection_that_airflow_does_not_have_is_a_fault_of_the_configuration(
    make_mapping, system
):
    mapping = make_mapping(system)

    with (
        pytest.raises(ConfigurationError, match="The conn_id `acme_source_test` isn't defined"),
        supplier_system(mapping, "test"),
    ):
        pass


@pytest.mark.usefixtures("no_connections")
@pytest.mark.parametrize("vendor", PARTNER_CRMS)
def test_a_crms_connection_that_airflow_does_not_have_is_a_fault_of_the_configuration(make_mapping, vendor):
    account = CrmAccount(id="p001", type=vendor, connection="crm_p001")

    with (
        pytest.raises(ConfigurationError, match="'p001': The conn_id `crm_p001` isn't defined in Airflow"),
        partner_crm(account, make_mapping()),
    ):
        pass
