"""Windows of the prepared token streams. Which windows a step sees depends on the seed and the step only."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor


@dataclass(frozen=True)
class Split:
    """ids [n] uint16, one stream of documents; windows [w] int64, where a window of `length` ids may begin."""

    ids: np.ndarray
    windows: np.ndarray
    length: int

    def batch(self, numbers: np.ndarray) -> Tensor:
        """The windows of these numbers, [len(numbers), length] int64."""
        offsets = self.windows[numbers][:, None] + np.arange(self.length)[None]
        return torch.from_numpy(self.ids[offsets].astype(np.int64))


def load_split(prepared: Path, name: str, length: int, *, openings_only: bool) -> Split:
    """Windows begin at a document's start and then every `length` ids of it, running into the next document.

    With `openings_only` there is one window a document, its beginning: what validation scores.
    """
    ids = np.load(prepared / f"{name}.ids.npy", mmap_mode="r")
    starts = np.load(prepared / f"{name}.starts.npy")
    if len(ids) < length:
        raise ValueError(f"{prepared}/{name}.ids.npy has {len(ids)} tokens, fewer than one window of {length}")
    ends = np.append(starts[1:], len(ids))
    if openings_only:
        windows = starts
    else:
        windows = np.concatenate([np.arange(a, b, length) for a, b in zip(starts, ends, strict=True)])
    return Split(ids, windows[windows + length <= len(ids)], length)


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
