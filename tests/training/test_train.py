"""A real run on a handful of documents: it learns, and killed and resumed it is the same run."""

import gzip
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer

from training.attention import masked_attention
from training.checkpoint import INDEX, load_checkpoint
from training.data import batch_numbers, documents, load_split, token_bytes, training_windows
from training.evaluate import likelihood
from training.models.bd3lm import BD3LM, ModelConfig
from training.muon import orthogonalize
from training.prepare import END_OF_TEXT, MASK, encode_split, tokenizer_config, train_tokenizer
from training.publish import publish, split_into_shards
from training.recipe import parse_recipe
from training.train import main
from training.train import train as run_recipe

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


SMALL = "--length 32 --hidden-dim 32 --layers 2 --heads 2 --batch-size 4"
PACE = "--warmup-steps 2 --decay-steps 1 --save-every 10 --validate-every 10"


def arguments_of(prepared: Path, run: Path, more: str) -> list[str]:
    return f"--prepared {prepared} --out {run} {SMALL} {PACE} {more}".split()


def train(prepared: Path, run: Path, more: str) -> list[dict]:
    """Trains in this process, and returns the log."""
    run_recipe(parse_recipe(arguments_of(prepared, run, more)))
    return [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]


def state(run: Path) -> dict:
    return torch.load(run / "state.pt", weights_only=True)


def assert_same_weights(one: Path, other: Path, **tolerance: float) -> None:
    for part in ("model", "average"):
        for name, tensor in state(one)[part].items():
            torch.testing.assert_close(tensor, state(other)[part][name], **tolerance, msg=name)


@pytest.mark.parametrize("optimizer", ["muon", "adamw"])
def test_learns_and_resumes_to_the_step(optimizer: str, prepared: Path, tmp_path: Path) -> None:
    log = train(prepared, tmp_path / "whole", f"--steps 20 --mixture 1:1,4:2,16:1 --optimizer {optimizer}")
    losses = [entry["loss"] for entry in log if "loss" in entry]
    assert losses[-1] < losses[0]
    validations = [entry for entry in log if "nelbo_4" in entry]
    assert len(validations) == 2
    assert validations[1]["nelbo_1"] < validations[0]["nelbo_1"]
    # The search adopted a schedule per block size, from validation to validation.
    assert set(validations[0]["schedules"]) == {"4", "16"}
    assert state(tmp_path / "whole")["schedules"] == {int(k): v for k, v in validations[1]["schedules"].items()}

    # With a decay of one step the learning rate does not depend on where a run ends.
    train(prepared, tmp_path / "parts", f"--steps 10 --mixture 1:1,4:2,16:1 --optimizer {optimizer}")
    train(prepared, tmp_path / "parts", f"--steps 20 --mixture 1:1,4:2,16:1 --optimizer {optimizer}")
    assert_same_weights(tmp_path / "whole", tmp_path / "parts", atol=0, rtol=0)
    assert state(tmp_path / "whole")["schedules"] == state(tmp_path / "parts")["schedules"]


