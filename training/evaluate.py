"""The likelihood of documents, per block size.

    python -m training.evaluate --checkpoint <folder> --prepared <folder> [--split valid] [--documents n] [--samples k]

The NELBO of a block of L' tokens under any masking schedule is Σ_k (1/k) E[Σ_masked −log p] over the
number k = 1 … L' of masked tokens, because the network does not see t. Drawing k uniformly and weighting
by L'/k is therefore unbiased, and steadier than drawing t; at L' = 1 it is the exact likelihood.
"""

import argparse
import json
import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from .checkpoint import load_checkpoint
from .data import documents, load_split, token_bytes
from .diffusion import token_losses
from .memory import keep_memory
from .models.bd3lm import BD3LM
from .variance import MaskedLossMoments

BATCH = 16
LEAST_SEEN = 8


@dataclass(frozen=True)
class Likelihood:
    """Over some documents, their first id given and not scored; `stderr` is that of the ratio over documents."""

    documents: int
    tokens: int
    bytes: int
    nelbo_nats_per_token: float
    ppl: float
    bits_per_byte: float
    stderr: float | None
    block_size: int
    samples: int


def mask_by_count(clean: Tensor, block_size: int, mask_id: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Masks k ~ U{1 … m} of the m tokens of each block that are scored; returns x_t and the weights m/k.

    clean [batch, length]. The first id of a row is given, and the last block may be shorter than the others.
    """
    batch, length = clean.shape
    blocks = -(-length // block_size)
    padding = blocks * block_size - length
    scored = F.pad(torch.ones(length, dtype=torch.bool).index_fill(0, torch.tensor(0), False), (0, padding))
    scored = scored.view(blocks, block_size).expand(batch, -1, -1)
    room = scored.sum(-1, keepdim=True)
    counts = 1 + (torch.rand(batch, blocks, 1, generator=generator) * room).long()
    ranks = torch.rand(scored.shape, generator=generator).masked_fill(~scored, 2.0).argsort(-1).argsort(-1)
    masked = (ranks < counts) & scored
    weights = (masked * room / counts).view(batch, -1)[:, :length]
    return torch.where(weights > 0, mask_id, clean), weights


@torch.no_grad()
def nelbo_terms(model: BD3LM, clean: Tensor, noised: Tensor, block_size: int) -> Tensor:
    """−log p of every masked token of x_t [batch, length], 0 elsewhere, in nats."""
    device = next(model.parameters()).device
    mask_id = model.config.mask_id
    sizes = torch.full((len(clean),), block_size, device=device)
    hidden = model.denoise_hidden(noised.to(device), clean.to(device), sizes)
    rows = noised == mask_id
    terms = torch.zeros(clean.shape)
    terms[rows] = token_losses(model.backbone.head(hidden[rows.to(device)]), clean[rows].to(device), mask_id).cpu()
    return terms


def batches(texts: list[Tensor]) -> Iterator[Tensor]:
    """The documents, shortest first, in batches [≤ BATCH, length] of one length."""
    for _, same in groupby(sorted(texts, key=len), key=len):
        yield from torch.stack(list(same)).split(BATCH)


def likelihood(
    model: BD3LM, texts: list[Tensor], bytes_of: Tensor, block_size: int, *, samples: int = 1, seed: int = 0
) -> Likelihood:
    """The NELBO of documents [length each], exact at block size 1. bytes_of [vocab], UTF-8 bytes a token."""
    generator = torch.Generator().manual_seed(seed)
    draws = 1 if block_size == 1 else samples
    nats, tokens, size = [], [], 0
    for clean in batches(texts):
        total = torch.zeros(len(clean))
        for _ in range(draws):
            noised, weights = mask_by_count(clean, block_size, model.config.mask_id, generator)
            total += (nelbo_terms(model, clean, noised, block_size) * weights).sum(1)
        nats.append(total / draws)
        tokens += [clean.shape[1] - 1] * len(clean)
        size += int(bytes_of[clean[:, 1:]].sum())
    return summarize(torch.cat(nats), torch.tensor(tokens), size, block_size, samples)


def summarize(nats: Tensor, tokens: Tensor, size: int, block_size: int, samples: int) -> Likelihood:
    """The likelihood of documents with these nats [n] for these numbers of tokens [n], of `size` bytes in all."""
    per_document, counts = nats.double(), tokens.double()
    n, ratio = len(nats), (per_document.sum() / counts.sum()).item()
    scatter = (per_document - ratio * counts).square().sum().item()
    stderr = math.sqrt(n / (n - 1) * scatter) / counts.sum().item() if n > 1 else None
    return Likelihood(
        documents=n,
        tokens=int(counts.sum()),
        bytes=size,
        nelbo_nats_per_token=ratio,
        ppl=math.exp(ratio),
        bits_per_byte=per_document.sum().item() / math.log(2) / size,
        stderr=stderr,
        block_size=block_size,
        samples=samples,
    )


def require_blocks(texts: list[Tensor], block_size: int) -> None:
    """Raises ValueError unless a document has a whole block after its first."""
    if all(len(text) < 2 * block_size for text in texts):
        raise ValueError(f"no validation document has two blocks of {block_size} tokens; prepare longer ones")


def masked_loss_moments(model: BD3LM, texts: list[Tensor], block_size: int, *, seed: int = 0) -> MaskedLossMoments:
    """Of the loss of k masked tokens, over the whole blocks of documents but the first, which has a given id.

    Draws until every k was seen LEAST_SEEN times. Raises ValueError where the documents are too short for that.
    """
    require_blocks(texts, block_size)
    texts = [text for text in texts if len(text) >= 2 * block_size]
    generator = torch.Generator().manual_seed(seed)
    seen, mean, square = (torch.zeros(block_size + 1, dtype=torch.float64) for _ in range(3))
    while (seen[1:] < LEAST_SEEN).any():
        for clean in batches(texts):
            noised, _ = mask_by_count(clean, block_size, model.config.mask_id, generator)
            terms = nelbo_terms(model, clean, noised, block_size)
            whole = slice(block_size, clean.shape[1] // block_size * block_size)
            losses = terms[:, whole].reshape(-1, block_size).sum(1).double()
            counts = (noised == model.config.mask_id)[:, whole].reshape(-1, block_size).sum(1)
            seen.index_add_(0, counts, torch.ones_like(losses))
            mean.index_add_(0, counts, losses)
            square.index_add_(0, counts, losses**2)
    return MaskedLossMoments((mean / seen)[1:], (square / seen)[1:])


def main() -> None:
    parser = argparse.ArgumentParser(description="Likelihood of documents per block size.")
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--prepared", type=Path, required=True)
    parser.add_argument("--split", default="valid")
    parser.add_argument("--documents", type=int, help="score only the first n")
    parser.add_argument("--samples", type=int, default=1)
    arguments = parser.parse_args()
    keep_memory()

    device = "cuda" if torch.cuda.is_available() else "cpu"
    model = load_checkpoint(arguments.checkpoint, device).eval()
    texts = documents(load_split(arguments.prepared, arguments.split), model.config.model_length)
    for block_size in model.config.block_sizes:
        result = likelihood(
            model,
            texts[: arguments.documents],
            token_bytes(arguments.prepared),
            block_size,
            samples=arguments.samples,
        )
        print(json.dumps(asdict(result)), flush=True)


if __name__ == "__main__":
    main()
