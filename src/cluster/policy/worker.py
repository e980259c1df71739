"""One of the workers that hold a policy: what Ray Train runs on each."""

import time
from pathlib import Path
from typing import Any

import ray

from policy.desk import Desk
from policy.mailbox import Request
from policy.peers import Group, Lost
from policy.protocol import Fault

# Seconds between two words of a worker on how far it is, which are also those in which it hears of a cancelled request.
TOLD_SECONDS = 0.2


def work(config: dict[str, Any]) -> None:
    """Be as the group before was, then answer what is asked, until this process is ended.

    `mailbox` is the actor, `gpus` how many this worker has, `kept` a folder that all nodes share.
    """
    mailbox, kept = config["mailbox"], Path(config["kept"])
    if not kept.is_dir():
        raise Lost(f"{kept} is not on every node: name a folder that all of them see (--storage, or storage of the setting rolloutLab.ray)")
    peers = Group()
    desk = Desk(peers)
    # One group begins, whose number rank 0 tells.
    group = max(peers.each(lambda: ray.get(mailbox.begin.remote(peers.size)) if peers.rank == 0 else 0))

    def answer(request: Request, told: Any) -> dict[str, Any]:
        operation, [fields] = request
        asked: Any = ray.get(fields)
        if operation == "open" and config["gpus"] == 0 and asked.get("device", "auto") == "auto":
            asked = {**asked, "device": "cpu"}
        return desk.answer(operation, asked, told)

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