def test_two_processes_train_as_one(prepared: Path, tmp_path: Path) -> None:
    more = "--steps 10 --mixture 1:1,4:2 --schedule 0.5:1 --optimizer adamw"
    solo = train(prepared, tmp_path / "solo", more)
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    command = [*launcher, "-m", "training.train", *arguments_of(prepared, tmp_path / "pair", more)]
    environment = {**os.environ, "TORCH_COMPILE_DISABLE": "1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    pair = [json.loads(line) for line in (tmp_path / "pair" / "log.jsonl").read_text().splitlines()]
    assert [entry["loss"] for entry in solo if "loss" in entry] == pytest.approx(
        [entry["loss"] for entry in pair if "loss" in entry], rel=1e-4
    )
    assert_same_weights(tmp_path / "solo", tmp_path / "pair", atol=2e-4, rtol=1e-3)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ("--steps 0", "--steps must be 1 or more"),
        ("--steps 1 --mixture 1:1,5:1", "--length 32 must be a multiple of the block size 5"),
        ("--steps 1 --mixture 4:x", "block sizes with weights"),
        ("--steps 1 --schedule sine", "there is no schedule 'sine'"),
        ("--steps 1 --schedule 0.6:0.9 --mixture 2:1", "no number of masks in a block of 2"),
        ("--steps 1 --mixture 32:1", "two blocks of 32"),
        ("--steps 1 --mixture 1:1 --start-from nowhere", "nowhere is no BD3-LM checkpoint"),
        ("--steps 1 --mixture 1:1 --prepared nowhere", "nowhere/train.ids.npy is missing"),
    ],
)
def test_what_cannot_be_trained_is_told_in_a_sentence(
    arguments: str, sentence: str, prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["train", *arguments_of(prepared, tmp_path / "run", arguments)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert sentence in str(ended.value)
    assert not (tmp_path / "run" / "log.jsonl").exists()


@pytest.mark.parametrize(
    ("break_it", "sentence"),
    [
        (lambda folder: np.save(folder / "valid.ids.npy", np.zeros(3)), "not the ids and starts"),
        (lambda folder: np.save(folder / "valid.starts.npy", np.array([0, 10**9])), "does not fit"),
        (lambda folder: np.save(folder / "valid.starts.npy", np.array([0, 1])), "does not begin with"),
        (lambda folder: (folder / "valid.ids.npy").write_bytes(b"\x93NUMPY"), "not a whole .npy file"),
        (lambda folder: (folder / "tokenizer.json").write_text("{}"), "not a byte-level BPE"),
        (
            lambda folder: np.save(folder / "valid.ids.npy", np.load(folder / "valid.ids.npy") + np.uint16(9000)),
            "does not begin with",
        ),
    ],
)
def test_bad_data_are_told_in_a_sentence(break_it, sentence: str, prepared: Path, tmp_path: Path) -> None:
    folder = tmp_path / "prepared"
    shutil.copytree(prepared, folder)
    load_split(folder, "valid")
    break_it(folder)
    with pytest.raises(ValueError, match=sentence):
        load_split(folder, "valid")


def test_likelihood_at_block_size_one_is_autoregression(prepared: Path, tmp_path: Path) -> None:
    train(prepared, tmp_path / "run", "--steps 10 --mixture 1:1,4:1")
    model = load_checkpoint(tmp_path / "run" / "checkpoint").eval()
    texts = [text[:12] for text in documents(load_split(prepared, "valid"), 32)[:3]] + [torch.tensor([0, 7, 0])]
    nats, tokens = 0.0, 0
    for text in texts:
        for n in range(1, len(text)):
            # The prefix, clean, and one mask after it: plain causal attention.
            ids = torch.cat((text[:n], torch.tensor([model.config.mask_id])))[None]
            causal = masked_attention(torch.ones(1, n + 1, n + 1, dtype=torch.bool).tril())
            with torch.no_grad():
                logits = model.backbone.head(model.backbone.trunk(ids, causal, copies=1))[0, n]
            logits[model.config.mask_id] = -torch.inf
            nats -= logits.log_softmax(0)[text[n]].item()
            tokens += 1
    scored = likelihood(model, texts, token_bytes(prepared), 1)
    assert scored.nelbo_nats_per_token == pytest.approx(nats / tokens, rel=1e-5)
    assert (scored.documents, scored.tokens) == (4, tokens)
    tokenizer = Tokenizer.from_file(str(prepared / "tokenizer.json"))
    size = sum(len(tokenizer.decode(text[1:].tolist()).encode()) for text in texts)
    assert scored.bytes == size
    assert scored.bits_per_byte == pytest.approx(nats / np.log(2) / size, rel=1e-5)
    assert scored.ppl == pytest.approx(np.exp(nats / tokens), rel=1e-4)


def test_standard_error_is_that_of_a_ratio(prepared: Path) -> None:
    # A head of zeros: every document costs its length times one constant, so nothing scatters.
    model = BD3LM(ModelConfig(vocab_size=320, model_length=32, block_size=4, hidden_dim=32, n_blocks=1, n_heads=2))
    texts = [torch.randint(1, 300, (n,)) for n in (5, 9, 9, 30)]
    assert likelihood(model, texts, token_bytes(prepared), 1).stderr == pytest.approx(0, abs=1e-5)
    assert likelihood(model, texts[:1], token_bytes(prepared), 1).stderr is None
    assert likelihood(model, texts, token_bytes(prepared), 4, samples=4).stderr > 0


def test_tokenizer_has_the_mask_last_and_round_trips(prepared: Path) -> None:
    tokenizer = Tokenizer.from_file(str(prepared / "tokenizer.json"))
    assert tokenizer.token_to_id(MASK) == tokenizer.get_vocab_size() - 1 == 319
    assert tokenizer.token_to_id(END_OF_TEXT) == 0
    text = "The fox said: “naïve”  …\n\n\tand left 🦊."
    assert tokenizer.decode(tokenizer.encode(text).ids) == text


def test_documents_begin_with_end_of_text(prepared: Path) -> None:
    split = load_split(prepared, "valid")
    texts = documents(split, 10_000)
    assert len(texts) == 40
    assert all(text[0] == text[-1] == 0 and (text[1:-1] != 0).all() for text in texts)
    assert {len(text) for text in documents(split, 32)} == {32}
    windows = training_windows(split, 32)
    assert (windows.batch(np.arange(1))[0] == texts[0][:32]).all()
    assert (np.isin(split.starts, windows.starts)).all()


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
    train(prepared, tmp_path / "run", "--steps 10 --mixture 1:1,4:1")
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

    log = train(prepared, tmp_path / "on", f"--steps 10 --mixture 1:1,4:1 --start-from {tmp_path / 'published'}")
    before = [json.loads(line) for line in (tmp_path / "run" / "log.jsonl").read_text().splitlines()]
    first, then = (next(entry["loss"] for entry in entries if "loss" in entry) for entries in (before, log))
    assert then < first


def test_shards_keep_the_order_and_hold_a_tensor_that_is_larger_than_one() -> None:
    tensors = {name: torch.zeros(size * 2**20, dtype=torch.uint8) for name, size in [("a", 9), ("b", 6), ("c", 20)]}
    assert [list(shard) for shard in split_into_shards(tensors)] == [["a", "b"], ["c"]]
