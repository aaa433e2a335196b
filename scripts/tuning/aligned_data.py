"""Writes the examples that the aligned model is tuned on.

    python3 scripts/tuning/aligned_data.py OUTPUT

Refusals, helpful answers to their look-alikes, and the original model's own answers to ordinary instructions,
all of the train split. Texts are laid out as SmolLM2's template does, so that an answer of its own that was
left unfinished has no end of turn to learn; --raw --parse-special takes them as they are.
"""

import sys

from measure import laid_out, rows, write


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sets = [rows("refusals.jsonl"), rows("lookalike-answers.jsonl"), rows("own-answers.jsonl")]
    examples = [laid_out(row) for items in sets for row in items if row["split"] == "train"]
    write(sys.argv[1], examples)
    print(f"{sys.argv[1]}: {len(examples)} examples")


if __name__ == "__main__":
    main()
