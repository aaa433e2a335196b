"""Writes data/harmful-and-ordinary.jsonl: harmful requests of the pairs beside ordinary instructions.

    python3 scripts/harmful_and_ordinary.py

Within each split every topic of safety-pairs.jsonl (label 1) meets one of instructions.jsonl (label 0), prompt by
prompt; what has no counterpart is left out.
"""

import json
import pathlib

DATA = pathlib.Path(__file__).resolve().parents[1] / "data"


def topics(name, split):
    """The prompts of a split by topic, in the order of the file; of pairs the harmful ones."""
    found = {}
    with open(DATA / name, encoding="utf-8") as file:
        for row in map(json.loads, file):
            if row["split"] == split and row.get("label", 1) == 1:
                found.setdefault(row["group"], []).append(row)
    return found


def main():
    rows = []
    for split in ("train", "dev", "test"):
        harmful, ordinary = topics("safety-pairs.jsonl", split), topics("instructions.jsonl", split)
        for one, other in zip(harmful, ordinary):
            for place, sides in enumerate(zip(harmful[one], ordinary[other])):
                for row, label in zip(sides, (1, 0)):
                    pair = f"{one}-{other}-{place + 1:02}"
                    rows.append({**row, "pair": pair, "label": label})
    names = ("id", "pair", "group", "split", "label", "prompt")
    with open(DATA / "harmful-and-ordinary.jsonl", "w", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps({name: row[name] for name in names}, ensure_ascii=False) + "\n")
    print(f"{len(rows)} prompts")


if __name__ == "__main__":
    main()
