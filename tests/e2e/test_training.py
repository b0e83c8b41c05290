"""Long fits: going on, stopping in time, running out of time, memory and disk."""

import random
import resource
import signal
import subprocess
import time
from collections import Counter

import pytest
from support import (ARCHMLP, FILES, INVALID, STOPPED, USAGE, run, run_json, sha256, temporaries, wait_until_it_handles,
                     write_rows)


def write_training_rows(folder, rows=400, columns=4, seed=1):
    numbers = random.Random(seed)
    x = [[round(numbers.random(), 6) for _ in range(columns)] for _ in range(rows)]
    y = [[int(row[0] + 0.5 * row[1] + 0.3 * numbers.random() > 0.9)] for row in x]
    write_rows(folder / "x.csv", [f"f{i}" for i in range(columns)], x)
    write_rows(folder / "y.csv", ["y"], y)
    return folder / "x.csv", folder / "y.csv"


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """Enough rows that a fit of many trees takes minutes."""
    return write_training_rows(tmp_path_factory.mktemp("large"), rows=60_000, columns=8)


def test_fifty_trees_and_fifty_more_are_a_hundred(tmp_path):
    x, y = write_training_rows(tmp_path)
    for flags in ([], ["--oob-score"]):
        run("train", x, y, "--out", tmp_path / "whole", "--n-estimators", 100, *flags)
        run("train", x, y, "--out", tmp_path / "half", "--n-estimators", 50, *flags)
        report = run_json("train", x, y, "--out", tmp_path / "rest", "--n-estimators", 100, *flags,
                          "--warm-start", tmp_path / "half")
        assert report["first_trees"] == 50
        assert sha256(tmp_path / "rest") == sha256(tmp_path / "whole")


def distribution(values, listed=20):
    """What the contract of the model file says of a column, by sorting; None is a missing value."""
    known = [value for value in values if value is not None]
    missing = (len(values) - len(known)) / len(values)
    if isinstance(known[0], str):
        counts = Counter(known)
        categories = sorted(sorted(counts, key=lambda name: (-counts[name], name))[:listed])
        shown = {"categories": categories, "shares": [counts[name] / len(values) for name in categories]}
        if len(counts) > listed:
            shown["other"] = sum(counts[name] for name in counts if name not in categories) / len(values)
        return {**shown, "missing": missing}
    known.sort()
    edges = sorted({known[k * len(known) // 10] for k in range(1, 10)} - {known[0]})
    bins = Counter(sum(value >= edge for edge in edges) for value in known)
    return {"edges": edges, "shares": [bins[i] / len(values) for i in range(len(edges) + 1)], "missing": missing}


@pytest.mark.parametrize("flags", [[], ["--model", "svm"], ["--model", "svm", "--kernel", "linear"]],
                         ids=["forest", "svm", "linear svm"])
def test_the_model_carries_the_distribution_of_its_inputs(tmp_path, flags):
    numbers = random.Random(5)
    columns = {
        "amount": [numbers.randrange(100_000) / 64 for _ in range(700)],  # as float32 holds it
        "count": [numbers.choice([0, 0, 0, 1, 2, 500]) for _ in range(700)],
        "street": [f"s{min(int(numbers.expovariate(0.1)), 60):02}" for _ in range(700)],
        "town": [numbers.choice(["a", "b", "b", None]) for _ in range(700)],
    }
    if not flags:
        columns["amount"] = [None if numbers.random() < 0.2 else value for value in columns["amount"]]
    rows = list(zip(*columns.values()))
    assert len(set(columns["street"])) > 20
    write_rows(tmp_path / "x.csv", list(columns), [["" if v is None else v for v in row] for row in rows])
    write_rows(tmp_path / "y.csv", ["y"], [[int(row[1] > 0) ^ int(numbers.random() < 0.1)] for row in rows])
    run("train", tmp_path / "x.csv", tmp_path / "y.csv", "--out", tmp_path / "m", *flags)
    shown = run_json("show", tmp_path / "m")
    assert shown["reference"]["row_count"] == 700
    assert {found.pop("name"): found for found in shown["reference"]["inputs"]} == {
        name: distribution(values) for name, values in columns.items()}
    assert shown["canary"] == {"row_count": 16}


def test_going_on_with_other_rows_is_recorded(tmp_path):
    x, y = write_training_rows(tmp_path)
    run("train", x, y, "--out", tmp_path / "first", "--n-estimators", 5)
    x, y = write_training_rows(tmp_path, seed=2)
    report = run_json("train", x, y, "--out", tmp_path / "second", "--n-estimators", 8,
                      "--warm-start", tmp_path / "first")
    assert report["model"]["trees"] == 8
    shown = run_json("show", tmp_path / "second")
    assert shown["lineage"]["warm_start"] == {"sha256": sha256(tmp_path / "first"), "trees": 5}


def test_what_cannot_be_gone_on_from(tmp_path):
    x, y = write_training_rows(tmp_path)
    run("train", x, y, "--out", tmp_path / "first", "--n-estimators", 5)
    error = run("train", x, y, "--out", tmp_path / "m", "--n-estimators", 4, "--warm-start", tmp_path / "first",
                expect=INVALID).stderr
    assert "n_estimators is 4, but there are 5 trees already" in error
    narrow, y = write_training_rows(tmp_path, columns=3)
    error = run("train", narrow, y, "--out", tmp_path / "m", "--warm-start", tmp_path / "first",
                expect=INVALID).stderr
    assert "it has other features" in error
    error = run("train", narrow, y, "--out", tmp_path / "m", "--warm-start", narrow, expect=INVALID).stderr
    assert "x.csv" in error
    assert not (tmp_path / "m").exists()


def test_max_time_leaves_a_model_of_whole_trees(large, tmp_path):
    x, y = large
    report = run_json("train", x, y, "--out", tmp_path / "m", "--n-estimators", 100_000, "--max-time", 1.5)
    trees = report["model"]["trees"]
    assert report["stopped_by_max_time"] and 1 <= trees < 100_000
    again = run_json("train", x, y, "--out", tmp_path / "same", "--n-estimators", trees)
    assert not again["stopped_by_max_time"]
    assert sha256(tmp_path / "m") == sha256(tmp_path / "same")
    text = run("train", x, y, "--out", tmp_path / "m", "--n-estimators", 100_000, "--max-time", 0.01).stdout
    assert "the time was up after" in text and "of 100000 trees" in text


@pytest.mark.parametrize("flags", [[], ["--max-leaf-nodes", "30000"], ["--max-bins", "3000"]])
def test_ctrl_c_ends_a_fit(flags, large, tmp_path):
    x, y = large
    out = tmp_path / "m.archmlp"
    out.write_text("the old model")
    process = subprocess.Popen([ARCHMLP, "train", x, y, "--out", out, "--n-estimators", "100000", *flags],
                               stderr=subprocess.PIPE, text=True)
    wait_until_it_handles(process, signal.SIGINT)
    time.sleep(1.5)
    assert process.poll() is None, "the fit is over too soon to be stopped"
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=10)  # a second is promised; machines that test do other things too
    assert process.returncode == STOPPED
    assert "stopped on request" in error
    assert out.read_text() == "the old model" and temporaries(tmp_path) == []


def test_memory_is_bounded_or_refused(large, tmp_path):
    x, y = large
    error = run("train", x, y, "--out", tmp_path / "m", "--memory", "1MB", expect=INVALID).stderr
    assert "training needs" in error and "1.0 MB is allowed" in error and "fewer rows" in error
    error = run("train", x, y, "--out", tmp_path / "m", "--memory", "12MB", "--n-estimators", 5000,
                expect=INVALID).stderr
    assert "was used up after" in error and "min_samples_leaf" in error
    assert not (tmp_path / "m").exists()
    error = run("train", x, y, "--memory", "much", expect=USAGE).stderr
    assert "2GB" in error


def test_out_of_memory_is_an_error(tmp_path):
    x, y = write_training_rows(tmp_path, rows=4000, columns=3)
    before = sorted(path.name for path in tmp_path.iterdir())
    limit = 150 << 20

    def limited():
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))

    # 65,535 bins for each of 3,000 classes are more than that.
    write_rows(y, ["y"], [[row % 3000] for row in range(4000)])
    done = subprocess.run([ARCHMLP, "train", x, y, "--out", tmp_path / "m", "--task", "classification",
                           "--max-bins", "65535", "--threads", "1"], preexec_fn=limited, capture_output=True,
                          text=True, timeout=300)
    assert done.returncode in (INVALID, FILES), done.stderr
    assert "memory" in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_a_full_disk_leaves_the_old_model(large, tmp_path):
    x, y = large
    out = tmp_path / "m.archmlp"
    out.write_text("the old model")

    def limited():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    done = subprocess.run([ARCHMLP, "train", x, y, "--out", out, "--n-estimators", "5"], preexec_fn=limited,
                          capture_output=True, text=True, timeout=300)
    assert done.returncode == FILES, done.stderr
    assert "m.archmlp" in done.stderr
    assert out.read_text() == "the old model" and temporaries(tmp_path) == []


