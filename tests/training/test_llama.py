"""The llama against transformers' numbers, its import from a GGUF file, and its folders."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from gguf import GGMLQuantizationType, GGUFWriter, quantize
from safetensors.torch import load_file
from tokenizers import Tokenizer

from training.gguf_import import find_gguf, import_gguf
from training.llama_checkpoint import load_llama, mask_token_of, save_llama, with_mask_token
from training.models.llama import Llama, LlamaConfig, causal_attention

REFERENCE = Path(__file__).parents[1] / "fixtures" / "llama-tiny"
TEMPLATE = "{% for message in messages %}<{{ message['role'] }}>{{ message['content'] }}{% endfor %}"
TOKENS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<empty_output>", "a", "b", "Ġ", "1", "ab", "Ġab"]


def causal_logits(model: Llama, ids: torch.Tensor) -> torch.Tensor:
    with torch.no_grad():
        return model.head(model.trunk(ids, torch.arange(ids.shape[1]), causal_attention))


def test_logits_are_those_of_transformers() -> None:
    golden = load_file(REFERENCE / "golden.safetensors")
    logits = causal_logits(load_llama(REFERENCE), golden["ids"])
    torch.testing.assert_close(logits, golden["causal_logits"], atol=3e-4, rtol=0)


def interleaved(weight: torch.Tensor, heads: int) -> np.ndarray:
    """A q or k projection as GGUF files have it: the two halves of a head in turns."""
    rows, dim = weight.shape
    return weight.view(heads, 2, rows // heads // 2, dim).transpose(1, 2).reshape(rows, dim).numpy()


def write_gguf(path: Path, model: Llama) -> None:
    """A GGUF file of a model, its embedding in Q8_0 and everything else in f32."""
    config = model.config
    writer = GGUFWriter(path, "llama")
    writer.add_block_count(config.num_hidden_layers)
    writer.add_context_length(64)
    writer.add_embedding_length(config.hidden_size)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_rope_freq_base(config.rope_theta)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_vocab_size(config.vocab_size)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list(TOKENS)
    writer.add_token_types([3] * 4 + [1] * 6)
    writer.add_token_merges(["a b", "Ġ ab"])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_unk_token_id(0)
    writer.add_pad_token_id(2)
    writer.add_chat_template(TEMPLATE)
    state = model.state_dict()
    embedding = quantize(state["model.embed_tokens.weight"].numpy(), GGMLQuantizationType.Q8_0)
    writer.add_tensor("token_embd.weight", embedding, raw_dtype=GGMLQuantizationType.Q8_0)
    writer.add_tensor("output_norm.weight", state["model.norm.weight"].numpy())
    names = {
        "attn_norm": "input_layernorm",
        "attn_v": "self_attn.v_proj",
        "attn_output": "self_attn.o_proj",
        "ffn_norm": "post_attention_layernorm",
        "ffn_gate": "mlp.gate_proj",
        "ffn_up": "mlp.up_proj",
        "ffn_down": "mlp.down_proj",
    }
    for layer in range(config.num_hidden_layers):
        for name, published in names.items():
            tensor = state[f"model.layers.{layer}.{published}.weight"].numpy()
            writer.add_tensor(f"blk.{layer}.{name}.weight", tensor)
        for name, heads in (("q", config.num_attention_heads), ("k", config.num_key_value_heads)):
            weight = interleaved(state[f"model.layers.{layer}.self_attn.{name}_proj.weight"], heads)
            writer.add_tensor(f"blk.{layer}.attn_{name}.weight", weight)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


@pytest.fixture(scope="module")
def model() -> Llama:
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(TOKENS),
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        rms_norm_eps=1e-5,
        rope_theta=1000.0,
    )
    model = Llama(config)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    return model.eval()


@pytest.fixture(scope="module")
def imported(model: Llama, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("base")
    write_gguf(folder / "tiny.gguf", model)
    import_gguf(find_gguf(str(folder / "tiny.gguf")), folder / "imported")
    return folder / "imported"


def test_a_gguf_file_becomes_the_model_it_was_made_of(model: Llama, imported: Path) -> None:
    loaded = load_llama(imported)
    assert loaded.config == model.config
    for name, tensor in model.state_dict().items():
        # Only the embedding was rounded.
        tolerance = 1e-2 if "embed" in name else 0
        torch.testing.assert_close(loaded.state_dict()[name], tensor, atol=tolerance, rtol=0, msg=name)
    config = json.loads((imported / "config.json").read_text())
    assert (config["bos_token_id"], config["eos_token_id"], config["rms_norm_eps"]) == (1, 2, 1e-5)


def test_the_tokenizer_comes_along_with_its_template(imported: Path) -> None:
    tokenizer = Tokenizer.from_file(str(imported / "tokenizer.json"))
    assert tokenizer.encode("ab ab11<|im_end|>").tokens == ["ab", "Ġab", "1", "1", "<|im_end|>"]
    assert tokenizer.decode(tokenizer.encode("ab ab1").ids) == "ab ab1"
    config = json.loads((imported / "tokenizer_config.json").read_text())
    assert (config["eos_token"], config["chat_template"]) == ("<|im_end|>", TEMPLATE)


def test_what_is_no_gguf_is_told_in_a_sentence() -> None:
    with pytest.raises(ValueError, match="neither a file nor an installed package"):
        find_gguf("no_such_package")
    with pytest.raises(ValueError, match="contains 0 GGUF files"):
        find_gguf("json")


def test_a_folder_says_how_the_model_decodes(model: Llama, imported: Path, tmp_path: Path) -> None:
    tokenizer = json.loads((imported / "tokenizer.json").read_text())
    tokenizer["added_tokens"][3]["content"] = "<|mask|>"
    (tmp_path / "tokenizer.json").write_text(json.dumps(tokenizer))
    with pytest.raises(ValueError, match="has no <|mask|>"):
        mask_token_of(imported)
    mask_id = mask_token_of(tmp_path)
    adapted = with_mask_token(load_llama(imported), mask_id)
    save_llama(tmp_path / "checkpoint", adapted.state_dict(), mask_id, imported, tmp_path)
    config = json.loads((tmp_path / "checkpoint" / "config.json").read_text())
    assert config["model_type"] == "llama"
    assert config["block_diffusion"] == {
        "mask_token_id": 3,
        "block_sizes": [1, 2, 4, 8, 16, 32],
        "block_size": 4,
        "predicts": "next",
        "clean_attention": "causal",
        "presence_penalty": 1.5,
    }
    loaded = load_llama(tmp_path / "checkpoint")
    assert loaded.config == adapted.config
    assert all(torch.equal(tensor, loaded.state_dict()[name]) for name, tensor in adapted.state_dict().items())
    assert (tmp_path / "checkpoint" / "tokenizer.json").read_text() == (tmp_path / "tokenizer.json").read_text()
    assert (tmp_path / "checkpoint" / "generation_config.json").exists()
