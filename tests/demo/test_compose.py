"""The Compose file cannot be booted here; it holds because it runs what the demonstration runs."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from demo.airflow import MIGRATE, SERVICES, UPGRADE
from demo.environment import AIRFLOW_SETTINGS

PROJECT = Path(__file__).parents[2]


@pytest.fixture
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((PROJECT / "docker-compose.yaml").read_text())
    return loaded


@pytest.mark.parametrize(("service", "command"), SERVICES.items())
def test_each_airflow_service_runs_the_command_of_the_demonstration(compose, service, command):
    assert compose["services"][service]["command"] == list(command)


def test_database_and_hub_are_migrated_by_the_commands_of_the_demonstration(compose):
    assert compose["services"]["migrate"]["command"] == list(MIGRATE)
    assert compose["services"]["upgrade"]["command"] == list(UPGRADE)


def test_containers_get_the_settings_of_the_demonstration(compose):
    environment = compose["services"]["scheduler"]["environment"]

    assert {name: environment.get(name) for name in AIRFLOW_SETTINGS} == AIRFLOW_SETTINGS


def test_no_secret_is_written_into_the_compose_file(compose):
    for service in compose["services"].values():
        for name, value in service.get("environment", {}).items():
            secret = any(word in name for word in ("PASSWORD", "SECRET", "FERNET", "SQL_ALCHEMY", "HUB_URL"))
            assert not secret or "/run/secrets/" in value, name


def test_every_secret_that_is_read_is_mounted(compose):
    for service in compose["services"].values():
        for value in service.get("environment", {}).values():
            if "/run/secrets/" in value:
                assert value.rsplit("/", 1)[1] in service["secrets"]
