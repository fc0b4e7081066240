"""The prepared token streams: windows to train on, documents to score."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

END_OF_TEXT_ID = 0


@dataclass(frozen=True)
class Split:
    """ids [n] uint16, one stream of documents, each begun by `<|endoftext|>`; starts [documents], where in ids."""

    ids: np.ndarray
    starts: np.ndarray

    @property
    def spans(self) -> list[tuple[int, int]]:
        """Where in ids each document begins, and where the next one does."""
        return list(zip(self.starts, np.append(self.starts[1:], len(self.ids)), strict=True))


@dataclass(frozen=True)
class Texts(Split):
    """A split of `training.conversations`, ids int32: scored [n] bool are the tokens that the model is to write."""

    scored: np.ndarray


@dataclass(frozen=True)
class Windows:
    """Where in ids [n] the windows [w] of `length` tokens begin."""

    ids: np.ndarray
    starts: np.ndarray
    length: int

    def batch(self, numbers: np.ndarray) -> Tensor:
        """The windows of these numbers, [len(numbers), length] int64."""
        offsets = self.starts[numbers][:, None] + np.arange(self.length)[None]
        return torch.from_numpy(self.ids[offsets].astype(np.int64))


def load_split(prepared: Path, name: str) -> Split:
    """A split that `training.prepare` wrote. Raises ValueError for files that are missing or not of that kind."""
    ids, starts = (_load(prepared / f"{name}.{part}.npy") for part in ("ids", "starts"))
    if ids.dtype != np.uint16 or ids.ndim != 1 or starts.dtype != np.int64 or starts.ndim != 1:
        raise ValueError(
            f"{prepared}/{name}.*.npy are not the ids and starts that training.prepare writes; write them anew"
        )
    if len(starts) == 0 or starts[0] != 0 or (np.diff(starts) <= 0).any() or starts[-1] >= len(ids):
        raise ValueError(f"{prepared}/{name}.starts.npy does not fit {name}.ids.npy; prepare both anew")
    if (ids[starts] != END_OF_TEXT_ID).any():
        raise ValueError(f"a document of {prepared}/{name}.ids.npy does not begin with <|endoftext|>; prepare it anew")
    if ids.max() >= vocab_size(prepared):
        raise ValueError(
            f"{prepared}/{name}.ids.npy has ids beyond the vocabulary of tokenizer.json; prepare both anew"
        )
    return Split(ids, starts)


def load_texts(prepared: Path, name: str) -> Texts:
    """A split that `training.conversations` wrote. Raises ValueError for files that are missing or do not fit."""
    ids, starts, scored = (_load(prepared / f"{name}.{part}.npy") for part in ("ids", "starts", "scored"))
    if ids.dtype != np.int32 or scored.dtype != np.bool_ or ids.shape != scored.shape or starts[-1] >= len(ids):
        raise ValueError(f"{prepared}/{name}.*.npy do not fit each other; write them with `training.conversations`")
    return Texts(ids, starts, scored)


def _load(path: Path) -> np.ndarray:
    try:
        return np.load(path, mmap_mode="r")
    except FileNotFoundError:
        raise ValueError(f"{path} is missing; write it with `python -m training.prepare`") from None
    except ValueError as cause:
        raise ValueError(
            f"{path} is not a whole .npy file ({cause}); write it with `python -m training.prepare`"
        ) from cause


def vocab_size(prepared: Path) -> int:
    """Entries of the tokenizer, the mask token among them. Raises ValueError where there is no tokenizer."""
    return len(token_bytes(prepared))


def token_bytes(folder: Path) -> Tensor:
    """UTF-8 bytes that each token stands for, [vocab]: a character a byte in a byte-level BPE, 0 for special tokens."""
    try:
        tokenizer = json.loads((folder / "tokenizer.json").read_text())
        special = {token["id"]: token["content"] for token in tokenizer["added_tokens"]}
        vocabulary = {id: token for token, id in tokenizer["model"]["vocab"].items()} | special
        return torch.tensor([0 if id in special else len(vocabulary[id]) for id in range(len(vocabulary))])
    except (OSError, json.JSONDecodeError, KeyError, TypeError) as cause:
        raise ValueError(f"{folder}/tokenizer.json is not a byte-level BPE of training.prepare ({cause!r})") from cause


def training_windows(split: Split, length: int) -> Windows:
    """Windows from a document's start and then every `length` ids of it, the last running into the next document.

    Raises ValueError where there is not one.
    """
    starts = np.concatenate([np.arange(begin, end, length) for begin, end in split.spans])
    starts = starts[starts + length <= len(split.ids)]
    if len(starts) == 0:
        raise ValueError(f"{len(split.ids)} tokens are fewer than one window of {length}; prepare more text")
    return Windows(split.ids, starts, length)


def documents(split: Split, length: int) -> list[Tensor]:
    """Every document with the `<|endoftext|>` at both its ends, cut to `length` ids."""
    whole = [np.append(split.ids[begin:end], END_OF_TEXT_ID)[:length] for begin, end in split.spans]
    return [torch.from_numpy(ids.astype(np.int64)) for ids in whole]


def written_texts(texts: Texts, length: int) -> list[tuple[Tensor, Tensor]]:
    """Every text, cut to `length` ids [n] int64, and which of them the model is to write [n] bool."""
    spans = ((begin, min(end, begin + length)) for begin, end in texts.spans)
    return [
        (torch.from_numpy(texts.ids[begin:end].astype(np.int64)), torch.from_numpy(texts.scored[begin:end].copy()))
        for begin, end in spans
    ]


def batch_numbers(windows: int, batch_size: int, step: int, seed: int) -> np.ndarray:
    """The window numbers [batch_size] of a step: epochs are shuffled one after another, without gaps."""
    first = step * batch_size
    numbers = []
    for position in range(first, first + batch_size):
        epoch, place = divmod(position, windows)
        numbers.append(_shuffled(windows, epoch, seed)[place])
    return np.array(numbers)


_shuffles: dict[tuple[int, int, int], np.ndarray] = {}


def _shuffled(windows: int, epoch: int, seed: int) -> np.ndarray:
    key = (windows, epoch, seed)
    if key not in _shuffles:
        if len(_shuffles) > 1:
            _shuffles.clear()
        _shuffles[key] = np.random.default_rng((seed, epoch)).permutation(windows)
    return _shuffles[key]
