"""Which parts of a base llama an adaptation trains."""

from .lora import LoRALinear
from .mask_embedding import MaskEmbedding
from .models.llama import Llama


def replace_embedding(model: Llama, kind: type[MaskEmbedding]) -> None:
    """Freezes the embedding but for the mask token's row."""
    model.model.embed_tokens = kind(model.model.embed_tokens, model.config.mask_id)


def add_adapters(model: Llama, rank: int, kind: type[LoRALinear]) -> None:
    """Puts adapters in place of the linear layers."""
    for layer in model.model.layers:
        for part in (layer.self_attn, layer.mlp):
            for name, linear in list(part.named_children()):
                setattr(part, name, kind(linear, rank))
