"""How a run's job begins: what its Python must have."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from rollout_lab_job.__main__ import key_fault, package_fault, python_fault

CODE = Path(__file__).parents[2] / "src/cluster"


def lists(folder: Path, policy: str, cluster: str) -> Path:
    (folder / "policy").mkdir()
    (folder / "policy/requirements.txt").write_text(policy)
    (folder / "requirements.txt").write_text(cluster)
    return folder


def test_this_python_has_what_the_lists_name() -> None:
    assert python_fault() is None
    assert package_fault(CODE) is None


def test_what_is_not_there_or_of_another_version_is_named_with_its_cure(tmp_path: Path) -> None:
    fault = package_fault(lists(tmp_path, "torch==2.99.1\nnumpy==0.1\n", "-r policy/requirements.txt\nno-such-package[x]==3.1\n"))
    assert fault is not None
    assert " where 2.99 is needed, no no-such-package. On every node: " in fault
    assert fault.endswith('-m pip install "torch==2.99.1" "no-such-package==3.1"')
    assert "\n" not in fault


def test_an_old_python_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 9, 1))
    fault = python_fault()
    assert fault is not None
    assert fault.startswith("Python 3.9 (")


def test_a_judge_that_asks_for_a_key_finds_it_in_the_environment_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROLLOUT_LAB_JUDGE_KEY", " ")
    assert "set ROLLOUT_LAB_JUDGE_KEY where Ray's head is started" in str(key_fault())
    monkeypatch.setenv("ROLLOUT_LAB_JUDGE_KEY", "key")
    assert key_fault() is None


def run(cwd: Path, code: Path, *words: str) -> subprocess.CompletedProcess[str]:
    asked = [sys.executable, "-m", "rollout_lab_job", *words]
    environment = {**os.environ, "PYTHONPATH": str(code)}
    return subprocess.run(asked, cwd=cwd, env=environment, capture_output=True, text=True, check=False)  # noqa: S603  Our own words.


def test_a_job_of_another_session_says_so_in_the_line_that_its_follower_reads(tmp_path: Path) -> None:
    ended = run(tmp_path, CODE, "--session", "session_1", "--job", "job")
    assert ended.returncode == 1
    assert ended.stderr.splitlines()[-1].startswith("rollout-lab: this job is not in the session session_1")


def test_the_training_process_takes_its_place(tmp_path: Path) -> None:
    code = lists(tmp_path, "", "")
    shutil.copytree(CODE / "rollout_lab_job", code / "rollout_lab_job")
    (code / "training.cjs").write_text("console.log(JSON.stringify(process.argv.slice(2)))")
    work = tmp_path / "session_1/files"
    work.mkdir(parents=True)
    (tmp_path / "session_1/logs").mkdir()
    ended = run(work, code, "--session", "session_1", "--job", "job", "--", "--db", "a b.db")
    outbox = tmp_path / "session_1/logs/job"
    assert json.loads(ended.stdout) == ["--db", "a b.db", "--outbox", str(outbox), "--python", sys.executable]
    assert outbox.is_dir()
