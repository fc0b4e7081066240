"""Adapts an autoregressive llama to block diffusion by further training, x_t ⊕ x_0 in one pass.

    python -m training.adapt --prepared <folder> --base <folder> --out <folder> --steps n
    torchrun --nproc-per-node <gpus or cores> -m training.adapt …

The same command on a CPU and a GPU. Killed, it resumes from `<out>/state.pt`; a larger `--steps` goes on from there.
It writes `<out>/checkpoint/` (Hugging Face layout) and `<out>/log.jsonl`. Matrix products run in bf16 where
the processor has it, weights are kept in f32.
"""

import sys
import time
from dataclasses import asdict, replace
from functools import partial

import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from . import ranks
from .adapt_recipe import AdaptRecipe, parse_recipe
from .adapt_step import backward, mean_nats, step_batch
from .checkpoint import load_state, save_state
from .data import load_texts, token_bytes, training_windows, written_texts
from .evaluate_shifted import Scored, likelihoods, masked_loss_moments, score_texts
from .llama_checkpoint import load_llama, mask_token_of, save_llama, with_mask_token
from .lora import LoRALinear
from .mask_embedding import MaskEmbedding, merged_state
from .memory import keep_memory
from .models.llama import Llama
from .muon import Muon
from .precision import products
from .rounding import RoundedEmbedding, RoundedLinear, RoundedMatrix, round_layers, rounded_state
from .schedules import NoiseSchedule, names_of, schedules_named
from .train import CLIP_NORM, Log, learning_rate_factor, set_lr_factor, with_full_lr
from .trained_parts import replace_embedding, replace_linears
from .variance import grid_search

LOG_EVERY = 5
VALIDATED_TEXTS = 16
PARTS = {"none": (MaskEmbedding, LoRALinear, None), "q4": (RoundedEmbedding, RoundedLinear, RoundedMatrix)}
"""By `--rounding`: the embedding, a linear layer with an adapter, and one that is trained whole."""


class Clock:
    """Seconds since it was made: of the day, and of this process on a core."""

    def __init__(self) -> None:
        self._began, self._used = time.monotonic(), time.process_time()

    def per(self, steps: int) -> dict[str, float]:
        """Both, a step."""
        wall, cpu = time.monotonic() - self._began, time.process_time() - self._used
        return {"s_per_step": round(wall / steps, 2), "cpu_s_per_step": round(cpu / steps, 2)}


def make_optimizers(model: Llama, recipe: AdaptRecipe) -> list[torch.optim.Optimizer]:
    """Muon or AdamW for the matrices inside the network; AdamW for the mask token's embedding and the norms."""
    groups = model.parameter_groups()
    adam = {"betas": (0.9, 0.98), "weight_decay": 0.0, "fused": True}
    if recipe.optimizer == "muon":
        matrices = Muon(groups.matrices, lr=recipe.muon_lr)
    else:
        matrices = torch.optim.AdamW(groups.matrices, recipe.lr, **adam)
    return with_full_lr([matrices, torch.optim.AdamW(groups.others, recipe.lr, **adam)])


def new_model(recipe: AdaptRecipe, mask_id: int, device: torch.device) -> Llama:
    """The base with a mask token, or a checkpoint, with the parts that the recipe trains, on a device."""
    start = recipe.start_from
    model = load_llama(start) if start else with_mask_token(load_llama(recipe.base), mask_id)
    model.to(device)  # It is rounded faster there.
    embedding, adapted, whole = PARTS[recipe.rounding]
    replace_embedding(model, embedding)
    if recipe.lora_rank:
        replace_linears(model, partial(adapted, rank=recipe.lora_rank))
    elif whole is not None:
        replace_linears(model, whole)
    return model.to(device)


def validate(average: nn.Module, recipe: AdaptRecipe, mask_id: int) -> tuple[dict[str, float], list[list[Scored]]]:
    """Bits per byte of a few conversations, by block size, and what they were computed from."""
    device = next(average.parameters()).device
    model = Llama(replace(average.config, mask_token_id=mask_id)).to(device)
    state = merged_state(average)
    model.load_state_dict(rounded_state(state) if recipe.rounding == "q4" else state)
    texts = written_texts(load_texts(recipe.prepared, "valid.conversation"), recipe.length)[:VALIDATED_TEXTS]
    with products(device):
        results = score_texts(model, texts)
    found = likelihoods(texts, results, token_bytes(recipe.prepared))
    return {f"bits_per_byte_{one.block_size}": round(one.bits_per_byte, 4) for one in found}, results


