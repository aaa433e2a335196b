"""Writes Tests/Goldens/probes/calibration.json: scikit-learn's and scipy's judgement of stated chances.

For each set: log-odds and labels; bins of equal size (calibration_curve where scores have no ties), expected and
debiased calibration error, slope and intercept of an unpenalised logistic regression, Brier score, log loss, Wilson
intervals; and for bags of counts, the decision function of MultinomialNB.

Run: python scripts/goldens/calibration.py
"""

import json
import pathlib

import numpy as np
from scipy.stats import binomtest
from sklearn.calibration import calibration_curve
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, log_loss, roc_curve
from sklearn.naive_bayes import MultinomialNB

SEED = 20261126
OUT = pathlib.Path(__file__).resolve().parents[2] / "Tests" / "Goldens" / "probes"


def judged(rng, rows, slope, intercept):
    truth = rng.normal(size=rows) * 1.5
    labels = (rng.uniform(size=rows) < 1 / (1 + np.exp(-truth))).astype(int)
    logits = slope * truth + intercept
    chances = 1 / (1 + np.exp(-logits))
    observed, stated = calibration_curve(labels, chances, n_bins=10, strategy="quantile")
    order = np.argsort(logits)
    parts = [order[bin * rows // 10:(bin + 1) * rows // 10] for bin in range(10)]
    shares = np.array([len(part) for part in parts]) / rows
    gaps = np.array([labels[part].mean() - chances[part].mean() for part in parts])
    bias = np.array([labels[part].mean() * (1 - labels[part].mean()) / (len(part) - 1) for part in parts])
    model = LogisticRegression(C=np.inf, tol=1e-12, max_iter=10_000).fit(logits[:, None], labels)
    wilson = [binomtest(int(labels[part].sum()), len(part)).proportion_ci(method="wilson") for part in parts]
    rates = roc_curve(labels, logits, drop_intermediate=False)
    return {
        "log_odds": logits.tolist(), "labels": labels.tolist(),
        "stated": stated.tolist(), "observed": observed.tolist(),
        "low": [interval.low for interval in wilson], "high": [interval.high for interval in wilson],
        "expected_error": float(shares @ np.abs(gaps)),
        "debiased_error": float(np.sqrt(max(shares @ (gaps**2 - bias), 0))),
        "slope": float(model.coef_[0, 0]), "intercept": float(model.intercept_[0]),
        "brier": brier_score_loss(labels, chances), "log_loss": log_loss(labels, chances),
        "roc_false": rates[0].tolist(), "roc_true": rates[1].tolist(),
    }


def bags(rng):
    counts = rng.poisson(0.3, size=(40, 12))
    labels = rng.integers(0, 2, size=40)
    model = MultinomialNB().fit(counts, labels)
    log_chances = model.predict_joint_log_proba(counts)
    return {"width": 12, "counts": counts.ravel().tolist(), "labels": labels.tolist(),
            "scores": (log_chances[:, 1] - log_chances[:, 0]).tolist()}


def main():
    rng = np.random.default_rng(SEED)
    sets = [judged(rng, rows, slope, intercept)
            for rows, slope, intercept in [(400, 1.0, 0.0), (500, 2.5, -0.7), (1000, 0.4, 0.3)]]
    with open(OUT / "calibration.json", "w", encoding="utf-8") as file:
        json.dump({"sets": sets, "bags": bags(rng)}, file)
        file.write("\n")


if __name__ == "__main__":
    main()
