"""A real adaptation of a tiny llama: conversations, a run that is killed and resumed, and its likelihood."""

import json
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from tiny_llama import arguments_of, prepare_conversations, tale, train
from tokenizers import Tokenizer

from training import everyday
from training.adapt import main
from training.conversations import EVERYDAY_REPEATS, Encoder
from training.data import load_texts, token_bytes, written_texts
from training.evaluate_shifted import acceptance, likelihoods, mask_by_count, masked_loss_moments, score_texts
from training.llama_checkpoint import load_llama
from training.models.llama import Llama, causal_attention
from training.sample import Sample, sample
from training.wordings import NOUNS, request

ROOT = Path(__file__).parents[2]


def test_conversations_are_the_templates(base: Path, conversations: Path) -> None:
    tokenizer = Tokenizer.from_file(str(conversations / "tokenizer.json"))
    assert tokenizer.token_to_id("<|mask|>") == 3 and tokenizer.token_to_id("<empty_output>") is None
    special = json.loads((conversations / "tokenizer_config.json").read_text())
    assert (special["bos_token"], special["add_bos_token"]) == ("<|endoftext|>", True)
    texts = load_texts(conversations, "valid.conversation")
    assert len(texts.starts) == 40
    ids, scored = written_texts(texts, 10_000)[7]
    given = tokenizer.decode(ids[~scored].tolist(), skip_special_tokens=False)
    answer = tokenizer.decode(ids[scored].tolist(), skip_special_tokens=False)
    assert given.startswith("<|im_start|>system\nYou are a helpful AI assistant named SmolLM")
    assert given.endswith("<|im_end|>\n<|im_start|>assistant\n")
    assert answer == tale(7)["text"] + "<|im_end|>"
    ids, scored = written_texts(load_texts(conversations, "valid.document"), 10_000)[7]
    document = tokenizer.decode(ids.tolist(), skip_special_tokens=False)
    assert document == f"<|endoftext|>Bedtime story: Fox 7\n\n{tale(7)['text']}<|im_end|>"
    assert (~scored).sum() == 1


def test_texts_to_train_on_begin_at_a_block_and_are_written_up_to_the_next(conversations: Path) -> None:
    texts = load_texts(conversations, "train")
    assert (texts.starts % 32 == 0).all() and len(texts.ids) % 32 == 0
    for begin, end in texts.spans:
        given = np.flatnonzero(texts.scored[begin:end])[0]
        assert texts.scored[begin + given : end].all()
        assert texts.ids[end - 1] == 2


def test_the_user_turn_names_the_document() -> None:
    draw = random.Random(0)
    asked = {request(tale(3), draw) for _ in range(200)}
    assert len(asked) > 20
    assert 'Write a bedtime story called "Fox 3".' in asked
    poem = {"kind": "Poem", "title": "autumn", "text": "Leaves fall.\nWind calls."}
    assert any(wording == "Write a poem about autumn." for wording in (request(poem, draw) for _ in range(100)))
    hero = {**tale(3), "text": "Once there was a small red fox named Vix. She ran."}
    assert any("about a small red fox named Vix" in request(hero, draw) for _ in range(50))
    scene = {"kind": "Scene", "title": "The Door", "text": "It shut."}
    assert not any(" a opening" in request(scene, draw) for _ in range(100))
    assert "Debate" not in NOUNS


def assert_same_state(one: Path, other: Path) -> None:
    states = [torch.load(run / "state.pt", weights_only=True) for run in (one, other)]
    for part in ("model", "average"):
        for name, tensor in states[0][part].items():
            assert torch.equal(tensor, states[1][part][name]), name


@pytest.mark.parametrize(
    "more",
    [
        "",
        "--optimizer muon",
        "--lora-rank 4 --lr 1e-3",
        "--lora-rank 4 --lr 1e-3 --rounding q4",
        "--rounding q4",
        "--masks complementary",
        "--schedule search --mixture 2:1,4:1,8:1",
    ],
)
def test_learns_and_resumes_to_the_bit(more: str, base: Path, conversations: Path, tmp_path: Path) -> None:
    log = train(base, conversations, tmp_path / "whole", f"--steps 20 {more}")
    following = [entry["following"] for entry in log if "following" in entry]
    assert following[-1] < following[0]
    validations = [entry for entry in log if "bits_per_byte_8" in entry]
    assert validations[1]["bits_per_byte_1"] < validations[0]["bits_per_byte_1"]

    # With a decay of one step the learning rate does not depend on where a run ends.
    train(base, conversations, tmp_path / "parts", f"--steps 10 {more}")
    train(base, conversations, tmp_path / "parts", f"--steps 20 {more}")
    assert_same_state(tmp_path / "whole", tmp_path / "parts")
    checkpoint = load_llama(tmp_path / "whole" / "checkpoint")
    assert checkpoint.config.mask_token_id == 3


