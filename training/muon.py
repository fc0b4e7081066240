"""Muon: momentum, then the nearest orthogonal matrix, for the 2-D weights inside the network.

Source: Keller Jordan et al., "Muon: an optimizer for hidden layers" (2024). All matrices of one shape
are orthogonalised in one batched product, which is what makes it cheap on two cores.
"""

from collections.abc import Iterable

import torch
from torch import Tensor

NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)


def orthogonalize(matrices: Tensor, steps: int = 5) -> Tensor:
    """Pushes the singular values of each of matrices [n, rows, columns] towards 1 (Newton–Schulz)."""
    a, b, c = NEWTON_SCHULZ
    x = matrices.bfloat16() if matrices.is_cuda or torch.is_autocast_enabled("cpu") else matrices
    wide = x.shape[1] <= x.shape[2]
    x = x if wide else x.mT
    x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
    for _ in range(steps):
        gram = x @ x.mT
        x = a * x + (b * gram + c * gram @ gram) @ x
    return (x if wide else x.mT).type_as(matrices)


class Muon(torch.optim.Optimizer):
    """`lr` is the size of an update in units of the spectral norm.

    A group of parameters may say that each of them holds `pieces` matrices, one below the other.
    """

    def __init__(
        self, parameters: Iterable[Tensor] | Iterable[dict[str, object]], lr: float, momentum: float = 0.95
    ) -> None:
        super().__init__(parameters, {"lr": lr, "momentum": momentum, "pieces": 1})

    @torch.no_grad()
    def step(self) -> None:
        for group in self.param_groups:
            by_shape: dict[torch.Size, list[tuple[Tensor, Tensor]]] = {}
            for parameter in group["params"]:
                if parameter.grad is None:
                    continue
                state = self.state[parameter]
                buffer = state.setdefault("momentum", torch.zeros_like(parameter))
                buffer.lerp_(parameter.grad, 1 - group["momentum"])
                update = parameter.grad.lerp(buffer, group["momentum"])
                pieces = group["pieces"]
                for piece, target in zip(update.chunk(pieces), parameter.chunk(pieces), strict=True):
                    by_shape.setdefault(piece.shape, []).append((piece, target))
            for (rows, columns), pairs in by_shape.items():
                directions = orthogonalize(torch.stack([piece for piece, _ in pairs]))
                step_size = group["lr"] * max(1.0, rows / columns) ** 0.5
                for direction, (_, target) in zip(directions, pairs, strict=True):
                    target.add_(direction, alpha=-step_size)
