#!/usr/bin/python3
"""Test scores of forests on real tables, ours and scikit-learn's on the same prepared CSVs: means over seeds.

    /usr/bin/python3 bench/forest/accuracy.py [--seeds 5] [--only adult,penguins]

Every table is split and prepared by its recipe in examples/, with text columns one-hot and as native categories.
scikit-learn takes the one-hot ones, with the same parameters. Tables come from $ARCHMLP_SHARED (or ../shared).
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import pandas
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.metrics import accuracy_score, cohen_kappa_score, r2_score

REPOSITORY = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("ARCHMLP_SHARED", REPOSITORY.parent / "shared")) / "data"
# Table: file, recipe, metric, scikit-learn's function for it.
TABLES = {
    "adult": ("tables/adult_train.csv", "adult.yaml", "accuracy", accuracy_score),
    "california_housing": ("tables/california_housing.csv", "california_housing.yaml", "r2", r2_score),
    "telco_churn": ("tables/telco_churn.csv", "telco_churn.yaml", "accuracy", accuracy_score),
    "penguins": ("tables/penguins.csv", "penguins.yaml", "accuracy", accuracy_score),
    "abalone": ("tables/abalone.csv", "abalone.yaml", "r2", r2_score),
    "paysim": ("kaggle_paysim_sample.csv", "fraud.yaml", "cohen_kappa", cohen_kappa_score),
}
PASSED_ON = ("n_estimators", "min_samples_leaf")


def recipe_text(name, seed, native):
    """The example with another seed, for the split where it is drawn and for the forest."""
    text = (REPOSITORY / "examples" / name).read_text()
    text = re.sub(r"(?m)^(split:.*\bseed: )\d+", rf"\g<1>{seed}", text)
    text = re.sub(r"(?m)^(train:.*\brandom_state: )\d+", rf"\g<1>{seed}", text)
    text = text.replace("adult_test.csv", str(SHARED / "tables/adult_test.csv"))
    if native:
        text = re.sub(r"(?m)^  - one_hot: .*\n", "", text)
        text = re.sub(r"(?m)^preprocess:\s*\n(?=split:)", "", text)
    return text


def run_ours(program, data, recipe, folder):
    out = folder / "out"
    done = subprocess.run([program, "run", recipe, "--data", data, "--out", out], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{recipe}: {done.stderr}")
    return json.loads((out / "metrics.json").read_text()), out / "prepared"


def run_peer(prepared, seed, score):
    parameters = json.loads((prepared / "contract.json").read_text())["recipe"]["train"]
    x_train, y_train, x_test, y_test = (pandas.read_csv(prepared / f"{name}.csv")
                                        for name in ("x_train", "y_train", "x_test", "y_test"))
    kind = RandomForestRegressor if score is r2_score else RandomForestClassifier
    forest = kind(random_state=seed, n_jobs=2, **{key: parameters[key] for key in PASSED_ON})
    forest.fit(x_train, y_train.iloc[:, 0])
    return score(y_test.iloc[:, 0], forest.predict(x_test))


def measure(table, seed, program):
    """Our score with one-hot columns, with native categories, and scikit-learn's."""
    file, recipe, metric, score = TABLES[table]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "recipe.yaml"
        path.write_text(recipe_text(recipe, seed, native=False))
        one_hot, prepared = run_ours(program, SHARED / file, path, folder)
        theirs = run_peer(prepared, seed, score)
        path.write_text(recipe_text(recipe, seed, native=True))
        native, _ = run_ours(program, SHARED / file, path, folder)
        return one_hot[metric], native[metric], theirs


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--only", help="tables, separated by commas")
    parser.add_argument("--program", type=Path, default=REPOSITORY / "build/release/bin/archmlp")
    arguments = parser.parse_args()
    tables = arguments.only.split(",") if arguments.only else list(TABLES)
    print(f"{'table':20}{'metric':14}{'one-hot':>10}{'native':>10}{'scikit-learn':>14}{'difference':>12}")
    worst = 0.0
    for table in tables:
        scores = [measure(table, seed, arguments.program) for seed in range(1, arguments.seeds + 1)]
        one_hot, native, theirs = (statistics.mean(column) for column in zip(*scores))
        worst = min(worst, one_hot - theirs, native - theirs)
        print(f"{table:20}{TABLES[table][2]:14}{one_hot:>10.4f}{native:>10.4f}{theirs:>14.4f}"
              f"{min(one_hot, native) - theirs:>+12.4f}", flush=True)
    sys.exit(0 if worst >= -0.003 else "a mean is more than 0.003 below scikit-learn's")


if __name__ == "__main__":
    main()
