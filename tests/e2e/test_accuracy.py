"""Models as good as published ones and as scikit-learn's, on real data; skipped where the shared folder is absent."""

import io
import json
import re
import shutil
import statistics
import subprocess

import pytest
from support import EXAMPLES, SHARED, read_csv_text, run, run_json, serving, shared

pytest.importorskip("sklearn", reason="python3-sklearn is not installed: ./dev setup test")
import pandas  # noqa: E402
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor  # noqa: E402
from sklearn.metrics import accuracy_score, cohen_kappa_score, r2_score  # noqa: E402

if not SHARED.is_dir():
    pytest.skip(f"{SHARED} is absent", allow_module_level=True)

SPLITS = range(1, 11)
PASSED_ON = ("n_estimators", "criterion", "max_depth", "max_leaf_nodes", "min_samples_split", "min_samples_leaf",
             "min_impurity_decrease", "max_features", "bootstrap", "max_samples", "class_weight")


def changed(recipe, folder, **values):
    """A copy of an example with keys of its flow-style sections changed: `split_seed=3` sets `seed` under `split`."""
    text = (EXAMPLES / recipe).read_text()
    for name, value in values.items():
        section, key = name.split("_", 1)
        text, count = re.subn(rf"(?m)^({section}:.*\b{key}:\s*)[^,}}\s]+", rf"\g<1>{value}", text)
        assert count == 1, f"{recipe} sets no {section}.{key} on one line"
    path = folder / recipe
    path.write_text(text)
    return path


def metrics_of_run(recipe, data, out):
    run("run", recipe, "--data", data, "--out", out)
    return json.loads((out / "metrics.json").read_text())


def prepared_of(out):
    return [pandas.read_csv(out / "prepared" / f"{name}.csv") for name in ("x_train", "y_train", "x_test", "y_test")]


def scikit_learn(out, metric, regression=False):
    """The metric of scikit-learn's forest with the recipe's parameters on the same prepared CSVs."""
    parameters = json.loads((out / "prepared/contract.json").read_text())["recipe"]["train"]
    given = {key: parameters[key] for key in PASSED_ON if key in parameters}
    if regression:
        given.pop("class_weight", None)
        if given.get("criterion") == "gini":
            given.pop("criterion")
    if given.get("max_features") in (None, "auto"):
        given.pop("max_features", None)
    elif given["max_features"] == "all":
        given["max_features"] = None
    if given.get("class_weight") == "none":
        given["class_weight"] = None
    kind = RandomForestRegressor if regression else RandomForestClassifier
    x_train, y_train, x_test, y_test = prepared_of(out)
    forest = kind(**given, random_state=0, n_jobs=2).fit(x_train, y_train.iloc[:, 0])
    return metric(y_test.iloc[:, 0], forest.predict(x_test))


# -- fraud

@pytest.mark.parametrize("data", ["kaggle_paysim_sample.csv", "paysim_1m.csv.zst"])
def test_fraud_on_a_stratified_split(data, tmp_path):
    metrics = metrics_of_run(EXAMPLES / "fraud.yaml", shared(data), tmp_path)
    assert metrics["cohen_kappa"] >= 0.97


def test_fraud_on_a_time_ordered_split(tmp_path):
    data = shared("paysim_1m.csv.zst")
    metrics = run_json("run", EXAMPLES / "fraud_time.yaml", "--data", data, "--out", tmp_path / "out",
                       "--test-rows-out", tmp_path / "rows.csv")["evaluation"]
    assert metrics["cohen_kappa"] >= 0.97
    tested = pandas.read_csv(tmp_path / "rows.csv", usecols=["step"])["step"]
    packed = subprocess.run(["zstd", "-dcq", data], check=True, capture_output=True).stdout
    rows = pandas.read_csv(io.BytesIO(packed), usecols=["step", "type"])
    steps = rows[rows["type"].isin(["TRANSFER", "CASH_OUT"])]["step"]
    assert len(tested) == (steps >= tested.min()).sum(), "the test rows are the last ones, ties together"
    assert len(tested) / len(steps) == pytest.approx(0.3, abs=0.02)


