"""Folders of a llama in the published Hugging Face layout, with `block_diffusion` in config.json once adapted."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from .checkpoint import INDEX, TOKENIZER_FILES, WEIGHTS
from .diffusion import BLOCK_SIZES
from .models.llama import Llama, LlamaConfig
from .prepare import MASK

EMBEDDING = "model.embed_tokens.weight"
COPIED = (*TOKENIZER_FILES, "generation_config.json")


def read_config(folder: Path) -> dict[str, object]:
    """`config.json`. Raises ValueError for a folder that holds no llama."""
    try:
        config = json.loads((folder / "config.json").read_text())
    except (OSError, json.JSONDecodeError) as cause:
        raise ValueError(f"{folder} is no checkpoint: its config.json cannot be used ({cause})") from cause
    if config.get("model_type") != "llama":
        raise ValueError(f"{folder} holds a {config.get('model_type')}, not a llama")
    return config


def load_llama(folder: Path) -> Llama:
    """Reads a folder, sharded or not, as f32. Raises ValueError for another kind of model."""
    model = Llama(LlamaConfig.from_dict(read_config(folder)))
    index = folder / INDEX
    files = set(json.loads(index.read_text())["weight_map"].values()) if index.exists() else {WEIGHTS}
    state = {name: tensor.float() for file in files for name, tensor in load_file(folder / file).items()}
    model.load_state_dict(state)
    return model


def mask_token_of(folder: Path) -> int:
    """The id of `<|mask|>` in a folder's tokenizer.json. Raises ValueError where it has none."""
    tokens = json.loads((folder / "tokenizer.json").read_text())["added_tokens"]
    ids = [token["id"] for token in tokens if token["content"] == MASK]
    if len(ids) != 1:
        raise ValueError(f"{folder}/tokenizer.json has no {MASK}; write it with `python -m training.conversations`")
    return ids[0]


def block_diffusion(mask_token_id: int) -> dict[str, object]:
    """The object of that name in config.json: how the model decodes, and in blocks of which sizes."""
    return {
        "mask_token_id": mask_token_id,
        "block_sizes": list(BLOCK_SIZES),
        "block_size": 4,
        "predicts": "next",
        "clean_attention": "causal",
        "presence_penalty": 1.5,
    }


@torch.no_grad()
def with_mask_token(model: Llama, mask_token_id: int) -> Llama:
    """The same model with a mask token, whose embedding becomes the mean of all."""
    model.config = replace(model.config, mask_token_id=mask_token_id, block_sizes=BLOCK_SIZES)
    embedding = model.model.embed_tokens.weight
    embedding[mask_token_id] = embedding.mean(0)
    return model


def save_llama(folder: Path, state: dict[str, Tensor], mask_token_id: int, base: Path, tokenizer: Path) -> None:
    """Writes a folder in f32 from a state dict, the base's config and the tokenizer files; weights appear at once."""
    folder.mkdir(parents=True, exist_ok=True)
    config = {**read_config(base), "block_diffusion": block_diffusion(mask_token_id)}
    (folder / "config.json").write_text(json.dumps(config, indent=1) + "\n")
    for name in COPIED:
        source = tokenizer / name if (tokenizer / name).exists() else base / name
        shutil.copyfile(source, folder / name)
    weights = folder / WEIGHTS
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in state.items()}
    save_file(tensors, weights.with_suffix(".partial"), metadata={"format": "pt"})
    weights.with_suffix(".partial").rename(weights)
