#!/usr/bin/python3
"""Forest training and prediction, side by side with scikit-learn or XGBoost on the same rows, in one run.

    cmake --preset release && ninja -C build/release bench_forest
    /usr/bin/python3 bench/forest/run.py                       # all that the README quotes, but 100 trees
    /usr/bin/python3 bench/forest/run.py --trees 100           # one comparison: that of 100 trees
    /usr/bin/python3 bench/forest/run.py --peer xgboost --max-leaf-nodes 512
"""

import argparse
import json
import os
import pickle
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from sklearn.datasets import make_classification, make_regression
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.metrics import r2_score, roc_auc_score

REPOSITORY = Path(__file__).resolve().parents[2]
FEATURES = 20


def make_data(task, rows, test_rows):
    total = rows + test_rows
    if task == "classification":
        x, y = make_classification(total, FEATURES, n_informative=10, flip_y=0.05, random_state=1)
        y = y.astype(np.uint32)
    else:
        x, y = make_regression(total, FEATURES, n_informative=10, noise=20.0, random_state=1)
        y = y + 50 * np.sin(x[:, 0] * 2) * x[:, 1]  # trees have something to find that a line has not
        y = y.astype(np.float64)
    x = x.astype(np.float32)
    return x[:rows], y[:rows], x[rows:], y[rows:]


def run_ours(program, task, data, params, threads, folder):
    x, y, x_test, _ = data
    paths = [folder / name for name in ("train_x", "train_y", "test_x", "predictions")]
    for path, array in zip(paths, (x, y, x_test)):
        array.tofile(path)
    command = [program, task, FEATURES, *paths, threads, json.dumps(params)]
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=3600)
    if done.returncode != 0:
        sys.exit(f"bench_forest failed: {done.stderr}")
    return json.loads(done.stdout), np.fromfile(paths[3], dtype=np.float64)


class XGBoostForest:
    """XGBoost's hist trees in random-forest mode, with the interface of scikit-learn's forests."""

    def __init__(self, n_jobs, n_estimators, random_state, max_leaf_nodes):
        import xgboost
        self.library = xgboost
        self.trees, self.n_jobs, self.leaves = n_estimators, n_jobs, max_leaf_nodes
        self.parameters = {
            "tree_method": "hist", "num_parallel_tree": n_estimators, "learning_rate": 1.0, "subsample": 0.632,
            "colsample_bynode": 4 / FEATURES, "grow_policy": "lossguide", "max_depth": 0, "max_bin": 256,
            "max_leaves": max_leaf_nodes, "objective": "binary:logistic", "reg_lambda": 0.0, "min_child_weight": 0.0,
            "nthread": n_jobs, "seed": random_state, "base_score": 0.5,
        }

    def fit(self, x, y):
        self.booster = self.library.train(self.parameters, self.library.DMatrix(x, y), num_boost_round=1)

    def predict_proba(self, x):
        positive = self.booster.predict(self.library.DMatrix(x))
        return np.stack([1 - positive, positive], axis=1)

    predict = predict_proba

    def leaf_count(self):
        return sum(tree.count("leaf=") for tree in self.booster.get_dump())

    def model_bytes(self):
        return len(self.booster.save_raw("ubj"))


def make_peer(peer, task, threads, params):
    if peer == "xgboost":
        return XGBoostForest(n_jobs=threads, **params)
    kind = RandomForestClassifier if task == "classification" else RandomForestRegressor
    return kind(n_jobs=threads, **params)


def peak_megabytes():
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def run_peer_here(peer, task, data, params, threads, pickled):
    x, y, x_test, _ = data
    forest = make_peer(peer, task, threads, params)
    data_mb = peak_megabytes()
    start, processor_start = time.perf_counter(), time.process_time()
    forest.fit(x, y)
    fit_seconds, fit_processor_seconds = time.perf_counter() - start, time.process_time() - processor_start
    peak_mb = peak_megabytes()
    start = time.perf_counter()
    scores = forest.predict_proba(x_test)[:, 1] if task == "classification" else forest.predict(x_test)
    predict_seconds = time.perf_counter() - start
    forest.n_jobs = 1
    start = time.perf_counter()
    for row in range(20):
        forest.predict(x_test[row : row + 1])
    single_row_us = (time.perf_counter() - start) / 20 * 1e6
    report = {
        "fit_seconds": fit_seconds,
        "fit_processor_seconds": fit_processor_seconds,
        "predict_seconds": predict_seconds,
        "single_row_us": single_row_us,
        "leaves": forest.leaf_count() if peer == "xgboost" else sum(t.get_n_leaves() for t in forest.estimators_),
        "data_mb": data_mb,
        "peak_mb": peak_mb,
        "bytes": forest.model_bytes() if peer == "xgboost" else len(pickle.dumps(forest)) if pickled else 0,
    }
    return report, scores


