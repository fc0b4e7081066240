"""The llama transformer in its published parameter names: RMSNorm, grouped-query attention, RoPE, SwiGLU, tied head.

Source: the layout of `HuggingFaceTB/SmolLM2-135M-Instruct` and of transformers' `LlamaForCausalLM`, whose
logits it has. Row i of the logits predicts token i + 1.
"""

from dataclasses import dataclass, fields

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..attention import Attend
from ..diffusion import token_losses
from .groups import ParameterGroups


@dataclass(frozen=True)
class LlamaConfig:
    """What `config.json` says about the architecture, and the block diffusion that the model was trained on.

    Raises ValueError for a shape that this network lacks.
    """

    vocab_size: int
    hidden_size: int
    intermediate_size: int
    num_hidden_layers: int
    num_attention_heads: int
    num_key_value_heads: int
    rms_norm_eps: float
    rope_theta: float
    tie_word_embeddings: bool = True
    mask_token_id: int | None = None
    block_sizes: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if self.hidden_size % (2 * self.num_attention_heads):
            raise ValueError(f"hidden_size {self.hidden_size} must be a multiple of twice the number of heads")
        if self.num_attention_heads % self.num_key_value_heads:
            raise ValueError("num_attention_heads must be a multiple of num_key_value_heads")
        if not self.tie_word_embeddings:
            raise ValueError("only a head tied to the embedding is supported")

    @property
    def head_dim(self) -> int:
        """Features of one attention head."""
        return self.hidden_size // self.num_attention_heads

    @property
    def mask_id(self) -> int:
        """The mask token. Raises ValueError for a plain autoregressive model, which has none."""
        if self.mask_token_id is None:
            raise ValueError("this llama has no mask token; it is a plain autoregressive model")
        return self.mask_token_id

    @staticmethod
    def from_dict(values: dict[str, object]) -> "LlamaConfig":
        """Picks our fields out of a Hugging Face `config.json`; `block_diffusion` holds two of them."""
        names = {field.name for field in fields(LlamaConfig)}
        diffusion = values.get("block_diffusion", {})
        known = {name: value for name, value in {**values, **diffusion}.items() if name in names}
        return LlamaConfig(**{**known, "block_sizes": tuple(diffusion.get("block_sizes", ()))})


class RMSNorm(nn.Module):
    """Scales the last axis to a root mean square of 1, then by a weight."""

    def __init__(self, dim: int, eps: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(dim))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        scale = torch.rsqrt(x.float().square().mean(-1, keepdim=True) + self.eps)
        return x * scale * self.weight


def rope_tables(positions: Tensor, head_dim: int, theta: float) -> tuple[Tensor, Tensor]:
    """cos and sin [rows, head_dim / 2] at positions [rows]; the two halves of a head are rotated."""
    exponent = torch.arange(0, head_dim, 2, dtype=torch.float32, device=positions.device) / head_dim
    angles = torch.outer(positions.float(), theta**-exponent)
    return angles.cos(), angles.sin()


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """RoPE on x [..., rows, head_dim] with tables [rows, head_dim / 2]."""
    low, high = x.chunk(2, dim=-1)
    return torch.cat((low * cos - high * sin, high * cos + low * sin), dim=-1).type_as(x)


class Attention(nn.Module):
    """Grouped-query attention: every `heads / key_value_heads` query heads share a key and value head."""

    def __init__(self, config: LlamaConfig) -> None:
        super().__init__()
        self.head_dim = config.head_dim
        keys = config.num_key_value_heads * config.head_dim
        self.q_proj = nn.Linear(config.hidden_size, config.hidden_size, bias=False)
        self.k_proj = nn.Linear(config.hidden_size, keys, bias=False)
        self.v_proj = nn.Linear(config.hidden_size, keys, bias=False)
        self.o_proj = nn.Linear(config.hidden_size, config.hidden_size, bias=False)

    def heads(self, x: Tensor) -> Tensor:
        """[batch, rows, heads · d] → [batch, heads, rows, d]."""
        return x.unflatten(-1, (-1, self.head_dim)).transpose(1, 2)

    def forward(self, x: Tensor, rope: tuple[Tensor, Tensor], attend: Attend) -> Tensor:
        q, k = rotate(self.heads(self.q_proj(x)), *rope), rotate(self.heads(self.k_proj(x)), *rope)
        attended = attend(q, k, self.heads(self.v_proj(x)))
        return self.o_proj(attended.transpose(1, 2).flatten(2))


