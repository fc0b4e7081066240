"""Attention over x_t ⊕ x_0 under M_BD, M_OBC and M_BC, as each device does it best.

Source: Arriola et al., "Block Diffusion" (ICLR 2025), section 3.2 and appendix B.6 and B.7.
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.nn.attention.flex_attention import BlockMask, create_block_mask, flex_attention

Attend = Callable[[Tensor, Tensor, Tensor], Tensor]
"""(q [batch, heads, rows, d], k and v [batch, heads, keys, d]) → [batch, heads, rows, d].

The queries are the first rows of the sequence: all of them, or only those that a last layer needs.
"""


def sees(length: int, block_sizes: Tensor, batch: Tensor, query: Tensor, key: Tensor) -> Tensor:
    """Whether row `query` of x_t ⊕ x_0 [2·length] sees row `key`, in the sequence `batch`; all broadcast.

    [[M_BD, M_OBC], [0, M_BC]]: a noised block sees itself and the clean blocks before it; a clean block
    sees itself and the clean blocks before it.
    """
    query_clean, key_clean = query >= length, key >= length
    query_block = query % length // block_sizes[batch]
    key_block = key % length // block_sizes[batch]
    block_diagonal = (query_block == key_block) & (query_clean == key_clean)
    offset_block_causal = (query_block > key_block) & key_clean & ~query_clean
    block_causal = (query_block >= key_block) & key_clean & query_clean
    return block_diagonal | offset_block_causal | block_causal


def training_mask(length: int, block_sizes: Tensor) -> Tensor:
    """The mask [batch, 2·length, 2·length] of x_t ⊕ x_0, True where a query sees a key. block_sizes [batch]."""
    batch = torch.arange(len(block_sizes), device=block_sizes.device)[:, None, None]
    position = torch.arange(2 * length, device=block_sizes.device)
    return sees(length, block_sizes, batch, position[None, :, None], position[None, None, :])


def masked_attention(mask: Tensor) -> Attend:
    """Dense attention under a mask [batch or 1, rows, keys], True where a query sees a key."""

    def attend(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        return F.scaled_dot_product_attention(q, k, v, attn_mask=mask[:, None, : q.shape[2]])

    return attend


def sdpa_attention(length: int, block_sizes: Tensor) -> Attend:
    """Dense attention for the noised rows and, apart from it, for the clean rows, which see no noised key."""
    mask = training_mask(length, block_sizes)
    noised = masked_attention(mask[:, :length])
    clean = masked_attention(mask[:, length:, length:])

    def attend(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        attended = noised(q[:, :, :length], k, v)
        if q.shape[2] == length:
            return attended
        return torch.cat((attended, clean(q[:, :, length:], k[:, :, length:], v[:, :, length:])), dim=2)

    return attend


FlexMasks = dict[int, BlockMask]
"""By the number of queries, the first rows of the sequence: which tiles of the mask are not empty."""


def flex_masks(length: int, block_sizes: Tensor) -> FlexMasks:
    """The masks that FlexAttention needs. Not to be made in compiled code, where they come out wrong (PyTorch 2.15)."""

    def mask_mod(batch: Tensor, _head: Tensor, query: Tensor, key: Tensor) -> Tensor:
        return sees(length, block_sizes, batch, query, key)

    return {
        rows: create_block_mask(mask_mod, len(block_sizes), None, rows, 2 * length, device=str(block_sizes.device))
        for rows in (length, 2 * length)
    }


def flex_training_attention(masks: FlexMasks) -> Attend:
    """FlexAttention, which skips the empty tiles. Compile it with the network, on CUDA."""

    def attend(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        return flex_attention(q, k, v, block_mask=masks[q.shape[2]])

    return attend


def training_masks(length: int, block_sizes: Tensor) -> Tensor | FlexMasks:
    """What `training_attention` wants: masks for FlexAttention on CUDA, elsewhere block_sizes [batch] as they are."""
    return flex_masks(length, block_sizes) if block_sizes.is_cuda else block_sizes


def training_attention(length: int, masks: Tensor | FlexMasks) -> Attend:
    """FlexAttention by its masks, or dense attention by the block sizes [batch]."""
    return sdpa_attention(length, masks) if isinstance(masks, Tensor) else flex_training_attention(masks)
