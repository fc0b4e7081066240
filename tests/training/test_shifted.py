"""One pass over noised copies and a shared clean half against the passes it stands for, its noise and its losses."""

from functools import partial

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.nn.attention.flex_attention import create_block_mask

from training.lora import LoRALinear
from training.mask_embedding import MaskEmbedding, merged_state
from training.models.llama import Llama, LlamaConfig, causal_attention
from training.objective import add_shifted_noise, complement, losses, predict
from training.schedules import LINEAR, clipped
from training.shifted import TILE, flex_mask, hide_padding, shifted_attention, tile_biases
from training.trained_parts import replace_embedding, replace_linears

MASK = 29
CONFIG = LlamaConfig(
    vocab_size=30,
    hidden_size=32,
    intermediate_size=48,
    num_hidden_layers=2,
    num_attention_heads=4,
    num_key_value_heads=2,
    rms_norm_eps=1e-5,
    rope_theta=1000.0,
    mask_token_id=MASK,
)
LENGTH = 2 * TILE


def random_model() -> Llama:
    torch.manual_seed(0)
    model = Llama(CONFIG)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    return model.eval()


def random_texts() -> tuple[Tensor, Tensor, Tensor]:
    """clean [2, LENGTH], noised [2, 3, LENGTH], block sizes [2, 3]."""
    generator = torch.Generator().manual_seed(0)
    clean = torch.randint(0, MASK, (2, LENGTH), generator=generator)
    noised = torch.where(torch.rand(2, 3, LENGTH, generator=generator) < 0.5, MASK, clean[:, None])
    return clean, noised, torch.tensor([[2, 8, 32], [4, 4, 16]])


