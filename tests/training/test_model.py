"""The PyTorch model against the authors' numbers, and one pass against the passes it stands for."""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from training.attention import flex_masks, masked_attention, training_attention, training_mask
from training.benchmark import two_pass_hidden
from training.checkpoint import checkpoint_config, load_checkpoint, save_checkpoint
from training.diffusion import token_losses
from training.models.bd3lm import BD3LM, ModelConfig

REFERENCE = Path(__file__).parents[1] / "fixtures" / "bd3lm-tiny"
CONFIG = ModelConfig(vocab_size=30, model_length=16, block_size=4, hidden_dim=32, n_blocks=2, n_heads=2)


@pytest.fixture(scope="module")
def golden() -> dict[str, torch.Tensor]:
    return load_file(REFERENCE / "golden.safetensors")


@pytest.fixture(scope="module")
def reference() -> BD3LM:
    return load_checkpoint(REFERENCE).eval()


def random_model(seed: int) -> BD3LM:
    torch.manual_seed(seed)
    model = BD3LM(CONFIG)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    return model.eval()


@torch.no_grad()
def test_clean_logits(reference: BD3LM, golden: dict[str, torch.Tensor]) -> None:
    clean = golden["clean_ids"]
    length = clean.shape[1]
    mask = training_mask(length, torch.tensor([reference.config.block_size]))[:, length:, length:]
    logits = reference.backbone.head(reference.backbone.trunk(clean, masked_attention(mask), copies=1))
    torch.testing.assert_close(logits, golden["clean_logits"], atol=5e-4, rtol=0)


@torch.no_grad()
def test_denoise_logits_and_nelbo_terms(reference: BD3LM, golden: dict[str, torch.Tensor]) -> None:
    clean, noised = golden["clean_ids"], golden["noised_ids"]
    block_size = reference.config.block_size
    logits = reference.backbone.head(reference.denoise_hidden(noised, clean, torch.tensor([block_size])))
    torch.testing.assert_close(logits, golden["denoise_logits"], atol=5e-4, rtol=0)
    mask_id = reference.config.mask_id
    masked = noised[0] == mask_id
    terms = token_losses(logits[0].clone(), clean[0], mask_id) / golden["t"][0].repeat_interleave(block_size)
    torch.testing.assert_close(terms[masked], golden["nelbo_terms"][0][masked], atol=5e-4, rtol=0)


@pytest.mark.parametrize("block_size", [1, 2, 4, 16])
def test_one_pass_equals_two_in_logits_and_gradients(block_size: int) -> None:
    model = random_model(block_size)
    generator = torch.Generator().manual_seed(0)
    clean = torch.randint(0, 29, (3, 16), generator=generator)
    noised = torch.where(torch.rand(3, 16, generator=generator) < 0.5, 29, clean)
    sizes = torch.full((3,), block_size)
    results = []
    for hidden in (model.denoise_hidden(noised, clean, sizes), two_pass_hidden(model, noised, clean, sizes)):
        logits = model.backbone.head(hidden)
        results.append((logits, torch.autograd.grad(logits.square().mean(), list(model.parameters()))))
    (one, one_gradients), (two, two_gradients) = results
    torch.testing.assert_close(one, two, atol=1e-4, rtol=1e-4)
    for mine, theirs in zip(one_gradients, two_gradients, strict=True):
        torch.testing.assert_close(mine, theirs, atol=1e-3, rtol=1e-3)


@torch.no_grad()
@pytest.mark.parametrize("block_size", [1, 2, 4, 16])
def test_one_pass_equals_a_pass_for_every_block(block_size: int) -> None:
    model = random_model(block_size)
    generator = torch.Generator().manual_seed(0)
    clean = torch.randint(0, 29, (1, 16), generator=generator)
    noised = torch.where(torch.rand(1, 16, generator=generator) < 0.5, 29, clean)
    together = model.denoise_hidden(noised, clean, torch.tensor([block_size]))
    for first in range(0, 16, block_size):
        end = first + block_size
        ids = torch.cat((clean[:, :first], noised[:, first:end]), dim=1)
        mask = training_mask(end, torch.tensor([block_size]))[:, end:, end:]
        alone = model.backbone.trunk(ids, masked_attention(mask), copies=1)[:, first:]
        torch.testing.assert_close(together[:, first:end], alone, atol=1e-4, rtol=1e-4)


def test_checkpoint_round_trip(tmp_path: Path) -> None:
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (tmp_path / name).write_text("{}")
    model = random_model(0)
    save_checkpoint(tmp_path / "checkpoint", model, tmp_path)
    loaded = load_checkpoint(tmp_path / "checkpoint")
    assert loaded.config == CONFIG
    for name, tensor in model.state_dict().items():
        assert torch.equal(tensor, loaded.state_dict()[name]), name
    published = json.loads((REFERENCE / "config.json").read_text())
    assert set(published) <= set(checkpoint_config(CONFIG))
    names = {name for name in load_file(REFERENCE / "model.safetensors") if "adaLN" not in name and "sigma" not in name}
    assert {name.replace("blocks.2.", "blocks.1.") for name in names} == set(model.state_dict())


@pytest.mark.parametrize("rows", [16, 32])
def test_every_attention_follows_the_mask(rows: int) -> None:
    sizes = torch.tensor([1, 4, 16])
    generator = torch.Generator().manual_seed(0)
    q, k, v = torch.randn(3, 3, 2, 32, 8, generator=generator)
    scores = (q @ k.mT / 8**0.5).masked_fill(~training_mask(16, sizes)[:, None], -torch.inf)
    expected = (scores.softmax(-1) @ v)[:, :, :rows]
    for masks in (sizes, flex_masks(16, sizes)):
        attend = training_attention(16, masks)
        torch.testing.assert_close(attend(q[:, :, :rows], k, v), expected, atol=1e-5, rtol=1e-5)
