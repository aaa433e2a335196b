"""scikit-learn's LogisticRegression doing the nested search that `plumb probe` does at every layer of a store.

    python Benchmarks/peer_scikit_learn.py STORE.h5 RESULT.json

Five folds by group. For every pair of folds a path of penalties is fitted without both and scored on either
(so one fit serves two outer folds), then one fit per outer fold and one on all rows. It gets plumb's own
shortcuts: the path ends once the inner loss was lowest two penalties ago, and features are standardised once per
training part. The solver is the fastest one here, newton-cholesky, at its default tolerance.
"""

import itertools
import json
import sys
import time
import warnings

import h5py
import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from sklearn.preprocessing import StandardScaler

PENALTIES = [10.0**power for power in range(-4, 5)]
FOLDS, PATIENCE = 5, 2


class Training:
    """One training part, standardised once, ready for any penalty."""

    def __init__(self, features, labels, rows):
        self.scaler = StandardScaler().fit(features[rows])
        self.features, self.labels = self.scaler.transform(features[rows]), labels[rows]

    def fit(self, penalty):
        return LogisticRegression(C=penalty, solver="newton-cholesky").fit(self.features, self.labels)


def losses(model, training, features, labels):
    margins = np.where(labels == 1, 1, -1) * model.decision_function(training.scaler.transform(features))
    return np.logaddexp(0, -margins).sum()


def search(features, labels, folds):
    """(penalty chosen for all rows, weights and intercept on standardised features)."""
    pairs = [(one, other, Training(features, labels, (folds != one) & (folds != other)))
             for one, other in itertools.combinations(range(FOLDS), 2)]
    path = []
    for penalty in PENALTIES:
        own = np.zeros(FOLDS)
        for one, other, training in pairs:
            model = training.fit(penalty)
            for outer, held in ((one, folds == other), (other, folds == one)):
                own[outer] += losses(model, training, features[held], labels[held])
        path.append(own)
        best = np.argmin(path, axis=0)
        overall = int(np.argmin(np.sum(path, axis=1)))
        if len(path) - 1 - max(*best, overall) >= PATIENCE:
            break
    for outer in range(FOLDS):
        Training(features, labels, folds != outer).fit(PENALTIES[best[outer]])
    final = Training(features, labels, slice(None)).fit(PENALTIES[overall])
    return PENALTIES[overall], final.coef_[0].tolist(), float(final.intercept_[0])


def main():
    store, result = sys.argv[1:]
    warnings.simplefilter("ignore", ConvergenceWarning)
    with h5py.File(store, "r") as file:
        labels = file["prompts/label"].asstr()[:].astype(int)
        _, groups = np.unique(file["prompts/group"].asstr()[:], return_inverse=True)
        site = file["activations/resid_post"]
        layers = {name: site[name][:] for name in site}  # float32, the faster of its two types
    folds = np.zeros(len(labels), int)
    for fold, (_, rows) in enumerate(GroupKFold(FOLDS).split(labels, groups=groups)):
        folds[rows] = fold
    start = time.perf_counter()
    found = {name: search(features, labels, folds) for name, features in layers.items()}
    seconds = time.perf_counter() - start
    with open(result, "w", encoding="utf-8") as file:
        json.dump({"seconds": seconds, "probes": found}, file)


if __name__ == "__main__":
    main()