def block_attention(given: int):
    """Rows before `given` see what is before them; the rows after it see everything."""

    def attend(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        rows = q.shape[2]
        mask = torch.ones(rows, rows, dtype=torch.bool).tril()
        mask[given:] = True
        k, v = (x.repeat_interleave(q.shape[1] // x.shape[1], dim=1) for x in (k, v))
        return F.scaled_dot_product_attention(q, k, v, attn_mask=mask)

    return attend


@torch.no_grad()
def test_one_pass_equals_a_pass_for_the_clean_half_and_for_every_block() -> None:
    model = random_model()
    clean, noised, sizes = random_texts()
    positions = torch.arange(LENGTH).repeat(4)
    attend = shifted_attention(tile_biases(LENGTH, sizes))
    together = model.trunk(torch.cat((noised.flatten(1), clean), dim=1), positions, attend).unflatten(1, (4, LENGTH))
    alone = model.trunk(clean, torch.arange(LENGTH), causal_attention)
    torch.testing.assert_close(together[:, 3], alone, atol=1e-4, rtol=1e-4)
    for text in range(2):
        for copy in range(3):
            size = int(sizes[text, copy])
            for first in range(0, LENGTH, size):
                end = first + size
                ids = torch.cat((clean[text, :first], noised[text, copy, first:end]))[None]
                alone = model.trunk(ids, torch.arange(end), block_attention(first))[0, first:]
                torch.testing.assert_close(together[text, copy, first:end], alone, atol=1e-4, rtol=1e-4)


@torch.no_grad()
def test_flex_attention_sees_what_the_tiles_do() -> None:
    _, _, sizes = random_texts()
    generator = torch.Generator().manual_seed(1)
    rows = 4 * LENGTH
    q, k, v = (torch.randn(2, heads, rows, 8, generator=generator) for heads in (4, 2, 2))
    attend, flex = (shifted_attention(seen) for seen in (tile_biases(LENGTH, sizes), flex_mask(LENGTH, sizes)))
    torch.testing.assert_close(flex(q, k, v), attend(q, k, v))


def listed(counts: Tensor, tiles: Tensor) -> Tensor:
    """Which of the tiles [1 or texts, 1, rows, n] are among the first counts [1 or texts, 1, rows] of a list."""
    first = torch.arange(tiles.shape[-1]) < counts[..., None]
    return torch.zeros(tiles.shape, dtype=torch.bool).scatter(-1, tiles.long(), first)


@pytest.mark.parametrize(("length", "copies"), [(TILE, 1), (2 * TILE, 3), (3 * TILE, 2), (10 * TILE, 1)])
def test_flex_attention_looks_at_every_tile_that_is_seen_and_asks_where_part_is(length: int, copies: int) -> None:
    generator = torch.Generator().manual_seed(1)
    sizes = torch.tensor([2, 4, 8, 16, 32, 64])[torch.randint(0, 6, (8, copies), generator=generator)]
    mask = flex_mask(length, sizes)
    rows = (copies + 1) * length
    exact = create_block_mask(mask.mask_mod, len(sizes), None, rows, rows, device="cpu")
    ours, theirs = (
        (listed(one.kv_num_blocks, one.kv_indices), listed(one.full_kv_num_blocks, one.full_kv_indices))
        for one in (mask, exact)
    )
    assert not (ours[0] & ours[1]).any()
    # A tile that some block sizes leave empty may be looked at, a whole one asked about; the reverse would be wrong.
    assert ((theirs[0] | theirs[1]) <= (ours[0] | ours[1])).all()
    assert (ours[1] <= theirs[1]).all()
    # One list serves all texts, and has little that none of them needs.
    assert (ours[0] | ours[1]).sum() <= (theirs[0] | theirs[1]).any(0).sum() + 2


@torch.no_grad()
def test_a_last_block_can_be_short() -> None:
    model = random_model()
    clean, noised, sizes = random_texts()
    length = TILE + 11
    wanted = torch.zeros(2, 4, LENGTH, dtype=torch.bool)
    wanted[:, :, 1:length] = True
    short = predict(model, clean, noised, wanted, hide_padding(tile_biases(LENGTH, sizes), length, copies=3))
    ids = torch.cat((clean[1, : TILE + 8], noised[1, 0, TILE + 8 : length]))[None]
    alone = model.head(model.trunk(ids, torch.arange(length), block_attention(TILE + 8)))[0, TILE + 8 : length - 1]
    alone[:, MASK] = -torch.inf
    together = torch.zeros(2, 4, LENGTH, 30).masked_scatter(wanted[..., None], short)[1, 0, TILE + 9 : length]
    torch.testing.assert_close(together, alone, atol=1e-4, rtol=1e-4)


@torch.no_grad()
def test_losses_are_those_of_the_rows_before() -> None:
    model = random_model()
    clean, _, sizes = random_texts()
    generator = torch.Generator().manual_seed(1)
    scored = torch.ones(clean.shape, dtype=torch.bool)
    schedules = {size: clipped(0.3, 1.0) for size in (4, 8, 16, 32)}
    noised = add_shifted_noise(clean, scored, sizes, MASK, schedules, 0.5, generator)
    following = scored & (torch.rand(clean.shape, generator=generator) < 0.25)
    following[:, 0] = False
    sums = losses(model, clean, noised, sizes, following)
    positions = torch.arange(LENGTH).repeat(4)
    attend = shifted_attention(tile_biases(LENGTH, sizes))
    hidden = model.trunk(torch.cat((noised.ids.flatten(1), clean), dim=1), positions, attend).unflatten(1, (4, LENGTH))
    logits = model.head(hidden)
    logits[..., MASK] = -torch.inf
    nats = -logits.log_softmax(-1)[:, :, :-1].gather(-1, clean[:, None, 1:, None].expand(-1, 4, -1, -1))[..., 0]
    masked = (nats[:, :3] * noised.weights[:, :, 1:]).sum(-1)
    # The losses are computed in bf16.
    torch.testing.assert_close(sums.masked, masked, rtol=0.02, atol=0)
    torch.testing.assert_close(sums.following, (nats[:, 3] * following[:, 1:]).sum(-1), rtol=0.02, atol=0)


def test_noise_leaves_what_is_given_and_masks_a_share_of_the_first_tokens() -> None:
    generator = torch.Generator().manual_seed(0)
    clean = torch.randint(0, MASK, (64, LENGTH), generator=generator)
    scored = torch.arange(LENGTH).expand(64, -1) >= 20
    sizes = torch.full((64, 2), 8)
    noised = add_shifted_noise(clean, scored, sizes, MASK, {8: clipped(0.3, 1.0)}, 0.25, generator)
    masked = noised.ids == MASK
    assert not masked[:, :, :20].any() and ((noised.ids == clean[:, None]) | masked).all()
    first = torch.arange(LENGTH) % 8 == 0
    assert (noised.weights[:, :, first] == 0).all()
    assert ((noised.weights > 0) == (masked & ~first)).all()
    assert masked[:, :, first & scored[0]].float().mean().item() == pytest.approx(0.25, abs=0.03)


@pytest.mark.parametrize("size", [2, 4, 16])
def test_every_token_after_a_blocks_first_one_weighs_one_in_the_mean(size: int) -> None:
    generator = torch.Generator().manual_seed(0)
    clean = torch.zeros(2048, LENGTH, dtype=torch.long)
    scored = torch.ones(clean.shape, dtype=torch.bool)
    sizes = torch.full((2048, 1), size)
    noised = add_shifted_noise(clean, scored, sizes, MASK, {size: LINEAR}, 0.25, generator)
    mean = noised.weights.mean((0, 1)).view(-1, size).mean(0)
    torch.testing.assert_close(mean, (torch.arange(size) > 0).float(), atol=0.08, rtol=0)


def test_complementary_copies_mask_every_scored_token_once() -> None:
    generator = torch.Generator().manual_seed(0)
    clean, _, _ = random_texts()
    scored = torch.arange(LENGTH).expand(2, -1) >= 5
    sizes = torch.tensor([[4], [16]])
    noised = add_shifted_noise(clean, scored, sizes, MASK, {4: LINEAR, 16: LINEAR}, 0.25, generator)
    both = complement(noised, clean, scored, sizes, MASK)
    later = (torch.arange(LENGTH) % sizes > 0) & scored
    assert ((both.weights > 0).sum(1) == later).all()
    assert ((both.ids[:, 1] == MASK) == (both.weights[:, 1] > 0)).all()
    assert both.weights.sum() == 2 * later.sum()


@torch.no_grad()
def test_merged_adapters_are_a_plain_llama_that_computes_the_same() -> None:
    clean, _, _ = random_texts()
    clean[0, 5] = MASK
    before = random_model()
    adapted = random_model()
    replace_embedding(adapted, MaskEmbedding)
    replace_linears(adapted, partial(LoRALinear, rank=4))
    trained = {name for name, parameter in adapted.named_parameters() if parameter.requires_grad}
    assert all("lora_" in name or "norm" in name or name.endswith("embed_tokens.mask") for name in trained)
    positions = torch.arange(LENGTH)
    torch.testing.assert_close(*(m.trunk(clean, positions, causal_attention) for m in (before, adapted)))
    for name, parameter in adapted.named_parameters():
        if name in trained:
            parameter.add_(0.05 * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(1)))
    merged = Llama(CONFIG)
    merged.load_state_dict(merged_state(adapted))
    # Logits of all but the mask token, which is never predicted: its row is trained as an input alone.
    one, other = (m.head(m.trunk(clean, positions, causal_attention))[..., :MASK] for m in (adapted, merged))
    torch.testing.assert_close(one, other, atol=1e-3, rtol=1e-3)
