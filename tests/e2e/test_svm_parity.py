"""Support vector machines through the program, against scikit-learn's on the same rows."""

import csv
import json

import numpy
import pytest
from support import run, run_json, write_matrix, write_rows, write_training_files

pytest.importorskip("sklearn", reason="python3-sklearn is not installed: ./dev setup test")
from sklearn.metrics import log_loss, roc_auc_score  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import StandardScaler  # noqa: E402
from sklearn.svm import SVC, SVR  # noqa: E402


def make_table(rows, classes, seed):
    """Five features of unlike scale; the label follows the first three. classes 0: a number."""
    random = numpy.random.default_rng(seed)
    x = random.normal(size=(rows, 5))
    signal = x[:, 0] + numpy.where(x[:, 1] > 0.3, 1.5, -0.5) * x[:, 2] + 0.3 * random.normal(size=rows)
    x = (x * [1, 10, 0.1, 1, 100] + [0, 5, 0, -1, 0]).astype(numpy.float32)
    if classes == 0:
        return x, numpy.round(signal, 3)
    return x, numpy.searchsorted(numpy.quantile(signal, numpy.arange(1, classes) / classes), signal)


def answers(folder, x, y, x_new, *flags, weights=None):
    """The columns that the program's model gives for x_new, by name, and what training says."""
    files = write_training_files(folder, x, y, x_new, weights)
    report = run_json("train", *files, "--out", folder / "m.archmlp", "--model", "svm", "--tol", "1e-6",
                      *[str(flag) for flag in flags])
    header, *rows = csv.reader(run("predict", folder / "m.archmlp", folder / "new.csv").stdout.splitlines())
    columns = numpy.array([[float(cell) for cell in row] for row in rows]).T
    return dict(zip(header, columns)), report


def scaled(machine):
    return make_pipeline(StandardScaler(), machine)


@pytest.mark.parametrize("flags, parameters", [
    ([], {}),
    (["--C", 10, "--gamma", 0.3], {"C": 10, "gamma": 0.3}),
    (["--kernel", "linear", "--C", 0.1], {"kernel": "linear", "C": 0.1}),
    (["--kernel", "poly", "--degree", 2, "--coef0", 1, "--gamma", "auto"],
     {"kernel": "poly", "degree": 2, "coef0": 1, "gamma": "auto"}),
    (["--class-weight", "balanced"], {"class_weight": "balanced"}),
    (["--class-weight", "{0: 1, 1: 7.5}"], {"class_weight": {0: 1, 1: 7.5}}),
])
def test_two_classes_decide_as_scikit_learn(flags, parameters, tmp_path):
    x, y = make_table(300, 2, seed=1)
    x_new, _ = make_table(100, 2, seed=2)
    ours, report = answers(tmp_path, x, y, x_new, "--scale", *flags)
    peer = scaled(SVC(tol=1e-6, **parameters)).fit(x.astype(float), y)
    assert numpy.allclose(ours["decision_function"], peer.decision_function(x_new.astype(float)), atol=2e-4)
    assert (ours["prediction"] == peer.predict(x_new.astype(float))).mean() > 0.98
    assert abs(report["model"]["support_vectors"] - peer[-1].n_support_.sum()) <= 2
    assert report["model"]["converged"] and report["model"]["violation"] <= 1e-6


@pytest.mark.parametrize("shape", ["ovr", "ovo"])
def test_more_classes_decide_as_scikit_learn(shape, tmp_path):
    x, y = make_table(400, 3, seed=3)
    x_new, _ = make_table(100, 3, seed=4)
    ours, _ = answers(tmp_path, x, y, x_new, "--scale", "--decision-function-shape", shape)
    peer = scaled(SVC(tol=1e-6, decision_function_shape=shape)).fit(x.astype(float), y)
    names = [f"decision_function_{name}" for name in
             (["0", "1", "2"] if shape == "ovr" else ["0 vs 1", "0 vs 2", "1 vs 2"])]
    assert list(ours) == ["prediction", *names]
    assert numpy.allclose(numpy.column_stack([ours[name] for name in names]),
                          peer.decision_function(x_new.astype(float)), atol=2e-4)
    assert (ours["prediction"] == peer.predict(x_new.astype(float))).mean() > 0.98


