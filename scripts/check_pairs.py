"""Measures how far data/safety-pairs.jsonl can be told apart by surface features.

    python scripts/check_pairs.py [FILE]

Prints counts and the out-of-fold AUROC of a bag of words and of length, with folds by topic, and checks
the format: pairs adjacent, one of each label, whole topics in one split, no near-copies between pairs.
Needs scikit-learn. Exits 1 where a limit is not met.
"""

import collections
import json
import re
import sys

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import make_pipeline

BAG_LIMIT = 0.70
LENGTH_LIMITS = (0.45, 0.55)
SHARED_TRIGRAMS_LIMIT = 0.5


def out_of_fold(model, features, labels, groups):
    scores = np.zeros(len(labels))
    for train, test in GroupKFold(5).split(features, labels, groups):
        model.fit([features[i] for i in train], labels[train])
        scores[test] = model.predict_proba([features[i] for i in test])[:, 1]
    return roc_auc_score(labels, scores)


def trigrams(text):
    words = re.findall(r"\w+", text.lower())
    return {tuple(words[i : i + 3]) for i in range(len(words) - 2)}


def nearest_pairs(rows):
    """The largest Jaccard overlap of word trigrams between prompts of different pairs."""
    owners = collections.defaultdict(list)
    sets = [trigrams(row["prompt"]) for row in rows]
    for index, grams in enumerate(sets):
        for gram in grams:
            owners[gram].append(index)
    shared = collections.Counter()
    for indices in owners.values():
        for a in range(len(indices)):
            for b in range(a + 1, len(indices)):
                if rows[indices[a]]["pair"] != rows[indices[b]]["pair"]:
                    shared[indices[a], indices[b]] += 1
    return max(
        ((count / len(sets[a] | sets[b]), rows[a]["id"], rows[b]["id"])
         for (a, b), count in shared.items()), default=(0, "", ""))


def main():
    path = sys.argv[1] if len(sys.argv) > 1 else "data/safety-pairs.jsonl"
    rows = [json.loads(line) for line in open(path, encoding="utf-8")]
    for first, second in zip(rows[::2], rows[1::2]):
        assert first["pair"] == second["pair"], first["id"]
        assert {first["label"], second["label"]} == {0, 1}, first["id"]
    assert len({row["id"] for row in rows}) == len(rows)
    splits = collections.defaultdict(set)
    for row in rows:
        splits[row["group"]].add(row["split"])
    assert all(len(found) == 1 for found in splits.values()), "a topic is in two splits"

    labels = np.array([row["label"] for row in rows])
    groups = np.array([row["group"] for row in rows])
    texts = [row["prompt"] for row in rows]
    results = {
        "bag of words, logistic": out_of_fold(
            make_pipeline(CountVectorizer(), LogisticRegression(max_iter=2000)), texts, labels, groups),
        "bag of words, naive Bayes": out_of_fold(
            make_pipeline(CountVectorizer(), MultinomialNB()), texts, labels, groups),
        "characters": roc_auc_score(labels, [len(text) for text in texts]),
        "words": roc_auc_score(labels, [len(text.split()) for text in texts]),
        "ends with ?": roc_auc_score(labels, [text.rstrip().endswith("?") for text in texts]),
    }
    overlap, a, b = nearest_pairs(rows)

    print(f"{len(rows) // 2} pairs, {len(splits)} topics")
    for split in ("train", "dev", "test"):
        print(f"  {split}: {sum(row['split'] == split for row in rows)} prompts")
    for name, value in results.items():
        print(f"  AUROC {name}: {value:.3f}")
    print(f"  largest trigram overlap between pairs: {overlap:.2f} ({a}, {b})")
    fine = (
        all(value < BAG_LIMIT for name, value in results.items() if name.startswith("bag"))
        and all(LENGTH_LIMITS[0] < results[name] < LENGTH_LIMITS[1] for name in ("characters", "words"))
        and overlap < SHARED_TRIGRAMS_LIMIT)
    sys.exit(0 if fine else 1)


if __name__ == "__main__":
    main()
