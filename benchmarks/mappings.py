"""How long 200 mappings take to parse, and one task its own: `python -m benchmarks.mappings FOLDER`."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from leadline.mapping.loading import load_all, load_supplier
from leadline.settings import default_include_dir


def measure(folder: Path, count: int = 200) -> dict[str, float]:
    """Return seconds for `count` mappings, and milliseconds for one of them in a warm process."""
    text = (default_include_dir() / "mappings" / "acme.yaml").read_text(encoding="utf-8")
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        name = f"supplier_{number:03}"
        (folder / f"{name}.yaml").write_text(text.replace("supplier: acme", f"supplier: {name}"), "utf-8")
    began = time.perf_counter()
    _, findings = load_all(folder)
    all_of_them = time.perf_counter() - began
    if findings:
        raise ValueError(str(findings[0]))
    began = time.perf_counter()
    load_supplier(folder, "supplier_100")
    return {"parse_s": all_of_them, "reparse_ms": (time.perf_counter() - began) * 1000}


if __name__ == "__main__":
    print(json.dumps(measure(Path(sys.argv[1]))))
