"""The house keeps its order: directions of imports, the error tree, sizes, nothing left over."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from leadline import errors

ROOT = Path(__file__).parents[1]
SOURCE, PLUGINS, SANDBOX, DAGS = ROOT / "src" / "leadline", ROOT / "plugins", ROOT / "sandbox", ROOT / "dags"
LONGEST = 400
# Longer with a reason: tables stand one after another, and a migration repeats them as they were.
LONG = {"src/leadline/hub/migrations/versions/0001_first_release.py"}

OURS = {"leadline", "hooks", "operators", "plugins", "dags", "sandbox", "demo"}
VENDORS = {"simple_salesforce", "paramiko", "asyncssh", "aiosmtpd", "requests", "httpx", "smtplib", "zeep"}
# What an adapter may know of the domain: the protocols, the errors, and values.
FOR_HOOKS = {"ports", "errors", "mapping", "notices", "partners", "settings"}


def modules(folder: Path) -> list[Path]:
    found = sorted(path for path in folder.rglob("*.py") if "__pycache__" not in path.parts)
    assert found, f"{folder} is empty: this test would hold for nothing"
    return found


def imports(path: Path) -> Iterator[str]:
    """Yield every module that a file imports, wherever the statement stands; those for types alone too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.level:  # relative: within its own package
                yield path.relative_to(ROOT).parts[0]
                continue
            yield node.module or ""
            yield from (f"{node.module}.{name.name}" for name in node.names)


def tops(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imports(path)}


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def wrong(folder: Path, refused: set[str]) -> dict[str, set[str]]:
    return {name(path): found for path in modules(folder) if (found := tops(path) & refused)}


def test_the_domain_knows_neither_airflow_nor_a_vendor_nor_what_stands_above_it() -> None:
    assert not wrong(SOURCE, OURS - {"leadline"} | {"airflow", "airflow_client"} | VENDORS)


def test_hooks_know_ports_errors_and_values_only() -> None:
    found = {
        name(path): parts
        for path in modules(PLUGINS / "hooks")
        if (
            parts := {part.split(".")[1] for part in imports(path) if part.startswith("leadline.")}
            - FOR_HOOKS
        )
    }

    assert not found
    assert not wrong(PLUGINS / "hooks", {"operators", "dags", "sandbox", "demo", "plugins"})


def test_no_vendor_s_hooks_know_another_s() -> None:
    vendors = {folder.name for folder in (PLUGINS / "hooks").iterdir() if (folder / "__init__.py").is_file()}
    assert vendors

    for vendor in vendors:
        others = {f"hooks.{other}" for other in vendors - {vendor}}
        for path in modules(PLUGINS / "hooks" / vendor):
            known = {".".join(part.split(".")[:2]) for part in imports(path)}
            assert not known & (others | {"hooks.systems"}), name(path)


def test_operators_stand_on_hooks_and_the_domain() -> None:
    assert not wrong(PLUGINS / "operators", {"dags", "sandbox", "demo", "plugins"} | VENDORS)


def test_dags_are_configuration_over_operators() -> None:
    assert not wrong(DAGS, {"hooks", "sandbox", "demo", "plugins", "sqlalchemy", "pandas"} | VENDORS)


def test_the_sandbox_imports_nothing_of_ours() -> None:
    assert not wrong(SANDBOX, OURS - {"sandbox"} | {"airflow", "tests"})


def test_only_tests_and_the_sandbox_itself_import_the_sandbox() -> None:
    for folder in (SOURCE, PLUGINS, DAGS):
        assert not wrong(folder, {"sandbox", "tests"})


def test_the_mapping_and_the_ports_stand_on_nothing_but_themselves() -> None:
    below = {"mapping", "ports", "errors", "settings"}
    for path in (
        *modules(SOURCE / "mapping"),
        SOURCE / "errors.py",
        *sorted((SOURCE / "ports").glob("*.py")),
        SOURCE / "settings.py",
    ):
        parts = {part.split(".")[1] for part in imports(path) if part.startswith("leadline.")}
        assert parts <= below, name(path)


def test_no_module_is_named_after_nothing() -> None:
    nothing = {"utils", "util", "helpers", "helper", "common", "base", "misc"}

    found = [
        name(path)
        for folder in (SOURCE, PLUGINS, SANDBOX, DAGS)
        for path in modules(folder)
        if path.stem in nothing or path.parent.name in nothing
    ]

    assert not found


