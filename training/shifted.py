"""Attention over x_t ⊕ x_0 for a model whose row i predicts token i + 1, with a token-causal clean half.

Several noised copies share one clean half. A clean row sees itself and the clean rows before it, exactly as in
the autoregressive base model. A row of a noised copy sees its own noised block, both ways, and the clean tokens
of earlier blocks. Sources: Arriola et al. (ICLR 2025), section 3.2, and Fast-dLLM v2 for the shift.
"""

from functools import cache

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.nn.attention.flex_attention import BlockMask, flex_attention

from .attention import Attend

TILE = 64
"""Rows attend in tiles of this many places, so that no key after a tile's end is looked at."""

FLEX_TILE = 128
"""The same for FlexAttention."""

Seen = list[Tensor] | BlockMask
"""What rows see, as `shifted_attention` wants it: `tile_biases`, or a mask for FlexAttention."""


def seen_rows(length: int, block_sizes: Tensor) -> Seen:
    """Which keys the rows [copies · length noised, length clean] see, as the device of block_sizes does it best."""
    return flex_mask(length, block_sizes) if block_sizes.is_cuda else tile_biases(length, block_sizes)


def flex_mask(length: int, block_sizes: Tensor) -> BlockMask:
    """What FlexAttention wants, which skips the empty tiles. block_sizes [batch, copies]."""
    copies = block_sizes.shape[1]
    rows = (copies + 1) * length

    def sees(text: Tensor, _head: Tensor, query: Tensor, key: Tensor) -> Tensor:
        query_copy, key_copy = query // length, key // length
        query_place, key_place = query % length, key % length
        size = block_sizes[text, query_copy.clamp(max=copies - 1)]
        query_block, key_block = query_place // size, key_place // size
        noised, key_clean = query_copy < copies, key_copy == copies
        own_block = (query_copy == key_copy) & (query_block == key_block)
        earlier = key_clean & (key_block < query_block)
        causal = key_clean & (key_place <= query_place)
        return torch.where(noised, own_block | earlier, causal)

    tiles = flex_tiles(length, copies, block_sizes.device)
    return BlockMask.from_kv_blocks(*tiles, BLOCK_SIZE=FLEX_TILE, mask_mod=sees, seq_lengths=(rows, rows))


@cache
def flex_tiles(length: int, copies: int, device: torch.device) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """How many tiles a tile of rows sees in part, and which, then those that it sees whole: `BlockMask.from_kv_blocks`.

    They are the same for all block sizes that divide TILE. A mask made anew at each step would be evaluated at every
    pair of rows of every text.
    """
    row = torch.arange((copies + 1) * length, device=device)
    copy, place = row // length, row % length
    tile = place // TILE
    noised, clean = (copy < copies)[:, None], copy == copies
    causal = clean & (place[:, None] >= place)
    same = (copy[:, None] == copy) & (tile[:, None] == tile)
    perhaps = torch.where(noised, same | causal, causal)
    surely = torch.where(noised, clean & (tile[:, None] > tile), causal)
    padding = -len(row) % FLEX_TILE

    def tiled(pairs: Tensor) -> Tensor:
        padded = F.pad(pairs, (0, padding, 0, padding))
        return padded.unflatten(0, (-1, FLEX_TILE)).unflatten(2, (-1, FLEX_TILE)).transpose(1, 2).flatten(2)

    whole = tiled(surely).all(-1)
    part = tiled(perhaps).any(-1) & ~whole
    lists = []
    for chosen in (part, whole):
        order = chosen.int().argsort(dim=-1, descending=True, stable=True)
        lists += [chosen.sum(-1)[None, None].int(), order[None, None].int()]
    return tuple(lists)


