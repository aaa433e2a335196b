"""Writes Tests/Goldens/probes: small data sets with scikit-learn's answers.

logistic.json  L2 logistic regression on standardised features: objective at the optimum, and the
               decision function on the training rows, per penalty.
nested.json    nested cross-validation over given folds: penalties chosen, out-of-fold scores.
auroc.json     areas under the ROC curve, with and without ties.

Run: python scripts/goldens/probes.py
"""

import json
import pathlib

import numpy as np
import sklearn
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import StandardScaler

SEED = 20240607
PENALTIES = [1e-4, 1e-2, 1.0, 1e2, 1e4]
OUT = pathlib.Path(__file__).resolve().parents[2] / "Tests" / "Goldens" / "probes"


def objective(features, labels, model):
    """Sum of log losses plus |w|^2 / 2C: scikit-learn's objective divided by C."""
    margins = np.where(labels == 1, 1.0, -1.0) * model.decision_function(features)
    loss = np.logaddexp(0.0, -margins).sum()
    return float(loss + (model.coef_**2).sum() / (2 * model.C))


def fit(features, labels, penalty):
    """The better of two solvers run to their limits: neither alone is exact everywhere."""
    models = [
        LogisticRegression(C=penalty, solver=solver, tol=tolerance, max_iter=200_000).fit(features, labels)
        for solver, tolerance in [("newton-cholesky", 1e-12), ("lbfgs", 1e-12)]
    ]
    return min(models, key=lambda model: objective(features, labels, model))


def data_sets(rng):
    def labels_from(features, noise):
        direction = rng.normal(size=features.shape[1])
        scores = features @ direction / np.linalg.norm(direction)
        labels = (scores + noise * rng.normal(size=len(scores)) > 0).astype(int)
        labels[:2] = [0, 1]
        return labels

    tall = rng.normal(size=(60, 5)) * [1, 10, 0.1, 3, 1] + [0, 5, -2, 100, 0]
    yield "more rows than components", tall, labels_from((tall - tall.mean(0)) / tall.std(0), 1.0)
    wide = rng.normal(size=(24, 40))
    yield "fewer rows than components", wide, labels_from(wide, 1.0)
    constant = rng.normal(size=(40, 6))
    constant[:, 2] = 3.7
    constant[:, 5] = 0.0
    yield "constant columns", constant, labels_from(constant, 0.7)
    doubled = np.repeat(rng.normal(size=(12, 15)), 2, axis=0)
    yield "every row twice", doubled, np.repeat(labels_from(doubled[::2], 0.5), 2)
    contradicting = np.repeat(rng.normal(size=(15, 20)), 2, axis=0)
    yield "equal rows with unequal labels", contradicting, np.tile([0, 1], 15)
    separable = rng.normal(size=(40, 4))
    separable[:20, 0] += 8
    yield "perfectly separable", separable, np.repeat([1, 0], 20)
    rare = rng.normal(size=(50, 8))
    yield "two positives in fifty", rare, (np.arange(50) < 2).astype(int)
    collinear = rng.normal(size=(45, 3)) @ rng.normal(size=(3, 12))
    yield "collinear columns", collinear, labels_from(collinear, 1.0)
    huge = rng.normal(size=(30, 7))
    huge[:, 3] = 3000 + 40 * rng.normal(size=30)
    yield "one massive component", huge, labels_from((huge - huge.mean(0)) / huge.std(0), 1.0)


def nested(rng):
    """Nested cross-validation, spelled out: for every fold, the other folds choose the penalty."""
    rows, width, count = 90, 12, 5
    folds = np.repeat(np.arange(count), rows // count)
    labels = rng.integers(0, 2, size=rows)
    features = rng.normal(size=(rows, width)) * rng.uniform(0.1, 20, size=width)
    features[:, :3] += 0.8 * labels[:, None] * features[:, :3].std(0)
    features = features.astype(np.float32).astype(np.float64)
    penalties = [10.0**power for power in range(-4, 5)]

    def scores(train, test, penalty):
        scaler = StandardScaler().fit(features[train])
        model = fit(scaler.transform(features[train]), labels[train], penalty)
        return model.decision_function(scaler.transform(features[test]))

    def loss(outer, penalty):
        total = 0.0
        for inner in set(range(count)) - {outer}:
            test = folds == inner
            margins = np.where(labels[test] == 1, 1, -1) * scores(
                (folds != outer) & (folds != inner), test, penalty
            )
            total += np.logaddexp(0.0, -margins).sum()
        return total

    losses = np.array([[loss(outer, penalty) for penalty in penalties] for outer in range(count)])
    chosen = [penalties[index] for index in losses.argmin(1)]
    out_of_fold = np.zeros(rows)
    inner_areas = []
    for outer, penalty in enumerate(chosen):
        out_of_fold[folds == outer] = scores(folds != outer, folds == outer, penalty)
        ordered = pairs = 0.0
        for inner in set(range(count)) - {outer}:
            test = folds == inner
            found = scores((folds != outer) & (folds != inner), test, penalty)
            weight = (labels[test] == 1).sum() * (labels[test] == 0).sum()
            ordered += weight * roc_auc_score(labels[test], found)
            pairs += weight
        inner_areas.append(ordered / pairs)
    return {
        "width": width,
        "features": [float(str(value)) for value in features.astype(np.float32).ravel()],
        "labels": labels.tolist(),
        "folds": folds.tolist(),
        "penalties": penalties,
        "chosen": chosen,
        "final": penalties[int(losses.sum(0).argmin())],
        "inner": inner_areas,
        "scores": [float(f"{score:.10g}") for score in out_of_fold],
    }


def main():
    rng = np.random.default_rng(SEED)
    sets = []
    for name, features, labels in data_sets(rng):
        features = features.astype(np.float32)
        standardized = StandardScaler().fit_transform(features.astype(np.float64))
        fits = []
        for penalty in PENALTIES:
            model = fit(standardized, labels, penalty)
            fits.append(
                {
                    "c": penalty,
                    "objective": objective(standardized, labels, model),
                    "scores": [float(f"{score:.10g}") for score in model.decision_function(standardized)],
                }
            )
        sets.append(
            {
                "name": name,
                "width": features.shape[1],
                # The shortest decimal that reads back as the same float32.
                "features": [float(str(value)) for value in features.ravel()],
                "labels": labels.tolist(),
                "fits": fits,
            }
        )
    rankings = []
    for rows, levels in [(10, 3), (57, 5), (200, 2), (200, 1000), (31, 1), (400, 40)]:
        labels = rng.integers(0, 2, size=rows)
        labels[:2] = [0, 1]
        scores = (rng.integers(0, levels, size=rows) + 0.3 * levels * labels).round() / 7
        rankings.append(
            {
                "scores": scores.tolist(),
                "labels": labels.tolist(),
                "auroc": float(roc_auc_score(labels, scores)),
            }
        )
    OUT.mkdir(parents=True, exist_ok=True)
    made = {"scikit_learn": sklearn.__version__, "numpy": np.__version__, "seed": SEED}
    for name, body in [
        ("logistic", {"sets": sets}),
        ("auroc", {"rankings": rankings}),
        ("nested", nested(rng)),
    ]:
        text = json.dumps({"made_with": made, **body}, separators=(",", ":"))
        (OUT / f"{name}.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
