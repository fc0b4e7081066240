"""The command that scores, on the shipped model, against the likelihood of the checkpoint it was exported from."""

import json
import subprocess
from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer

from training.checkpoint import load_checkpoint
from training.data import token_bytes
from training.evaluate import likelihood
from training.prepare import END_OF_TEXT, document_text

ROOT = Path(__file__).parents[2]
CHECKPOINT = ROOT / "training" / "checkpoint"
DOCUMENTS = [
    {
        "kind": "Bedtime story",
        "title": "The Lamp",
        "text": "Once upon a time, a small lamp stood on a hill. Every night it waited for the ships to come home.\n\n"
        "One night the wind was so strong that the lamp went out. “Oh no,” said the keeper’s daughter, and ran up "
        "the stairs with a match in her hand. The ships saw the light, and nobody was lost.",
    },
    {
        "kind": "Poem",
        "title": "Rain",
        "text": "Rain on the roof, rain on the sea,\nrain on the café where nobody will be.",
    },
    {
        "kind": "Scene",
        "title": "At the Market",
        "text": "“How much is the blue one?” Maya asked.\n\n"
        "“Two coins,” the old man said, and smiled. “But for you, one.”",
    },
]


@pytest.mark.parametrize(("block_size", "samples"), [(1, 1), (8, 12)])
def test_the_engine_and_the_checkpoint_agree(block_size: int, samples: int, tmp_path: Path) -> None:
    file = tmp_path / "documents.jsonl"
    file.write_text("".join(json.dumps(document) + "\n" for document in DOCUMENTS))
    options = f"--model public/models/stories --jsonl {file} --block-size {block_size} --samples {samples}"
    command = ["npm", "run", "-s", "score", "--", *options.split(), "--backend", "wasm", "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    engine = json.loads(done.stdout)

    tokenizer = Tokenizer.from_file(str(CHECKPOINT / "tokenizer.json"))
    model = load_checkpoint(CHECKPOINT).eval()
    end = tokenizer.token_to_id(END_OF_TEXT)
    ids = [[end, *tokenizer.encode(document_text(document)).ids, end] for document in DOCUMENTS]
    texts = [torch.tensor(each[: model.config.model_length]) for each in ids]
    here = likelihood(model, texts, token_bytes(CHECKPOINT), block_size, samples=samples)

    for field in ("documents", "tokens", "bytes", "block_size", "samples"):
        assert engine[field] == getattr(here, field), field
    # At block size 1 the engine differs by its eight-bit weights alone; above that each draws its own masks.
    within = 0.02 if block_size == 1 else engine["stderr"]
    assert engine["nelbo_nats_per_token"] == pytest.approx(here.nelbo_nats_per_token, abs=within)
    assert engine["bits_per_byte"] == pytest.approx(here.bits_per_byte, rel=within / here.nelbo_nats_per_token + 1e-6)
    assert engine["stderr"] == pytest.approx(here.stderr, rel=0.3)
