"""Which parts of a base llama an adaptation trains."""

from collections.abc import Callable

from torch import nn

from .mask_embedding import MaskEmbedding
from .models.llama import Llama


def replace_embedding(model: Llama, kind: type[MaskEmbedding]) -> None:
    """Freezes the embedding but for the mask token's row."""
    model.model.embed_tokens = kind(model.model.embed_tokens, model.config.mask_id)


def replace_linears(model: Llama, make: Callable[[nn.Linear], nn.Module]) -> None:
    """Puts what `make` makes of a linear layer in its place."""
    for layer in model.model.layers:
        for part in (layer.self_attn, layer.mlp):
            for name, linear in list(part.named_children()):
                setattr(part, name, make(linear))
