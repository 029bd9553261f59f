"""`.ci/supply`: what it refuses, that deny.toml says the same, and that the list of components is whole."""
import importlib.machinery
import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
loader = importlib.machinery.SourceFileLoader("supply", str(ROOT / ".ci" / "supply"))
sys.dont_write_bytecode = True
supply = importlib.util.module_from_spec(importlib.util.spec_from_loader("supply", loader))
loader.exec_module(supply)


@pytest.mark.parametrize(
    ("licence", "good"),
    [
        ("MIT", True),
        ("MIT/Apache-2.0", True),
        ("MIT OR GPL-3.0-only", True),
        ("(MIT OR Apache-2.0) AND Unicode-3.0", True),
        ("Apache-2.0 WITH LLVM-exception OR GPL-2.0-only", True),
        ("GPL-3.0-only", False),
        ("MIT AND GPL-3.0-only", False),
        ("(MIT OR Apache-2.0) AND GPL-3.0-only", False),
        ("GPL-2.0-only WITH Classpath-exception-2.0", False),
        ("MIT OR", True),
        ("MIT Apache-2.0", False),
        ("", False),
        (None, False),
    ],
)
def test_licences(licence: str | None, good: bool) -> None:
    assert supply.is_permissive(licence) == good


def package(**changed: object) -> dict:
    return {"name": "a", "version": "1.0.0", "license": "MIT", "source": supply.CRATES_IO, "targets": []} | changed


def test_what_is_refused() -> None:
    sums = {("a", "1.0.0"): "00", ("reqwest", "1.0.0"): "00"}
    assert supply.problems([package()], sums) == []
    script = [{"kind": ["custom-build"]}]
    for bad, says in [
        (package(license="GPL-3.0-only"), "licence"),
        (package(name="reqwest"), "network"),
        (package(source="git+https://example.org/a"), "not from crates.io"),
        (package(version="2.0.0"), "no checksum"),
        (package(source=None, targets=script), "build script"),
    ]:
        found = supply.problems([bad], sums)
        assert len(found) == 1 and says in found[0], found


def test_unsafe_code_is_found(tmp_path: Path) -> None:
    for crate in ["core", "io", "cli", "py"]:
        (tmp_path / f"crates/{crate}/src").mkdir(parents=True)
        (tmp_path / f"crates/{crate}/Cargo.toml").write_text("[lints]\nworkspace = true\n")
    (tmp_path / "Cargo.toml").write_text('unsafe_code = "forbid"\n')
    (tmp_path / "crates/py/src/capsule.rs").write_text("unsafe { x() }")
    assert supply.unsafe_code(tmp_path) == []
    (tmp_path / "crates/io/src/a.rs").write_text("let x = unsafe { x() };")
    (tmp_path / "crates/cli/Cargo.toml").write_text("")
    assert len(supply.unsafe_code(tmp_path)) == 2


def test_deny_toml_says_the_same() -> None:
    text = (ROOT / "deny.toml").read_text()

    def listed(key: str) -> set[str]:
        return set(re.findall(r'"([^"]+)"', re.search(rf"^{key} = \[(.*?)^\]", text, re.S | re.M).group(1)))

    assert listed("allow") == supply.PERMISSIVE
    assert listed("deny") == supply.BANNED


def test_the_list_of_components_is_whole(tmp_path: Path) -> None:
    outs = [tmp_path / "a.json", tmp_path / "b.json"]
    for out in outs:
        subprocess.run([sys.executable, ROOT / ".ci" / "supply", out], check=True)
    assert outs[0].read_bytes() == outs[1].read_bytes()
    bom = json.loads(outs[0].read_text())
    assert (bom["bomFormat"], bom["specVersion"], bom["version"]) == ("CycloneDX", "1.5", 1)
    components = [bom["metadata"]["component"], *bom["components"]]
    lock = (ROOT / "Cargo.lock").read_text()
    locked = set(re.findall(r'^name = "(.+)"\nversion = "(.+)"$', lock, re.M))
    assert {(c["name"], c["version"]) for c in components} == locked
    refs = {c["bom-ref"] for c in components}
    assert len(refs) == len(components)
    for c in components:
        assert c["purl"] == f"pkg:cargo/{c['name']}@{c['version']}"
        assert c["licenses"][0]["expression"] and "/" not in c["licenses"][0]["expression"]
        ours = c["name"].startswith("healthdata-")
        assert ours or re.fullmatch("[0-9a-f]{64}", c["hashes"][0]["content"])
    assert {d["ref"] for d in bom["dependencies"]} == refs
    assert all(set(d["dependsOn"]) <= refs for d in bom["dependencies"])
    scope = {c["name"]: c["scope"] for c in components}
    assert (scope["parquet"], scope["tempfile"]) == ("required", "excluded")
