"""The likelihood of texts under an adapted llama, per block size, and how far its guesses can be accepted.

    python -m training.evaluate_shifted --checkpoint <folder> --prepared <folder> [--split valid.conversation]
        [--documents n] [--samples k] [--acceptance <block size>] [--rounding q4]

A block's first token is exact, from the clean row before it; the others are masked diffusion, bounded as
`training.evaluate` does it: k of them are masked, k drawn uniformly. Block size 1 is the exact likelihood. All block
sizes share one clean half. The base, untouched, can be scored as well.
"""

import argparse
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from .adapt_recipe import ROUNDINGS
from .data import load_texts, token_bytes, written_texts
from .diffusion import BLOCK_SIZES
from .evaluate import Likelihood, summarize
from .llama_checkpoint import load_llama, mask_token_of, with_mask_token
from .memory import keep_memory
from .models.llama import Llama
from .objective import predict
from .precision import products
from .ranks import own_device
from .rounding import rounded_state
from .shifted import TILE, hide_padding, tile_biases
from .variance import MaskedLossMoments

LENGTH = 512
SIZES = [size for size in BLOCK_SIZES if size > 1]
Masker = Callable[[Tensor, int, torch.Generator], tuple[Tensor, Tensor]]
"""(scored [length], block size, generator) → masked [length] bool, weights [length] of what is measured."""


@dataclass(frozen=True)
class Scored:
    """Of one text, for every copy and then the clean half [copies + 1, length]: −log p, whether it is the arg-max."""

    nats: Tensor
    right: Tensor
    weights: Tensor


