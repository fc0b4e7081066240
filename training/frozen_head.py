"""The loss of a head that is not trained: logits and their gradient exist for a few rows at a time.

Whole, the logits of a window take 100 MB and are written and read seven times, which costs more than their products.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

ROWS = 128
"""Rows whose logits exist at once: they stay in a CPU's caches."""


class FrozenHeadNats(torch.autograd.Function):
    """hidden [n, dim], head [vocab, dim], targets [n] → −log p of each target [n], the mask token's logit being −∞.

    The gradient of hidden is computed with the loss, while the logits are at hand.
    """

    @staticmethod
    def forward(ctx, hidden: Tensor, head: Tensor, targets: Tensor, mask_id: int) -> Tensor:
        nats, gradients = [], []
        for some, wanted in zip(hidden.split(ROWS), targets.split(ROWS), strict=True):
            logits = F.linear(some, head).float()
            logits[:, mask_id] = -torch.inf
            of_targets = logits.gather(1, wanted[:, None])
            highest = logits.amax(1, keepdim=True)
            exponents = logits.sub_(highest).exp_()
            total = exponents.sum(1, keepdim=True)
            nats.append((total.log() + highest - of_targets)[:, 0])
            # softmax − one-hot
            slope = exponents.div_(total).scatter_add_(1, wanted[:, None], torch.full_like(total, -1.0))
            gradients.append(slope.to(head.dtype) @ head)
        ctx.save_for_backward(torch.cat(gradients))
        return torch.cat(nats)

    @staticmethod
    def backward(ctx, *upstream: Tensor) -> tuple[Tensor, None, None, None]:
        (gradients,) = ctx.saved_tensors
        return upstream[0][:, None] * gradients, None, None, None
