"""The schema for editors."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from check_jsonschema import main as check_jsonschema

from leadline.mapping.schema_export import mapping_schema
from leadline.settings import default_include_dir

SCHEMA = default_include_dir() / "mapping.schema.json"


def test_the_schema_in_the_repository_is_that_of_the_models() -> None:
    assert SCHEMA.read_text(encoding="utf-8") == mapping_schema(), "run `leadline schema`"


def test_the_samples_satisfy_the_schema_in_another_validator(tmp_path: Path) -> None:
    samples = sorted((default_include_dir() / "mappings").glob("*.yaml"))
    wrong = tmp_path / "wrong.yaml"
    body = yaml.safe_load(samples[0].read_text(encoding="utf-8"))
    wrong.write_text(yaml.safe_dump({**body, "lable": "x"}), encoding="utf-8")

    for path, code in [*((sample, 0) for sample in samples), (wrong, 1)]:
        with pytest.raises(SystemExit) as ended:
            check_jsonschema(["--schemafile", str(SCHEMA), str(path)])
        assert ended.value.code == code, path
