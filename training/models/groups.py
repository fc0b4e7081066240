"""A model's trained parameters as the optimisers tell them apart."""

from dataclasses import dataclass

from torch import nn


@dataclass(frozen=True)
class ParameterGroups:
    """`matrices` hold one matrix each, `packed` three, one below the other; `others` are embeddings, norms, biases."""

    matrices: list[nn.Parameter]
    packed: list[nn.Parameter]
    others: list[nn.Parameter]