def mask_by_count(scored: Tensor, block_size: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Masks k ~ U{1 … m} of the m scored tokens after each block's first one, with weights m/k, all [length].

    The block size divides length.
    """
    room = scored.clone().view(-1, block_size)
    room[:, 0] = False
    m = room.sum(1, keepdim=True)
    counts = 1 + (torch.rand(m.shape, generator=generator) * m).long()
    ranks = torch.rand(room.shape, generator=generator).masked_fill(~room, 2.0).argsort(-1).argsort(-1)
    masked = (ranks < counts) & room
    return masked.flatten(), (masked * m / counts).flatten()


def mask_all_but_first(scored: Tensor, block_size: int, _generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Masks every scored token after a block's first one, as the first denoise step of a block finds it."""
    room = scored.clone().view(-1, block_size)
    room[:, 0] = False
    return room.flatten(), room.flatten().float()


@torch.no_grad()
def score_text(
    model: Llama, ids: Tensor, scored: Tensor, sizes: list[int], masker: Masker, generator: torch.Generator
) -> Scored:
    """One pass over a text's ids [n] with a noised copy for each of the block sizes, all 2 or more."""
    device = next(model.parameters()).device
    padding = -len(ids) % TILE
    clean, written = F.pad(ids, (0, padding)), F.pad(scored, (0, padding))
    drawn = [masker(written, size, generator) for size in sizes]
    masked = torch.stack([mask for mask, _ in drawn])
    weights = torch.cat((torch.stack([weight for _, weight in drawn]), written[None].float()))
    wanted = weights > 0
    block_sizes = torch.tensor([sizes], device=device)
    biases = hide_padding(tile_biases(len(clean), block_sizes), len(ids), block_sizes.shape[1])
    noised = torch.where(masked, model.config.mask_id, clean)
    logits = predict(model, clean[None].to(device), noised[None].to(device), wanted[None], biases)
    targets = clean.expand(wanted.shape)[wanted]
    of_wanted = F.cross_entropy(logits, targets.to(device), reduction="none").cpu()
    nats = torch.zeros(wanted.shape).masked_scatter(wanted, of_wanted)
    right = torch.zeros(wanted.shape, dtype=torch.bool).masked_scatter(wanted, logits.argmax(-1).cpu() == targets)
    return Scored(nats, right, weights)


def score_texts(
    model: Llama, texts: list[tuple[Tensor, Tensor]], *, samples: int = 1, seed: int = 0
) -> list[list[Scored]]:
    """The noise of SIZES, `samples` times, over each of the texts (ids [n], scored [n])."""
    generator = torch.Generator().manual_seed(seed)
    return [
        [score_text(model, ids, scored, SIZES, mask_by_count, generator) for _ in range(samples)]
        for ids, scored in texts
    ]


def likelihoods(texts: list[tuple[Tensor, Tensor]], results: list[list[Scored]], bytes_of: Tensor) -> list[Likelihood]:
    """For every block size, from `score_texts`. bytes_of [vocab], UTF-8 bytes a token."""
    samples = len(results[0])
    nats = torch.zeros(len(BLOCK_SIZES), len(texts), dtype=torch.float64)
    for number, drawn in enumerate(results):
        for result in drawn:
            exact = result.nats[-1]
            nats[0, number] += exact.sum()
            for copy, size in enumerate(SIZES):
                first = exact.view(-1, size)[:, 0].sum()
                nats[copy + 1, number] += first + (result.nats[copy] * result.weights[copy]).sum()
    tokens = torch.stack([scored.sum() for _, scored in texts])
    size = sum(int(bytes_of[ids[scored]].sum()) for ids, scored in texts)
    pairs = zip(BLOCK_SIZES, nats / samples, strict=True)
    return [summarize(of_size, tokens, size, block_size, samples) for block_size, of_size in pairs]


def masked_loss_moments(results: list[list[Scored]], block_size: int) -> MaskedLossMoments:
    """Of the loss of k of the L' − 1 tokens after a block's first one, from `score_texts`, over blocks scored whole.

    A k that was not seen has the moments of the nearest smaller one. Raises ValueError where no block was whole.
    """
    copy = SIZES.index(block_size)
    found = [result for drawn in results for result in drawn]
    whole = torch.cat([result.weights[-1].view(-1, block_size).all(1) for result in found])
    counts = torch.cat([(result.weights[copy] > 0).view(-1, block_size).sum(1) for result in found])[whole]
    sums = torch.cat([result.nats[copy].view(-1, block_size).sum(1) for result in found])[whole].double()
    if len(counts) == 0:
        raise ValueError(f"no text has a whole block of {block_size} tokens")
    mean, square = [], []
    for k in range(1, block_size):
        seen = sums[counts == k]
        mean.append(seen.mean() if len(seen) else mean[-1])
        square.append(seen.square().mean() if len(seen) else square[-1])
    return MaskedLossMoments(torch.stack(mean), torch.stack(square))


@dataclass(frozen=True)
class Acceptance:
    """In blocks of one size, all masked but the first: how often the arg-max is right, by place, and the run of them.

    Place 0 is predicted by the clean row before the block. `run` is the mean number of tokens, place 0 among them,
    before the first wrong arg-max.
    """

    block_size: int
    blocks: int
    right: list[float]
    run: float


def acceptance(model: Llama, texts: list[tuple[Tensor, Tensor]], block_size: int) -> Acceptance:
    """Over the blocks of texts (ids [n], scored [n]) that are scored whole."""
    found = []
    for ids, scored in texts:
        result = score_text(model, ids, scored, [block_size], mask_all_but_first, torch.Generator())
        right = result.right[0].view(-1, block_size).clone()
        right[:, 0] = result.right[1].view(-1, block_size)[:, 0]
        whole = F.pad(scored, (0, right.numel() - len(scored))).view(-1, block_size).all(1)
        found.append(right[whole])
    right = torch.cat(found).double()
    by_place = [round(share, 4) for share in right.mean(0).tolist()]
    return Acceptance(block_size, len(right), by_place, right.cumprod(1).sum(1).mean().item())


def results(model: Llama, arguments: argparse.Namespace) -> Iterator[Likelihood | Acceptance]:
    """What the command line asks for."""
    texts = written_texts(load_texts(arguments.prepared, arguments.split), LENGTH)[: arguments.documents]
    if arguments.acceptance:
        yield acceptance(model, texts, arguments.acceptance)
    else:
        found = score_texts(model, texts, samples=arguments.samples)
        yield from likelihoods(texts, found, token_bytes(arguments.prepared))


def main() -> None:
    parser = argparse.ArgumentParser(description="Likelihood of texts per block size, of an adapted llama.")
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--prepared", type=Path, required=True, help="folder written by training.conversations")
    parser.add_argument("--split", default="valid.conversation", help="or valid.document")
    parser.add_argument("--documents", type=int, help="score only the first n")
    parser.add_argument("--samples", type=int, default=1)
    parser.add_argument("--acceptance", type=int, help="the arg-max by place in blocks of this size instead")
    parser.add_argument("--rounding", choices=ROUNDINGS, default="none", help="how the matrices are stored")
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    keep_memory()
    torch.set_num_threads(arguments.threads)

    device = own_device()
    model = load_llama(arguments.checkpoint).eval().to(device)
    if model.config.mask_token_id is None:
        model = with_mask_token(model, mask_token_of(arguments.prepared))
    if arguments.rounding == "q4":
        model.load_state_dict(rounded_state(model.state_dict()))
    with products(device):
        for result in results(model, arguments):
            print(json.dumps({"split": arguments.split, **asdict(result)}), flush=True)


if __name__ == "__main__":
    main()