def test_two_processes_adapt_as_one(base: Path, conversations: Path, tmp_path: Path) -> None:
    more = "--steps 10 --batch-size 3 --lora-rank 4 --schedule search --mixture 2:1,4:1,8:1"
    train(base, conversations, tmp_path / "solo", more)
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    command = [*launcher, "-m", "training.adapt", *arguments_of(base, conversations, tmp_path / "pair", more)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    states = [torch.load(tmp_path / run / "state.pt", weights_only=True) for run in ("solo", "pair")]
    assert states[0]["schedules"] == states[1]["schedules"]
    # All of these began at 0. Where a gradient is nearly 0, its sign decides about a step of AdamW.
    learned = [torch.cat([t.flatten() for name, t in state["model"].items() if "lora_b" in name]) for state in states]
    assert (learned[0] - learned[1]).norm() < 0.02 * learned[0].norm()


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ("--steps 0", "--steps must be 1 or more"),
        ("--steps 1 --length 100", "--length must be a multiple of 64"),
        ("--steps 1 --mixture 1:1", "block size 1 of --mixture must be 2 or more"),
        ("--steps 1 --following 0", "--following must be a share above 0"),
        ("--steps 1 --masks complementary --copies 3", "needs --copies 2"),
        ("--steps 1 --schedule 0.4:0.6 --mixture 4:1", "no number of masks of 3 tokens"),
        ("--steps 1 --prepared nowhere", "nowhere/train.ids.npy is missing"),
        ("--steps 1 --base nowhere", "nowhere is no checkpoint"),
    ],
)
def test_what_cannot_be_trained_is_told_in_a_sentence(
    more: str, sentence: str, base: Path, conversations: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["adapt", *arguments_of(base, conversations, tmp_path / "run", more)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert sentence in str(ended.value)


def adapted(base: Path, conversations: Path, folder: Path) -> Llama:
    shutil.rmtree(folder, ignore_errors=True)
    train(base, conversations, folder, "--steps 5")
    return load_llama(folder / "checkpoint").eval()


def test_likelihood_at_block_size_one_is_autoregression(base: Path, conversations: Path, tmp_path: Path) -> None:
    model = adapted(base, conversations, tmp_path / "run")
    texts = written_texts(load_texts(conversations, "valid.conversation"), 128)[:3]
    nats, size, tokens = 0.0, 0, 0
    for ids, scored in texts:
        with torch.no_grad():
            logits = model.head(model.trunk(ids[None], torch.arange(len(ids)), causal_attention))[0]
        logits[:, model.config.mask_id] = -torch.inf
        chosen = -logits.log_softmax(-1)[:-1].gather(1, ids[1:, None])[:, 0]
        nats += chosen[scored[1:]].sum().item()
        size += int(token_bytes(conversations)[ids[scored]].sum())
        tokens += int(scored.sum())
    found = score_texts(model, texts, samples=2)
    exact, *bounds = likelihoods(texts, found, token_bytes(conversations))
    assert exact.block_size == 1
    assert exact.nelbo_nats_per_token == pytest.approx(nats / tokens, rel=1e-4)
    assert exact.bits_per_byte == pytest.approx(nats / np.log(2) / size, rel=1e-4)
    assert [bound.block_size for bound in bounds] == [2, 4, 8, 16, 32]
    moments = masked_loss_moments(found, 4)
    assert moments.block_size == 3
    assert moments.mean[0] < moments.mean[2] and (moments.square >= moments.mean**2).all()


def test_counts_of_masks_are_weighted_to_one_a_token() -> None:
    generator = torch.Generator().manual_seed(0)
    scored = torch.arange(64) >= 5
    sums = torch.zeros(64)
    for _ in range(2000):
        masked, weights = mask_by_count(scored, 8, generator)
        assert ((weights > 0) == masked).all()
        sums += weights
    expected = (scored & (torch.arange(64) % 8 > 0)).float()
    torch.testing.assert_close(sums / 2000, expected, atol=0.15, rtol=0)


def test_acceptance_counts_the_run_of_right_guesses(base: Path, conversations: Path, tmp_path: Path) -> None:
    model = adapted(base, conversations, tmp_path / "run")
    texts = written_texts(load_texts(conversations, "valid.conversation"), 128)[:3]
    found = acceptance(model, texts, 4)
    assert len(found.right) == 4 and found.blocks > 0
    assert found.right[0] <= found.run <= sum(found.right) + 1e-3


def test_samples_at_block_size_one_are_greedy_and_a_block_takes_a_pass_a_mask_or_fewer(
    base: Path, conversations: Path, tmp_path: Path
) -> None:
    model = adapted(base, conversations, tmp_path / "run")
    prompt = Encoder(conversations).prompt("Tell me a story.")
    ids = list(prompt)
    for _ in range(12):
        with torch.no_grad():
            row = model.head(model.trunk(torch.tensor([ids]), torch.arange(len(ids)), causal_attention))[0, -1]
        row[model.config.mask_id] = -torch.inf
        ids.append(int(row.argmax()))
    never = -1
    made = sample(model, prompt, never, block_size=1, threshold=0.9, tokens=12)
    assert (made.ids, made.passes) == (ids[len(prompt) :], 12)

    for threshold, passes in ((2.0, 3 * (3 + 1)), (-1.0, 3 * (1 + 1))):
        made = sample(model, prompt, never, block_size=4, threshold=threshold, tokens=12)
        assert (len(made.ids), made.passes) == (12, passes)
        assert model.config.mask_id not in made.ids and made.ids[0] == ids[len(prompt)]

    # What follows the end of text is no part of the answer.
    stop = made.ids[5]
    assert sample(model, prompt, stop, 4, -1.0, 12).ids == made.ids[: made.ids.index(stop)]


def test_everyday_answers_are_the_bases_and_are_mixed_in(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "questions.txt").write_text("What is a fox?\nWhy?\n")
    monkeypatch.setattr(everyday, "QUESTIONS", tmp_path / "questions.txt")
    monkeypatch.setattr(everyday, "sample", lambda *_: Sample(ids=[20, 21], passes=2))
    answers = tmp_path / "everyday.jsonl"
    monkeypatch.setattr(sys, "argv", ["everyday", "--base", str(base), "--out", str(answers)])
    everyday.main()
    everyday.main()
    lines = [json.loads(line) for line in answers.read_text().splitlines()]
    assert [line["question"] for line in lines] == ["What is a fox?", "Why?"]

    out = prepare_conversations(base, tmp_path, tmp_path / "out", f"--everyday {answers}")
    assert len(load_texts(out, "train").starts) == 40 + 2 * EVERYDAY_REPEATS
