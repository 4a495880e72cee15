"""What Airflow finds in the DAG folder: a set of DAGs per good mapping, and word of every bad one."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from itertools import pairwise

import pytest

from leadline.mapping.dag_names import DAG_KINDS, dag_id, supplier_of
from leadline.settings import settings
from tests.dags.house import NORTH, SOUTH, make_include, write_mapping
from tests.dags.runs import DAGS, read_dags

PROJECT = DAGS.parent
KINDS = ("distribution", "dry_run", "feedback", "opportunities", "preflight", "replay")
FORM = {"window_start", "window_end", "archive", "campaigns", "resend", "dry_run", "target"}


@pytest.fixture
def include(tmp_path, monkeypatch):
    """Return an include folder with no mapping yet."""
    monkeypatch.setenv("LEADLINE_INCLUDE_DIR", str(tmp_path))
    monkeypatch.setenv("LEADLINE_HUB_URL", f"sqlite:///{tmp_path / 'no-hub.db'}")
    settings.cache_clear()
    yield make_include(tmp_path)
    settings.cache_clear()


@pytest.fixture
def samples(include):
    """Return the DAGs of the sample mappings by id."""
    shutil.copytree(PROJECT / "include" / "mappings", include / "mappings", dirs_exist_ok=True)
    bag = read_dags()
    assert bag.import_errors == {}
    return bag.dags


def ids(bag):
    return sorted(bag.dags)


def of(*suppliers):
    return sorted([*(f"{name}_{kind}" for name in suppliers for kind in KINDS), "leadline_health"])


def test_every_mapping_has_its_set_of_dags(samples):
    mappings = PROJECT / "include" / "mappings"

    assert sorted(samples) == of(*(one.stem for one in mappings.glob("*.yaml")))


def test_without_a_mapping_the_health_dag_is_there(include):
    bag = read_dags()

    assert (ids(bag), bag.import_errors) == (["leadline_health"], {})


def test_a_mapping_that_is_added_later_appears_and_one_that_is_removed_goes(include):
    write_mapping(include, NORTH)
    assert ids(read_dags()) == of("north")

    write_mapping(include, SOUTH)
    assert ids(read_dags()) == of("north", "south")

    (include / "mappings" / "north.yaml").unlink()
    assert ids(read_dags()) == of("south")


BROKEN = {
    "no YAML": "supplier: [",
    "an unknown key": "supplier: broken\nlabel: Broken\nsurce: {}\n",
    "nothing": "",
    "another supplier's name": None,
    "a schedule that never comes": None,
    "a day that is none": None,
    "a zone that is none": None,
}
CHANGES = {
    "another supplier's name": {"supplier": "north"},
    "a schedule that never comes": {"schedule": {"cron": "0 6 30 2 *"}},
    "a day that is none": {"schedule": {"start_date": "2026-02-30"}},
    "a zone that is none": {"schedule": {"timezone": "Europe/Nowhere"}},
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_mapping_hides_no_other_and_is_named(include, what):
    write_mapping(include, NORTH)
    write_mapping(include, SOUTH | {"supplier": "broken"} | CHANGES.get(what, {}))
    path = include / "mappings" / "broken.yaml"
    if (text := BROKEN[what]) is not None:
        path.write_text(text)
    elif what == "another supplier's name":
        write_mapping(include, NORTH)
        path.write_text((include / "mappings" / "north.yaml").read_text())

    bag = read_dags()

    assert ids(bag) == of("north")
    (said,) = bag.import_errors.values()
    assert f"{path}:" in said


def test_every_broken_mapping_is_named(include):
    for name in ("one", "two"):
        (include / "mappings" / f"{name}.yaml").write_text("supplier: [")

    (said,) = read_dags().import_errors.values()

    assert "one.yaml:" in said
    assert "two.yaml:" in said


@pytest.mark.parametrize("supplier", ["north", "north_closed", "a_replay"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_task_parses_its_own_supplier_only(include, monkeypatch, supplier, kind):
    for name in ("north", "north_closed", "a_replay", "south"):
        write_mapping(include, NORTH | {"supplier": name})
    (include / "mappings" / "broken.yaml").write_text("supplier: [")
    monkeypatch.setenv("_AIRFLOW_PARSING_CONTEXT_DAG_ID", f"{supplier}_{kind}")
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(dag_folder=str(DAGS / "suppliers.py"))

    assert (ids(bag), bag.import_errors) == (sorted(f"{supplier}_{one}" for one in KINDS), {})


@pytest.mark.parametrize("supplier", ["acme", "acme_closed", "a_replay"])
@pytest.mark.parametrize("kind", DAG_KINDS)
def test_a_dags_supplier_is_found_whatever_its_kind_is_called(supplier, kind):
    assert supplier_of(dag_id(supplier, kind)) == supplier


def test_a_dag_of_no_supplier_is_no_suppliers():
    with pytest.raises(ValueError, match="leadline_health"):
        supplier_of("leadline_health")


def test_parsing_opens_neither_hub_nor_connection(include):
    write_mapping(include, NORTH)

    read_dags()

    assert not (include / "no-hub.db").exists()


def test_every_dag_says_what_it_does_and_whom_to_call(samples):
    for name, dag in samples.items():
        assert dag.doc_md, name
        assert dag.description, name
        assert "airflow" not in dag.owner, name
        assert "leadline" in dag.tags, name
        if name.startswith("acme"):
            assert "Acme Networks" in dag.doc_md
            assert "ops@acme.example" in dag.doc_md
            assert dag.description.startswith("Acme Networks: ")
            assert dag.owner_links == {"Acme Networks": "mailto:ops@acme.example"}
            assert "leadline replay" in dag.doc_md


def test_the_failure_mail_comes_last_of_all(samples):
    for name, dag in samples.items():
        if name == "leadline_health" or name.endswith("_dry_run"):  # which mails nobody
            continue
        last = dag.task_dict["notify_failure"]
        assert last.downstream_task_ids == set(), name
        assert last.upstream_task_ids == set(dag.task_ids) - {"notify_failure"}, name
        assert last.trigger_rule == "all_done", name


def test_every_task_is_tried_again_that_of_the_failure_mail_too(samples):
    """What ends a task for a moment, as a restart of the hub, may come at the mail as well."""
    tasks = {
        f"{name}.{task.task_id}": task.retries
        for name, dag in samples.items()
        if name != "leadline_health"  # runs every ten minutes
        for task in dag.tasks
    }

    assert len(tasks) > 100
    assert set(tasks.values()) == {3}


def test_the_daily_run_follows_the_flow(samples):
    flow = ["start", "pull_campaigns", "validate_campaigns", "pull_leads", "validate", "judge"]
    flow += ["take_up", "route", "accounts", "push", "write_back", "settle", "notify_failure"]
    for supplier in ("acme", "globex"):
        tasks = samples[f"{supplier}_distribution"].task_dict
        for earlier, later in pairwise(flow):
            assert later in tasks[earlier].get_flat_relative_ids(upstream=False), (supplier, earlier, later)
        assert tasks["settle"].is_mapped is False
        assert [name for name, task in tasks.items() if task.is_mapped] == [
            "validate_campaigns",
            "validate",
            "push",
        ]


@pytest.mark.parametrize("kind", ["feedback", "opportunities"])
def test_what_comes_back_is_read_by_account_and_told_whatever_one_of_them_does(samples, kind):
    flow = ["start", "accounts", "read", "write_back", "settle", "notify_failure"]
    for supplier in ("acme", "globex"):
        tasks = samples[f"{supplier}_{kind}"].task_dict
        assert sorted(tasks) == sorted(flow)
        for earlier, later in pairwise(flow):
            assert later in tasks[earlier].get_flat_relative_ids(upstream=False), (supplier, earlier, later)
        assert [name for name, task in tasks.items() if task.is_mapped] == ["read"]
        assert {tasks[name].trigger_rule for name in ("write_back", "settle")} == {"all_done"}
        form = {"since", "accounts", "target"} | ({"believe_deletions"} if kind == "feedback" else set())
        assert set(samples[f"{supplier}_{kind}"].params) == form


def test_files_are_put_away_only_where_there_are_files(samples):
    assert "put_away" in samples["acme_distribution"].task_dict
    assert "put_away" not in samples["globex_distribution"].task_dict
    assert "pull_events" in samples["globex_distribution"].task_dict
    assert "pull_events" not in samples["acme_distribution"].task_dict


def test_rendered_templates_hold_keys_and_no_more(samples):
    # Airflow stores rendered fields in its database and shows them.
    rendered = {
        (task.task_type, field)
        for dag in samples.values()
        for task in dag.tasks
        for field in task.template_fields
    }

    assert {field for _, field in rendered} == {"supplier_key", "batch_ids", "account_id"}


def test_every_run_gets_a_window_and_one_is_active_at_a_time(samples):
    for name, dag in samples.items():
        assert dag.max_active_runs == 1, name
        assert dag.catchup is False, name
        if name.endswith(("_replay", "_dry_run")):
            assert dag.schedule is None
        else:
            assert type(dag.timetable).__name__ == "CronDataIntervalTimetable", name


def test_the_schedule_is_the_mappings_own(include):
    write_mapping(include, NORTH | {"schedule": {"cron": "15 4 * * 1", "timezone": "Europe/Berlin"}})

    dags = read_dags().dags

    dag = dags["north_distribution"]
    assert dag.timetable.expression == "15 4 * * 1"
    assert "`15 4 * * 1` in the time of Europe/Berlin" in dag.doc_md  # Airflow's page shows no zone
    assert "by hand only" in dags["north_replay"].doc_md
    assert dag.start_date == datetime(2025, 12, 31, 23, tzinfo=UTC)  # midnight in Berlin


@pytest.mark.parametrize(
    ("conf", "good"),
    [
        ({}, True),
        ({"window_start": "2026-11-01T00:00:00Z", "window_end": "2026-11-02T00:00:00+01:00"}, True),
        ({"window_start": 20261101}, False),
        ({"campaigns": ["C1", "C2"]}, True),
        ({"campaigns": "C1"}, False),
        ({"dry_run": True, "resend": True, "archive": False}, True),
        ({"dry_run": "yes"}, False),
        ({"resend": 1}, False),
        ({"target": "test"}, True),
        ({"target": "elsewhere"}, False),
    ],
)
def test_the_form_takes_what_fits_and_refuses_the_rest(samples, conf, good):
    from airflow.sdk.exceptions import ParamValidationError

    params = samples["acme_distribution"].params
    assert set(params) == FORM

    if good:
        params.update(conf)
        assert params.validate().items() >= conf.items()
    else:
        with pytest.raises(ParamValidationError):
            params.update(conf)


def test_what_only_looks_is_switched_on_from_the_start_and_does_nothing_else(samples):
    for supplier in ("acme", "globex"):
        dag = samples[f"{supplier}_dry_run"]
        assert dag.is_paused_upon_creation is False
        assert dag.task_ids == ["dry_run"]
        assert set(dag.params) == FORM - {"dry_run"}
        assert samples[f"{supplier}_distribution"].is_paused_upon_creation is None  # as Airflow is set


def test_the_parts_of_a_mapped_task_are_called_by_what_they_work_on(samples):
    told = {
        f"{name_of}.{task.task_id}": task.partial_kwargs.get("map_index_template")
        for name_of, dag in samples.items()
        for task in dag.tasks
        if task.is_mapped
    }

    assert len(told) >= 10
    assert {name: template for name, template in told.items() if not template} == {}


def test_every_choice_of_a_form_has_words(samples):
    chosen = {}
    for name_of, dag in samples.items():
        for name in dag.params:
            schema = dag.params.get_param(name).schema
            for value in schema.get("enum", ()):
                chosen[name_of, name, value] = schema["values_display"]["null" if value is None else value]

    assert chosen["acme_distribution", "target", None] == "As configured"
    assert chosen["globex_preflight", "target", "test"] == "Test"
    assert "null" not in chosen.values()


def test_the_replay_form_names_a_run_a_batch_or_rows(samples):
    params = samples["globex_replay"].params
    params.update({"run": "scheduled__2026-11-21", "batch": None, "rows": [1, 2]})

    assert params.validate() == {
        "run": "scheduled__2026-11-21",
        "batch": None,
        "rows": [1, 2],
        "target": None,
    }


def test_leads_are_routed_anew_before_new_ones_only_where_the_mapping_says_when(include):
    reroute = {"pending_working_hours": 16, "timezone": "Europe/Zurich"}
    write_mapping(include, NORTH | {"routing": NORTH.get("routing", {}) | {"reroute": reroute}})
    write_mapping(include, SOUTH)

    dags = read_dags().dags

    for name in ("north_distribution", "north_replay"):
        task = dags[name].task_dict["reroute"]
        assert task.upstream_task_ids == {"start", "take_up"}, name
        assert "route" in task.downstream_task_ids, name
        assert task.trigger_rule == "all_done", name
    assert "reroute" not in dags["south_distribution"].task_dict
