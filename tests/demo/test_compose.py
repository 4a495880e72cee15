"""The Compose file cannot be booted here; it holds because it runs what the demonstration runs."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from demo.airflow import MIGRATE, SERVICES, UPGRADE
from demo.environment import AIRFLOW_SETTINGS
from sandbox.__main__ import _parser as sandbox_options

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
            words = ("PASSWORD", "SECRET", "FERNET", "SQL_ALCHEMY", "HUB_URL", "AIRFLOW_CONN_")
            secret = any(word in name for word in words)
            assert not secret or "/run/secrets/" in value, name


def test_every_secret_that_is_read_is_mounted(compose):
    mounted = set()
    for service in compose["services"].values():
        for value in service.get("environment", {}).values():
            if "/run/secrets/" in value:
                assert value.rsplit("/", 1)[1] in service["secrets"]
        mounted |= set(service.get("secrets", ()))

    assert mounted
    assert mounted == compose["secrets"].keys()  # Compose starts nothing where one of them has no file


@pytest.mark.parametrize("target", ["leadline", "sandbox"])
def test_folders_that_volumes_are_mounted_to_belong_to_the_user_of_the_image(compose, target):
    stages = (PROJECT / "Dockerfile").read_text().split("\nFROM ")
    (stage,) = (one for one in stages if one.partition("\n")[0].endswith(f" AS {target}"))
    (made,) = (line for line in stage.splitlines() if "install --directory --owner leadline" in line)
    services = [one for one in compose["services"].values() if one.get("build", {}).get("target") == target]

    mounted = {volume.split(":")[1] for one in services for volume in one["volumes"]}

    assert mounted
    assert mounted <= set(made.split())
    assert "\nUSER leadline\n" in stage


def test_the_sandbox_listens_to_the_other_services_by_its_name_there(compose):
    asked = sandbox_options().parse_args(compose["services"]["sandbox"]["command"][3:])

    assert (asked.bind, asked.host, asked.seed) == ("0.0.0.0", ["sandbox"], "demo")  # noqa: S104
    assert f"sandbox:{asked.state}" in compose["services"]["sandbox"]["volumes"]
    assert f"sandbox:{asked.state}:ro" in compose["services"]["scheduler"]["volumes"]
