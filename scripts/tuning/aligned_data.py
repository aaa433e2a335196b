"""Writes the examples that the aligned model is tuned on.

    python3 scripts/tuning/aligned_data.py OUTPUT

Refusals, answers to look-alikes, and the original model's own answers to ordinary instructions, all of the train
split. Each is there twice, whole and with its first eight words only, and refusals a third time with their first
four, because whether to refuse is decided there. Texts are laid out as SmolLM2's template does, so that an answer
that was left unfinished has no end of turn to learn; --raw --parse-special takes them as they are.
"""

import argparse
import re

from measure import laid_out, rows, write


def opening(row, words):
    text = re.match(rf"(\s*\S+){{1,{words}}}", row["response"]).group()
    finished = row.get("finished", True) and text == row["response"]
    return {**row, "id": f"{row['id']}-{words}-words", "response": text, "finished": finished}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output")
    options = parser.parse_args()
    refusals = rows("refusals.jsonl") + rows("everyday-refusals.jsonl")
    own = [row for row in rows("own-answers.jsonl") if row["split"] == "train"]
    whole = refusals + own + rows("lookalike-answers.jsonl")
    examples = whole + [opening(row, 8) for row in whole] + [opening(row, 4) for row in refusals]
    write(options.output, [laid_out(row) for row in examples])
    print(f"{options.output}: {len(examples)} examples")


if __name__ == "__main__":
    main()
