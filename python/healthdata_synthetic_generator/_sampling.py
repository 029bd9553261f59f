"""A sample of entities with all their rows, drawn in Spark."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._engine import DataError, MetadataError

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from ._metadata import Metadata


def sampled(tables: dict[str, DataFrame], metadata: Metadata, entities: int, seed: int) -> dict[str, DataFrame]:
    """Frames with about so many entities and everything that belongs to them."""
    content = metadata.to_dict()
    names = list(content["tables"])
    _complete(tables, content)
    frames = {t: tables[t].select(*[f"`{c}`" for c in content["tables"][t]["columns"]]) for t in names}
    links = [_link(r) for r in content.get("relationships", [])]
    rows = {t: frames[t].count() for t in names}
    top = _entity(max(names, key=lambda t: rows[t]), content, links, rows)
    if rows[top] <= entities:
        return frames
    frames[top] = _draw(frames[top], _key(content, top), entities / rows[top], seed)
    drawn = {top}
    for table in _parents_first(names, links):
        for parent, parent_key, child, child_key in links:
            if child == table and parent in drawn and parent != table:
                frames[table] = _follow(frames[table], child_key, frames[parent], parent_key)
                drawn.add(table)
    return frames


def _complete(tables: dict[str, DataFrame], content: dict[str, Any]) -> None:
    unknown = [t for t in tables if t not in content["tables"]]
    if unknown:
        raise MetadataError("\n".join(f"table {t} is not in the metadata" for t in unknown))
    problems = []
    for name, table in content["tables"].items():
        if name not in tables:
            problems.append(f"{name}: the table is in the metadata and not in the data")
            continue
        have = set(tables[name].columns)
        problems += [f"{name}: column {c} is in the metadata and not in the data" for c in table["columns"] if c not in have]
    if problems:
        raise DataError("\n".join(problems))


def _list(key: str | list[str]) -> list[str]:
    return [key] if isinstance(key, str) else list(key)


def _link(r: dict[str, Any]) -> tuple[str, list[str], str, list[str]]:
    parent_key, child_key = _list(r["parent_primary_key"]), _list(r["child_foreign_key"])
    return r["parent_table_name"], parent_key, r["child_table_name"], child_key


def _key(content: dict[str, Any], table: str) -> list[str]:
    key = _list(content["tables"][table].get("primary_key") or [])
    if not key:
        raise MetadataError(f"table {table} has no primary key, so its entities can't be drawn; set_primary_key first")
    return key


def _entity(table: str, content: dict[str, Any], links: list[Any], rows: dict[str, int]) -> str:
    """The table at the top of a table's chain of owners; where none is declared, its largest parent owns it."""
    seen = {table}
    while True:
        owner = content.get("x_healthdata", {}).get("tables", {}).get(table, {}).get("owner")
        if owner == "nobody":
            return table
        up = [(p, ck) for p, _, c, ck in links if c == table and p not in seen]
        if isinstance(owner, dict) and "inferred" in owner:
            up = [(owner["inferred"]["table"], [])]
        elif isinstance(owner, dict) and "key" in owner:
            up = [(p, ck) for p, ck in up if ck == _list(owner["key"])] or up
        if not up or up[0][0] in seen:
            return table
        table = max(up, key=lambda x: rows[x[0]])[0]
        seen.add(table)


def _parents_first(names: list[str], links: list[Any]) -> list[str]:
    order: list[str] = []
    while len(order) < len(names):
        free = [t for t in names if t not in order and all(p in order or p == t for p, _, c, _ in links if c == t)]
        # A circle of tables has no first one; the metadata refuse it, so this only guards against waiting for ever.
        order += free or [t for t in names if t not in order]
    return order


def _draw(frame: DataFrame, key: list[str], share: float, seed: int) -> DataFrame:
    """Rows whose key's hash is small: the same rows for the same seed, however the frame is partitioned."""
    from pyspark.sql import functions as f

    space = 1 << 31
    columns = [f.col(f"`{k}`").cast("string") for k in key]
    return frame.where(f.pmod(f.xxhash64(f.lit(seed), *columns), f.lit(space)) < f.lit(int(share * space)))


def _follow(frame: DataFrame, child_key: list[str], parent: DataFrame, parent_key: list[str]) -> DataFrame:
    """Rows whose parent was drawn."""
    from pyspark.sql import functions as f

    keys = parent.select(*[f.col(f"`{p}`").alias(f"__{i}") for i, p in enumerate(parent_key)]).distinct()
    on = [f.col(f"`{c}`") == f.col(f"__{i}") for i, c in enumerate(child_key)]
    return frame.join(keys, on, "left_semi")
