"""Writes Tests/Goldens/probes/rankings.json: rank agreement as SciPy has it.

Kendall's tau-b of pairs of lists, with and without ties, and the coefficient of concordance W of tables, which is
Friedman's statistic divided by judges × (things − 1).

Run: python scripts/goldens/rankings.py
"""

import json
import pathlib

import numpy as np
import scipy
from scipy.stats import friedmanchisquare, kendalltau

SEED = 20241126
OUT = pathlib.Path(__file__).resolve().parents[2] / "Tests" / "Goldens" / "probes"


def values(rng, count, levels):
    drawn = rng.normal(size=count)
    return drawn if levels == 0 else np.round(drawn * levels) / levels


def main():
    rng = np.random.default_rng(SEED)
    pairs, tables = [], []
    for count, levels in [(2, 0), (7, 0), (7, 1), (30, 0), (30, 1), (30, 4), (80, 2)]:
        one = values(rng, count, levels)
        other = values(rng, count, levels) + (0.5 * one if levels == 0 else np.round(0.5 * one))
        tau = kendalltau(one, other, variant="b").statistic
        pairs.append({"one": one.tolist(), "other": other.tolist(), "tau": float(tau)})
    for judges, things, levels in [(3, 7, 0), (3, 30, 1), (5, 30, 0), (6, 30, 4), (4, 12, 1)]:
        table = [values(rng, things, levels) for _ in range(judges)]
        # Friedman's test ranks along the blocks, which are the judges here.
        statistic = friedmanchisquare(*np.array(table).T).statistic
        tables.append({
            "strengths": [judge.tolist() for judge in table],
            "concordance": float(statistic / (judges * (things - 1))),
        })
    OUT.mkdir(parents=True, exist_ok=True)
    content = {
        "made_with": {"scipy": scipy.__version__, "numpy": np.__version__, "seed": SEED},
        "pairs": pairs,
        "tables": tables,
    }
    (OUT / "rankings.json").write_text(json.dumps(content, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
