"""What tests of the policy service share."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from client import Client, local

torch.set_num_threads(1)


@pytest.fixture
def client() -> Iterator[Client]:
    """Give a client of a fresh service."""
    with local() as client:
        yield client


@pytest.fixture(scope="session")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder of exports."""
    node = shutil.which("node")
    assert node is not None, "node is not on PATH"
    folder = tmp_path_factory.mktemp("exported")
    subprocess.run([node, str(Path(__file__).parent / "hand-off.ts"), str(folder)], check=True)  # noqa: S603
    return folder
