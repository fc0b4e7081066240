"""That Python's safetensors opens the files of a model folder, and finds in them what packing.ts says."""

import json
from pathlib import Path

import numpy as np
import pytest

from safetensors import safe_open

ROOT = Path(__file__).parents[2]
STORIES = ROOT / "public" / "models" / "stories"
CHECKPOINT = ROOT / "training" / "checkpoint"


def test_the_files_open_and_begin_aligned() -> None:
    manifest = json.loads((STORIES / "manifest.json").read_text())
    assert manifest["formatVersion"] == 3
    for path in manifest["weights"]:
        with safe_open(STORIES / path, "np") as file:
            assert len(list(file.keys())) > 0
        raw = (STORIES / path).read_bytes()
        start = 8 + int.from_bytes(raw[:8], "little")
        assert start % 64 == 0
        header = json.loads(raw[8:start])
        for entry in header.values():
            assert (start + entry["data_offsets"][0]) % 4 == 0


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("embedding.weight", "backbone.vocab_embed.embedding"),
        ("layers.3.attention.qkv.weight", "backbone.blocks.3.attn_qkv.weight"),
        ("head.weight", "backbone.output_layer.linear.weight"),
    ],
)
def test_the_numbers_are_those_of_the_checkpoint(ours: str, theirs: str) -> None:
    index = json.loads((CHECKPOINT / "model.safetensors.index.json").read_text())
    with safe_open(CHECKPOINT / index["weight_map"][theirs], "np") as file:
        expected = file.get_tensor(theirs).astype(np.float32)
    with safe_open(STORIES / "model.safetensors", "np") as file:
        levels = file.get_tensor(f"{ours}.q8")
        scales = file.get_tensor(f"{ours}.scale")
    found = (levels.astype(np.float32) - 128) * scales[:, :, None]
    found = found.reshape(len(found), -1)[:, : expected.shape[1]]
    steps = np.repeat(scales, 32, axis=1)[:, : expected.shape[1]]
    assert np.all(np.abs(found - expected) <= 0.5001 * steps)
