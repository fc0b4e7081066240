"""Training with the rounding of q4 in the forward pass, so that a model learns to live with what is shipped.

The gradient passes through the rounding as if it were not there: the straight-through estimator of Bengio et al.,
"Estimating or Propagating Gradients Through Stochastic Neurons" (2013).
"""

from collections import defaultdict

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .lora import SCALE, LoRALinear
from .mask_embedding import MaskEmbedding
from .precision import product_dtype

GROUP = 32
EXTREMES = (-6.0, -7.0, -7.25, -7.5, -7.75, -8.0, -8.5, -9.0)
"""Levels, among −8 … 7, for a group's number of largest magnitude; that with the least squared error is taken."""


@torch.no_grad()
def round_q4(weight: Tensor) -> Tensor:
    """weight [rows, columns] as `src/convert/quantize.ts` stores it in q4, but for ties."""
    rows, columns = weight.shape
    missing = -columns % GROUP
    # Compiled with the rest, padding keeps a CPU from working on more than one number at a time.
    padded = F.pad(weight.detach(), (0, missing)) if missing else weight.detach()
    return rounded_groups(padded.reshape(-1, GROUP)).view(rows, -1)[:, :columns]


@torch.compile(dynamic=True)
def rounded_groups(groups: Tensor) -> Tensor:
    """Each of groups [n, GROUP] at the scale with the least squared error."""
    highest, lowest = groups.amax(1, keepdim=True), groups.amin(1, keepdim=True)
    extreme = torch.where(highest > -lowest, highest, lowest)
    least, scale = torch.full_like(extreme, torch.inf), torch.zeros_like(extreme)
    for level in EXTREMES:
        tried = extreme / level
        error = (groups - at_scale(groups, tried)).square().sum(1, keepdim=True)
        better = error < least
        least, scale = torch.where(better, error, least), torch.where(better, tried, scale)
    return at_scale(groups, scale)


def at_scale(groups: Tensor, scale: Tensor) -> Tensor:
    """groups [n, GROUP] rounded to levels −8 … 7 of scale [n, 1]."""
    steps = torch.where(scale == 0, 0.0, 1 / scale)
    return (torch.floor(groups * steps + 8.5).clamp(0, 15) - 8) * scale


def buffer_like(weight: Tensor) -> Tensor:
    """Room for a weight as a training step multiplies it."""
    return torch.empty_like(weight, dtype=product_dtype(weight.device))


class AdaptedProduct(torch.autograd.Function):
    """x [..., in] times a rounded weight [out, in], with the gradients that the adapter's own product would have.

    That product itself adds nothing to the value, so it is not computed.
    """

    @staticmethod
    def forward(ctx, x: Tensor, rounded: Tensor, lora_a: Tensor, lora_b: Tensor) -> Tensor:
        ctx.save_for_backward(x, rounded, lora_a, lora_b)
        return F.linear(x, rounded)

    @staticmethod
    def backward(ctx, *upstream: Tensor) -> tuple[Tensor, None, Tensor, Tensor]:
        x, rounded, lora_a, lora_b = ctx.saved_tensors
        (slope,) = upstream
        # Autocast does not reach into a backward pass: all is multiplied in the dtype of what came out.
        rounded, lora_a, lora_b = (matrix.to(slope.dtype) for matrix in (rounded, lora_a, lora_b))
        rows, slopes = x.to(slope.dtype).flatten(0, -2), slope.flatten(0, -2)
        of_a = SCALE * (slopes @ lora_b).t() @ rows
        of_b = SCALE * slopes.t() @ (rows @ lora_a.t())
        return slope @ rounded, None, of_a, of_b


class RoundedLinear(LoRALinear):
    """A linear layer with an adapter that computes with its merged weight in q4, `rounded` [out, in]."""

    def __init__(self, linear: nn.Linear, rank: int) -> None:
        super().__init__(linear, rank)
        self.register_buffer("rounded", buffer_like(self.weight), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        return AdaptedProduct.apply(x, self.rounded, self.lora_a, self.lora_b)


class RoundedMatrix(nn.Module):
    """A linear layer that is trained whole and computes with its weight in q4, `rounded` [out, in]."""

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        self.weight = linear.weight
        self.register_buffer("rounded", buffer_like(self.weight), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        # Adds zero, for the weight's gradient.
        return F.linear(x, self.rounded + (self.weight - self.weight.detach()))

    def merged(self) -> Tensor:
        """The weight itself."""
        return self.weight


class RoundedEmbedding(MaskEmbedding):
    """A frozen embedding, and head, in q4, with a trained row for the mask token."""

    def __init__(self, embedding: nn.Embedding, mask_id: int) -> None:
        super().__init__(embedding, mask_id)
        rounded = round_q4(embedding.weight.detach())
        self.register_buffer("rounded", rounded.to(product_dtype(rounded.device)), persistent=False)

    def forward(self, ids: Tensor) -> Tensor:
        mask = self.mask + (round_q4(self.mask[None])[0] - self.mask.detach())
        return torch.where((ids == self.mask_id)[..., None], mask, F.embedding(ids, self.rounded))

    def head_weight(self) -> Tensor:
        return self.rounded


@torch.no_grad()
def round_layers(model: nn.Module) -> None:
    """Rounds the weights that linear layers compute with anew, as is due before a first step and after each one.

    All of one shape are rounded together: a GPU would rest between so many small launches.
    """
    by_shape: defaultdict[torch.Size, list[RoundedLinear | RoundedMatrix]] = defaultdict(list)
    for module in model.modules():
        if isinstance(module, RoundedLinear | RoundedMatrix):
            by_shape[module.rounded.shape].append(module)
    for modules in by_shape.values():
        rounded = round_q4(torch.cat([module.merged() for module in modules]))
        for module, part in zip(modules, rounded.chunk(len(modules)), strict=True):
            module.rounded.copy_(part)


@torch.no_grad()
def rounded_state(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """The state dict of a plain llama with its matrices in q4."""
    return {name: round_q4(tensor) if tensor.dim() == 2 else tensor for name, tensor in state.items()}
