"""The JSON schema of a mapping, for editors that complete and check YAML."""

from __future__ import annotations

import json

from leadline.mapping.model import SupplierMapping


def mapping_schema() -> str:
    """Return the JSON schema (draft 2020-12) as text, the same for the same models."""
    schema = SupplierMapping.model_json_schema(by_alias=True)
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
    return json.dumps(schema, indent=2, ensure_ascii=False, sort_keys=True) + "\n"
