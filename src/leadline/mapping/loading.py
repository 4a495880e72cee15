"""Reads mappings: one file, one supplier, or all of a folder.

A file is read whole or not at all: what `load_mapping` returns has no findings.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from pydantic import ValidationError

from leadline.errors import Finding, MappingError, UnknownSupplier
from leadline.mapping.document import read_document
from leadline.mapping.findings import findings_of
from leadline.mapping.lint import lint_mapping, lint_together, sharing_findings
from leadline.mapping.model import SupplierMapping

SUFFIXES = (".yaml", ".yml")


def load_mapping(path: Path | str) -> SupplierMapping:
    """Return the mapping in this file.

    Raises:
        MappingError: With every finding of the file.
    """
    path = Path(path)
    document = read_document(path)
    if not isinstance(document.value, dict):
        message = "a mapping is a section of 'key: value' lines, such as 'supplier: acme'"
        raise MappingError([Finding(str(path), document.line(()), message)])
    try:
        mapping = SupplierMapping.model_validate(document.value)
    except ValidationError as error:
        raise MappingError(
            in_order([*document.findings, *findings_of(error, document, SupplierMapping)])
        ) from None
    findings = [*document.findings, *lint_mapping(mapping, document)]
    if findings:
        raise MappingError(in_order(findings))
    return mapping


def load_supplier(directory: Path, supplier: str) -> SupplierMapping:
    """Return the mapping of one supplier without reading the others.

    Raises:
        UnknownSupplier: No file has this name.
        MappingError: The file has findings.
    """
    for suffix in SUFFIXES:
        path = directory / f"{supplier}{suffix}"
        if path.is_file():
            mapping, findings = _load_named(path)
            if mapping is None:
                raise MappingError(findings)
            return mapping
    known = ", ".join(sorted(path.stem for path in mapping_files(directory))) or "none"
    raise UnknownSupplier(f"there is no mapping for '{supplier}'; there are: {known}")


def load_all(directory: Path) -> tuple[dict[str, SupplierMapping], list[Finding]]:
    """Return the good mappings by supplier, and the findings of the others: none hides another."""
    return load_files(mapping_files(directory))


def load_files(paths: Iterable[Path]) -> tuple[dict[str, SupplierMapping], list[Finding]]:
    """Return the good mappings of these files by supplier, and the findings of the others."""
    loaded: dict[Path, SupplierMapping] = {}
    findings: list[Finding] = []
    for path in paths:
        mapping, wrong = _load_named(path)
        findings += wrong
        if mapping is not None:
            loaded[path] = mapping
    for finding in lint_together(loaded):
        findings.append(finding)
        loaded = {path: mapping for path, mapping in loaded.items() if str(path) != finding.path}
    return {mapping.supplier: mapping for mapping in loaded.values()}, findings


def sharing_of(paths: Iterable[Path], mappings: Mapping[str, SupplierMapping]) -> list[Finding]:
    """Return what good mappings of these files would take from each other where they share a system.

    They are no reason to stop a supplier that runs: whoever sets one up is to hear of them.
    """
    return list(sharing_findings({path: mappings[path.stem] for path in paths if path.stem in mappings}))


def mapping_files(directory: Path) -> list[Path]:
    """Return the mapping files of a folder in order of their names; hidden files are none."""
    if not directory.is_dir():
        return []
    return sorted(
        path for path in directory.iterdir() if path.suffix in SUFFIXES and not path.name.startswith(".")
    )


def target_findings(targets: Mapping[str, str], known: Collection[str]) -> list[Finding]:
    """Return what LEADLINE_TARGETS names that is no supplier: the one that was meant would run as configured.

    Args:
        targets: Supplier to target, as the setting says.
        known: Suppliers that have a mapping, good or broken.
    """
    there = ", ".join(sorted(known)) or "none"
    return [
        Finding("LEADLINE_TARGETS", 0, f"there is no mapping for '{name}'; there are: {there}")
        for name in targets
        if name not in known
    ]


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """Return findings once each, by line."""
    return sorted(dict.fromkeys(findings), key=lambda finding: (finding.path, finding.line))


def _load_named(path: Path) -> tuple[SupplierMapping | None, list[Finding]]:
    """Return the mapping of a file that is named after its supplier, or the findings."""
    try:
        mapping = load_mapping(path)
    except MappingError as error:
        return None, list(error.findings)
    if mapping.supplier != path.stem:
        line = read_document(path).line(("supplier",))
        message = (
            f"supplier '{mapping.supplier}' does not match the file's name; call it {mapping.supplier}.yaml"
        )
        return None, [Finding(str(path), line, message)]
    return mapping, []
