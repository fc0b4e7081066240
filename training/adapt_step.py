"""What one step of an adaptation is trained on, and its gradients."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from .adapt_recipe import AdaptRecipe
from .data import Windows, batch_numbers
from .models.llama import Llama
from .objective import Noised, add_shifted_noise, complement, losses
from .schedules import NoiseSchedule


@dataclass(frozen=True)
class Batch:
    """A step's windows: clean [batch, length], block_sizes [batch, copies], following [batch, length], noised."""

    clean: Tensor
    scored: Tensor
    block_sizes: Tensor
    following: Tensor
    noised: Noised


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


def backward(model: Llama, batch: Batch, recipe: AdaptRecipe) -> dict[str, float]:
    """Adds a step's gradients. Returns nats of a next token, and of a masked one by block size.

    A GPU takes all windows at once, a CPU one by one: the logits of all would not stay in its caches.
    """
    device = next(model.parameters()).device
    at_once = len(batch.clean) if device.type == "cuda" else 1
    scored = batch.scored.sum(1)
    masked_scale = scored.sum().item() * recipe.copies
    following_scale = batch.following.sum().item()
    nats: defaultdict[str, float] = defaultdict(float)
    tokens: defaultdict[str, float] = defaultdict(float)
    for first in range(0, len(batch.clean), at_once):
        some = slice(first, first + at_once)
        ids, weights = batch.noised.ids[some].to(device), batch.noised.weights[some].to(device)
        clean, sizes, following = (x[some].to(device) for x in (batch.clean, batch.block_sizes, batch.following))
        sums = losses(model, clean, Noised(ids, weights), sizes, following)
        loss = sums.masked.sum() / masked_scale + recipe.following_weight * sums.following.sum() / following_scale
        loss.backward()
        nats["following"] += sums.following.sum().item()
        for row, totals in enumerate(sums.masked.tolist(), first):
            for size, total in zip(batch.block_sizes[row].tolist(), totals, strict=True):
                nats[f"masked_{size}"] += total
                tokens[f"masked_{size}"] += scored[row].item() * (size - 1) / size
    tokens["following"] = following_scale
    return {name: nats[name] / tokens[name] for name in nats if tokens[name]}
