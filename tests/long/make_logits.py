"""Writes logits.json: what PyTorch computes for the checkpoint that `write-checkpoint.ts` writes.

    node scripts/run.mjs tests/long/write-checkpoint.ts bd3lm-170M <folder>
    python -m tests.long.make_logits <folder>

On one machine it writes the same bytes twice; another may round the last digits otherwise.
"""

import hashlib
import json
import sys
from pathlib import Path

import torch

from training.checkpoint import WEIGHTS, load_checkpoint

HERE = Path(__file__).parent
EVERY = 197
"""Of the logits of a row one in so many is kept; a prime, so that they lie in every part of the vocabulary."""


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@torch.inference_mode()
def main(checkpoint: Path) -> None:
    text = json.loads((HERE / "text.json").read_text())
    model = load_checkpoint(checkpoint).eval()
    prompt, noised = torch.tensor(text["prompt"]), torch.tensor(text["noised"])
    mask_id = model.config.mask_id
    sizes = torch.tensor([text["block_size"]])

    def logits_of(noised_ids: torch.Tensor, clean_ids: torch.Tensor) -> torch.Tensor:
        return model.backbone.head(model.denoise_hidden(noised_ids[None], clean_ids[None], sizes))[0]

    # The noised block sees the prompt; what its clean copy holds is seen by none.
    logits = logits_of(torch.cat((prompt, noised)), torch.cat((prompt, torch.zeros_like(noised))))[len(prompt) :]

    masked = torch.arange(len(prompt)) % 2 == 1
    scored = logits_of(torch.where(masked, mask_id, prompt), prompt)
    scored[:, mask_id] = -torch.inf
    losses = -scored.log_softmax(-1)[torch.arange(len(prompt)), prompt]
    nelbo = torch.where(masked, losses / 0.5, 0.0)

    rows = [
        {
            "argmax": int(row[:mask_id].argmax()),
            "log_total": round(float(row[:mask_id].logsumexp(-1)), 5),
            "logits": [round(float(logit), 5) for logit in row[::EVERY]],
        }
        for row in logits
    ]
    made = {
        "torch": torch.__version__,
        "weights_sha256": sha256(checkpoint / WEIGHTS),
        "text": text,
        "every": EVERY,
        "rows": rows,
        "nelbo": [round(float(term), 5) for term in nelbo],
    }
    (HERE / "logits.json").write_text(json.dumps(made) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
