"""Low-rank adapters: frozen linear layers with a trained product of two thin matrices beside them.

Source: Hu et al., "LoRA" (2021). The norms are trained whole.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

SCALE = 2.0
"""What the product is multiplied by: α / rank with α of twice the rank."""


class LoRALinear(nn.Module):
    """x ↦ x Wᵀ + SCALE · x Aᵀ Bᵀ, without a bias. W [out, in] is frozen; A [rank, in], B [out, rank] begins at zero."""

    def __init__(self, linear: nn.Linear, rank: int) -> None:
        super().__init__()
        out, width = linear.weight.shape
        self.weight = nn.Parameter(linear.weight.detach(), requires_grad=False)
        self.lora_a = nn.Parameter(torch.randn(rank, width) * width**-0.5)
        self.lora_b = nn.Parameter(torch.zeros(out, rank))

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x, self.weight) + SCALE * F.linear(F.linear(x, self.lora_a), self.lora_b)

    def merged(self) -> Tensor:
        """The weight of a plain linear layer that computes the same."""
        return self.weight + SCALE * self.lora_b @ self.lora_a
