"""Documents as conversations in the model's own chat template, and as plain documents, in token ids.

    python -m training.conversations --data <folder with train.jsonl.gz, valid.jsonl.gz> --base <folder> --out <folder>

writes, for `train` (one in ten is a plain document), `valid.conversation` and `valid.document`: `<name>.ids.npy`
(int32, one stream), `<name>.starts.npy` (int64, where each text begins in it), `<name>.scored.npy` (bool, what the
model is to write: the answer and the end of text, or all of a plain document but its first id). Texts to train on are
padded with the end of text, which the model is to write as well, to a multiple of 32: all begin at the start of a
block, and a block in which a text ends shows nothing of what follows. The base's tokenizer files come along, with the
mask token in place of a reserved one that was never trained.
"""

import argparse
import gzip
import json
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jinja2 import Environment
from tokenizers import Tokenizer

from .prepare import END_OF_TEXT, MASK, document_text
from .wordings import NOUNS, request

RESERVED = "<empty_output>"
"""The base never saw this token: its embedding is what many reserved tokens have in common."""
SPECIAL_TOKENS = {"mask_token": MASK, "bos_token": END_OF_TEXT, "add_bos_token": True}
"""Changes to the base's tokenizer_config.json: a plain document begins with its BOS, a conversation does not."""
ALIGNMENT = 32
DOCUMENT_SHARE = 0.1
GENERAL_SHARE = 0.5
"""Of what `--general` names, so much is taken: about two tokens in five of all are then of it."""
EVERYDAY_REPEATS = 8
"""About one token in a hundred is then of an everyday answer."""
SEED = 1


@dataclass(frozen=True)
class Text:
    """ids of one text, and how many of them are given rather than written."""

    ids: list[int]
    given: int


class Encoder:
    """Texts of a base folder's tokenizer and chat template."""

    def __init__(self, folder: Path) -> None:
        config = json.loads((folder / "tokenizer_config.json").read_text())
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        # As transformers' apply_chat_template renders it.
        environment = Environment(trim_blocks=True, lstrip_blocks=True)
        self._template = environment.from_string(config["chat_template"])
        self.end_of_text = self._id(config["eos_token"])
        self._document_start = self._id(END_OF_TEXT)

    def _id(self, token: str) -> int:
        number = self._tokenizer.token_to_id(token)
        if number is None:
            raise ValueError(f"the tokenizer has no {token}")
        return number

    def _encode(self, text: str) -> list[int]:
        return self._tokenizer.encode(text, add_special_tokens=False).ids

    def prompt(self, question: str) -> list[int]:
        """A user turn and the opening of the answer, with the template's own system turn."""
        messages = [{"role": "user", "content": question}]
        return self._encode(self._template.render(messages=messages, add_generation_prompt=True))

    def conversation(self, question: str, answer: str) -> Text:
        """A user turn and its answer."""
        prompt = self.prompt(question)
        return Text([*prompt, *self._encode(answer), self.end_of_text], len(prompt))

    def document(self, document: dict[str, str]) -> Text:
        """`<|endoftext|>{kind}: {title}\\n\\n{text}`, and the end of text."""
        return Text([self._document_start, *self._encode(document_text(document)), self.end_of_text], 1)


def read_documents(path: Path) -> Iterator[dict[str, str]]:
    """The documents of a `.jsonl.gz` file."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def asked_for(documents: Iterable[dict[str, str]]) -> list[dict[str, str]]:
    """Those whose kinds a reader would ask for."""
    return [document for document in documents if document["kind"] in NOUNS]


def padded(text: Text, end_of_text: int) -> Text:
    """The text with ends of text up to a multiple of ALIGNMENT."""
    return Text([*text.ids, *[end_of_text] * (-len(text.ids) % ALIGNMENT)], text.given)


def write_split(texts: Iterable[Text], out: Path, name: str) -> None:
    """The three arrays of a split."""
    ids: list[int] = []
    starts: list[int] = []
    scored: list[bool] = []
    for text in texts:
        starts.append(len(ids))
        ids += text.ids
        scored += [*[False] * text.given, *[True] * (len(text.ids) - text.given)]
    np.save(out / f"{name}.ids.npy", np.array(ids, dtype=np.int32))
    np.save(out / f"{name}.starts.npy", np.array(starts, dtype=np.int64))
    np.save(out / f"{name}.scored.npy", np.array(scored))
    print(f"{name}: {len(starts)} texts, {len(ids)} tokens, {sum(scored)} scored")


def write_tokenizer(base: Path, out: Path) -> None:
    """The base's tokenizer files, in which RESERVED has become the mask token."""
    tokenizer = json.loads((base / "tokenizer.json").read_text())
    names = {token["content"]: token for token in tokenizer["added_tokens"]}
    if RESERVED not in names or MASK in names:
        raise ValueError(f"{base}/tokenizer.json must have {RESERVED}, which becomes {MASK}")
    names[RESERVED]["content"] = MASK
    vocabulary = tokenizer["model"]["vocab"]
    tokenizer["model"]["vocab"] = {MASK if name == RESERVED else name: number for name, number in vocabulary.items()}
    (out / "tokenizer.json").write_text(json.dumps(tokenizer, ensure_ascii=False, indent=1) + "\n")
    config = json.loads((base / "tokenizer_config.json").read_text())
    (out / "tokenizer_config.json").write_text(
        json.dumps({**config, **SPECIAL_TOKENS}, ensure_ascii=False, indent=1) + "\n"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="Encode documents as conversations.")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--base", type=Path, required=True, help="folder that training.gguf_import wrote")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--everyday", type=Path, help="answers of the base that training.everyday wrote")
    parser.add_argument("--general", type=Path, help="a .jsonl.gz of other documents, a quarter of which is mixed in")
    arguments = parser.parse_args()

    arguments.out.mkdir(parents=True, exist_ok=True)
    write_tokenizer(arguments.base, arguments.out)
    encoder = Encoder(arguments.out)
    draw = random.Random(SEED)

    def conversation(document: dict[str, str]) -> Text:
        return encoder.conversation(request(document, draw), document["text"])

    train = asked_for(read_documents(arguments.data / "train.jsonl.gz"))
    valid = asked_for(read_documents(arguments.data / "valid.jsonl.gz"))
    mixed = [encoder.document(d) if draw.random() < DOCUMENT_SHARE else conversation(d) for d in train]
    asked = [conversation(document) for document in valid]  # Before any further draw, so always the same.
    if arguments.everyday is not None:
        answers = [json.loads(line) for line in arguments.everyday.read_text().splitlines()]
        mixed += [encoder.conversation(one["question"], one["answer"]) for one in answers] * EVERYDAY_REPEATS
    if arguments.general is not None:
        general = read_documents(arguments.general)
        mixed += [encoder.document(document) for document in general if draw.random() < GENERAL_SHARE]
    write_split((padded(text, encoder.end_of_text) for text in mixed), arguments.out, "train")
    write_split(asked, arguments.out, "valid.conversation")
    write_split(map(encoder.document, valid), arguments.out, "valid.document")


if __name__ == "__main__":
    main()
