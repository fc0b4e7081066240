"""Trains a BD3-LM on a mixture of block sizes, x_t ⊕ x_0 in one pass.

    python -m training.train --prepared <folder> --run <folder> --steps n

The same command on CPU and CUDA. Killed, it resumes from `<run>/state.pt`; a larger `--steps` goes on
from there. `--start-from` begins a run with the weights of a checkpoint. It writes `<run>/checkpoint/` (Hugging Face layout) and `<run>/log.jsonl`.
"""

import argparse
import json
import math
import time
from pathlib import Path

import torch
from torch import Tensor, nn

from .checkpoint import load_checkpoint, load_state, save_checkpoint, save_state
from .data import Split, batch_numbers, load_split
from .diffusion import BLOCK_SIZES, ClippedSchedule, add_noise, token_losses
from .evaluate import nelbo
from .model import BD3LM, ModelConfig
from .muon import Muon

BLOCK_SIZE_WEIGHTS = (1.0, 1.0, 3.0, 2.0, 3.0, 1.0)
"""How often each of BLOCK_SIZES is drawn. Size 1 has a loss on every token, so it teaches fastest."""
SCHEDULE = ClippedSchedule(0.15, 1.0)
MUON_LR, ADAM_LR = 0.02, 2e-3
CLIP_NORM = 1.0


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Train a block diffusion language model.")
    parser.add_argument("--prepared", type=Path, required=True, help="folder written by training.prepare")
    parser.add_argument("--run", type=Path, required=True, help="folder for the checkpoint, the state and the log")
    parser.add_argument("--start-from", type=Path, help="checkpoint folder whose weights a new run begins with")
    parser.add_argument("--steps", type=int, required=True, help="the step at which the run ends")
    parser.add_argument("--decay-steps", type=int, default=400, help="the learning rate falls to 0 over the last n")
    parser.add_argument("--warmup-steps", type=int, default=60)
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--length", type=int, default=256)
    parser.add_argument("--hidden-dim", type=int, default=256)
    parser.add_argument("--layers", type=int, default=8)
    parser.add_argument("--heads", type=int, default=4)
    parser.add_argument("--save-every", type=int, default=50)
    parser.add_argument("--validate-every", type=int, default=250)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def learning_rate_factor(step: int, steps: int, warmup: int, decay: int) -> float:
    """Warm-up, stable, decay: 0 … 1, 1, then 1 … 0 in straight lines."""
    return min(1.0, (step + 1) / warmup, (steps - step) / decay)


def make_optimizers(model: BD3LM) -> list[torch.optim.Optimizer]:
    """Muon for the matrices inside the network; AdamW for embedding, head, norms and biases."""
    matrices, others = [], []
    for name, parameter in model.named_parameters():
        inside = parameter.dim() == 2 and ".blocks." in name
        (matrices if inside else others).append(parameter)
    return [Muon(matrices, lr=MUON_LR), torch.optim.AdamW(others, lr=ADAM_LR, betas=(0.9, 0.98), weight_decay=0.0)]


def step_loss(model: BD3LM, trunk: nn.Module, split: Split, step: int, arguments: argparse.Namespace) -> Tensor:
    """The weighted loss of one step's batch, in nats per token; the head runs on masked rows only."""
    device = next(model.parameters()).device
    generator = torch.Generator().manual_seed(arguments.seed * 1_000_003 + step)
    clean = split.batch(batch_numbers(len(split.windows), arguments.batch_size, step, arguments.seed))
    drawn = torch.multinomial(torch.tensor(BLOCK_SIZE_WEIGHTS), len(clean), replacement=True, generator=generator)
    sizes = torch.tensor(BLOCK_SIZES)[drawn]
    noised, weights = add_noise(clean, sizes, model.config.mask_id, SCHEDULE, generator)
    rows = weights > 0
    with torch.autocast("cuda", torch.bfloat16, enabled=device.type == "cuda"):
        hidden = trunk(noised.to(device), clean.to(device), sizes.to(device))
        logits = model.backbone.head(hidden[rows.to(device)])
    losses = token_losses(logits, clean[rows].to(device), model.config.mask_id)
    return (losses * weights[rows].to(device)).sum() / clean.numel()


