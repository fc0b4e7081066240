"""A real run on a handful of documents: it learns, and killed and resumed it is the same run."""

import gzip
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer

from training.checkpoint import INDEX, load_checkpoint
from training.data import batch_numbers, load_split
from training.muon import orthogonalize
from training.prepare import END_OF_TEXT, MASK, encode_split, tokenizer_config, train_tokenizer
from training.publish import publish, split_into_shards

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("prepared")
    texts = [f"Once there was a fox who counted to {n}. The fox was glad, and slept. " * 6 for n in range(40)]
    documents = [{"kind": "Scene", "title": f"Fox {n}", "text": text} for n, text in enumerate(texts)]
    for split in ("train", "valid"):
        with gzip.open(folder / f"{split}.jsonl.gz", "wt") as lines:
            lines.writelines(json.dumps(document) + "\n" for document in documents)
    tokenizer = train_tokenizer(iter(texts), vocab_size=320)
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(json.dumps(tokenizer_config()))
    for split in ("train", "valid"):
        ids, starts = encode_split(tokenizer, folder / f"{split}.jsonl.gz")
        np.save(folder / f"{split}.ids.npy", ids)
        np.save(folder / f"{split}.starts.npy", starts)
    return folder


def train(prepared: Path, run: Path, steps: int, *more: str) -> None:
    sizes = ["--batch-size", "4", "--length", "32", "--hidden-dim", "32", "--layers", "2", "--heads", "2"]
    pace = ["--warmup-steps", "2", "--decay-steps", "1", "--save-every", "10", "--validate-every", "20"]
    command = [sys.executable, "-m", "training.train", "--prepared", str(prepared), "--run", str(run)]
    environment = {"PATH": "", "TORCH_COMPILE_DISABLE": "1", "OMP_NUM_THREADS": "1"}
    subprocess.run([*command, "--steps", str(steps), *sizes, *pace, *more], cwd=ROOT, check=True, env=environment)


def test_learns_and_resumes_to_the_step(prepared: Path, tmp_path: Path) -> None:
    train(prepared, tmp_path / "whole", 20)
    log = [json.loads(line) for line in (tmp_path / "whole" / "log.jsonl").read_text().splitlines()]
    losses = [entry["loss"] for entry in log if "loss" in entry]
    assert losses[-1] < losses[0]
    assert any("nelbo_4" in entry for entry in log)

    # With a decay of one step the learning rate does not depend on where a run ends.
    train(prepared, tmp_path / "parts", 10)
    train(prepared, tmp_path / "parts", 20)
    whole = torch.load(tmp_path / "whole" / "state.pt", weights_only=True)
    parts = torch.load(tmp_path / "parts" / "state.pt", weights_only=True)
    for name, tensor in whole["model"].items():
        assert torch.equal(tensor, parts["model"][name]), name


def test_tokenizer_has_the_mask_last_and_round_trips(prepared: Path) -> None:
    tokenizer = Tokenizer.from_file(str(prepared / "tokenizer.json"))
    assert tokenizer.token_to_id(MASK) == tokenizer.get_vocab_size() - 1 == 319
    assert tokenizer.token_to_id(END_OF_TEXT) == 0
    text = "The fox said: “naïve”  …\n\n\tand left 🦊."
    assert tokenizer.decode(tokenizer.encode(text).ids) == text


def test_documents_begin_with_end_of_text(prepared: Path) -> None:
    split = load_split(prepared, "valid", 32, openings_only=True)
    assert (split.batch(np.arange(len(split.windows)))[:, 0] == 0).all()


def test_every_window_is_seen_once_an_epoch() -> None:
    numbers = np.concatenate([batch_numbers(12, 4, step, seed=5) for step in range(6)])
    assert sorted(numbers[:12]) == sorted(numbers[12:]) == list(range(12))
    assert list(numbers[:12]) != list(numbers[12:])


def test_orthogonalize_flattens_the_spectrum() -> None:
    matrices = torch.randn(3, 16, 40, generator=torch.Generator().manual_seed(0))
    singular = torch.linalg.svdvals(orthogonalize(matrices))
    assert singular.min() > 0.4 and singular.max() < 1.4


def test_a_published_checkpoint_is_the_model_in_f16_and_a_run_can_begin_with_it(
    prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(prepared, tmp_path / "run", 10)
    monkeypatch.setattr("training.publish.SHARD_BYTES", 10_000)
    (tmp_path / "published").mkdir()
    (tmp_path / "published" / "README.md").write_text("# Card\n")
    publish(tmp_path / "run" / "checkpoint", tmp_path / "published")
    names = {path.name for path in (tmp_path / "published").iterdir()}
    shards = {name for name in names if name.endswith(".safetensors")}
    assert len(shards) > 2
    assert names == {"README.md", "config.json", "tokenizer.json", "tokenizer_config.json", INDEX, *shards}

    trained = load_checkpoint(tmp_path / "run" / "checkpoint").state_dict()
    published = load_checkpoint(tmp_path / "published").state_dict()
    for name, tensor in trained.items():
        assert torch.equal(published[name], tensor.half().float()), name

    train(prepared, tmp_path / "on", 10, "--start-from", str(tmp_path / "published"))
    first, then = (
        json.loads((tmp_path / run / "log.jsonl").read_text().splitlines()[0])["loss"] for run in ("run", "on")
    )
    assert then < first


def test_shards_keep_the_order_and_hold_a_tensor_that_is_larger_than_one() -> None:
    tensors = {name: torch.zeros(size * 2**20, dtype=torch.uint8) for name, size in [("a", 9), ("b", 6), ("c", 20)]}
    assert [list(shard) for shard in split_into_shards(tensors)] == [["a", "b"], ["c"]]
