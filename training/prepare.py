"""Documents in, a tokenizer and two arrays of token ids out.

    python -m training.prepare --data <folder with train.jsonl.gz, valid.jsonl.gz> --out <folder>

writes `tokenizer.json`, `tokenizer_config.json`, and for each split `<split>.ids.npy` (uint16, one
stream of documents) and `<split>.starts.npy` (int64, where each document begins in it). A document is
`<|endoftext|>{kind}: {title}\\n\\n{text}`; the next document's `<|endoftext|>` ends it.
"""

import argparse
import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

END_OF_TEXT = "<|endoftext|>"
PAD = "<|pad|>"
MASK = "<|mask|>"
VOCAB_SIZE = 8192


def document_text(document: dict[str, str]) -> str:
    """The form every document is trained, scored and prompted in, without its `<|endoftext|>`."""
    return f"{document['kind']}: {document['title']}\n\n{document['text']}"


def read_documents(path: Path) -> Iterator[str]:
    """The documents of a `.jsonl` or `.jsonl.gz` file, as text. Raises ValueError naming a bad line."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            try:
                yield document_text(json.loads(line))
            except (json.JSONDecodeError, KeyError, TypeError) as cause:
                raise ValueError(
                    f"{path}, line {number}: expected a JSON object with kind, title and text ({cause!r})"
                ) from cause


def train_tokenizer(texts: Iterator[str], vocab_size: int = VOCAB_SIZE) -> Tokenizer:
    """A byte-level BPE in which `<|mask|>` is the last id, as BD3-LM checkpoints have it."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size - 1,
        special_tokens=[END_OF_TEXT, PAD],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.add_special_tokens([MASK])
    if tokenizer.token_to_id(MASK) != tokenizer.get_vocab_size() - 1:
        raise AssertionError("the mask token must be the last id of the vocabulary")
    return tokenizer


def tokenizer_config() -> dict[str, object]:
    """`tokenizer_config.json`: what a Hugging Face tokenizer must know beside `tokenizer.json`."""
    return {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": END_OF_TEXT,
        "eos_token": END_OF_TEXT,
        "pad_token": PAD,
        "mask_token": MASK,
        "clean_up_tokenization_spaces": False,
    }


def encode_split(tokenizer: Tokenizer, path: Path) -> tuple[np.ndarray, np.ndarray]:
    """All documents of a file as one stream of ids [n] uint16, and their starts [documents] int64."""
    end_of_text = tokenizer.token_to_id(END_OF_TEXT)
    ids: list[int] = []
    starts: list[int] = []
    for encoding in tokenizer.encode_batch(list(read_documents(path)), add_special_tokens=False):
        starts.append(len(ids))
        ids.append(end_of_text)
        ids.extend(encoding.ids)
    return np.array(ids, dtype=np.uint16), np.array(starts, dtype=np.int64)


def main() -> None:
    parser = argparse.ArgumentParser(description="Train the tokenizer and encode the documents.")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()

    arguments.out.mkdir(parents=True, exist_ok=True)
    tokenizer = train_tokenizer(read_documents(arguments.data / "train.jsonl.gz"))
    tokenizer.save(str(arguments.out / "tokenizer.json"))
    (arguments.out / "tokenizer_config.json").write_text(json.dumps(tokenizer_config(), indent=2) + "\n")
    for split in ("train", "valid"):
        ids, starts = encode_split(tokenizer, arguments.data / f"{split}.jsonl.gz")
        np.save(arguments.out / f"{split}.ids.npy", ids)
        np.save(arguments.out / f"{split}.starts.npy", starts)
        print(f"{split}: {len(starts)} documents, {len(ids)} tokens")


if __name__ == "__main__":
    main()
