"""Answers of an adapted llama to a few requests, block by block, greedy.

    python -m training.sample --checkpoint <folder> [--request "…"] [--block-size 8] [--threshold 0.9] [--tokens 300]

A block begins with the arg-max of the clean row before it. Denoise passes then reveal every masked place whose
arg-max has a probability above the threshold, or the surest one; a clean pass stores the block's keys and values.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from tokenizers import Tokenizer
from torch import Tensor

from .conversations import Encoder
from .llama_checkpoint import load_llama
from .models.llama import Llama

REQUESTS = (
    "Tell me a bedtime story about a kite who is afraid of the wind.",
    'Write a campfire story called "The Lantern at Miller\'s Pond".',
    "Write a story about a young girl named Tilda who finds a door in an old oak tree.",
    "A short poem about autumn rain.",
)


@dataclass(frozen=True)
class Sample:
    """ids that were written, and the passes of the network they took, the prompt's left out."""

    ids: list[int]
    passes: int


class Cached:
    """A llama that keeps the keys and values of the clean tokens it has seen."""

    def __init__(self, model: Llama) -> None:
        self._model = model
        self._kept: list[tuple[Tensor, Tensor]] = []
        self.length = 0

    def _pass(self, ids: Tensor, causal: Tensor) -> tuple[Tensor, list[tuple[Tensor, Tensor]]]:
        """Logits [rows, vocab] of ids [rows] after what is kept, and all keys and values. causal [rows, rows]."""
        seen = F.pad(causal, (self.length, 0), value=True)
        now: list[tuple[Tensor, Tensor]] = []

        def attend(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
            if self._kept:
                before = self._kept[len(now)]
                k, v = torch.cat((before[0], k), dim=2), torch.cat((before[1], v), dim=2)
            now.append((k, v))
            return F.scaled_dot_product_attention(q, k, v, attn_mask=seen, enable_gqa=True)

        positions = torch.arange(self.length, self.length + len(ids))
        hidden = self._model.trunk(ids[None], positions, attend)[0]
        logits = self._model.head(hidden)
        if self._model.config.mask_token_id is not None:
            logits[:, self._model.config.mask_token_id] = -torch.inf
        return logits, now

    def read(self, ids: Tensor) -> Tensor:
        """Keeps clean ids [rows]; returns the logits [vocab] of the token after them."""
        logits, self._kept = self._pass(ids, torch.ones(len(ids), len(ids), dtype=torch.bool).tril())
        self.length += len(ids)
        return logits[-1]

    def denoise(self, ids: Tensor) -> Tensor:
        """Logits [rows − 1, vocab] of the places 1 … of a block ids [rows] with masks, all seeing all."""
        return self._pass(ids, torch.ones(len(ids), len(ids), dtype=torch.bool))[0][:-1]


def reveal(block: Tensor, logits: Tensor, mask_id: int, threshold: float) -> Tensor:
    """block [rows] with every place revealed whose arg-max is surer than the threshold, or the surest one."""
    masked = block[1:] == mask_id
    surest, guess = logits.softmax(-1).max(-1)
    surest = surest.masked_fill(~masked, -1.0)
    chosen = (surest > threshold) | (surest == surest.max())
    return torch.cat((block[:1], torch.where(chosen & masked, guess, block[1:])))


@torch.no_grad()
def sample(model: Llama, prompt: list[int], stop: int, block_size: int, threshold: float, tokens: int) -> Sample:
    """Writes after a prompt until `stop`, or `tokens` of them."""
    # A plain autoregressive model has no mask token and writes in blocks of 1.
    mask_id = -1 if block_size == 1 else model.config.mask_id
    cached = Cached(model)
    following = cached.read(torch.tensor(prompt))
    written: list[int] = []
    passes = 0
    while len(written) < tokens and stop not in written:
        block = torch.full((block_size,), mask_id)
        block[0] = following.argmax()
        while (block == mask_id).any() and stop not in block[: int((block != mask_id).long().cumprod(0).sum())]:
            block = reveal(block, cached.denoise(block), mask_id, threshold)
            passes += 1
        following = cached.read(block)
        passes += 1
        written += block.tolist()
    return Sample(written[: written.index(stop)] if stop in written else written, passes)


def main() -> None:
    parser = argparse.ArgumentParser(description="Write answers with an adapted llama.")
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--request", action="append", help="what a user asks for; several are possible")
    parser.add_argument("--block-size", type=int, default=8)
    parser.add_argument("--threshold", type=float, default=0.9)
    parser.add_argument("--tokens", type=int, default=300)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)

    model = load_llama(arguments.checkpoint).eval()
    encoder = Encoder(arguments.checkpoint)
    tokenizer = Tokenizer.from_file(str(arguments.checkpoint / "tokenizer.json"))
    for asked in arguments.request or REQUESTS:
        prompt = encoder.prompt(asked)
        settings = (arguments.block_size, arguments.threshold, arguments.tokens)
        made = sample(model, prompt, encoder.end_of_text, *settings)
        pace = f"{len(made.ids)} tokens, {len(made.ids) / max(made.passes, 1):.2f} a pass"
        print(f"## {asked}\n\n{tokenizer.decode(made.ids)}\n\n({pace})\n", flush=True)


if __name__ == "__main__":
    main()