def run_peer(*arguments):
    """In a process of its own, so that the peak memory is its own."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        with os.fdopen(writer, "wb") as stream:
            pickle.dump(run_peer_here(*arguments), stream)
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as stream:
        result = pickle.load(stream)
    os.waitpid(child, 0)
    return result


def compare(arguments, seed):
    """One comparison, printed. Gives the ratios of the two sides."""
    rows = 100_000 if arguments.quick else arguments.rows
    data = make_data(arguments.task, rows, max(rows // 5, 1000))
    params = {"n_estimators": arguments.trees, "random_state": seed}
    if arguments.max_leaf_nodes:
        params["max_leaf_nodes"] = arguments.max_leaf_nodes
    metric = roc_auc_score if arguments.task == "classification" else r2_score
    name = "test AUC" if arguments.task == "classification" else "test R2"

    with tempfile.TemporaryDirectory() as folder:
        runs = [
            run_ours(arguments.program, arguments.task, data, params, arguments.threads, Path(folder))
            for _ in range(arguments.repeat)
        ]
    runs.sort(key=lambda run: run[0]["fit_seconds"])
    ours, scores = runs[len(runs) // 2]
    ours["score"] = metric(data[3], scores)
    if arguments.no_peer:
        print(json.dumps(ours, indent=1))
        return {}
    pickled = ours["bytes"] < 2_000_000_000
    peer, scores = run_peer(arguments.peer, arguments.task, data, params, arguments.threads, pickled)
    peer["score"] = metric(data[3], scores)

    limit = f", {arguments.max_leaf_nodes} leaves" if arguments.max_leaf_nodes else ""
    print(f"{arguments.task}, {rows:,} x {FEATURES}, {arguments.trees} trees{limit}, seed {seed}, "
          f"{arguments.threads} threads, {os.cpu_count()} cores")
    print(f"{'':28}{'archmlp':>14}{arguments.peer:>14}{'ratio':>9}")
    lines = [
        ("training, s (with binning)", "fit_seconds", "{:,.3f}"),
        ("the same, processor s", "fit_processor_seconds", "{:,.3f}"),
        ("test rows predicted, s", "predict_seconds", "{:,.3f}"),
        ("one row, us", "single_row_us", "{:,.1f}"),
        ("leaves", "leaves", "{:,.0f}"),
        ("memory on top of data, MB", "extra_mb", "{:,.0f}"),
        ("model, MB", "megabytes", "{:,.1f}"),
    ]
    for side in (ours, peer):
        side["extra_mb"] = side["peak_mb"] - side["data_mb"]
        side["megabytes"] = side["bytes"] / 1e6
    for title, key, style in lines:
        ratio = f"{peer[key] / ours[key]:.1f}x" if ours[key] and peer[key] else ""
        print(f"{title:28}{style.format(ours[key]):>14}{style.format(peer[key]):>14}{ratio:>9}")
    print(f"{name:28}{ours['score']:>14.5f}{peer['score']:>14.5f}{ours['score'] - peer['score']:>+9.5f}\n", flush=True)
    return {"training": peer["fit_seconds"] / ours["fit_seconds"],
            "processor": peer["fit_processor_seconds"] / ours["fit_processor_seconds"],
            "score": ours["score"] - peer["score"]}


def run_suite(arguments):
    """What the README quotes."""
    ratios = [compare(arguments, seed) for seed in range(1, 6)]
    for key, unit in (("training", "x"), ("processor", "x"), ("score", "")):
        values = [ratio[key] for ratio in ratios]
        print(f"five seeds, {key}: median {np.median(values):.4g}{unit}, from {min(values):.4g} to {max(values):.4g}")
    print(flush=True)
    arguments.peer, arguments.max_leaf_nodes = "xgboost", 512
    compare(arguments, 1)
    arguments.peer, arguments.max_leaf_nodes = "scikit-learn", None
    arguments.task, arguments.quick = "regression", True
    compare(arguments, 1)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--quick", action="store_true", help="100,000 rows")
    parser.add_argument("--trees", type=int, default=10)
    parser.add_argument("--task", choices=["classification", "regression"], default="classification")
    parser.add_argument("--max-leaf-nodes", type=int, help="best-first growth up to so many leaves")
    parser.add_argument("--peer", choices=["scikit-learn", "xgboost"], default="scikit-learn")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeat", type=int, default=3, help="runs of ours; the median counts")
    parser.add_argument("--no-peer", action="store_true", help="ours only")
    parser.add_argument("--program", type=Path, default=REPOSITORY / "build/release/bin/bench_forest")
    arguments = parser.parse_args()
    if len(sys.argv) == 1:
        run_suite(arguments)
    else:
        compare(arguments, arguments.seed)


if __name__ == "__main__":
    main()
