"""What one step of an adaptation is trained on, and its gradients."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from . import ranks
from .adapt_recipe import AdaptRecipe
from .data import Windows, batch_numbers
from .models.llama import Llama
from .objective import Losses, Noised, add_shifted_noise, complement, losses
from .schedules import NoiseSchedule


@dataclass(frozen=True)
class Batch:
    """A step's windows: clean [batch, length], block_sizes [batch, copies], following [batch, length], noised."""

    clean: Tensor
    scored: Tensor
    block_sizes: Tensor
    following: Tensor
    noised: Noised

    def rows(self, some: slice) -> "Batch":
        """Some of the windows."""
        noised = Noised(self.noised.ids[some], self.noised.weights[some])
        return Batch(self.clean[some], self.scored[some], self.block_sizes[some], self.following[some], noised)


def step_batch(
    texts: Windows,
    scored: Windows,
    mask_id: int,
    recipe: AdaptRecipe,
    schedules: Mapping[int, NoiseSchedule],
    step: int,
) -> Batch:
    """What a step is trained on; it depends on the recipe, the schedules and the step alone."""
    generator = torch.Generator().manual_seed(recipe.seed * 1_000_003 + step)
    numbers = batch_numbers(len(texts.starts), recipe.batch_size, step, recipe.seed)
    clean, written = texts.batch(numbers), scored.batch(numbers) > 0
    chances = torch.tensor([weight for _, weight in recipe.mixture])
    draws = recipe.batch_size * (1 if recipe.masks == "complementary" else recipe.copies)
    drawn = torch.tensor(recipe.block_sizes)[torch.multinomial(chances, draws, replacement=True, generator=generator)]
    sizes = drawn.view(recipe.batch_size, -1)
    noised = add_shifted_noise(clean, written, sizes, mask_id, schedules, recipe.first_masked, generator)
    if recipe.masks == "complementary":
        noised, sizes = complement(noised, clean, written, sizes, mask_id), sizes.repeat(1, 2)
    following = written & (torch.rand(clean.shape, generator=generator) < recipe.following)
    following[:, 0] = False  # No row comes before it.
    return Batch(clean, written, sizes, following, noised)


def backward(model: Llama, batch: Batch, recipe: AdaptRecipe) -> tuple[Batch, Losses]:
    """Adds a step's gradients. Returns this process's share of the windows and its losses, without waiting for a GPU.

    A GPU takes its share at once, a CPU window by window: the logits of all would not stay in its caches.
    """
    # Short windows may hold nothing but a user's turn.
    masked_scale = max(1, batch.scored.sum().item()) * recipe.copies
    following_scale = recipe.following_weight / max(1, batch.following.sum().item())
    mine = batch.rows(slice(ranks.rank(), None, ranks.count()))
    at_once = len(mine.clean) if next(model.parameters()).is_cuda else 1
    parts = []
    for first in range(0, len(mine.clean), at_once):
        some = mine.rows(slice(first, first + at_once))
        sums = losses(model, some.clean, some.noised, some.block_sizes, some.following)
        (sums.masked.sum() / masked_scale + following_scale * sums.following.sum()).backward()
        parts.append(sums)
    masked, following = ([getattr(part, name).detach() for part in parts] for name in ("masked", "following"))
    return mine, Losses(torch.cat(masked), torch.cat(following))


def mean_nats(steps: list[tuple[Batch, Losses]]) -> dict[str, float]:
    """Nats of a next token, and of a masked one by block size, over some steps."""
    nats: defaultdict[str, float] = defaultdict(float)
    tokens: defaultdict[str, float] = defaultdict(float)
    for batch, sums in steps:
        nats["following"] += sums.following.sum().item()
        tokens["following"] += batch.following.sum().item()
        for sizes, totals, scored in zip(batch.block_sizes, sums.masked.cpu(), batch.scored.sum(1), strict=True):
            for size, total in zip(sizes.tolist(), totals.tolist(), strict=True):
                nats[f"masked_{size}"] += total
                tokens[f"masked_{size}"] += scored.item() * (size - 1) / size
    return {name: round(nats[name] / tokens[name], 4) for name in sorted(nats) if tokens[name]}
