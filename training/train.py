"""Trains a BD3-LM on a mixture of block sizes, x_t ⊕ x_0 in one pass.

    python -m training.train --prepared <folder> --out <folder> --steps n
    torchrun --nproc-per-node <gpus> -m training.train --prepared <folder> --out <folder> --steps n

The same command on CPU and CUDA. Killed, it resumes from `<out>/state.pt`; a larger `--steps` goes on
from there. `--start-from` begins a run with the weights of a checkpoint. It writes `<out>/checkpoint/`
(Hugging Face layout) and `<out>/log.jsonl`.
"""

import json
import math
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from . import ranks
from .attention import FlexMasks, training_masks
from .checkpoint import load_checkpoint, load_state, save_checkpoint, save_state
from .data import Windows, batch_numbers, documents, load_split, token_bytes, training_windows, vocab_size
from .diffusion import add_noise, token_losses
from .evaluate import likelihood, masked_loss_moments, require_blocks
from .memory import keep_memory
from .models.bd3lm import BD3LM, ModelConfig
from .muon import Muon
from .recipe import Recipe, parse_recipe
from .schedules import NoiseSchedule, names_of, schedules_named
from .variance import grid_search

MUON_LR, ADAM_LR, ADAM_MATRIX_LR = 0.02, 2e-3, 2e-3
CLIP_NORM = 1.0
LOG_EVERY = 10
VALIDATED_SIZES = (1, 4, 16)
VALIDATED_DOCUMENTS, SEARCHED_DOCUMENTS = 64, 16


def learning_rate_factor(step: int, steps: int, warmup: int, decay: int) -> float:
    """Warm-up, stable, decay: 0 … 1, 1, then 1 … 0 in straight lines."""
    return min(1.0, (step + 1) / warmup, (steps - step) / decay)


def make_optimizers(model: BD3LM, optimizer: str) -> list[torch.optim.Optimizer]:
    """Muon or AdamW for the matrices inside the network; AdamW for embedding, head, norms and biases."""
    groups = model.parameter_groups()
    matrices = [{"params": groups.matrices}, {"params": groups.packed, "pieces": 3}]
    adam = {"betas": (0.9, 0.98), "weight_decay": 0.0}
    first = Muon(matrices, lr=MUON_LR) if optimizer == "muon" else torch.optim.AdamW(matrices, ADAM_MATRIX_LR, **adam)
    return with_full_lr([first, torch.optim.AdamW(groups.others, ADAM_LR, **adam)])


def with_full_lr(optimizers: list[torch.optim.Optimizer]) -> list[torch.optim.Optimizer]:
    """The same optimisers, whose groups keep the learning rate that `set_lr_factor` scales."""
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["full_lr"] = group["lr"]
    return optimizers


def set_lr_factor(optimizers: list[torch.optim.Optimizer], factor: float) -> None:
    """Sets every learning rate to a share of its full one."""
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["lr"] = group["full_lr"] * factor


HiddenOf = Callable[[Tensor, Tensor, Tensor | FlexMasks], Tensor]
"""`BD3LM.denoise_hidden`, compiled or not."""


def weighted_loss(
    model: BD3LM, hidden_of: HiddenOf, noised: Tensor, clean: Tensor, masks: Tensor | FlexMasks, weights: Tensor
) -> Tensor:
    """Σ weight · −log p over the masked rows of x_t [batch, length], in nats; the head runs on these alone."""
    rows = weights > 0
    with torch.autocast("cuda", torch.bfloat16, enabled=clean.is_cuda):
        logits = model.backbone.head(hidden_of(noised, clean, masks)[rows])
    return (token_losses(logits, clean[rows], model.config.mask_id) * weights[rows]).sum()


def batch_loss(
    model: BD3LM,
    hidden_of: HiddenOf,
    clean: Tensor,
    block_sizes: Tensor,
    schedules: Mapping[int, NoiseSchedule],
    generator: torch.Generator,
) -> Tensor:
    """The weighted loss of clean [batch, length] with blocks of block_sizes [batch], in nats per token.

    Every process draws the noise of the whole batch and computes its own rows' share of the loss.
    """
    device = next(model.parameters()).device
    noised, weights = add_noise(clean, block_sizes, model.config.mask_id, schedules, generator)
    total = clean.numel()
    mine = slice(ranks.rank(), None, ranks.count())
    noised, clean, block_sizes, weights = (x[mine].to(device) for x in (noised, clean, block_sizes, weights))
    masks = training_masks(clean.shape[1], block_sizes)
    return weighted_loss(model, hidden_of, noised, clean, masks, weights) / total


def step_batch(windows: Windows, recipe: Recipe, step: int) -> tuple[Tensor, Tensor, torch.Generator]:
    """A step's clean windows [batch, length], their block sizes [batch], and the generator of its noise."""
    generator = torch.Generator().manual_seed(recipe.seed * 1_000_003 + step)
    clean = windows.batch(batch_numbers(len(windows.starts), recipe.batch_size, step, recipe.seed))
    chances = torch.tensor([weight for _, weight in recipe.mixture])
    drawn = torch.multinomial(chances, len(clean), replacement=True, generator=generator)
    return clean, torch.tensor(recipe.block_sizes)[drawn], generator


