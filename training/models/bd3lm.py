"""The BD3-LM transformer, in the parameter names of the published Hugging Face checkpoints.

Source: Arriola et al., ICLR 2025, and the layout of `kuleshov-group/bd3lm-owt-block_size{4,8,16}`. A
pre-norm transformer with RoPE, bias-free attention projections, a GELU-tanh MLP and an untied head.
Checkpoints with `adaln` modulate every layer by an embedding of the noise level; as they are trained
with `time_conditioning` off, that level is always 0 and the modulation is constant.
"""

import math
from dataclasses import dataclass, fields

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..attention import Attend, FlexMasks, training_attention
from .groups import ParameterGroups

MLP_RATIO = 4
TIMESTEP_FREQUENCIES = 256


@dataclass(frozen=True)
class ModelConfig:
    """What `config.json` of a checkpoint says about the architecture. Sizes are counts of features.

    `block_size` is the one to generate with; `block_sizes` are all that it was trained on, by default that one.
    """

    vocab_size: int
    model_length: int
    block_size: int
    hidden_dim: int
    n_blocks: int
    n_heads: int
    cond_dim: int = 128
    adaln: bool = False
    block_sizes: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if self.hidden_dim % (2 * self.n_heads):
            raise ValueError(f"hidden_dim {self.hidden_dim} must be a multiple of 2 x n_heads {self.n_heads}")
        if self.model_length % self.block_size:
            raise ValueError(f"model_length {self.model_length} must be a multiple of block_size {self.block_size}")
        object.__setattr__(self, "block_sizes", tuple(self.block_sizes) or (self.block_size,))

    @property
    def mask_id(self) -> int:
        """The mask token is the last of the vocabulary."""
        return self.vocab_size - 1

    @staticmethod
    def from_dict(values: dict[str, object]) -> "ModelConfig":
        """Picks our fields out of a Hugging Face `config.json`."""
        names = {field.name for field in fields(ModelConfig)}
        return ModelConfig(**{name: value for name, value in values.items() if name in names})