@pytest.mark.parametrize("data", ["kaggle_paysim_sample.csv", "paysim_1m.csv.zst"])
def test_the_papers_query(data, tmp_path):
    query = shared("instance29.json").read_text()
    run("run", EXAMPLES / "fraud_paper.yaml", "--data", shared(data), "--out", tmp_path)
    with serving(tmp_path / "model.archmlp") as server:
        status, text = server.predict(query, "?features=prepared")
        assert status == 200 and json.loads(text)["prediction"] == 0, text
        status, text = server.predict(query, "?features=prepared", Accept="text/plain")
        assert (status, text.strip()) == (200, "0")
    alone = tmp_path / "alone"
    alone.mkdir()
    for name in ("x_train.csv", "y_train.csv"):
        shutil.copy(tmp_path / "prepared" / name, alone)
    run("train", alone / "x_train.csv", alone / "y_train.csv", "--out", alone / "m.archmlp")
    with serving(alone / "m.archmlp") as server:
        status, text = server.predict(query)
        assert status == 200 and json.loads(text)["prediction"] == 0, text


# -- tables

def test_adult(tmp_path):
    for name in ("adult_train.csv", "adult_test.csv"):
        shutil.copy(shared(f"tables/{name}"), tmp_path)
    recipe = shutil.copy(EXAMPLES / "adult.yaml", tmp_path)
    accuracy = metrics_of_run(recipe, tmp_path / "adult_train.csv", tmp_path / "out")["accuracy"]
    assert accuracy >= 0.86
    assert accuracy >= scikit_learn(tmp_path / "out", accuracy_score) - 0.01


def test_california_housing(tmp_path):
    ours, theirs = [], []
    for seed in SPLITS:
        recipe = changed("california_housing.yaml", tmp_path, split_seed=seed)
        out = tmp_path / f"out{seed}"
        ours.append(metrics_of_run(recipe, shared("tables/california_housing.csv"), out)["r2"])
        theirs.append(scikit_learn(out, r2_score, regression=True))
    assert statistics.mean(ours) >= 0.80, ours
    assert statistics.mean(ours) >= statistics.mean(theirs) - 0.01, (ours, theirs)


def test_penguins(tmp_path):
    ours, theirs = [], []
    for seed in SPLITS:
        recipe = changed("penguins.yaml", tmp_path, split_seed=seed)
        out = tmp_path / f"out{seed}"
        ours.append(metrics_of_run(recipe, shared("tables/penguins.csv"), out)["accuracy"])
        theirs.append(scikit_learn(out, accuracy_score))
    assert statistics.mean(ours) >= 0.97, ours
    assert statistics.mean(ours) >= statistics.mean(theirs) - 0.01, (ours, theirs)


def test_telco_churn_blanks_are_missing(tmp_path):
    data = shared("tables/telco_churn.csv")
    metrics = metrics_of_run(EXAMPLES / "telco_churn.yaml", data, tmp_path)
    assert metrics["accuracy"] > 0.75
    contract = json.loads((tmp_path / "prepared/contract.json").read_text())
    kinds = {column["name"]: column["kind"] for column in contract["raw"]}
    assert kinds["TotalCharges"] == "real"
    assert not any(column["name"].startswith("TotalCharges_") for column in contract["features"])


def test_metrics_agree_with_scikit_learn(tmp_path):
    """The numbers of evaluate, from the predictions and labels that it saw."""
    out = tmp_path / "out"
    metrics = metrics_of_run(EXAMPLES / "penguins.yaml", shared("tables/penguins.csv"), out)
    text = run("predict", out / "model.archmlp", out / "prepared/x_test.csv", "--features", "prepared").stdout
    predicted = [row[0] for row in read_csv_text(text)[1]]
    actual = prepared_of(out)[3].iloc[:, 0]
    assert metrics["accuracy"] == pytest.approx(accuracy_score(actual, predicted))
    assert metrics["cohen_kappa"] == pytest.approx(cohen_kappa_score(actual, predicted))
