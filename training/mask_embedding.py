"""A llama whose embedding, and head with it, stay the base's but for the mask token.

The head's gradient reaches every row of a tied embedding, most of them only as noise, which AdamW would scale up to
whole steps. Frozen, words that the stories lack keep their meaning.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .frozen_head import FrozenHeadNats
from .lora import LoRALinear
from .models.llama import Llama


class MaskEmbedding(nn.Module):
    """A frozen embedding [vocab, dim] with a trained row for the mask token."""

    def __init__(self, embedding: nn.Embedding, mask_id: int) -> None:
        super().__init__()
        self.mask_id = mask_id
        self.weight = nn.Parameter(embedding.weight.detach(), requires_grad=False)
        self.mask = nn.Parameter(self.weight[mask_id].clone())

    def forward(self, ids: Tensor) -> Tensor:
        return torch.where((ids == self.mask_id)[..., None], self.mask, F.embedding(ids, self.weight))

    def head_weight(self) -> Tensor:
        """[vocab, dim], what the head multiplies by."""
        return self.weight

    def logits(self, hidden: Tensor) -> Tensor:
        """hidden [..., dim] → [..., vocab]; what the mask token gets is of no use."""
        return F.linear(hidden, self.head_weight())

    def nats(self, hidden: Tensor, targets: Tensor, mask_id: int) -> Tensor:
        """As `TiedEmbedding.nats`."""
        return FrozenHeadNats.apply(hidden, self.head_weight(), targets, mask_id)


@torch.no_grad()
def merged_state(model: Llama) -> dict[str, Tensor]:
    """The state dict of the plain llama that computes the same as a model in training."""
    state = {name: tensor for name, tensor in model.state_dict().items() if "lora_" not in name}
    for path, module in model.named_modules():
        if isinstance(module, LoRALinear):
            state[f"{path}.weight"] = module.merged()
        elif isinstance(module, MaskEmbedding):
            state[f"{path}.weight"] = module.weight.clone()
            state[f"{path}.weight"][module.mask_id] = state.pop(f"{path}.mask")
    return state
