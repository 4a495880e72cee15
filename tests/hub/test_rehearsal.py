"""A rehearsal sees what it did, and leaves nothing."""

import pytest
from sqlalchemy import func, select

from leadline.hub.rehearsal import RehearsalHub
from leadline.hub.schema import supplier


def suppliers(hub):
    with hub.reading() as connection:
        return connection.execute(select(func.count()).select_from(supplier)).scalar_one()


def test_what_is_rehearsed_is_seen_inside_and_forgotten_afterwards(hub):
    with RehearsalHub(hub) as rehearsal:
        with rehearsal.transaction("acme"):
            pass

        assert suppliers(rehearsal) == 1

    assert suppliers(hub) == 0


def test_a_step_that_fails_undoes_itself_only(hub):
    with RehearsalHub(hub) as rehearsal:
        with rehearsal.transaction("acme"):
            pass
        with pytest.raises(KeyError), rehearsal.transaction("globex"):
            raise KeyError

        assert suppliers(rehearsal) == 1


def test_a_rehearsal_can_load_rows_in_bulk_more_than_once(hub):
    with RehearsalHub(hub) as rehearsal:
        for name in ("a", "b"):
            with rehearsal.transaction() as connection:
                table = rehearsal.load(connection, "lead", ["lead_id"], [(name,)])
                assert connection.exec_driver_sql(f"SELECT lead_id FROM {table}").scalars().all() == [name]