def test_sample_weights_from_a_file(tmp_path):
    x, y = write_training_rows(tmp_path)
    write_rows(tmp_path / "ones.csv", ["w"], [[1]] * 400)
    write_rows(tmp_path / "some.csv", ["w"], [[row % 3] for row in range(400)])
    models = {}
    for name in ("ones", "some"):
        run("train", x, y, "--out", tmp_path / name, "--n-estimators", 5, "--sample-weight", tmp_path / f"{name}.csv")
        models[name] = sha256(tmp_path / name)
    assert models["ones"] != models["some"]
    write_rows(tmp_path / "short.csv", ["w"], [[1]] * 399)
    error = run("train", x, y, "--sample-weight", tmp_path / "short.csv", expect=INVALID).stderr
    assert "399 weights for 400 training rows" in error
    write_rows(tmp_path / "bad.csv", ["w"], [[1]] * 10 + [[-2]] + [[1]] * 389)
    error = run("train", x, y, "--sample-weight", tmp_path / "bad.csv", expect=INVALID).stderr
    assert "bad.csv: row 11" in error and "below 0" in error


def test_misspelt_and_impossible_parameters(tmp_path):
    x, y = write_training_rows(tmp_path)
    for flags, expected in [(["--criterion", "absolute_eror"], 'did you mean "absolute_error"'),
                            (["--criterion", "poisson"], "gini, entropy or log_loss for classification"),
                            (["--monotonic-cst", "{f9: 1}"], '"f9" is none of the features'),
                            (["--min-weight-fraction-leaf", "0.7"], "between 0 and 0.5"),
                            (["--max-bins", "70000"], "between 2 and 65535"),
                            (["--max-time", "0"], "seconds above 0"),
                            (["--oob-out", tmp_path / "o.csv"], "needs oob_score"),
                            (["--x-test", x], "without --y-test")]:
        done = subprocess.run([ARCHMLP, "train", x, y, "--out", tmp_path / "m", *map(str, flags)],
                              capture_output=True, text=True, timeout=300)
        assert done.returncode in (USAGE, INVALID) and expected in done.stderr
