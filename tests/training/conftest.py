"""Nothing is compiled, and one thread is enough: the tensors are tiny, and the machine may have other work."""

from pathlib import Path

import pytest
import torch
from tiny_llama import prepare_conversations, write_base

torch.set_num_threads(1)
torch.compiler.set_stance("force_eager")


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a tiny llama."""
    return write_base(tmp_path_factory.mktemp("base"))


@pytest.fixture(scope="session")
def conversations(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Prepared conversations for `base`."""
    return prepare_conversations(base, tmp_path_factory.mktemp("data"), tmp_path_factory.mktemp("conversations"))
