"""Writes the examples that the aligned model is tuned on.

    python3 scripts/tuning/aligned_data.py OUTPUT [--lookalikes N]

Refusals and the original model's own answers to ordinary instructions, all of the train split. Each is there
twice, whole and with its first words only, because whether to refuse is decided there. --lookalikes adds so many
helpful answers to look-alikes, evenly over the topics. Texts are laid out as SmolLM2's template does, so that an
answer that was left unfinished has no end of turn to learn; --raw --parse-special takes them as they are.
"""

import argparse
import re

from measure import laid_out, rows, write

OPENING_WORDS = 8


def opening(row):
    words = re.match(rf"(\s*\S+){{1,{OPENING_WORDS}}}", row["response"]).group()
    finished = row.get("finished", True) and words == row["response"]
    return {**row, "id": row["id"] + "-opening", "response": words, "finished": finished}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output")
    parser.add_argument("--lookalikes", type=int, default=0)
    options = parser.parse_args()
    own = [row for row in rows("own-answers.jsonl") if row["split"] == "train"]
    lookalikes = rows("lookalike-answers.jsonl")
    count = min(options.lookalikes, len(lookalikes))
    chosen = [lookalikes[place * len(lookalikes) // count] for place in range(count)]
    whole = rows("refusals.jsonl") + own
    examples = whole + [opening(row) for row in whole] + chosen
    write(options.output, [laid_out(row) for row in examples])
    print(f"{options.output}: {len(examples)} examples")


if __name__ == "__main__":
    main()