def test_no_module_is_longer_than_can_be_read() -> None:
    folders = [SOURCE, PLUGINS, SANDBOX, DAGS]
    lengths = {
        name(path): len(path.read_text(encoding="utf-8").splitlines())
        for folder in folders
        for path in modules(folder)
    }

    assert {path for path, length in lengths.items() if length > LONGEST} <= LONG


def test_nothing_of_ours_asserts_or_raises_an_airflow_exception_by_name() -> None:
    found = []
    for folder in (SOURCE, PLUGINS, SANDBOX, DAGS):
        for path in modules(folder):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                raised = isinstance(node, ast.Raise) and re.search(r"\bAirflowException\b", ast.unparse(node))
                if isinstance(node, ast.Assert) or raised:
                    found.append(f"{name(path)}:{node.lineno}")

    assert not found


def strings(folders: list[Path]) -> set[str]:
    """Return every string constant of these folders' modules."""
    return {
        node.value
        for folder in folders
        for path in modules(folder)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def statements() -> dict[str, str]:
    """Return name -> text of every statement file."""
    found = {path.stem: path.read_text(encoding="utf-8") for path in (ROOT / "include" / "sql").glob("*.sql")}
    assert found
    return found


def brought_in() -> set[str]:
    """Return the files that others bring in: {% include "x.sql" %}, {% import %}, {% extends %}."""
    return {name for text in statements().values() for name in re.findall(r"[\"'](\w+)\.sql[\"']", text)}


def test_every_statement_file_is_used() -> None:
    assert not set(statements()) - strings([SOURCE]) - brought_in()


def test_every_statement_that_is_run_has_its_file() -> None:
    run = set()
    for path in modules(SOURCE):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr == "run"
                and len(node.args) == 2
                and isinstance(node.args[1], ast.Constant)
            ):
                run.add(str(node.args[1].value))

    assert run
    assert not run - set(statements())


def test_every_statement_is_bound_to_a_supplier() -> None:
    # These look over all suppliers, to go on with each by itself.
    over_all = {"trace_suppliers", "mail_suppliers", "mail_waiting", "incident_broken_mappings"}
    over_all |= {"incident_elsewhere"}

    unbound = {name for name, text in statements().items() if ":supplier" not in text and "load_" not in text}

    assert not unbound - over_all - brought_in()


@pytest.mark.parametrize("ending", [".txt.j2", ".html.j2"])
def test_every_mail_template_is_used_and_has_text_and_html(ending: str) -> None:
    templates = {
        path.name.removesuffix(ending) for path in (ROOT / "include" / "templates").glob(f"*{ending}")
    }

    assert templates
    assert templates <= strings([SOURCE])
    for template in templates:
        for other in (".txt.j2", ".html.j2"):
            assert (ROOT / "include" / "templates" / f"{template}{other}").is_file()


def drawn() -> dict[str, str | None]:
    """Return class -> parent as the docstring of `errors` draws them."""
    found: dict[str, str | None] = {}
    line_of: list[tuple[int, str]] = []
    for line in (errors.__doc__ or "").splitlines():
        match = re.match(r"^(\s{4}[\s|]*)(?:[|+]-- )?([A-Z]\w+)", line)
        if not match or not (line.startswith("    LeadlineError") or "-- " in line):
            continue
        depth = match.start(2)
        line_of = [(at, error) for at, error in line_of if at < depth]
        found[match.group(2)] = line_of[-1][1] if line_of else None
        line_of.append((depth, match.group(2)))
    return found


def test_the_error_tree_is_whole_and_drawn_as_it_is() -> None:
    tree = {
        error.__name__: (parent.__name__ if (parent := error.__mro__[1]) is not Exception else None)
        for _, error in inspect.getmembers(errors, inspect.isclass)
        if issubclass(error, Exception)
    }

    assert drawn() == tree
    assert len(tree) > 10


def test_errors_of_the_domain_are_all_in_the_tree() -> None:
    found = []
    for folder in (SOURCE, PLUGINS):
        for path in modules(folder):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.ClassDef) and path.name != "errors.py":
                    bases = " ".join(ast.unparse(one) for one in node.bases)
                    if re.search(r"(Exception|Error)\b", bases):
                        found.append(f"{name(path)}:{node.lineno} {node.name}")

    assert not found
