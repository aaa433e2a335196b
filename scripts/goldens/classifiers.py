"""Writes Tests/Goldens/probes: small data sets with scikit-learn's answers to linear classifiers.

discriminant.json  linear discriminant analysis with shrinkage: decision function on the training rows.
ridge.json         ridge regression of three targets on standardised or centred features: scores of
                   every fold without it, of every fold without it and another, and on all rows.
nested_ridge.json  nested cross-validation over given folds: penalties chosen as shares of the mean
                   eigenvalue, out-of-fold predictions.

Run: python scripts/goldens/classifiers.py
"""

import json
import pathlib

import numpy as np
import sklearn
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

SEED = 20251104
OUT = pathlib.Path(__file__).resolve().parents[2] / "Tests" / "Goldens" / "probes"


def shortest(features):
    """The shortest decimals that read back as the same float32."""
    return [float(str(value)) for value in features.astype(np.float32).ravel()]


def rounded(values):
    return [float(f"{value:.13g}") for value in np.asarray(values).ravel()]


def discriminant_sets(rng):
    def labels(rows, share):
        found = (np.arange(rows) < share * rows).astype(int)
        return rng.permutation(found)

    tall = rng.normal(size=(60, 5)) * [1, 10, 0.1, 3, 1] + [0, 5, -2, 100, 0]
    tall[:, 1] += 0.5 * tall[:, 3]
    yield "more rows than components", tall, labels(60, 0.4)
    yield "fewer rows than components", rng.normal(size=(24, 40)), labels(24, 0.5)
    correlated = rng.normal(size=(20, 3)) @ rng.normal(size=(3, 30)) + 0.3 * rng.normal(size=(20, 30))
    yield "few rows of correlated components", correlated, labels(20, 0.3)
    constant = rng.normal(size=(40, 6))
    constant[:, 2] = 3.7
    constant[:, 5] = 0.0
    yield "constant columns", constant, labels(40, 0.5)
    within = rng.normal(size=(30, 5))
    truth = labels(30, 0.5)
    within[truth == 1, 3] = 2.5
    yield "a column constant in one class", within, truth
    huge = rng.normal(size=(30, 7))
    huge[:, 3] = 3000 + 40 * rng.normal(size=30)
    yield "one massive component", huge, labels(30, 0.6)


def discriminants(rng):
    for name, features, labels in discriminant_sets(rng):
        features = features.astype(np.float32)
        fits = []
        for shrinkage in ["auto", 0.05, 0.6, 1.0]:
            model = make_pipeline(
                StandardScaler(), LinearDiscriminantAnalysis(solver="lsqr", shrinkage=shrinkage)
            ).fit(features.astype(np.float64), labels)
            fits.append(
                {
                    "shrinkage": None if shrinkage == "auto" else shrinkage,
                    "scores": rounded(model.decision_function(features.astype(np.float64))),
                }
            )
        yield {
            "name": name,
            "width": features.shape[1],
            "features": shortest(features),
            "labels": labels.tolist(),
            "fits": fits,
        }


def ridge_sets(rng):
    tall = rng.normal(size=(40, 5)) * [1, 10, 0.1, 3, 1] + [0, 5, -2, 100, 0]
    yield "more rows than components", tall, np.arange(40) % 4
    yield "fewer rows than components", rng.normal(size=(18, 30)), np.arange(18) % 3
    constant = rng.normal(size=(30, 6))
    constant[:, 2] = 3.7
    constant[:, 5] = 0.0
    yield "constant columns", constant, np.arange(30) % 3
    rare = rng.normal(size=(30, 5))
    rare[:, 1] = np.arange(30) == 4
    yield "a column that varies in one fold alone", rare, np.arange(30) % 3
    uneven = rng.normal(size=(26, 4))
    uneven[:, 3] = 3000 + 40 * rng.normal(size=26)
    yield "folds of unequal size and a massive component", uneven, np.repeat([0, 1, 2], [5, 13, 8])
    wide = rng.normal(size=(16, 30))
    wide[:, 7] = -1.25
    wide[:, 8] = np.arange(16) == 5
    yield "few rows, constant columns", wide, np.arange(16) % 3