class LayerNorm(nn.Module):
    """Normalises the last axis, with a weight and no bias."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(dim))

    def forward(self, x: Tensor) -> Tensor:
        return F.layer_norm(x, self.weight.shape, self.weight)


class RotaryEmbedding(nn.Module):
    """cos and sin tables [length, head_dim / 2], base 10,000; the two halves of a head are rotated."""

    def __init__(self, head_dim: int) -> None:
        super().__init__()
        inv_freq = 1.0 / (10_000 ** (torch.arange(0, head_dim, 2, dtype=torch.float32) / head_dim))
        self.register_buffer("inv_freq", inv_freq)

    def forward(self, length: int) -> tuple[Tensor, Tensor]:
        angles = torch.outer(torch.arange(length, device=self.inv_freq.device, dtype=torch.float32), self.inv_freq)
        return angles.cos(), angles.sin()


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """RoPE on x [..., length, head_dim] with tables [length, head_dim / 2]."""
    low, high = x.chunk(2, dim=-1)
    return torch.cat((low * cos - high * sin, high * cos + low * sin), dim=-1).type_as(x)


class TransformerBlock(nn.Module):
    """One layer: attention and MLP, each normalised before and added after."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        dim = config.hidden_dim
        self.n_heads = config.n_heads
        self.norm1 = LayerNorm(dim)
        self.attn_qkv = nn.Linear(dim, 3 * dim, bias=False)
        self.attn_out = nn.Linear(dim, dim, bias=False)
        self.norm2 = LayerNorm(dim)
        self.mlp = nn.Sequential(
            nn.Linear(dim, MLP_RATIO * dim), nn.GELU(approximate="tanh"), nn.Linear(MLP_RATIO * dim, dim)
        )
        if config.adaln:
            self.adaLN_modulation = nn.Linear(config.cond_dim, 6 * dim)

    def forward(
        self, x: Tensor, cos: Tensor, sin: Tensor, attend: Attend, condition: Tensor | None, rows: int
    ) -> Tensor:
        """x [batch, keys, dim] → [batch, rows, dim]: the first rows of the sequence, after they saw all of it."""
        batch, keys, dim = x.shape
        h, gate_attention, gate_mlp = self.norm1(x), 1.0, 1.0
        if condition is not None:
            modulation = self.adaLN_modulation(condition).chunk(6, dim=-1)
            shift_attention, scale_attention, gate_attention, shift_mlp, scale_mlp, gate_mlp = modulation
            h = h * (1 + scale_attention) + shift_attention
        q, k, v = self.attn_qkv(h).view(batch, keys, 3, self.n_heads, dim // self.n_heads).permute(2, 0, 3, 1, 4)
        attended = attend(rotate(q[:, :, :rows], cos[:rows], sin[:rows]), rotate(k, cos, sin), v)
        x = x[:, :rows] + gate_attention * self.attn_out(attended.transpose(1, 2).reshape(batch, rows, dim))
        h = self.norm2(x)
        if condition is not None:
            h = h * (1 + scale_mlp) + shift_mlp
        return x + gate_mlp * self.mlp(h)


class TimestepEmbedder(nn.Module):
    """Sinusoids of the noise level, then a two-layer MLP: [] → [cond_dim]."""

    def __init__(self, cond_dim: int) -> None:
        super().__init__()
        self.mlp = nn.Sequential(nn.Linear(TIMESTEP_FREQUENCIES, cond_dim), nn.SiLU(), nn.Linear(cond_dim, cond_dim))

    def forward(self, level: Tensor) -> Tensor:
        half = TIMESTEP_FREQUENCIES // 2
        frequencies = torch.exp(-math.log(10_000) * torch.arange(half, device=level.device) / half)
        return self.mlp(torch.cat(((level * frequencies).cos(), (level * frequencies).sin())))


class Embedding(nn.Module):
    """Token embeddings under the published parameter name."""

    def __init__(self, vocab_size: int, dim: int) -> None:
        super().__init__()
        self.embedding = nn.Parameter(torch.empty(vocab_size, dim))

    def forward(self, ids: Tensor) -> Tensor:
        return F.embedding(ids, self.embedding)


class OutputLayer(nn.Module):
    """Final norm and head: [..., dim] → logits [..., vocab]."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.norm_final = LayerNorm(config.hidden_dim)
        self.linear = nn.Linear(config.hidden_dim, config.vocab_size)
        if config.adaln:
            self.adaLN_modulation = nn.Linear(config.cond_dim, 2 * config.hidden_dim)

    def forward(self, x: Tensor, condition: Tensor | None) -> Tensor:
        h = self.norm_final(x)
        if condition is not None:
            shift, scale = self.adaLN_modulation(condition).chunk(2, dim=-1)
            h = h * (1 + scale) + shift
        return self.linear(h)


class Backbone(nn.Module):
    """Embedding, layers and head. `trunk` stops before the head, so that it runs on chosen rows only."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.vocab_embed = Embedding(config.vocab_size, config.hidden_dim)
        if config.adaln:
            self.sigma_map = TimestepEmbedder(config.cond_dim)
        self.rotary_emb = RotaryEmbedding(config.hidden_dim // config.n_heads)
        self.blocks = nn.ModuleList(TransformerBlock(config) for _ in range(config.n_blocks))
        self.output_layer = OutputLayer(config)

    def condition(self) -> Tensor | None:
        """The constant adaLN input [cond_dim]: the embedding of noise level 0; None without adaLN."""
        if not self.config.adaln:
            return None
        return F.silu(self.sigma_map(torch.zeros((), device=self.rotary_emb.inv_freq.device)))

    def trunk(self, ids: Tensor, attend: Attend, copies: int) -> Tensor:
        """ids [batch, copies x length] → hidden states [batch, length, dim] of the first copy.

        Every copy has positions 0 .. length - 1. The last layer computes nothing that only the other copies need.
        """
        length = ids.shape[1] // copies
        cos, sin = (table.repeat(copies, 1) for table in self.rotary_emb(length))
        condition = self.condition()
        x = self.vocab_embed(ids)
        for number, block in enumerate(self.blocks, 1):
            rows = length if number == len(self.blocks) else copies * length
            x = block(x, cos, sin, attend, condition, rows)
        return x

    def head(self, hidden: Tensor) -> Tensor:
        """hidden [..., dim] → raw logits [..., vocab]."""
        return self.output_layer(hidden, self.condition())


class BD3LM(nn.Module):
    """A block diffusion language model; `state_dict()` has the names of the published checkpoints."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.backbone = Backbone(config)
        self.register_buffer("sampling_eps_min", torch.tensor(1e-3))
        self.register_buffer("sampling_eps_max", torch.tensor(1.0))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Projections that write to the residual stream, and the head, begin at zero."""
        for name, parameter in self.named_parameters():
            if name.endswith(("attn_out.weight", "mlp.2.weight", "output_layer.linear.weight", "bias")):
                nn.init.zeros_(parameter)
            elif "adaLN_modulation" in name:
                nn.init.zeros_(parameter)
            elif name.endswith("embedding"):
                nn.init.normal_(parameter, std=0.1)
            elif parameter.dim() == 2:
                nn.init.normal_(parameter, std=parameter.shape[1] ** -0.5)

    def parameter_groups(self) -> ParameterGroups:
        """The matrices inside the network, among them a packed q, k and v a layer, and everything else."""
        inside = {name: p for name, p in self.named_parameters() if p.dim() == 2 and ".blocks." in name}
        return ParameterGroups(
            matrices=[p for name, p in inside.items() if not name.endswith("attn_qkv.weight")],
            packed=[p for name, p in inside.items() if name.endswith("attn_qkv.weight")],
            others=[p for name, p in self.named_parameters() if name not in inside],
        )

    def denoise_hidden(self, noised: Tensor, clean: Tensor, masks: Tensor | FlexMasks) -> Tensor:
        """One pass over x_t ⊕ x_0 (paper, section 3.2 and appendix B.6).

        noised, clean [batch, length]; masks are block sizes [batch], or `training_masks` of them. Returns the
        hidden states of the noised half [batch, length, dim]: row ℓ saw its own noised block and the clean
        blocks before it.
        """
        attend = training_attention(clean.shape[1], masks)
        return self.backbone.trunk(torch.cat((noised, clean), dim=1), attend, copies=2)
