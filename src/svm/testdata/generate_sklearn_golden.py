#!/usr/bin/python3
"""Writes sklearn_golden.json beside itself: what scikit-learn's SVC and SVR say of some rows.

Each case has parameters, which label it learns, and the decisions and predictions for the last rows. Run it again
after adding cases; the file is checked in.
"""
import json
import pathlib

import numpy as np
from sklearn.svm import SVC, SVR

rng = np.random.default_rng(11)
ROWS, TRAIN, COLS = 150, 110, 4

x = np.round(rng.normal(0, 1, (ROWS, COLS)), 3).astype(np.float32)
x[:, 1] = np.where(rng.random(ROWS) < 0.6, 0, x[:, 1])  # zeros count in gamma='scale'
signal = x[:, 0] + 0.7 * x[:, 1] * x[:, 2] + rng.normal(0, 0.5, ROWS)
labels = {
    "binary": (signal > 0.3).astype(int),
    "multiclass": np.digitize(signal, [-0.8, 0.0, 0.9]),
    "real": np.round(signal, 4),
}
weights = np.round(rng.uniform(0, 3, TRAIN), 2)
weights[::9] = 0

cases = [
    {"label": "binary"},
    {"label": "binary", "C": 0.1, "class_weight": "balanced"},
    {"label": "binary", "C": 100.0, "gamma": "auto"},
    {"label": "binary", "kernel": "linear", "C": 0.5},
    {"label": "binary", "kernel": "poly", "coef0": 1.0, "degree": 2},
    {"label": "binary", "kernel": "sigmoid", "gamma": 0.05},
    {"label": "binary", "gamma": 0.3, "weights": True},
    {"label": "multiclass"},
    {"label": "multiclass", "decision_function_shape": "ovo", "C": 3.0},
    {"label": "multiclass", "break_ties": True, "kernel": "linear"},
    {"label": "multiclass", "class_weight": "balanced", "gamma": 0.2},
    {"label": "multiclass", "class_weight": {"0": 2.0, "3": 0.5}, "gamma": 0.3, "weights": True},
    {"label": "real"},
    {"label": "real", "epsilon": 0.3, "C": 10.0, "kernel": "linear"},
    {"label": "real", "epsilon": 0.0, "kernel": "poly", "coef0": 0.5, "gamma": 0.2, "weights": True},
]


def outcome(case):
    params = {key: value for key, value in case.items() if key not in ("label", "weights")}
    if isinstance(params.get("class_weight"), dict):
        params["class_weight"] = {int(key): value for key, value in params["class_weight"].items()}
    model = (SVR if case["label"] == "real" else SVC)(tol=1e-9, cache_size=500, **params)
    model.fit(x[:TRAIN].astype(float), labels[case["label"]][:TRAIN], weights if case.get("weights") else None)
    rows = x[TRAIN:].astype(float)
    decisions = model.predict(rows) if case["label"] == "real" else model.decision_function(rows)
    return {**case, "decisions": np.round(decisions, 9).tolist(), "predictions": model.predict(rows).tolist(),
            "support_vectors": int(len(model.support_))}


document = {
    "train_rows": TRAIN,
    "x": x.astype(float).round(3).tolist(),
    "labels": {name: values.tolist() for name, values in labels.items()},
    "weights": weights.tolist(),
    "cases": [outcome(case) for case in cases],
}
path = pathlib.Path(__file__).with_name("sklearn_golden.json")
path.write_text(json.dumps(document, separators=(",", ":")) + "\n")
