#!/usr/bin/python3
"""Support vector machines side by side with scikit-learn's SVC (LIBSVM) and LinearSVC (LIBLINEAR), in one run.

    /usr/bin/python3 bench/svm/run.py                   # what the README quotes: some minutes
    /usr/bin/python3 bench/svm/run.py --quick           # few rows: does it work?
    /usr/bin/python3 bench/svm/run.py --only linear     # one of: rbf linear paysim sparse predict

Times are those of the processor, of all threads, as others may use the machine; the clock stands beside them. Ours may
use two cores, scikit-learn's solvers have one.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.datasets import make_classification
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, LinearSVC

REPOSITORY = Path(__file__).resolve().parents[2]
CACHE_MB = 200


def make_data(rows, features):
    x, y = make_classification(rows + rows // 5, features, n_informative=features // 2, flip_y=0.05, random_state=1)
    x = StandardScaler().fit_transform(x).astype(np.float32)
    return x[:rows], y[:rows].astype(np.uint32), x[rows:], y[rows:]


def timed(work):
    clock, processor = time.perf_counter(), time.process_time()
    result = work()
    return result, time.perf_counter() - clock, time.process_time() - processor


class Bench:
    def __init__(self, programs, folder, quick):
        self.program, self.generator = programs / "bench_svm", programs / "archmlp"
        self.folder, self.quick = folder, quick

    def call(self, *arguments):
        command = [str(self.program), *(str(argument) for argument in arguments)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=3600)
        if done.returncode != 0:
            sys.exit(f"bench_svm failed: {done.stderr}")
        return json.loads(done.stdout)

    def store(self, x, y):
        paths = self.folder / "x", self.folder / "y"
        x.astype(np.float32).tofile(paths[0])
        y.astype(np.uint32).tofile(paths[1])
        return paths

    def fit(self, x, y, **params):
        return self.call("fit", x.shape[1], *self.store(x, y), json.dumps(params), self.folder / "model")

    def decide(self, x, threads=2):
        x.tofile(self.folder / "test")
        report = self.call("predict", self.folder / "model", self.folder / "test", self.folder / "decisions", threads)
        return np.fromfile(self.folder / "decisions"), report

    def rbf(self):
        for rows, features in [(2000, 20)] if self.quick else [(20_000, 50), (50_000, 100)]:
            x, y, x_test, y_test = make_data(rows, features)
            gamma = 1 / (features * float(x.astype(np.float64).var()))
            ours = self.fit(x, y, C=1.0, gamma=gamma, cache_size=CACHE_MB)
            decisions, _ = self.decide(x_test)
            peer = SVC(C=1.0, gamma=gamma, cache_size=CACHE_MB)
            _, clock, processor = timed(lambda: peer.fit(x.astype(np.float64), y))
            theirs = peer.decision_function(x_test)
            print(f"\nrbf, {rows:,} x {features}, C = 1, tol 1e-3, cache {CACHE_MB} MB")
            self.head()
            self.line("archmlp", ours["processor_seconds"], ours["seconds"], ours["support_vectors"],
                      np.mean((decisions > 0) == y_test), ours["dual"])
            self.line("SVC", processor, clock, len(peer.support_), np.mean((theirs > 0) == y_test),
                      dual_of(peer, x, gamma))
            print(f"decisions differ by at most {np.abs(decisions - theirs).max():.2g}; "
                  f"{processor / ours['processor_seconds']:.1f}x the processor time, {clock / ours['seconds']:.1f}x the time")

    def linear(self):
        rows, features = (5000, 20) if self.quick else (100_000, 50)
        x, y, _, _ = make_data(rows, features)
        signs = np.where(y == 1, 1.0, -1.0)
        print(f"\nlinear, hinge loss, no bias on either side, {rows:,} x {features}")
        print(f"{'':26}{'C':>8}{'cpu s':>9}{'above the optimum':>20}")
        for c in [0.01, 1.0, 100.0]:
            paths = self.store(x, y)
            best = self.call("solve", features, *paths, json.dumps({"C": c, "bias": False, "tol": 1e-7}))
            ours = self.call("solve", features, *paths, json.dumps({"C": c, "bias": False}))
            above = ours["primal"] / best["dual"] - 1
            print(f"{'archmlp, two threads':26}{c:8g}{ours['processor_seconds']:9.2f}{above:20.1e}")
            passes = 10
            while passes <= (160 if self.quick else 1280):
                peer = LinearSVC(loss="hinge", dual=True, C=c, fit_intercept=False, tol=1e-12, max_iter=passes,
                                 random_state=1)
                _, _, processor = timed(lambda: peer.fit(x.astype(np.float64), y))
                weights = peer.coef_[0]
                primal = weights @ weights / 2 + c * np.maximum(0, 1 - signs * (x @ weights)).sum()
                above = primal / best["dual"] - 1
                if above <= 1e-4 or passes * 2 > (160 if self.quick else 1280):
                    print(f"{f'LinearSVC, {passes} passes':26}{c:8g}{processor:9.2f}{above:20.1e}")
                    break
                passes *= 2

    def paysim(self):
        rows = 100_000 if self.quick else 6_362_620
        data, prepared = self.folder / "paysim.csv", self.folder / "prepared"
        recipe = (REPOSITORY / "examples/fraud.yaml").read_text()
        (self.folder / "recipe.yaml").write_text(recipe.replace("split:", "  - scale: standard\nsplit:"))
        for command in (["generate", "paysim", "--rows", rows, "--seed", 42, "--out", data],
                        ["preprocess", data, "--recipe", self.folder / "recipe.yaml", "--out", prepared]):
            subprocess.run([str(self.generator), *(str(part) for part in command)], check=True, capture_output=True)
        x = np.loadtxt(prepared / "x_train.csv", delimiter=",", skiprows=1, dtype=np.float32)
        y = np.loadtxt(prepared / "y_train.csv", skiprows=1, dtype=np.float32).astype(np.uint32)
        paths = self.store(x, y)
        print(f"\nlinear, the training rows of a generated PaySim, scaled: {x.shape[0]:,} x {x.shape[1]}, two threads")
        print(f"{'C':>8}{'cpu s':>9}{'clock s':>9}{'MB':>7}{'violation':>12}{'relative gap':>14}{'steps':>7}")
        for c in [0.01, 1.0, 100.0, 1e4, 1e6]:
            ours = self.call("solve", x.shape[1], *paths, json.dumps({"C": c}))
            print(f"{c:8g}{ours['processor_seconds']:9.1f}{ours['seconds']:9.1f}{ours['peak_mb']:7.0f}"
                  f"{ours['violation']:12.1e}{ours['relative_gap']:14.1e}{ours['iterations']:7}", flush=True)

    def predict(self):
        rows, features = (2000, 20) if self.quick else (20_000, 50)
        x, y, x_test, _ = make_data(rows, features)
        gamma = 1 / (features * float(x.astype(np.float64).var()))
        self.fit(x, y, C=1.0, gamma=gamma)
        peer = SVC(C=1.0, gamma=gamma).fit(x.astype(np.float64), y)
        decisions, report = self.decide(x_test)
        theirs, clock, processor = timed(lambda: peer.decision_function(x_test.astype(np.float64)))
        row = x_test[:1].astype(np.float64)
        calls = [timed(lambda: peer.predict(row))[1] for _ in range(50)]
        print(f"\nprediction, {report['support_vectors']:,} support vectors x {features}, {len(x_test):,} rows, two threads")
        print(f"archmlp: {report['seconds']:.2f} s ({report['processor_seconds']:.2f} of the processor), "
              f"a row {report['row_us']:.0f} us; SVC: {clock:.2f} s ({processor:.2f}), a row {np.median(calls) * 1e6:.0f} us")
        print(f"{clock / report['seconds']:.1f}x; decisions differ by at most {np.abs(decisions - theirs).max():.2g}")

    def sparse(self):
        rows, small = (2000, 1000) if self.quick else (100_000, 10_000)
        random = np.random.default_rng(1)
        codes = (250 * random.beta(1, 3, size=(rows, 20))).astype(np.int64)
        score = random.normal(size=(20, 250))[np.arange(20), codes].sum(axis=1) + 2 * random.normal(size=rows)
        y = (score > np.median(score)).astype(np.uint32)
        one_hot = csr_matrix((np.ones(rows * 20), (codes + 250 * np.arange(20)).ravel(), np.arange(0, rows * 20 + 1, 20)),
                             shape=(rows, 5000))
        print("\n20 category codes a row as 5,000 one-hot columns, C = 1; SVC: the same columns as a CSR matrix")
        print(f"{'':26}{'rows':>9}{'cpu s':>9}{'clock s':>9}{'MB':>7}{'violation':>11}{'dual':>16}")
        for kernel, count in (("linear", small), ("linear", rows), ("rbf", small)):
            options = {"kernel": kernel, "gamma": 0.02, "categories": 250, "cache_size": CACHE_MB}
            ours = self.call("solve", 20, *self.store(codes[:count], y[:count]), json.dumps(options))
            print(f"{'archmlp, ' + kernel:26}{count:9,}{ours['processor_seconds']:9.2f}{ours['seconds']:9.2f}"
                  f"{ours['peak_mb']:7.0f}{ours['violation']:11.1e}{ours['dual']:16.4f}", flush=True)
            if count == rows:
                continue  # SVC would take hours
            peer = SVC(C=1.0, kernel=kernel, gamma=0.02, cache_size=CACHE_MB)
            _, clock, processor = timed(lambda: peer.fit(one_hot[:count], y[:count]))
            dual = dual_of_kernel(peer, one_hot[:count], kernel)
            print(f"{'SVC, ' + kernel:26}{count:9,}{processor:9.2f}{clock:9.2f}{'':18}{dual:16.4f}", flush=True)

    @staticmethod
    def head():
        print(f"{'':12}{'cpu s':>9}{'clock s':>9}{'vectors':>9}{'accuracy':>10}{'dual':>16}")

    @staticmethod
    def line(name, processor, clock, vectors, accuracy, dual):
        print(f"{name:12}{processor:9.2f}{clock:9.2f}{vectors:9,}{accuracy:10.4f}{dual:16.6f}", flush=True)


def dual_of(machine, x, gamma):
    """The objective of its coefficients, from double-precision kernel values, some rows at a time."""
    vectors, betas = x[machine.support_].astype(np.float64), machine.dual_coef_[0]
    norms = (vectors ** 2).sum(axis=1)
    total = np.abs(betas).sum()
    for begin in range(0, len(betas), 1000):
        part = slice(begin, begin + 1000)
        distances = norms[part, None] + norms[None, :] - 2 * vectors[part] @ vectors.T
        total -= betas[part] @ (np.exp(-gamma * distances) @ betas) / 2
    return total


def dual_of_kernel(machine, x, kernel):
    """The same, of one-hot rows, where |x|² is 20."""
    vectors, betas = x[machine.support_], machine.dual_coef_.toarray()[0]
    dots = (vectors @ vectors.T).toarray()
    return np.abs(betas).sum() - betas @ (dots if kernel == "linear" else np.exp(-0.02 * (40 - 2 * dots))) @ betas / 2


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="few rows")
    parser.add_argument("--only", choices=["rbf", "linear", "paysim", "sparse", "predict"])
    parser.add_argument("--programs", type=Path, default=REPOSITORY / "build/release/bin")
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore")  # LinearSVC is stopped on purpose
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(arguments.programs, Path(folder), arguments.quick)
        for name in [arguments.only] if arguments.only else ["rbf", "linear", "paysim", "sparse", "predict"]:
            getattr(bench, name)()


if __name__ == "__main__":
    main()
