#!/usr/bin/python3
"""Prediction with forests, one core, side by side with scikit-learn and XGBoost in one run, on rows that none has seen.

    /usr/bin/python3 bench/predict/run.py            # what the README quotes
    /usr/bin/python3 bench/predict/run.py --quick    # few rows and trees: does it work?

Each side trains a forest of its own with the same parameters; ours predicts from the bytes of the model file, mapped.
Rounds of ours and theirs take turns and the best of each counts; times of batches are those of the processor.
"""

import argparse
import json
import pickle
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from sklearn.metrics import roc_auc_score

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "bench/forest"))
from run import FEATURES, make_data, make_peer  # noqa: E402


def call(command):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=3600)
    if done.returncode != 0:
        sys.exit(f"{Path(command[0]).name} failed: {done.stderr}")
    return json.loads(done.stdout)


class Ours:
    name = "archmlp"

    def __init__(self, programs, data, params, folder):
        self.programs, self.folder = programs, folder
        paths = [folder / name for name in ("train_x", "train_y", "test_x")]
        for path, array in zip(paths, data[:3]):
            array.tofile(path)
        self.bytes = call([programs / "bench_forest", "classification", FEATURES, *paths, folder / "unused", 2,
                           json.dumps(params), folder / "model"])["bytes"]

    def round(self, _):
        report = call([self.programs / "bench_predict", self.folder / "model", self.folder / "test_x",
                       self.folder / "predictions", 3])
        self.predictions = np.fromfile(self.folder / "predictions", dtype=np.float64)
        return {"batch": report["batch_seconds"], "row": report["row_p50_us"], "load": report["load_ms"]}


class Peer:
    def __init__(self, name, data, params):
        self.name = name
        self.forest = make_peer(name, "classification", 2, params)
        self.forest.fit(data[0], data[1])
        if name == "scikit-learn":
            self.forest.n_jobs = 1
            self.bytes = len(pickle.dumps(self.forest))
        else:
            self.forest.booster.set_param({"nthread": 1})
            self.bytes = self.forest.model_bytes()

    def predict(self, x):
        if self.name == "scikit-learn":
            return self.forest.predict_proba(x)[:, 1]
        return self.forest.booster.inplace_predict(x)  # without a copy into a DMatrix: its fastest way

    def round(self, x):
        start = time.process_time()
        self.predictions = self.predict(x)
        batch = time.process_time() - start
        times = []
        for row in range(min(50, len(x))):
            start = time.perf_counter()
            self.predict(x[row:row + 1])
            times.append(time.perf_counter() - start)
        return {"batch": batch, "row": float(np.median(times)) * 1e6}


def compare(title, data, params, peers, programs, rounds):
    x_test, y_test = data[2:]
    with tempfile.TemporaryDirectory() as folder:
        sides = [Ours(programs, data, params, Path(folder))] + [Peer(name, data, params) for name in peers]
        best = [{} for _ in sides]
        for _ in range(rounds):
            for side, figures in zip(sides, best):
                for key, value in side.round(x_test).items():
                    figures[key] = min(value, figures.get(key, value))
    print(f"{title}, {len(x_test):,} rows x {FEATURES} predicted on one core")
    print(f"{'':14}{'rows/s':>12}{'ours is':>9}{'one row, us':>13}{'model, MB':>11}{'AUC':>10}")
    for side, figures in zip(sides, best):
        ratio = "" if side is sides[0] else f"{figures['batch'] / best[0]['batch']:.1f}x"
        print(f"{side.name:14}{len(x_test) / figures['batch']:12,.0f}{ratio:>9}{figures['row']:13,.2f}"
              f"{side.bytes / 1e6:11,.2f}{roc_auc_score(y_test, side.predictions):10.5f}")
    print(f"ours is mapped and checked in {best[0]['load']:.1f} ms\n", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="20,000 rows and 10 trees")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--programs", type=Path, default=REPOSITORY / "build/release/bin")
    arguments = parser.parse_args()
    rows, trees = (20_000, 10) if arguments.quick else (1_000_000, 100)
    data = make_data("classification", rows, rows // 10)
    small = (data[0][:rows // 10], data[1][:rows // 10], *data[2:])
    both = ["scikit-learn", "xgboost"]
    compare(f"{trees} trees of 512 leaves", small,
            {"n_estimators": trees, "max_leaf_nodes": 512, "random_state": 1}, both, arguments.programs, arguments.rounds)
    compare(f"10 trees of any depth, from {rows:,} rows", data,
            {"n_estimators": 10, "random_state": 1}, both[:1], arguments.programs, arguments.rounds)
    compare(f"{trees} trees of any depth, from {rows:,} rows", data,
            {"n_estimators": trees, "random_state": 1}, [], arguments.programs, arguments.rounds)


if __name__ == "__main__":
    main()
