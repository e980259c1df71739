"""The policy on several workers of a Ray on loopback: they agree with one process, and whoever dies loses nothing."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import psutil
import pytest
import torch

from client import ROOT, SAMPLE, Client, ErrorAnswer, decoded, floats, whole
from policy.peers import shared
from policy.request import Completion, Draw
from test_policy import CONTEXTS, LOSS, SAMPLING, drawn, generate, rollouts
from test_service import fault, opening
from tiny import text_model
from tiny_omni import OMNI_TEXT, omni_model

# Loopback alone, on Linux too, no word to anyone, and no token in the home folder.
RAY = {
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_AUTH_MODE": "disabled",
    "GLOO_SOCKET_IFNAME": "lo",
    "PYTHONPATH": str(ROOT / "src" / "cluster"),
}
# What a service says on stderr, between lines of Ray's.
BEGAN_TWO, LOST, BEGAN_ONE = r"^2 workers began\.$.*", r"^Worker \d was lost: .*", r"^1 worker began\.$.*"


class Workers(Client):
    """A client of a service whose policy is held by workers."""

    def __init__(self, service: subprocess.Popen[str], name: str, said: Path) -> None:
        assert service.stdin is not None
        assert service.stdout is not None
        super().__init__(service.stdin, service.stdout)
        self.service, self.name, self.said = service, name, said

    def processes(self) -> list[psutil.Process]:
        """Give the workers that live. They work in the run's folder."""
        found = []
        for process in psutil.process_iter(["cmdline", "status", "cwd"]):
            name = (process.info["cmdline"] or [""])[0]
            lives = process.info["status"] != psutil.STATUS_ZOMBIE
            if name.startswith("ray::RayTrainWorker") and lives and f"/{self.name}" in (process.info["cwd"] or ""):
                found.append(process)
        return found


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """Give a folder for all that Ray leaves. Its path is short: that of a socket may not be longer."""
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@pytest.fixture(scope="module")
def nodes(home: Path) -> Iterator[subprocess.Popen[str]]:
    """Give two nodes, whose address has been read."""
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    environment = {**os.environ, **RAY, "HOME": str(home), "RAY_TMPDIR": str(home)}
    with subprocess.Popen([sys.executable, ROOT / "test/python/nodes.py"], **pipes, text=True, env=environment) as process:  # noqa: S603
        yield process
        process.communicate()


@pytest.fixture(scope="module")
def address(nodes: subprocess.Popen[str]) -> str:
    """Give the address of the Ray that all tests share."""
    assert nodes.stdout is not None
    return nodes.stdout.readline().strip()


@contextmanager
def workers(address: str, home: Path, name: str, count: int, resources: dict[str, int]) -> Iterator[Workers]:
    """Run a service."""
    words = ["-m", "policy.workers", "--workers", str(count), "--storage", str(home / "storage"), "--name", name]
    environment = {**os.environ, **RAY, "HOME": str(home), "RAY_ADDRESS": address}
    said = home / f"{name}.log"
    with said.open("w") as log:
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": log}
        command = [sys.executable, *words, "--resources", json.dumps(resources)]
        with subprocess.Popen(command, **pipes, text=True, env=environment) as service:  # noqa: S603
            yield Workers(service, name, said)
            service.kill()


@contextmanager
def node_elsewhere(address: str, home: Path, hidden: Path) -> Iterator[None]:
    """Run a node that has an empty folder where the others have this one, as a machine with a disk of its own has."""
    apart = ["unshare", "--map-root-user", "--mount", "sh", "-c", 'mount -t tmpfs none "$0" && exec "$@"', str(hidden)]
    command = [*apart, sys.executable, str(ROOT / "test/python/node.py"), address]
    environment = {**os.environ, **RAY, "HOME": str(home), "RAY_TMPDIR": str(home)}
    with subprocess.Popen(command, stdin=subprocess.PIPE, env=environment) as node:  # noqa: S603
        yield
        node.communicate()


@pytest.fixture(scope="module")
def one(address: str, home: Path) -> Iterator[Workers]:
    """Give one worker."""
    with workers(address, home, "one", 1, {"head": 1}) as client:
        yield client