def validate(model: BD3LM, texts: list[Tensor], bytes_of: Tensor) -> dict[str, float]:
    """A quick look at three block sizes, in nats per token; `training.evaluate` measures them all."""
    return {
        f"nelbo_{size}": likelihood(model, texts[:VALIDATED_DOCUMENTS], bytes_of, size).nelbo_nats_per_token
        for size in VALIDATED_SIZES
    }


def search(model: BD3LM, texts: list[Tensor], block_sizes: tuple[int, ...]) -> dict[int, NoiseSchedule]:
    """The clipped schedule of least NELBO variance for each block size above 1."""
    few = texts[:SEARCHED_DOCUMENTS]
    return {size: grid_search(masked_loss_moments(model, few, size))[0] for size in block_sizes if size > 1}


def new_model(recipe: Recipe) -> BD3LM:
    """A model of random weights, or of a checkpoint's. Raises ValueError for a checkpoint of another shape."""
    config = ModelConfig(
        vocab_size=vocab_size(recipe.prepared),
        model_length=recipe.length,
        block_size=8 if 8 in recipe.block_sizes else max(recipe.block_sizes),
        block_sizes=recipe.block_sizes,
        hidden_dim=recipe.hidden_dim,
        n_blocks=recipe.layers,
        n_heads=recipe.heads,
    )
    model = BD3LM(config)
    if recipe.start_from is not None:
        try:
            model.load_state_dict(load_checkpoint(recipe.start_from).state_dict())
        except RuntimeError as cause:
            raise ValueError(f"{recipe.start_from} holds a model of another shape: {cause}") from cause
    return model


class Log:
    """`<out>/log.jsonl`, one object a line, and the same on the screen. Only the first process writes."""

    def __init__(self, run: Path) -> None:
        self._file = (run / "log.jsonl").open("a") if ranks.rank() == 0 else None

    def write(self, entry: dict[str, object]) -> None:
        if self._file is not None:
            line = json.dumps(entry)
            self._file.write(line + "\n")
            self._file.flush()
            print(line, flush=True)


def train(recipe: Recipe) -> None:
    """Runs a recipe to its last step, or goes on with it. Raises ValueError for bad data before it starts."""
    torch.manual_seed(recipe.seed)
    windows = training_windows(load_split(recipe.prepared, "train"), recipe.length)
    texts = documents(load_split(recipe.prepared, "valid"), recipe.length)
    bytes_of = token_bytes(recipe.prepared)
    if recipe.schedule == "search":
        require_blocks(texts[:SEARCHED_DOCUMENTS], max(recipe.block_sizes))
    model = new_model(recipe)
    device = ranks.join()
    model.to(device)
    optimizers = make_optimizers(model, recipe.optimizer)
    average = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(recipe.ema_decay))
    schedules = recipe.first_schedules()
    recipe.run.mkdir(parents=True, exist_ok=True)
    state_file = recipe.run / "state.pt"
    step = load_state(state_file, model, average, optimizers, schedules) if state_file.exists() else 0
    hidden_of = torch.compile(model.denoise_hidden, dynamic=False)
    log = Log(recipe.run)
    log.write(
        {
            "recipe": {name: str(value) for name, value in asdict(recipe).items()},
            "parameters": sum(p.numel() for p in model.parameters()),
            "device": str(device),
            "windows": len(windows.starts),
            "from_step": step,
        }
    )

    losses, started = [], time.monotonic()
    while step < recipe.steps:
        factor = learning_rate_factor(step, recipe.steps, recipe.warmup_steps, recipe.decay_steps)
        set_lr_factor(optimizers, factor)
        for optimizer in optimizers:
            optimizer.zero_grad(set_to_none=True)
        clean, block_sizes, generator = step_batch(windows, recipe, step)
        loss = batch_loss(model, hidden_of, clean, block_sizes, schedules, generator)
        loss.backward()
        loss = loss.detach()
        ranks.sum_gradients(model)
        ranks.sum_up(loss)
        norm = nn.utils.clip_grad_norm_(model.parameters(), CLIP_NORM).item()
        if not math.isfinite(norm):
            raise FloatingPointError(f"the gradient is not finite at step {step}; resume with a lower learning rate")
        for optimizer in optimizers:
            optimizer.step()
        average.update_parameters(model)
        step += 1
        losses.append(loss.item())
        last = step == recipe.steps
        if step % LOG_EVERY == 0:
            seconds = (time.monotonic() - started) / len(losses)
            pace = {"s_per_step": round(seconds, 3), "minutes_left": round((recipe.steps - step) * seconds / 60, 1)}
            log.write({"step": step, "loss": sum(losses) / len(losses), "grad_norm": norm, "lr": factor, **pace})
            losses, started = [], time.monotonic()
        if step % recipe.validate_every == 0 or last:
            average.module.eval()
            if recipe.schedule == "search":
                found = names_of(search(average.module, texts, recipe.block_sizes))
                schedules |= schedules_named(ranks.from_first(found))
            scores = validate(average.module, texts, bytes_of)
            log.write({"step": step, **scores, "schedules": names_of(schedules)})
            started = time.monotonic()
        if (step % recipe.save_every == 0 or last) and ranks.rank() == 0:
            save_state(state_file, step, model, average, optimizers, schedules)
            save_checkpoint(recipe.run / "checkpoint", average.module, recipe.prepared)
    ranks.leave()


def main() -> None:
    keep_memory()
    try:
        train(parse_recipe(sys.argv[1:]))
    except ValueError as problem:
        sys.exit(f"{problem}")


if __name__ == "__main__":
    main()
