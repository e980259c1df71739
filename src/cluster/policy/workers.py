"""`python -m policy.workers`: the service on this process's pipe, whose policy is held by workers of Ray Train."""

import argparse
import json
import logging
import os
import shutil
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

from policy.peers import last_line
from policy.protocol import Fault
from policy.service import Asked, Service, outlive_the_job, pipe
from policy.session import Told

# Of groups of workers that may be lost before this process ends, and whoever asks begins another from its own checkpoint.
MOST_LOSSES = 3
# Seconds in which an answer is waited for, before progress is told and a cancelled request is heard of.
HEARD_SECONDS = 0.2
# What Ray waits for, in seconds: by default a death is heard of after some, and dealt with after a minute or more.
_settings = {
    "RAY_TRAIN_HEALTH_CHECK_INTERVAL_S": "0.5",
    "RAY_TRAIN_WORKER_GROUP_START_TIMEOUT_S": "10",
    "RAY_TRAIN_WORKER_HEALTH_CHECK_TIMEOUT_S": "120",
    "TORCH_PROCESS_GROUP_SHUTDOWN_TIMEOUT_S": "3",
    # A node that is about to go is not waited for: a group that begins loses nothing.
    "RAY_TRAIN_ENABLE_PREEMPTION_WATCHER": "0",
}
# A Ray that this process begins for itself stays on this machine.
_local = {
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
    "RAY_USAGE_STATS_ENABLED": "0",
    "GLOO_SOCKET_IFNAME": "lo",
}


class Workers:
    """Answers by a group of workers, which Ray Train begins again when one is lost."""

    def __init__(self, options: argparse.Namespace, environment: dict[str, str]) -> None:
        """Join the Ray that the environment names, or begin one; ask it for workers."""
        import ray  # noqa: PLC0415  After its environment is set; what runs alone has no ray.
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy  # noqa: PLC0415

        from policy.mailbox import Mailbox  # noqa: PLC0415

        address = os.environ.get("RAY_ADDRESS")
        own: dict[str, Any] = {} if address else {"include_dashboard": False, "_node_ip_address": "127.0.0.1"}
        ray.init(address or "local", runtime_env={"env_vars": environment}, log_to_driver=False, logging_level=logging.WARNING, **own)
        self._ray = ray
        self._kept = options.kept
        self._number = 0
        # Here, for elsewhere it might be on a node that dies.
        here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
        self._mailbox: Any = ray.remote(num_cpus=0)(Mailbox).options(scheduling_strategy=here).remote()
        threading.Thread(target=self._fit, args=[options], daemon=True).start()

    def _fit(self, options: argparse.Namespace) -> None:
        try:
            self._train(options)
        except Exception as error:  # noqa: BLE001  Whatever it is, no worker is there any more.
            end(error)

    def _train(self, options: argparse.Namespace) -> None:
        from ray.train import FailureConfig, RunConfig, ScalingConfig  # noqa: PLC0415
        from ray.train.torch import TorchConfig, TorchTrainer  # noqa: PLC0415

        from policy.mailbox import Losses  # noqa: PLC0415
        from policy.worker import work  # noqa: PLC0415

        gpus = options.gpus_per_worker
        # Their types are those of Ray Train V1.
        elastic: Any = (1, options.workers)
        callbacks: list[Any] = [Losses(self._mailbox)]
        resources = {"CPU": 1, **({"GPU": gpus} if gpus > 0 else {}), **options.resources}
        say(f"Ray is asked for workers, at most {options.workers}, each with {json.dumps(resources)}.")
        TorchTrainer(
            work,
            train_loop_config={"mailbox": self._mailbox, "gpus": gpus, "kept": str(options.kept), "media": options.media},
            # One GPU of several workers is not for NCCL.
            torch_config=TorchConfig(backend="nccl" if gpus >= 1 else "gloo"),
            scaling_config=ScalingConfig(num_workers=elastic, use_gpu=gpus > 0, resources_per_worker=resources),
            run_config=RunConfig(
                name=options.name,
                storage_path=str(options.storage),
                failure_config=FailureConfig(max_failures=MOST_LOSSES),
                callbacks=callbacks,
            ),
        ).fit()

    def work(self, asked: Asked, told: Told) -> dict[str, Any]:
        """Answer a request. A folder to save to or restore from is this node's: workers, maybe of others, have one that all share."""
        folder = asked.fields.get("folder")
        if asked.operation not in ("save", "restore") or not isinstance(folder, str) or not Path(folder).is_dir():
            return self._ask(asked, asked.fields, told)
        try:
            return self._with_shared(folder, asked, told)
        except OSError as error:
            return Fault("fault", f"{folder}: {error}").answer()

    def _with_shared(self, folder: str, asked: Asked, told: Told) -> dict[str, Any]:
        self._number += 1
        shared = self._kept / str(self._number)
        if asked.operation == "restore":
            _copy(Path(folder), shared)
        else:
            shared.mkdir()
        answer = self._ask(asked, {**asked.fields, "folder": str(shared)}, told)
        if "ok" not in answer:
            shutil.rmtree(shared, ignore_errors=True)
            return {"error": {**answer["error"], "message": answer["error"]["message"].replace(str(shared), folder)}}
        if asked.operation == "save":
            _copy(shared, Path(folder))
        # The last one stays: a group that begins later goes on from it.
        for other in self._kept.iterdir():
            if other != shared:
                shutil.rmtree(other, ignore_errors=True)
        return answer

    def _ask(self, asked: Asked, fields: dict[str, Any], told: Told) -> dict[str, Any]:
        ray = self._ray
        ray.get(self._mailbox.ask.remote((asked.operation, [ray.put(fields)])))
        cancelled = False
        while True:
            heard = ray.get(self._mailbox.hear.remote(HEARD_SECONDS))
            for line in heard.said:
                say(line)
            if heard.answer is not None:
                return dict(heard.answer)
            if heard.done:
                told(sum(heard.done.values()), heard.of)
            if asked.cancelled.is_set() and not cancelled:
                cancelled = True
                ray.get(self._mailbox.cancel.remote(Fault("cancelled", "Cancelled before a worker was there.").answer()))


