"""What tests of the policy service share."""

from collections.abc import Iterator

import pytest
import torch

from client import Client, local

torch.set_num_threads(1)


@pytest.fixture
def client() -> Iterator[Client]:
    """Give a client of a fresh service."""
    with local() as client:
        yield client