def tile_biases(length: int, block_sizes: Tensor) -> list[Tensor]:
    """What each tile's rows see, as 0 or −∞ added to the scores: [batch, (copies + 1) · TILE, keys] a tile.

    block_sizes [batch, copies] are divisors of TILE, and TILE divides length. A tile's rows are those of every
    noised copy, then the clean ones. Its keys are the clean tokens up to the tile's end, then the tile's noised
    rows of every copy.
    """
    batch, copies = block_sizes.shape
    device = block_sizes.device
    place = torch.arange(TILE, device=device)
    block = (place // block_sizes[..., None]).flatten(1)
    copy = torch.arange(copies, device=device).repeat_interleave(TILE)
    clean_block = place // block_sizes.repeat_interleave(TILE, dim=1)[..., None]
    own_block = (block[:, :, None] == block[:, None, :]) & (copy[:, None] == copy)
    noised = torch.cat((block[..., None] > clean_block, own_block), dim=2)
    causal = (place[:, None] >= place).expand(batch, -1, -1)
    clean = torch.cat((causal, torch.zeros(batch, TILE, copies * TILE, dtype=torch.bool, device=device)), dim=2)
    in_tile = torch.cat((noised, clean), dim=1)
    biases = []
    for tile in range(length // TILE):
        earlier = torch.ones(batch, in_tile.shape[1], tile * TILE, dtype=torch.bool, device=device)
        seen = torch.cat((earlier, in_tile), dim=2)
        biases.append(torch.zeros(seen.shape, device=device).masked_fill(~seen, -torch.inf))
    return biases


def hide_padding(biases: list[Tensor], length: int, copies: int) -> list[Tensor]:
    """The same biases, with the noised keys from place `length` on unseen: a text's last block may be a short one."""
    hidden = []
    for tile, bias in enumerate(biases):
        noised_place = torch.arange(tile * TILE, (tile + 1) * TILE, device=bias.device).repeat(copies)
        place = F.pad(noised_place, (bias.shape[2] - len(noised_place), 0))
        whole = bias.masked_fill(place >= length, -torch.inf)
        # A row of the padding may see nothing then; what it computes is not used.
        hidden.append(whole.masked_fill((whole == -torch.inf).all(-1, keepdim=True), 0.0))
    return hidden


def shifted_attention(seen: Seen) -> Attend:
    """Attention for rows [copies · length noised, length clean]. FlexAttention is to be compiled with the layers."""
    return flex_shifted_attention(seen) if isinstance(seen, BlockMask) else tiled_attention(seen)


def flex_shifted_attention(mask: BlockMask) -> Attend:
    """FlexAttention under `flex_mask`."""

    def attend(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        return flex_attention(q, k, v, block_mask=mask, enable_gqa=True)

    return attend


def tiled_attention(biases: list[Tensor]) -> Attend:
    """Dense attention in tiles by `tile_biases`."""

    def attend(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        batch, heads, rows, dim = q.shape
        length = len(biases) * TILE
        noised, groups = rows - length, heads // k.shape[1]
        # [batch, key_value_heads, groups, copies + 1, tiles, TILE, dim] and [batch, key_value_heads, copies, …]
        q = q.unflatten(2, (-1, len(biases), TILE)).unflatten(1, (-1, groups)) * dim**-0.5
        k_noised, v_noised = (x[:, :, :noised].unflatten(2, (-1, len(biases), TILE)) for x in (k, v))
        outputs = []
        for tile, bias in enumerate(biases):
            end = noised + (tile + 1) * TILE
            keys = torch.cat((k[:, :, noised:end], k_noised[:, :, :, tile].flatten(2, 3)), dim=2)
            values = torch.cat((v[:, :, noised:end], v_noised[:, :, :, tile].flatten(2, 3)), dim=2)
            # The query heads that share a key and value head are rows of one product.
            scores = (q[:, :, :, :, tile].flatten(2, 4) @ keys.mT).unflatten(2, (groups, -1))
            weights = (scores.float() + bias[:, None, None]).softmax(-1).type_as(values)
            outputs.append((weights.flatten(2, 3) @ values).unflatten(2, (groups, -1, TILE)).flatten(1, 2))
        return torch.stack(outputs, dim=3).flatten(2, 4)

    return attend
