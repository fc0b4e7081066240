"""A tiny llama in a folder, conversations for it, and short adaptations."""

import gzip
import json
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from training.adapt import adapt
from training.adapt_recipe import parse_recipe
from training.conversations import main as write_conversations
from training.models.llama import Llama, LlamaConfig

SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<empty_output>"]
TEMPLATE = (
    "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}"
    "{{ '<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n' }}"
    "{% endif %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)


def tale(number: int) -> dict[str, str]:
    text = f"Once there was a fox who counted to {number}. The fox was glad, and slept. " * (2 + number % 5)
    return {"kind": "Bedtime story", "title": f"Fox {number}", "text": text.strip()}


def write_base(folder: Path) -> Path:
    """A folder as `training.gguf_import` writes it, with random weights."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=400, special_tokens=SPECIAL, initial_alphabet=alphabet)
    tokenizer.train_from_iterator([tale(n)["text"] for n in range(9)] + [TEMPLATE], trainer)
    tokenizer.save(str(folder / "tokenizer.json"))
    named = {"bos_token": "<|im_start|>", "eos_token": "<|im_end|>", "chat_template": TEMPLATE}
    (folder / "tokenizer_config.json").write_text(json.dumps(named))
    (folder / "generation_config.json").write_text("{}")
    shape = {
        "vocab_size": tokenizer.get_vocab_size(),
        "hidden_size": 32,
        "intermediate_size": 48,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "rms_norm_eps": 1e-5,
        "rope_theta": 1000.0,
    }
    torch.manual_seed(0)
    model = Llama(LlamaConfig(**shape))
    for parameter in model.parameters():
        if parameter.dim() == 2:
            torch.nn.init.normal_(parameter, std=0.1)
    (folder / "config.json").write_text(json.dumps({"model_type": "llama", **shape}))
    save_file(model.state_dict(), folder / "model.safetensors")
    return folder


def prepare_conversations(base: Path, data: Path, out: Path, more: str = "") -> Path:
    """A folder as `training.conversations` writes it, of 40 tales."""
    debate = {"kind": "Debate", "title": "Foxes", "text": "Nobody asks for this."}
    for split in ("train", "valid"):
        with gzip.open(data / f"{split}.jsonl.gz", "wt") as lines:
            lines.writelines(json.dumps(document) + "\n" for document in [debate, *map(tale, range(40))])
    with pytest.MonkeyPatch.context() as patch:
        arguments = f"--data {data} --base {base} --out {out} {more}".split()
        patch.setattr(sys, "argv", ["conversations", *arguments])
        write_conversations()
    return out


def arguments_of(base: Path, prepared: Path, run: Path, more: str) -> list[str]:
    where = f"--prepared {prepared} --base {base} --out {run}"
    pace = "--length 64 --batch-size 2 --warmup-steps 2 --decay-steps 1 --save-minutes 5 --validate-every 10"
    return f"{where} {pace} {more}".split()


def train(base: Path, prepared: Path, run: Path, more: str) -> list[dict]:
    """Adapts in this process, and returns the log."""
    adapt(parse_recipe(arguments_of(base, prepared, run, more)))
    return [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
