"""The policy service: a policy in PyTorch that generates, scores, trains, saves and restores, behind JSON lines."""

import os

# Threads that wait let go of their cores: spinning, two threads were ten times slower than one on two cores that others used too.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
# Whatever is asked for is in a folder; nothing is looked up elsewhere.
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")

# Before anything imports transformers.
from policy import vision  # noqa: F401
