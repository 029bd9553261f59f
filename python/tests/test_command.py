"""`python -m healthdata_synthetic_generator` and `healthdata` are one program."""

import json
import signal
import subprocess
import sys
import time

import pytest

MODULE = [sys.executable, "-m", "healthdata_synthetic_generator"]


def run(*args, cwd=None, command=MODULE):
    return subprocess.run([*command, *map(str, args)], cwd=cwd, capture_output=True, text=True, timeout=300)


def checksums(folder):
    manifest = json.loads((folder / "manifest.json").read_text())
    return {f["path"]: f["blake3"] for f in manifest["tables"] + manifest["others"]}


def test_without_arguments_it_is_the_main_job(tmp_path):
    done = run(cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert sorted(p.name for p in (tmp_path / "out").iterdir() if p.is_dir()) == ["ehr", "erp", "iot"]
    assert run("check", tmp_path / "out").returncode == 0


def test_the_same_bytes_as_the_program(tmp_path, program):
    arguments = ["--format", "parquet", "--scale", "0.5", "--seed", "7", "--quiet"]
    assert run(*arguments, "--out-dir", tmp_path / "a").returncode == 0
    assert run(*arguments, "--out-dir", tmp_path / "b", command=[program]).returncode == 0
    assert checksums(tmp_path / "a") == checksums(tmp_path / "b")


@pytest.mark.parametrize("arguments", [["--scale", "0"], ["--fromat", "csv"], ["sample", "no.model", "--out-dir", "x"]])
def test_mistakes_are_one_line_and_exit_2(arguments, tmp_path):
    done = run(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("error: ") and len(done.stderr.splitlines()) == 1


def test_ctrl_c_ends_it_within_a_second(tmp_path):
    process = subprocess.Popen([*MODULE, "--scale", "1000", "--quiet"], cwd=tmp_path, stderr=subprocess.PIPE)
    time.sleep(3)
    process.send_signal(signal.SIGINT)
    # Its own patience is half a second; the bound only has to tell it from going on.
    assert process.wait(timeout=20) == 130
    assert b"Traceback" not in process.stderr.read()
    assert not (tmp_path / "out" / "manifest.json").exists()