def _copy(source: Path, target: Path) -> None:
    shutil.copytree(source, target, copy_function=_link, dirs_exist_ok=True)


def _link(source: str, target: str) -> None:
    """Copy a file without its bytes where the two folders lie on one disk."""
    with suppress(OSError):
        os.link(source, target)
        return
    shutil.copyfile(source, target)


def say(text: str) -> None:
    """Say what happens, on stderr."""
    print(text, file=sys.stderr, flush=True)  # noqa: T201


def end(error: Exception) -> None:
    """End this process and its workers; what it says last is why."""
    say(f"The workers are gone: {last_line(error)}")
    os._exit(1)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m policy.workers", description="The policy service on workers of Ray Train.")
    parser.add_argument("--workers", type=int, required=True, help="as many, or fewer where there are not so many")
    parser.add_argument("--gpus-per-worker", type=float, default=0)
    parser.add_argument("--resources", type=json.loads, default={}, help="more that a worker asks of Ray, as JSON")
    parser.add_argument("--storage", type=Path, required=True, help="a folder that all nodes share")
    parser.add_argument("--media", help="a folder of each node that holds objects of stores, whose clips workers fetch there")
    parser.add_argument("--name", required=True, help="of what asks; a folder in storage, which is gone afterwards")
    options = parser.parse_args()
    options.storage = options.storage.resolve()
    options.kept = options.storage / options.name / "kept"
    return options


def main() -> None:
    """Serve this process's pipe."""
    answers = pipe()
    options = _options()
    # What a user or a job has set is theirs.
    environment = {name: value for name, value in _settings.items() if name not in os.environ}
    os.environ |= environment
    if not os.environ.get("RAY_ADDRESS"):
        os.environ |= {name: value for name, value in _local.items() if name not in os.environ}
    # Workers import the package from where the one who asks for them works, unless the job brings it.
    os.chdir(Path(__file__).parents[1])
    code = 0
    folder = options.kept.parent
    try:
        # Of a service that ended before.
        shutil.rmtree(folder, ignore_errors=True)
        options.kept.mkdir(parents=True)
        workers = Workers(options, environment)
        # After Ray, which would set a handler of its own.
        outlive_the_job()
        Service(sys.stdin.buffer, answers, workers.work).serve()
        shutil.rmtree(folder, ignore_errors=True)
    except BrokenPipeError:
        code = 1
    except ModuleNotFoundError as error:
        say(f'This Python has no {error.name}: pip install "ray[default,train]" into it.')
        code = 1
    except Exception as error:  # noqa: BLE001  Whatever it is, its last line says it.
        end(error)
    # Ray ends the workers of a process that is gone.
    os._exit(code)


if __name__ == "__main__":
    main()