def validate(model: BD3LM, split: Split) -> dict[str, float]:
    """A quick look at three block sizes; `training.evaluate` measures them all."""
    model.eval()
    results = {f"nelbo_{size}": nelbo(model, split, size, windows=64, samples=1)[0] for size in (1, 4, 16)}
    model.train()
    return results


def new_model(config: ModelConfig, start_from: Path | None) -> BD3LM:
    """A model of random weights, or of a checkpoint's. Raises RuntimeError naming weights of another shape."""
    model = BD3LM(config)
    if start_from is not None:
        model.load_state_dict(load_checkpoint(start_from).state_dict())
    return model


def main() -> None:
    arguments = parse_arguments()
    arguments.run.mkdir(parents=True, exist_ok=True)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.manual_seed(arguments.seed)
    train = load_split(arguments.prepared, "train", arguments.length, openings_only=False)
    valid = load_split(arguments.prepared, "valid", arguments.length, openings_only=True)
    vocab_size = len(json.loads((arguments.prepared / "tokenizer.json").read_text())["model"]["vocab"]) + 1
    config = ModelConfig(
        vocab_size=vocab_size,
        model_length=arguments.length,
        block_size=8,
        hidden_dim=arguments.hidden_dim,
        n_blocks=arguments.layers,
        n_heads=arguments.heads,
    )
    model = new_model(config, arguments.start_from).to(device)
    optimizers = make_optimizers(model)
    state_file = arguments.run / "state.pt"
    step = load_state(state_file, model, optimizers) if state_file.exists() else 0
    trunk = torch.compile(model.denoise_hidden, dynamic=False)
    parameters = sum(p.numel() for p in model.parameters())
    print(f"{parameters:,} parameters on {device}, {len(train.windows):,} windows, from step {step}", flush=True)

    log = (arguments.run / "log.jsonl").open("a")
    window, started = 0.0, time.monotonic()
    while step < arguments.steps:
        factor = learning_rate_factor(step, arguments.steps, arguments.warmup_steps, arguments.decay_steps)
        for optimizer, rate in zip(optimizers, (MUON_LR, ADAM_LR), strict=True):
            optimizer.param_groups[0]["lr"] = rate * factor
            optimizer.zero_grad(set_to_none=True)
        loss = step_loss(model, trunk, train, step, arguments)
        loss.backward()
        norm = nn.utils.clip_grad_norm_(model.parameters(), CLIP_NORM)
        if not math.isfinite(norm.item()):
            raise FloatingPointError(f"the gradient is not finite at step {step}; resume with a lower learning rate")
        for optimizer in optimizers:
            optimizer.step()
        step += 1
        window += loss.item()
        if step % 10 == 0:
            seconds = (time.monotonic() - started) / 10
            left = (arguments.steps - step) * seconds / 60
            entry = {"step": step, "loss": window / 10, "grad_norm": norm.item(), "lr": factor, "s_per_step": seconds}
            log.write(json.dumps(entry) + "\n")
            log.flush()
            print(f"{step}/{arguments.steps} loss {window / 10:.3f} {seconds:.2f} s/step, {left:.0f} min left", flush=True)
            window, started = 0.0, time.monotonic()
        if step % arguments.validate_every == 0 or step == arguments.steps:
            entry = {"step": step, **validate(model, valid)}
            log.write(json.dumps(entry) + "\n")
            log.flush()
            print(entry, flush=True)
        if step % arguments.save_every == 0 or step == arguments.steps:
            save_state(state_file, step, model, optimizers)
            save_checkpoint(arguments.run / "checkpoint", model, arguments.prepared)


if __name__ == "__main__":
    main()