class MLP(nn.Module):
    """SwiGLU: down(silu(gate) · up)."""

    def __init__(self, config: LlamaConfig) -> None:
        super().__init__()
        self.gate_proj = nn.Linear(config.hidden_size, config.intermediate_size, bias=False)
        self.up_proj = nn.Linear(config.hidden_size, config.intermediate_size, bias=False)
        self.down_proj = nn.Linear(config.intermediate_size, config.hidden_size, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class DecoderLayer(nn.Module):
    """One layer: attention and MLP, each normalised before and added after."""

    def __init__(self, config: LlamaConfig) -> None:
        super().__init__()
        self.self_attn = Attention(config)
        self.mlp = MLP(config)
        self.input_layernorm = RMSNorm(config.hidden_size, config.rms_norm_eps)
        self.post_attention_layernorm = RMSNorm(config.hidden_size, config.rms_norm_eps)

    def forward(self, x: Tensor, rope: tuple[Tensor, Tensor], attend: Attend) -> Tensor:
        x = x + self.self_attn(self.input_layernorm(x), rope, attend)
        return x + self.mlp(self.post_attention_layernorm(x))


class TiedEmbedding(nn.Embedding):
    """An embedding [vocab, dim] that is the head as well."""

    def logits(self, hidden: Tensor) -> Tensor:
        """hidden [..., dim] → [..., vocab]."""
        return F.linear(hidden, self.weight)

    def nats(self, hidden: Tensor, targets: Tensor, mask_id: int) -> Tensor:
        """hidden [n, dim], targets [n] → −log p [n], the mask token's logit being −∞ (SUBS)."""
        return token_losses(self.logits(hidden), targets, mask_id)


class Decoder(nn.Module):
    """Embedding, layers and final norm under their published names."""

    def __init__(self, config: LlamaConfig) -> None:
        super().__init__()
        self.embed_tokens = TiedEmbedding(config.vocab_size, config.hidden_size)
        self.layers = nn.ModuleList(DecoderLayer(config) for _ in range(config.num_hidden_layers))
        self.norm = RMSNorm(config.hidden_size, config.rms_norm_eps)

    def forward(self, x: Tensor, rope: tuple[Tensor, Tensor], attend: Attend) -> Tensor:
        """The layers alone: x [batch, rows, dim] → hidden states of the same shape, before the final norm."""
        for layer in self.layers:
            x = layer(x, rope, attend)
        return x


class Llama(nn.Module):
    """A llama; `state_dict()` has the names of the published checkpoints."""

    def __init__(self, config: LlamaConfig) -> None:
        super().__init__()
        self.config = config
        self.model = Decoder(config)

    def trunk(self, ids: Tensor, positions: Tensor, attend: Attend) -> Tensor:
        """ids [batch, rows] at positions [rows] → hidden states [batch, rows, dim] before the final norm."""
        rope = rope_tables(positions, self.config.head_dim, self.config.rope_theta)
        return self.model(self.model.embed_tokens(ids), rope, attend)

    def head(self, hidden: Tensor) -> Tensor:
        """hidden [..., dim] → raw logits [..., vocab]."""
        return self.model.embed_tokens.logits(self.model.norm(hidden))

    def nats(self, hidden: Tensor, targets: Tensor) -> Tensor:
        """hidden [n, dim] before the final norm, targets [n] → −log p of each [n]; the mask has none (SUBS)."""
        return self.model.embed_tokens.nats(self.model.norm(hidden), targets, self.config.mask_id)

    def parameter_groups(self) -> ParameterGroups:
        """The trained matrices inside the layers, and everything else that is trained."""
        trained = {name: p for name, p in self.named_parameters() if p.requires_grad}
        inside = {name: p for name, p in trained.items() if p.dim() == 2 and ".layers." in name}
        others = [p for name, p in trained.items() if name not in inside]
        return ParameterGroups(matrices=list(inside.values()), packed=[], others=others)


def causal_attention(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Every row sees itself and those before it. q [batch, heads, rows, d]; k and v with as many heads or fewer."""
    return F.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=True)
