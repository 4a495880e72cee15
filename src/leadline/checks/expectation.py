"""Great Expectations: one vectorised expectation for every rule of the mapping, and the run of a suite.

The classes are made inside a function, because Great Expectations is imported late (`late_imports`).
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from contextvars import ContextVar
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from leadline.checks.judging import Flags
from leadline.checks.rules import Rule
from leadline.checks.suites import Written
from leadline.checks.verdicts import Verdicts
from leadline.errors import ChecksFailed, ConfigurationError
from leadline.late_imports import great_expectations

METRIC = "column_values.lead_field_rule"
RESULT_FORMAT = {
    "result_format": "COMPLETE",  # anything less lists 20 rows only
    "exclude_unexpected_values": True,  # values are personal data
    "partial_unexpected_count": 0,
}
_NULLS = "column_values.nonnull.unexpected_count"
_NUMBER = "leadline"

_current: ContextVar[tuple[Verdicts, dict[tuple[str, str], Flags]]] = ContextVar("verdicts")


@cache
def field_rule_expectation() -> type[Any]:
    """Return `ExpectLeadFieldRule(column, rule, argument)`; at the first call it is registered.

    It asks the batch's `Verdicts`, which hold the memoised casts, so the order in which Great Expectations
    computes its metrics does not matter.
    """
    engine = great_expectations("execution_engine").PandasExecutionEngine
    metrics = great_expectations("expectations.metrics")
    expectation = great_expectations("expectations.expectation")
    registry = great_expectations("expectations.registry")
    validator = great_expectations("validator.metric_configuration")

    class LeadFieldRuleMetric(metrics.ColumnMapMetricProvider):  # type: ignore[misc, name-defined]
        """Which rows keep a rule."""

        condition_metric_name = METRIC
        condition_value_keys = ("rule", "argument")
        # The stock filter copies the whole frame once per expectation; and `required` is about nulls.
        filter_column_isnull = False

        @metrics.column_condition_partial(engine=engine)  # type: ignore[untyped-decorator]
        def _pandas(cls, column: pd.Series, rule: str, **_: Any) -> pd.Series:  # noqa: N805
            verdicts, masks = _current.get()
            broken = verdicts.broken(str(column.name), rule)
            masks[str(column.name), rule] = broken
            return pd.Series(~broken, index=column.index)

    class ExpectLeadFieldRule(expectation.ColumnMapExpectation):  # type: ignore[misc, name-defined]
        """Expect that the cells of a column keep one rule of the mapping."""

        rule: str
        argument: str

        map_metric = METRIC
        success_keys = ("rule", "argument", "mostly")

        def get_validation_dependencies(
            self, execution_engine: Any = None, runtime_configuration: dict[str, Any] | None = None, **_: Any
        ) -> Any:
            # Counts and positions are all we use; the rest of what the stock class asks for takes long.
            dependencies = super(expectation.ColumnMapExpectation, self).get_validation_dependencies(
                execution_engine=execution_engine, runtime_configuration=runtime_configuration
            )
            configuration = self.configuration
            for name in (f"{METRIC}.unexpected_count", f"{METRIC}.unexpected_index_list", "table.row_count"):
                keys = registry.get_metric_kwargs(
                    metric_name=name,
                    configuration=configuration,
                    runtime_configuration=runtime_configuration,
                )
                dependencies.set_metric_configuration(
                    metric_name=name,
                    metric_configuration=validator.MetricConfiguration(
                        metric_name=name,
                        metric_domain_kwargs=keys["metric_domain_kwargs"],
                        metric_value_kwargs=keys["metric_value_kwargs"],
                    ),
                )
            return dependencies

        def _validate(self, metrics: dict[str, Any], *arguments: Any, **options: Any) -> Any:
            # Every row counts: one without a value can break a rule. If nulls were taken off the base, Great
            # Expectations would refuse its own result where more than 100 % are unexpected.
            return super()._validate({**metrics, _NULLS: 0}, *arguments, **options)

    return ExpectLeadFieldRule


def run_expectations(
    frame: pd.DataFrame, rules: Sequence[Rule], written: Sequence[Written], verdicts: Verdicts
) -> list[Flags]:
    """Return which rows break each rule, then each hand-written expectation; each of shape (rows,).

    Args:
        frame: One column per field, shape (rows, fields), its index counting from 0; only the columns that
            `written` names need to hold values.
        rules: Derived from the mapping; answered by `verdicts`, which are of the same rows.
        written: Column-map expectations of a suite.

    Raises:
        ChecksFailed: Great Expectations could not judge, left one out, or counted otherwise than we.
        ConfigurationError: A hand-written expectation cannot be computed on its column.
    """
    expectation_type = field_rule_expectation()
    expectations = [
        expectation_type(column=rule.field, rule=rule.name, argument=rule.argument, meta={_NUMBER: number})
        for number, rule in enumerate(rules)
    ]
    expectations += [item.build({_NUMBER: number}) for number, item in enumerate(written, len(rules))]
    if not len(frame) or not expectations:
        return [np.zeros(len(frame), dtype=bool) for _ in expectations]
    masks: dict[tuple[str, str], Flags] = {}
    token = _current.set((verdicts, masks))
    try:
        results = _in_order(_validate(frame, expectations), len(expectations))
    finally:
        _current.reset(token)
    flags = []
    for rule, result in zip(rules, results, strict=False):
        captured = masks.get((rule.field, rule.name))
        found = _broken_rows(result, len(frame))
        if found is None:
            raise ChecksFailed(f"Great Expectations could not judge {rule.field}/{rule.name}")
        if captured is None or not np.array_equal(captured, found):
            raise ChecksFailed(f"two counts of {rule.field}/{rule.name} differ")
        flags.append(found)
    for item, result in zip(written, results[len(rules) :], strict=True):
        found = _broken_rows(result, len(frame))
        if found is None:
            finding = item.finding(f"{item.type} cannot be computed on '{item.columns[0]}'")
            raise ConfigurationError(str(finding), [finding])
        flags.append(found)
    return flags


def _validate(frame: pd.DataFrame, expectations: Sequence[Any]) -> list[Any]:
    gx = great_expectations()
    types = great_expectations("data_context.types.base")
    context = gx.get_context(
        mode="ephemeral",
        project_config=types.DataContextConfig(
            # No Data Docs: they cost half a second and hold values.
            store_backend_defaults=types.InMemoryStoreBackendDefaults(init_temp_docs_sites=False),
            analytics_enabled=False,
            progress_bars=types.ProgressBarsConfig(globally=False, metric_calculations=False),
        ),
    )
    asset = context.data_sources.add_pandas("batch").add_dataframe_asset("batch")
    batch = asset.add_batch_definition_whole_dataframe("batch").get_batch({"dataframe": frame})
    suite = gx.ExpectationSuite(name="batch", expectations=list(expectations))
    with warnings.catch_warnings():
        # pandas dislikes groups in a pattern that is only searched for; in a suite they are fine.
        warnings.filterwarnings("ignore", "This pattern is interpreted as a regular", UserWarning)
        outcome = batch.validate(suite, result_format=RESULT_FORMAT)
    return list(outcome.results)


def _in_order(results: Sequence[Any], count: int) -> list[Any]:
    # Great Expectations gives them in an order of its own.
    by_number = {result.expectation_config.meta[_NUMBER]: result for result in results}
    if len(results) != count or sorted(by_number) != list(range(count)):
        raise ChecksFailed(f"{len(results)} of {count} expectations were judged")
    return [by_number[number] for number in range(count)]


def _broken_rows(result: Any, rows: int) -> Flags | None:
    """Return which rows a result lists, None if the expectation could not be computed."""
    info = result.exception_info or {}
    # Flat when the expectation raised, nested by metric id when a metric did.
    parts = [info, *(part for part in info.values() if isinstance(part, dict))]
    if any(part.get("raised_exception") for part in parts):
        return None
    listed, count = result.result.get("unexpected_index_list"), result.result.get("unexpected_count")
    if count is None or (listed is None and count) or result.success != (count == 0):
        return None
    flags = np.zeros(rows, dtype=bool)
    flags[list(listed or ())] = True
    return flags if int(flags.sum()) == count else None