def test_sample_weights_and_regression_are_scikit_learns(tmp_path):
    x, y = make_table(300, 0, seed=5)
    x_new, _ = make_table(100, 0, seed=6)
    weights = numpy.random.default_rng(7).integers(1, 4, size=len(y)).astype(float)
    # Scaled outside: there weights count for the scale too.
    scale = StandardScaler().fit(x.astype(float))
    x, x_new = (scale.transform(part.astype(float)).astype(numpy.float32) for part in (x, x_new))
    ours, _ = answers(tmp_path, x, y, x_new, "--epsilon", 0.05, "--C", 3, weights=weights)
    peer = SVR(tol=1e-6, epsilon=0.05, C=3).fit(x.astype(float), y, sample_weight=weights)
    assert list(ours) == ["prediction"]
    assert numpy.allclose(ours["prediction"], peer.predict(x_new.astype(float)), atol=2e-4)


@pytest.mark.parametrize("classes", [2, 3])
def test_probabilities_are_as_good_as_scikit_learns(classes, tmp_path):
    x, y = make_table(600, classes, seed=8)
    x_new, y_new = make_table(600, classes, seed=9)
    ours, _ = answers(tmp_path, x, y, x_new, "--scale", "--probability")
    peer = scaled(SVC(tol=1e-6, probability=True, random_state=0)).fit(x.astype(float), y)
    found = numpy.column_stack([ours[f"probability_{c}"] for c in range(classes)])
    assert log_loss(y_new, found) <= log_loss(y_new, peer.predict_proba(x_new.astype(float))) + 0.01
    assert (ours["prediction"] == peer.predict(x_new.astype(float))).mean() > 0.98


def test_evaluation_ranks_by_decisions_where_there_are_no_probabilities(tmp_path):
    x, y = make_table(300, 2, seed=10)
    x_new, y_new = make_table(200, 2, seed=11)
    ours, _ = answers(tmp_path, x, y, x_new, "--scale")
    write_rows(tmp_path / "y_new.csv", ["y"], [[value] for value in y_new])
    found = run_json("evaluate", tmp_path / "m.archmlp", tmp_path / "new.csv", tmp_path / "y_new.csv")
    assert found["roc_auc"] == pytest.approx(roc_auc_score(y_new, ours["decision_function"]), abs=1e-12)
    assert found["log_loss"] is None and "decisions, not probabilities" in found["warnings"][0]


def test_a_fit_that_was_stopped_is_marked_everywhere(tmp_path):
    x, y = make_table(300, 2, seed=12)
    _, report = answers(tmp_path, x, y, x, "--max-iter", 5)
    assert report["model"]["converged"] is False and report["model"]["stopped_by"] == "max_iter"
    shown = json.loads(run("show", tmp_path / "m.archmlp", "--json").stdout)
    assert shown["model"]["converged"] is False
    text = run("train", tmp_path / "x.csv", tmp_path / "y.csv", "--out", tmp_path / "m.archmlp", "--model", "svm",
               "--max-iter", 5).stdout
    assert "NOT CONVERGED (max_iter)" in text and "--scale" in text


def test_parameters_of_other_models_are_refused(tmp_path):
    x, y = make_table(20, 2, seed=13)
    write_matrix(tmp_path / "x.csv", x)
    write_rows(tmp_path / "y.csv", ["y"], [[value] for value in y])
    files = [tmp_path / "x.csv", tmp_path / "y.csv"]
    assert "no parameter of svm" in run("train", *files, "--model", "svm", "--n-estimators", 5, expect=2).stderr
    assert "no parameter of random_forest" in run("train", *files, "--kernel", "rbf", expect=2).stderr
    assert "did you mean \"rbf\"" in run("train", *files, "--model", "svm", "--kernel", "rbv", expect=2).stderr
    assert "balanced" in run("train", *files, "--model", "svm", "--class-weight", "balanced_subsample", expect=2).stderr
