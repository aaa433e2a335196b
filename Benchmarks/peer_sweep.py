"""scikit-learn doing the sweep of sweep.py: five folds at ten penalties at every layer, then one fit on all rows.

    python Benchmarks/peer_sweep.py FOLDER SOLVER TOLERANCE

Two processes of one BLAS thread each, a layer at a time (faster here than one of two threads); float64, as the tolerance needs.
Standardised once per training part; penalties from strong to weak, each fit starting where the last one ended
where the solver can.
"""

import json
import pathlib
import sys
import time
import warnings

import numpy as np
from joblib import Parallel, delayed
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits


def sweep(features, plan, solver, tolerance):
    warnings.simplefilter("ignore", ConvergenceWarning)
    labels, folds = np.array(plan["labels"]), np.array(plan["folds"])
    penalties = plan["penalties"]
    losses = np.zeros(len(penalties))
    with threadpool_limits(1):
        for fold in range(5):
            rows = folds != fold
            scaler = StandardScaler().fit(features[rows])
            train, test = scaler.transform(features[rows]), scaler.transform(features[~rows])
            signs = np.where(labels[~rows] == 1, 1, -1)
            model = LogisticRegression(solver=solver, tol=tolerance, max_iter=10_000, warm_start=True)
            for index, penalty in enumerate(penalties):
                model.set_params(C=penalty).fit(train, labels[rows])
                losses[index] += np.logaddexp(0, -signs * model.decision_function(test)).sum()
        best = int(losses.argmin())
        scaler = StandardScaler().fit(features)
        model = LogisticRegression(C=penalties[best], solver=solver, tol=tolerance, max_iter=10_000)
        model.fit(scaler.transform(features), labels)
    weights = model.coef_[0] / scaler.scale_
    return {"penalty": penalties[best], "losses": losses.tolist(), "weights": weights.tolist(),
            "bias": float(model.intercept_[0] - weights @ scaler.mean_)}


def main():
    folder, solver, tolerance = pathlib.Path(sys.argv[1]), sys.argv[2], float(sys.argv[3])
    plan = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
    shape = (plan["layers"], plan["rows"], plan["width"])
    features = np.fromfile(folder / "features.f32", np.float32).reshape(shape)
    Parallel(n_jobs=2)(delayed(abs)(one) for one in range(2))  # starts the processes
    start = time.perf_counter()
    layers = Parallel(n_jobs=2)(
        delayed(sweep)(layer.astype(np.float64), plan, solver, tolerance) for layer in features)
    seconds = time.perf_counter() - start
    (folder / f"{solver}.json").write_text(json.dumps({"seconds": seconds, "layers": layers}), encoding="utf-8")


if __name__ == "__main__":
    main()
