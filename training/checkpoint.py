"""Checkpoint folders in the published Hugging Face layout, and the state a run resumes from."""

import json
import shutil
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch.optim.swa_utils import AveragedModel

from .models.bd3lm import BD3LM, ModelConfig
from .schedules import NoiseSchedule, names_of, schedules_named

TOKENIZER_FILES = ("tokenizer.json", "tokenizer_config.json")
WEIGHTS = "model.safetensors"
INDEX = "model.safetensors.index.json"


def checkpoint_config(config: ModelConfig) -> dict[str, object]:
    """`config.json`: the published fields, and the block sizes the mixture was trained on."""
    return {
        "architectures": ["BD3LM"],
        "model_type": "bd3lm",
        "block_size": config.block_size,
        "block_sizes": list(config.block_sizes),
        "vocab_size": config.vocab_size,
        "model_length": config.model_length,
        "cross_attn": True,
        "adaln": config.adaln,
        "attn_backend": "sdpa",
        "causal": False,
        "hidden_dim": config.hidden_dim,
        "cond_dim": config.cond_dim,
        "n_blocks": config.n_blocks,
        "n_heads": config.n_heads,
        "dropout": 0.0,
        "time_conditioning": False,
        "var_min": True,
        "sampling_eps_min": 1e-3,
        "sampling_eps_max": 1.0,
    }


def save_checkpoint(folder: Path, model: BD3LM, prepared: Path) -> None:
    """Writes config.json, model.safetensors (f32) and the tokenizer files; whole files appear at once."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(checkpoint_config(model.config), indent=1) + "\n")
    for name in TOKENIZER_FILES:
        shutil.copyfile(prepared / name, folder / name)
    weights = folder / WEIGHTS
    state = {name: tensor.detach().cpu().contiguous() for name, tensor in model.state_dict().items()}
    save_file(state, weights.with_suffix(".partial"), metadata={"format": "pt"})
    weights.with_suffix(".partial").rename(weights)


def load_checkpoint(folder: Path, device: torch.device | str = "cpu") -> BD3LM:
    """Reads a checkpoint folder, sharded or not, as f32; names and shapes must match its config exactly.

    Raises ValueError for a folder without a config or with one of another kind, RuntimeError for weights
    that do not match it.
    """
    try:
        config = ModelConfig.from_dict(json.loads((folder / "config.json").read_text()))
    except (OSError, json.JSONDecodeError, TypeError) as cause:
        raise ValueError(f"{folder} is no BD3-LM checkpoint: its config.json cannot be used ({cause})") from cause
    index = folder / INDEX
    files = set(json.loads(index.read_text())["weight_map"].values()) if index.exists() else {WEIGHTS}
    state = {name: tensor for file in files for name, tensor in load_file(folder / file).items()}
    model = BD3LM(config)
    model.load_state_dict(state)
    return model.to(device)


def save_state(
    path: Path,
    step: int,
    model: BD3LM,
    average: AveragedModel,
    optimizers: list[torch.optim.Optimizer],
    schedules: dict[int, NoiseSchedule],
) -> None:
    """Everything a killed run needs to go on; the file is replaced in one move."""
    state = {
        "step": step,
        "model": model.state_dict(),
        "average": average.state_dict(),
        "optimizers": [optimizer.state_dict() for optimizer in optimizers],
        "schedules": names_of(schedules),
    }
    torch.save(state, path.with_suffix(".partial"))
    path.with_suffix(".partial").rename(path)


def load_state(
    path: Path,
    model: BD3LM,
    average: AveragedModel,
    optimizers: list[torch.optim.Optimizer],
    schedules: dict[int, NoiseSchedule],
) -> int:
    """Restores in place what `save_state` wrote, and returns the step to go on from.

    Raises ValueError for the state of a run with another model or optimiser.
    """
    state = torch.load(path, weights_only=True, map_location=next(model.parameters()).device)
    try:
        model.load_state_dict(state["model"])
        average.load_state_dict(state["average"])
        for optimizer, values in zip(optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(values)
    except (KeyError, RuntimeError, ValueError) as cause:
        raise ValueError(f"{path} is the state of another run ({cause}); name another --out") from cause
    schedules |= {size: found for size, found in schedules_named(state["schedules"]).items() if size in schedules}
    return state["step"]