def ridges(rng):
    for name, features, folds in ridge_sets(rng):
        features = features.astype(np.float32).astype(np.float64)
        rows, width = features.shape
        targets = np.stack(
            [
                (np.arange(rows) % 2).astype(float),
                2000 + 3 * features[:, 0] + rng.normal(size=rows),
                rng.normal(size=rows),
            ],
            axis=1,
        )
        targets = targets.astype(np.float32).astype(np.float64)
        fits = []
        for is_scaled, alpha in [(True, 0.3), (True, 50.0), (False, 2.0)]:

            def scores(train, test):
                model = make_pipeline(
                    StandardScaler(with_std=is_scaled), Ridge(alpha=alpha, solver="cholesky")
                ).fit(features[train], targets[train])
                return model.predict(features[test])

            held = np.zeros_like(targets)
            inner = np.zeros((folds.max() + 1, *targets.shape))
            for one in range(folds.max() + 1):
                held[folds == one] = scores(folds != one, folds == one)
                for other in set(range(folds.max() + 1)) - {one}:
                    inner[one, folds == other] = scores(
                        (folds != one) & (folds != other), folds == other
                    )
            fits.append(
                {
                    "scaled": is_scaled,
                    "alpha": alpha,
                    "out_of_fold": rounded(held),
                    "inner": rounded(inner),
                    "final": rounded(scores(folds >= 0, folds >= 0)),
                }
            )
        yield {
            "name": name,
            "width": width,
            "features": shortest(features),
            "folds": folds.tolist(),
            "targets": shortest(targets),
            "fits": fits,
        }


def nested(rng):
    """Nested cross-validation, spelled out: for every fold, the other folds choose the share."""
    rows, width, count = 60, 8, 5
    folds = np.arange(rows) % count
    features = rng.normal(size=(rows, width)).astype(np.float32).astype(np.float64)
    targets = features[:, 0] - 0.5 * features[:, 3] + 1.2 * rng.normal(size=rows) + 50
    targets = targets.astype(np.float32).astype(np.float64)
    shares = [100.0, 10.0, 1.0, 0.1, 0.01]

    def scores(train, test, share):
        # Every standardised component has variance 1: the mean eigenvalue is the number of rows.
        model = make_pipeline(StandardScaler(), Ridge(alpha=share * train.sum(), solver="cholesky"))
        return model.fit(features[train], targets[train]).predict(features[test])

    def error(outer, share):
        total = 0.0
        for inner in set(range(count)) - {outer}:
            test = folds == inner
            found = scores((folds != outer) & ~test, test, share)
            total += ((found - targets[test]) ** 2).sum()
        return total

    errors = np.array([[error(outer, share) for share in shares] for outer in range(count)])
    chosen = [shares[index] for index in errors.argmin(1)]
    held = np.zeros(rows)
    inner = []
    for outer, share in enumerate(chosen):
        held[folds == outer] = scores(folds != outer, folds == outer, share)
        others = targets[folds != outer]
        inner.append(1 - errors[outer].min() / ((others - others.mean()) ** 2).sum())
    return {
        "width": width,
        "features": shortest(features),
        "folds": folds.tolist(),
        "targets": shortest(targets),
        "shares": shares,
        "chosen": chosen,
        "final": shares[int(errors.sum(0).argmin())],
        "inner": rounded(inner),
        "predictions": rounded(held),
    }


def main():
    rng = np.random.default_rng(SEED)
    OUT.mkdir(parents=True, exist_ok=True)
    made = {"scikit_learn": sklearn.__version__, "numpy": np.__version__, "seed": SEED}
    for name, body in [
        ("discriminant", {"sets": list(discriminants(rng))}),
        ("ridge", {"sets": list(ridges(rng))}),
        ("nested_ridge", nested(rng)),
    ]:
        text = json.dumps({"made_with": made, **body}, separators=(",", ":"))
        (OUT / f"{name}.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