def search(results: list[list[Scored]], sizes: tuple[int, ...]) -> dict[int, NoiseSchedule]:
    """The clipped schedule of least NELBO variance for each block size above 2."""
    return {size: grid_search(masked_loss_moments(results, size))[0] for size in sizes if size > 2}


def adapt(recipe: AdaptRecipe) -> None:
    """Runs a recipe to its last step, or goes on with it. Raises ValueError for bad data before it starts."""
    torch.manual_seed(recipe.seed)
    split = load_texts(recipe.prepared, "train")
    texts = training_windows(split, recipe.length)
    scored = replace(texts, ids=split.scored)
    mask_id = mask_token_of(recipe.prepared)
    device = ranks.join()
    if recipe.batch_size < ranks.count():
        raise ValueError(f"--batch-size must be at least the number of processes, {ranks.count()}")
    model = new_model(recipe, mask_id, device)
    optimizers = make_optimizers(model, recipe)
    average = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(recipe.ema_decay))
    recipe.run.mkdir(parents=True, exist_ok=True)
    state_file = recipe.run / "state.pt"
    schedules = recipe.first_schedules()
    step = load_state(state_file, model, average, optimizers, schedules) if state_file.exists() else 0
    for layer in model.model.layers:
        layer.compile(dynamic=False)
    log = Log(recipe.run)
    log.write(
        {
            "recipe": {name: str(value) for name, value in asdict(recipe).items()},
            "trained": sum(p.numel() for p in model.parameters() if p.requires_grad),
            "device": str(device),
            "windows": len(texts.starts),
            "from_step": step,
        }
    )
    clock, done, norms = Clock(), [], []
    saved = time.monotonic()
    round_layers(model)
    while step < recipe.steps:
        factor = learning_rate_factor(step, recipe.steps, recipe.warmup_steps, recipe.decay_steps)
        set_lr_factor(optimizers, factor)
        for optimizer in optimizers:
            optimizer.zero_grad(set_to_none=True)
        batch = step_batch(texts, scored, mask_id, recipe, schedules, step)
        done.append(backward(model, batch, recipe))
        ranks.sum_gradients(model)
        norms.append(nn.utils.clip_grad_norm_(model.parameters(), CLIP_NORM))
        with products(device):
            for optimizer in optimizers:
                optimizer.step()
        round_layers(model)
        average.update_parameters(model)
        step += 1
        last = step == recipe.steps
        if step % LOG_EVERY and step % recipe.validate_every and not last:
            continue
        # A GPU is waited for here, and nowhere before.
        if not all(norm.isfinite() for norm in norms):
            raise FloatingPointError(f"a gradient is not finite by step {step}; resume with a lower learning rate")
        pace = {**clock.per(len(done)), "tokens": step * recipe.batch_size * recipe.length}
        log.write({"step": step, **mean_nats(done), "grad_norm": round(norms[-1].item(), 3), "lr": factor, **pace})
        clock, done, norms = Clock(), [], []
        if step % recipe.validate_every == 0 or last:
            if ranks.rank() == 0:
                scores, results = validate(average.module, recipe, mask_id)
                if recipe.schedule == "search":
                    schedules |= search(results, recipe.block_sizes)
                log.write({"step": step, **scores, "schedules": names_of(schedules)})
            schedules |= schedules_named(ranks.from_first(names_of(schedules)))
            clock = Clock()
        if ranks.rank() == 0 and (time.monotonic() - saved > 60 * recipe.save_minutes or last):
            saved = time.monotonic()
            save_state(state_file, step, model, average, optimizers, schedules)
            save_llama(recipe.run / "checkpoint", merged_state(average.module), mask_id, recipe.base, recipe.prepared)
    ranks.leave()


def main() -> None:
    keep_memory()
    try:
        recipe = parse_recipe(sys.argv[1:])
        torch.set_num_threads(recipe.threads)
        adapt(recipe)
    except ValueError as problem:
        sys.exit(f"{problem}")


if __name__ == "__main__":
    main()
