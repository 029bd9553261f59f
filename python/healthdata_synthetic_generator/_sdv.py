"""SDV's metadata and constraints, in our words."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ._engine import MetadataError


def read(metadata: Any, constraints: Any = None) -> dict[str, Any]:
    """The content of a metadata file from SDV's object, dict or file, with constraints as rules."""
    content = _content(metadata)
    rules, problems = [], []
    for i, constraint in enumerate(_constraints(constraints)):
        try:
            rules += _rules(constraint, content)
        except KeyError as e:
            problems.append(f"constraint {i + 1}: {e.args[0]}")
    if problems:
        error = MetadataError("\n".join(problems))
        error.problems = problems
        raise error
    if rules:
        content.setdefault("x_healthdata", {}).setdefault("rules", []).extend(rules)
    return content


def _content(metadata: Any) -> dict[str, Any]:
    if isinstance(metadata, (str, os.PathLike)):
        try:
            metadata = json.loads(Path(metadata).read_text(encoding="utf-8-sig"))
        except OSError as e:
            raise MetadataError(f"{os.fspath(metadata)}: can't read it: {e.strerror}") from None
        except ValueError:
            raise MetadataError(f"{os.fspath(metadata)}: not JSON") from None
    elif hasattr(metadata, "to_dict"):
        metadata = metadata.to_dict()
    if not isinstance(metadata, Mapping):
        raise MetadataError("give a metadata object of SDV, its dict or the path of its file")
    # A copy: the caller's own must not change.
    content: dict[str, Any] = json.loads(json.dumps(dict(metadata)))
    return content


def _constraints(constraints: Any) -> list[Mapping[str, Any]]:
    if constraints is None:
        return []
    if isinstance(constraints, (str, os.PathLike)):
        try:
            constraints = json.loads(Path(constraints).read_text(encoding="utf-8-sig"))
        except OSError as e:
            raise MetadataError(f"{os.fspath(constraints)}: can't read it: {e.strerror}") from None
        except ValueError:
            raise MetadataError(f"{os.fspath(constraints)}: not JSON") from None
    if isinstance(constraints, Mapping) or not hasattr(constraints, "__iter__"):
        constraints = [constraints]
    return [c if isinstance(c, Mapping) else _dict(c) for c in constraints]


def _dict(constraint: Any) -> Mapping[str, Any]:
    """A constraint object of SDV: its class and the arguments it keeps."""
    if hasattr(constraint, "to_dict"):
        made: Mapping[str, Any] = constraint.to_dict()
        return made
    kept = {k.lstrip("_"): v for k, v in vars(constraint).items()}
    return {"class_name": type(constraint).__name__, "parameters": kept}


def _rules(constraint: Mapping[str, Any], content: dict[str, Any]) -> list[dict[str, Any]]:
    """The rules that say the same; KeyError with the reason where there is none."""
    name = constraint.get("class_name") or constraint.get("constraint_class")
    given = constraint.get("parameters") or constraint.get("constraint_parameters") or {}

    def need(*keys: str) -> Any:
        for key in keys:
            if given.get(key) is not None:
                return given[key]
        raise KeyError(f"{name} needs {keys[0]}")

    table = given.get("table_name") or constraint.get("table_name") or _only_table(content, name)
    if name == "Inequality":
        strict = bool(given.get("strict_boundaries", False))
        low, high = need("low_column_name"), need("high_column_name")
        return [{"kind": "order", "table": table, "low": low, "high": high, "strict": strict}]
    if name == "Range":
        strict = bool(given.get("strict_boundaries", False))
        low, middle, high = need("low_column_name"), need("middle_column_name"), need("high_column_name")
        return [
            {"kind": "order", "table": table, "low": low, "high": middle, "strict": strict},
            {"kind": "order", "table": table, "low": middle, "high": high, "strict": strict},
        ]
    if name in ("ScalarInequality", "ScalarRange", "Positive", "Negative"):
        return [_bounds(name, table, given, need)]
    if name == "FixedCombinations":
        return [{"kind": "fixed_combinations", "table": table, "columns": need("column_names")}]
    if name in ("Unique", "UniqueCombinations"):
        return [{"kind": "unique", "table": table, "columns": need("column_names")}]
    raise KeyError(f"{name} has no rule that says the same; leave it out, or write a rule with Metadata.add_rule")


def _bounds(name: str, table: str, given: Mapping[str, Any], need: Any) -> dict[str, Any]:
    rule = {"kind": "range", "table": table, "column": need("column_name")}
    strict = bool(given.get("strict_boundaries", name in ("Positive", "Negative")))
    if name == "ScalarInequality":
        relation, value = need("relation"), str(need("value"))
        if relation not in ("<=", ">="):
            raise KeyError(f"ScalarInequality with {relation} has no rule that says the same; use <= or >= with the next value")
        return {**rule, ("max" if relation == "<=" else "min"): value}
    if strict and name != "ScalarRange":
        raise KeyError(f"{name} with strict_boundaries has no rule that says the same; use Metadata.add_rule with a range")
    if name == "ScalarRange":
        if given.get("strict_boundaries", True):
            raise KeyError("ScalarRange with strict_boundaries has no rule that says the same; use strict_boundaries=False")
        return {**rule, "min": str(need("low_value")), "max": str(need("high_value"))}
    return {**rule, ("min" if name == "Positive" else "max"): "0"}


def _only_table(content: dict[str, Any], name: Any) -> str:
    tables = list(content.get("tables", {"table": None}))
    if len(tables) != 1:
        raise KeyError(f"{name} needs table_name, for there are {len(tables)} tables")
    return str(tables[0])
