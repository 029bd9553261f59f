"""The examples, the notebook and the README's lines run."""

import re
import shutil
import subprocess
import sys

import pytest

from conftest import ROOT

EXAMPLES = sorted(p for p in (ROOT / "examples").glob("*.py"))


@pytest.mark.parametrize("script", EXAMPLES, ids=lambda p: p.stem)
def test_the_script_runs(script, tmp_path):
    if script.stem == "spark":
        pytest.importorskip("pyspark")
        if shutil.which("java") is None:
            pytest.skip("no Java on the path")
    done = subprocess.run([sys.executable, script], cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr


def test_the_notebook_runs(tmp_path):
    nbformat, nbclient = pytest.importorskip("nbformat"), pytest.importorskip("nbclient")
    (path,) = (ROOT / "examples").glob("*.ipynb")
    book = nbformat.read(path, as_version=4)
    nbclient.NotebookClient(book, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute()
    shown = [o for cell in book.cells for o in cell.get("outputs", [])]
    assert any("text/html" in o.get("data", {}) for o in shown)


@pytest.mark.parametrize("page", ["README.md", "docs/coming-from-sdv.md"])
def test_the_lines_of_the_page_run(page, tmp_path, hospital):
    tables, _ = hospital
    (tmp_path / "my-data").mkdir()
    for name, frame in tables.items():
        frame.to_csv(tmp_path / "my-data" / f"{name}.csv", index=False)
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / page).read_text(), re.S)
    code = "\n".join(b for b in blocks if "import sdv" not in b and "from sdv" not in b)
    assert code
    done = subprocess.run([sys.executable, "-W", "error::UserWarning", "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