@pytest.fixture(scope="module")
def two(address: str, home: Path) -> Iterator[Workers]:
    """Give two workers."""
    with workers(address, home, "two", 2, {"head": 1}) as client:
        yield client


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a tiny model."""
    return text_model(tmp_path / "policy")


def step(client: Client, rows: list[dict[str, Any]]) -> dict[str, Any]:
    return client.ask("reinforce", contexts=CONTEXTS, rows=rows, learningRate=1e-3, loss=LOSS)


def alike(given: dict[str, Any], expected: dict[str, Any], most: float) -> None:
    """Check that two answers to `reinforce` are as good as the same."""
    for name in ("loss", "policyLoss", "kl", "gradNorm", "entropy"):
        assert given[name] == pytest.approx(expected[name], rel=most, abs=most), name
    assert given["step"] == expected["step"]
    for row, other in zip(given["logProbs"], expected["logProbs"], strict=True):
        np.testing.assert_allclose(decoded(row), decoded(other), atol=1e-5)


def scored(client: Client, rows: list[dict[str, Any]], *, reference: bool = False) -> list[Any]:
    asked = [{"context": row["context"], "ids": row["ids"]} for row in rows]
    return [decoded(scores) for scores in client.ask("logProbs", contexts=CONTEXTS, rows=asked, reference=reference)["logProbs"]]


def test_rows_are_shared_evenly_and_a_context_is_of_one_worker_where_it_can_be() -> None:
    rows = [Draw(place % 8, 0) for place in range(64)]
    assert [{rows[place].context for place in share} for share in shared(rows, 4)] == [{0, 1}, {2, 3}, {4, 5}, {6, 7}]
    # One that is in the middle is split.
    assert [len(share) for share in shared([Draw(place // 8, 0) for place in range(24)], 2)] == [12, 12]
    assert shared([Draw(0, 0)], 3) == [[], [0], []]
    assert shared([], 2) == [[], []]
    # Completions count by their tokens.
    lengths = [30, 10, 10, 10, 0, 60]
    assert shared([Completion(0, torch.zeros(length)) for length in lengths], 2) == [[0, 1, 2, 3], [4, 5]]


def test_one_worker_is_the_same_as_none_bit_for_bit_and_goes_on_from_a_checkpoint(
    one: Workers, client: Client, folder: Path, tmp_path: Path
) -> None:
    saved = {}
    for name, asked in (("workers", one), ("alone", client)):
        asked.open(folder)
        for place in (first := tmp_path / f"{name}-first", last := tmp_path / f"{name}-last"):
            place.mkdir()
        rows = drawn()
        batch = rollouts(generate(asked, rows), rows)
        measured = [step(asked, batch), step(asked, batch)]
        asked.ask("save", folder=str(first))
        measured.append(step(asked, batch))
        asked.ask("save", folder=str(last))
        saved[name] = (batch, measured, {file.name: file.read_bytes() for file in last.iterdir()})
    assert saved["workers"] == saved["alone"]
    one.open(folder)
    one.ask("restore", folder=str(tmp_path / "workers-first"), step=2)
    batch, measured, files = saved["workers"]
    assert step(one, batch) == measured[2]
    again = tmp_path / "again"
    again.mkdir()
    one.ask("save", folder=str(again))
    assert {file.name: file.read_bytes() for file in again.iterdir()} == files


def test_a_worker_of_another_machine_saves_to_this_one_and_restores_from_it(
    address: str, home: Path, client: Client, folder: Path, tmp_path: Path
) -> None:
    here = tmp_path / "here"
    saved = here / "saved"
    saved.mkdir(parents=True)
    with node_elsewhere(address, home, here), workers(address, home, "elsewhere", 1, {"elsewhere": 1}) as far:
        far.open(folder)
        rows = drawn()
        batch = rollouts(generate(far, rows), rows)
        step(far, batch)
        far.ask("save", folder=str(saved))
        after = step(far, batch)
        # It is as before that step again.
        far.ask("restore", folder=str(saved), step=1)
        assert step(far, batch) == after
    client.open(folder)
    client.ask("restore", folder=str(saved), step=1)
    assert step(client, batch) == after


def test_two_workers_agree_with_one_process(two: Workers, client: Client, folder: Path) -> None:
    assert two.open(folder)["description"].endswith(", float32, 2 workers")
    client.open(folder)
    rows = drawn()
    made = generate(client, rows)
    assert [row["ids"] for row in generate(two, rows)["rows"]] == [row["ids"] for row in made["rows"]]
    batch = rollouts(made, rows)
    for reference in (False, True):
        for given, expected in zip(scored(two, batch, reference=reference), scored(client, batch, reference=reference), strict=True):
            np.testing.assert_allclose(given, expected, atol=1e-5)
    alike(step(two, batch), step(client, batch), 1e-6)
    # What differs by rounding goes on to differ. A row alone leaves a worker without one.
    for part in (batch, batch, batch[5:6]):
        alike(step(two, part), step(client, part), 1e-5)
    assert [row["ids"] for row in generate(two, rows)["rows"]] == [row["ids"] for row in generate(client, rows)["rows"]]
    for given, expected in zip(scored(two, batch, reference=True), scored(client, batch, reference=True), strict=True):
        np.testing.assert_allclose(given, expected, atol=1e-5)


def test_a_gradient_that_is_not_finite_on_one_worker_moves_none(two: Workers, folder: Path) -> None:
    two.open(folder)
    rows = drawn()
    batch = rollouts(generate(two, rows), rows)
    before = scored(two, batch)
    # The last context is the second worker's.
    weights = floats([float("inf")] * batch[-1]["ids"]["shape"][0])
    with pytest.raises(ErrorAnswer) as thrown:
        step(two, [*batch[:-1], {**batch[-1], "advantage": 1, "weights": weights}])
    assert (thrown.value.kind, thrown.value.error["step"], thrown.value.error["gradNorm"]) == ("diverged", 1, "NaN")
    assert two.ask("about")["step"] == 0
    for given, expected in zip(scored(two, batch), before, strict=True):
        np.testing.assert_array_equal(given, expected)
    assert step(two, batch)["step"] == 1


def test_faults_are_those_of_one_process(two: Workers, client: Client, folder: Path, tmp_path: Path) -> None:
    def faults(asked: Client) -> list[tuple[str, str]]:
        said = [fault(asked, "abuot"), fault(asked, "open", **opening(tmp_path / "none")), fault(asked, "about")]
        asked.open(folder)
        sent: list[tuple[str, dict[str, Any]]] = [
            ("save", {"folder": str(tmp_path / "none")}),
            ("restore", {"folder": str(tmp_path), "step": 1}),
            ("generate", {"contexts": CONTEXTS[:1], "rows": drawn(), "sampling": SAMPLING, "ends": [1]}),
            # Too long for the last context alone, which is the second worker's.
            ("logProbs", {"contexts": CONTEXTS, "rows": [{"context": i % 3, "ids": whole([5] * 86)} for i in range(6)]}),
        ]
        return said + [fault(asked, operation, **fields) for operation, fields in sent]

    assert faults(two) == faults(client)


def test_a_generation_is_cancelled_by_all_workers(two: Workers, folder: Path) -> None:
    two.open(folder)
    rows = [{"context": i % 3, "seed": i} for i in range(20_000)]
    number = two.send("generate", contexts=CONTEXTS, rows=rows, sampling=SAMPLING, ends=[])
    assert two.hear()["progress"]["of"] == 20_000 * SAMPLING["maxNewTokens"]
    two.line(json.dumps({"op": "cancel", "id": number}))
    with pytest.raises(ErrorAnswer, match="Cancelled at") as thrown:
        two.answer()
    assert thrown.value.kind == "cancelled"
    assert two.ask("about")["step"] == 0


def test_what_waits_for_a_worker_is_cancelled(address: str, home: Path, folder: Path) -> None:
    with workers(address, home, "nowhere", 1, {"nowhere": 1}) as client:
        number = client.send("open", **opening(folder))
        while "Ray is asked for workers" not in client.said.read_text("utf-8"):
            time.sleep(0.1)
        time.sleep(1)
        client.line(json.dumps({"op": "cancel", "id": number}))
        with pytest.raises(ErrorAnswer, match="Cancelled before a worker was there"):
            client.answer()
        assert client.ask("close") == {}
        assert client.service.wait(30) == 0


def going_on(client: Workers, other: Client, folder: Path, saved: Path, lose: Callable[[], None]) -> None:
    """Lose something while a service generates, after steps of which some were saved; check that the others did not lose any."""
    rows = drawn()
    for asked in (client, other):
        asked.open(folder)
    batch = rollouts(generate(other, rows), rows)
    alike(step(client, batch), step(other, batch), 1e-6)
    saved.mkdir()
    client.ask("save", folder=str(saved))
    # As the loop does with a checkpoint that is whole.
    saved.rename(saved.with_suffix(".whole"))
    for _ in range(2):
        alike(step(client, batch), step(other, batch), 1e-5)
    many = [{"context": i % 3, "seed": i} for i in range(3_000)]
    client.send("generate", contexts=CONTEXTS, rows=many, sampling=SAMPLING, ends=[1])
    assert "progress" in client.hear()
    lose()
    assert [row["ids"] for row in client.answer()["rows"]] == [row["ids"] for row in generate(other, many)["rows"]]
    alike(step(client, batch), step(other, batch), 1e-5)


def test_a_worker_that_is_killed_loses_nothing(two: Workers, client: Client, folder: Path, tmp_path: Path) -> None:
    def lose() -> None:
        two.processes()[-1].kill()

    going_on(two, client, folder, tmp_path / "saved", lose)
    assert len(two.processes()) == 2
    assert re.search(BEGAN_TWO + LOST + BEGAN_TWO, two.said.read_text("utf-8"), re.MULTILINE | re.DOTALL)


def test_a_node_that_is_killed_leaves_the_other_and_a_service_that_is_killed_none(
    nodes: subprocess.Popen[str], address: str, home: Path, client: Client, folder: Path, tmp_path: Path
) -> None:
    def end() -> None:
        assert nodes.stdin is not None
        nodes.stdin.write("\n")
        nodes.stdin.flush()

    with workers(address, home, "spread", 2, {"either": 1}) as spread:
        going_on(spread, client, folder, tmp_path / "saved", end)
        assert re.search(BEGAN_TWO + LOST + BEGAN_ONE, spread.said.read_text("utf-8"), re.MULTILINE | re.DOTALL)
        left = spread.processes()
        assert len(left) == 1
        spread.service.kill()
        _, alive = psutil.wait_procs(left, timeout=60)
        assert alive == []
        assert spread.processes() == []


def test_a_thinker_that_sees_and_hears_agrees_with_itself(two: Workers, tmp_path: Path) -> None:
    two.open(omni_model(tmp_path), lora={"rank": 4, "alpha": 8, "modules": ["q_proj", "v_proj"]})
    contexts = [{"text": OMNI_TEXT, "clip": {"path": str(SAMPLE / "clips" / f"00{i}.mp4"), "frames": 4, "pixels": 50_176}} for i in (1, 2)]
    rows = [{"context": i % 2, "seed": i} for i in range(4)]
    made = two.ask("generate", contexts=contexts, rows=rows, sampling={**SAMPLING, "maxNewTokens": 8}, ends=[258])["rows"]
    asked = [{"context": row["context"], "ids": written["ids"]} for row, written in zip(rows, made, strict=True)]
    forced = two.ask("logProbs", contexts=contexts, rows=asked)["logProbs"]
    for written, scores in zip(made, forced, strict=True):
        np.testing.assert_allclose(decoded(written["logProbs"]), decoded(scores), atol=1e-5)
    batch = [{**row, "weights": w["logProbs"], "advantage": 1, "old": w["logProbs"]} for row, w in zip(asked, made, strict=True)]
    learnt = two.ask("reinforce", contexts=contexts, rows=batch, learningRate=1e-3, loss=LOSS)
    assert learnt["step"] == 1
    assert learnt["gradNorm"] > 0
