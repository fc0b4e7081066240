"""The loss of a head that is not trained: logits and their gradient exist for a few rows at a time.

Whole, the logits of a window take 100 MB and are written and read seven times, which costs more than their products.
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

ROWS = 128
"""Rows whose logits exist at once: they stay in a CPU's caches."""

GPU_ROWS = 8192
"""The same on a GPU, which rests between small products. Their logits take 1.6 GB in f32."""


def nats_and_slopes(logits: Tensor, targets: Tensor, mask_id: int) -> tuple[Tensor, Tensor]:
    """logits [n, vocab], targets [n] → −log p of each target [n, 1], and its gradient [n, vocab]: softmax − one-hot.

    Logits in f32 are overwritten.
    """
    logits = logits.float()
    logits[:, mask_id] = -torch.inf
    of_targets = logits.gather(1, targets[:, None])
    highest = logits.amax(1, keepdim=True)
    exponents = logits.sub_(highest).exp_()
    total = exponents.sum(1, keepdim=True)
    slopes = exponents.div_(total).scatter_add_(1, targets[:, None], torch.full_like(total, -1.0))
    return total.log() + highest - of_targets, slopes


@torch.compile(dynamic=True)
def gpu_nats_and_slopes(logits: Tensor, targets: Tensor, mask_id: int) -> tuple[Tensor, Tensor]:
    """The same in a form that becomes two kernels; slopes in the logits' dtype."""
    token = torch.arange(logits.shape[1], device=logits.device)
    wide = torch.where(token == mask_id, -torch.inf, logits.float())
    logs = wide.log_softmax(1)
    slopes = logs.exp() - (token == targets[:, None]).float()
    return -logs.gather(1, targets[:, None]), slopes.to(logits.dtype)


def way_of(device: torch.device) -> tuple[int, Callable[[Tensor, Tensor, int], tuple[Tensor, Tensor]]]:
    """How many rows a device takes at once, and by which function."""
    return (GPU_ROWS, gpu_nats_and_slopes) if device.type == "cuda" else (ROWS, nats_and_slopes)


class FrozenHeadNats(torch.autograd.Function):
    """hidden [n, dim], head [vocab, dim], targets [n] → −log p of each target [n], the mask token's logit being −∞.

    The gradient of hidden is computed with the loss, while the logits are at hand.
    """

    @staticmethod
    def forward(ctx, hidden: Tensor, head: Tensor, targets: Tensor, mask_id: int) -> Tensor:
        nats, gradients = [], []
        rows, function = way_of(hidden.device)
        for some, wanted in zip(hidden.split(rows), targets.split(rows), strict=True):
            of_targets, slopes = function(F.linear(some, head), wanted, mask_id)
            nats.append(of_targets[:, 0])
            gradients.append(slopes.to(head.dtype) @ head)
        ctx.save_for_backward(torch.cat(gradients))
        return torch.cat(nats)

    @staticmethod
    def backward(ctx, *upstream: Tensor) -> tuple[Tensor, None, None, None]:
        (gradients,) = ctx.saved_tensors
        return upstream[0][:, None] * gradients, None, None, None
