"""Our isolation forest beside scikit-learn's: same samples, same size.

    python forest.py FACTS      as `cargo bench --bench identity -- --facts FACTS` writes them
"""

import json
import sys
import time

import numpy as np
from scipy.stats import spearmanr
from sklearn.ensemble import IsolationForest
from sklearn.metrics import roc_auc_score


def auc(scores):
    """Mean over people: their own blocks against the others'."""
    found = []
    for i, probes in enumerate(scores):
        own, others = probes[i], [s for j, other in enumerate(probes) if j != i for s in other]
        found.append(roc_auc_score([0] * len(own) + [1] * len(others), [*own, *others]))
    return np.mean(found)


def main():
    told = json.load(open(sys.argv[1]))
    aucs, alike, fitted, scored = [], [], 0, 0
    for seed in range(5):
        scores = []
        for enrolled in told["enrolled"]:
            start = time.perf_counter()
            forest = IsolationForest(n_estimators=100, random_state=seed).fit(np.array(enrolled))
            fitted += time.perf_counter() - start
            start = time.perf_counter()
            scores.append([list(-forest.score_samples(np.array(probe))) for probe in told["probes"]])
            scored += time.perf_counter() - start
        aucs.append(auc(scores))
        flat = lambda nested: [s for probes in nested for probe in probes for s in probe]
        alike.append(spearmanr(flat(scores), flat(told["scores"]))[0])
    print("| isolation forest | AUC, mean over people | all fitted | all scored |")
    print("|---|---|---|---|")
    print(f"| ours | {auc(told['scores']):.3f} | {told['fitted'] * 1e3:.0f} ms | {told['scored'] * 1e3:.0f} ms |")
    print(f"| scikit-learn, five seeds | {min(aucs):.3f} to {max(aucs):.3f} | {fitted * 200:.0f} ms | {scored * 200:.0f} ms |")
    print(f"\nRank correlation of the scores: {min(alike):.3f} to {max(alike):.3f}.")


main()
