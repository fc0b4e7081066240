"""The base's own answers to everyday questions, so that the adapted model can still chat.

    python -m training.everyday --base <folder> --out training/everyday.jsonl

writes one JSON object a line, `question` and `answer`: greedy, and only what ended by itself. Questions come from
`training/questions.txt`. Stopped, it goes on after the last question that it answered.
"""

import argparse
import json
from pathlib import Path

import torch
from tokenizers import Tokenizer

from .conversations import Encoder
from .llama_checkpoint import load_llama
from .sample import sample

QUESTIONS = Path(__file__).with_name("questions.txt")
LONGEST = 200


def main() -> None:
    parser = argparse.ArgumentParser(description="Let the base answer everyday questions.")
    parser.add_argument("--base", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)

    model = load_llama(arguments.base).eval()
    encoder = Encoder(arguments.base)
    tokenizer = Tokenizer.from_file(str(arguments.base / "tokenizer.json"))
    lines = arguments.out.read_text().splitlines() if arguments.out.exists() else []
    answered = {json.loads(line)["question"] for line in lines}
    for question in QUESTIONS.read_text().splitlines():
        if question in answered:
            continue
        made = sample(model, encoder.prompt(question), encoder.end_of_text, 1, 1.0, LONGEST)
        if len(made.ids) < LONGEST:
            with arguments.out.open("a") as file:
                file.write(json.dumps({"question": question, "answer": tokenizer.decode(made.ids)}) + "\n")


if __name__ == "__main__":
    main()
