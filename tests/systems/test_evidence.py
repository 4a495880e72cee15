from __future__ import annotations

from types import SimpleNamespace

import pytest

from sandbox import launch
from tests.systems import evidence
from tests.systems.table import page, read_proofs, unproven


class Journal:
    def __init__(self, *operations):
        self.operations = list(operations)

    def last(self):
        return len(self.operations)

    def journal(self, room, since):
        return [{"operation": one} for one in self.operations[since:]] if room == "salesforce" else []


@pytest.fixture
def room(monkeypatch):
    journal = Journal("oauth.token")
    monkeypatch.setattr(launch, "RUNNING", [SimpleNamespace(control=journal)])
    return journal


def run(folder, mark, during=lambda: None):
    """Run one test under the watch, as pytest does."""
    item = SimpleNamespace(
        nodeid="tests/hooks/test_x.py::test_it_writes[after]",
        iter_markers=lambda name: [mark.mark],
        config=SimpleNamespace(getoption=lambda name: folder),
    )
    watching = evidence.watch(item)
    next(watching)
    during()
    with pytest.raises(StopIteration):
        watching.send(None)


def test_a_test_that_made_its_call_is_a_proof(room, tmp_path):
    mark = pytest.mark.capability(("W1", "W9"), "salesforce", "collections.*")

    run(tmp_path, mark, lambda: room.operations.append("collections.update"))

    test = "tests/hooks/test_x.py::test_it_writes"
    proofs = read_proofs(tmp_path)
    assert proofs == {("W1", "salesforce"): [test], ("W9", "salesforce"): [test]}
    assert f"W1 x salesforce: `{test}`" in page(proofs)
    assert "W1 x salesforce: claimed, but no test proves it" not in unproven(proofs)
    assert "W2 x salesforce: claimed, but no test proves it" in unproven(proofs)


@pytest.mark.parametrize("system", ["salesforce", "marketo"])
def test_a_test_that_made_no_such_call_fails(room, tmp_path, system):
    mark = pytest.mark.capability("W1", system, "collections.*")

    with pytest.raises(pytest.fail.Exception, match="no call"):
        run(tmp_path, mark, lambda: room.operations.append("soql.query"))

    assert read_proofs(tmp_path) == {}


def test_a_call_made_before_the_test_does_not_count(room, tmp_path):
    with pytest.raises(pytest.fail.Exception, match="no call"):
        run(tmp_path, pytest.mark.capability("P4", "crm:salesforce", "oauth.token"))


def test_a_proof_of_what_is_said_not_to_apply_is_told(tmp_path):
    (tmp_path / "1.jsonl").write_text('{"row":"S1","system":"marketo","test":"t","calls":[]}\n')

    assert "S1 x marketo: said not to apply, but a test proves it" in unproven(read_proofs(tmp_path))
