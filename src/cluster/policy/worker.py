"""One of the workers that hold a policy: what Ray Train runs on each."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ray

from policy.desk import Desk
from policy.mailbox import Request
from policy.peers import Group, Lost, Peers
from policy.protocol import Fault
from rollout_lab_job.media import Objects, Refused

# Seconds between two words of a worker on how far it is, which are also those in which it hears of a cancelled request.
TOLD_SECONDS = 0.2


def work(config: dict[str, Any]) -> None:
    """Be as the group before was, then answer what is asked, until this process is ended.

    `mailbox` is the actor, `gpus` how many this worker has, `kept` a folder that all nodes share, `media` one of each node, or None.
    """
    mailbox, kept = config["mailbox"], Path(config["kept"])
    if not kept.is_dir():
        raise Lost(f"{kept} is not on every node: name a folder that all of them see (--storage, or storage of the setting rolloutLab.ray)")
    peers = Group()
    desk = Desk(peers)
    lack = looker(peers, config["media"])
    # One group begins, whose number rank 0 tells.
    group = max(peers.each(lambda: ray.get(mailbox.begin.remote(peers.size)) if peers.rank == 0 else 0))

    def answer(request: Request, told: Any) -> dict[str, Any]:
        operation, [fields] = request
        asked: Any = ray.get(fields)
        if operation == "open" and config["gpus"] == 0 and asked.get("device", "auto") == "auto":
            asked = {**asked, "device": "cpu"}
        return lack(asked) or desk.answer(operation, asked, told)

    for request in ray.get(mailbox.history.remote(group)):
        if "error" in (answered := answer(request, lambda _, __: None)):
            raise Lost(f"{request[0]} failed when it was repeated: {answered['error']['message']}")
    number = 0
    while True:
        number, request = ray.get(mailbox.take.remote(group, number))
        answered = answer(request, _teller(mailbox, group, peers.rank))
        if peers.rank == 0:
            saved = None
            if request[0] == "save" and "ok" in answered and desk.session is not None:
                saved = {"folder": ray.get(request[1][0])["folder"], "step": desk.session.learner.step}
            ray.get(mailbox.answer.remote(group, answered, saved))


def looker(peers: Peers, folder: str | None) -> Callable[[dict[str, Any]], dict[str, Any] | None]:
    """Give what has the clips of a request on this node, where they lie in an object store, or gives the answer that says why not."""
    if folder is None:
        return lambda _: None
    objects = Objects(Path(folder))

    def look(asked: dict[str, Any]) -> None:
        clips = [context.get("clip") for context in asked.get("contexts", [])]
        try:
            for clip in filter(None, clips):
                objects.look(Path(clip["path"]))
        except Refused as refused:
            raise Fault("fault", str(refused)) from refused

    def lack(asked: dict[str, Any]) -> dict[str, Any] | None:
        try:
            peers.each(lambda: look(asked))
        except Fault as fault:
            return fault.answer()
        return None

    return lack


def _teller(mailbox: Any, group: int, rank: int) -> Any:
    said = 0.0

    def told(done: int, of: int) -> None:
        nonlocal said
        if time.monotonic() - said < TOLD_SECONDS:
            return
        cancelled = ray.get(mailbox.told.remote(group, rank, done, of))
        said = time.monotonic()
        if cancelled:
            raise Fault("cancelled", f"Cancelled at {done} of {of}.")

    return told
