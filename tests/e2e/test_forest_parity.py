"""Trees and forests against scikit-learn's: the same tree where nothing is drawn, as good a forest where rows are."""

import csv

import numpy
import pytest
from support import run, run_json, write_rows, write_training_files

pytest.importorskip("sklearn", reason="python3-sklearn is not installed: ./dev setup test")
from sklearn.ensemble import (  # noqa: E402
    ExtraTreesClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.metrics import accuracy_score, balanced_accuracy_score, r2_score  # noqa: E402

ROWS = 250  # values may all differ and still get a bin each


def make_table(rows, classes, seed, missing=0.0):
    """Five features; the label follows the first three. classes 0: a number above 0."""
    random = numpy.random.default_rng(seed)
    x = random.normal(size=(rows, 5)).astype(numpy.float32)
    signal = x[:, 0] + numpy.where(x[:, 1] > 0.3, 1.5, -0.5) * x[:, 2] + 0.5 * random.normal(size=rows)
    if missing:
        x[random.random(x.shape) < missing] = numpy.nan
    if classes == 0:
        return x, numpy.round(numpy.exp(signal / 2), 3)
    borders = numpy.quantile(signal, numpy.arange(1, classes) / classes)
    return x, numpy.searchsorted(borders, signal)


def predictions(folder, x, y, x_new, *flags, weights=None):
    """Probabilities, or values, that the program's model gives for x_new."""
    files = write_training_files(folder, x, y, x_new, weights)
    run("train", *files, "--out", folder / "m.archmlp", *[str(flag) for flag in flags])
    text = run("predict", folder / "m.archmlp", folder / "new.csv").stdout
    header, *rows = csv.reader(text.splitlines())
    if header == ["prediction"]:
        return numpy.array([float(row[0]) for row in rows])
    return numpy.array([[float(cell) for cell in row[1:]] for row in rows])


PLAIN = ("--n-estimators", 1, "--bootstrap", "false", "--max-features", "null")
PLAIN_PEER = {"n_estimators": 1, "bootstrap": False, "max_features": None, "random_state": 0}


@pytest.mark.parametrize("classes, parameters", [
    (2, {"criterion": "gini", "max_depth": 4}),
    (2, {"criterion": "entropy", "max_depth": 4}),
    (2, {"criterion": "log_loss", "max_depth": 3, "min_samples_leaf": 5}),
    (2, {"class_weight": "balanced", "max_depth": 4}),
    (2, {"class_weight": {0: 1, 1: 7}, "max_depth": 4}),
    (2, {"min_weight_fraction_leaf": 0.06}),
    (2, {"min_impurity_decrease": 0.008}),
    (2, {"max_leaf_nodes": 7}),
    (2, {"ccp_alpha": 0.012}),
    (4, {"criterion": "gini", "max_depth": 4}),
    (4, {"criterion": "entropy", "max_depth": 4}),
    (4, {"ccp_alpha": 0.01}),
    (3, {"min_weight_fraction_leaf": 0.08}),
    (0, {"criterion": "squared_error", "max_depth": 4}),
    (0, {"criterion": "friedman_mse", "max_depth": 4}),
    (0, {"criterion": "friedman_mse", "min_impurity_decrease": 6.0}),
    (0, {"criterion": "absolute_error", "max_depth": 4}),
    (0, {"criterion": "poisson", "max_depth": 4}),
    (0, {"criterion": "poisson", "max_leaf_nodes": 6}),
    (0, {"criterion": "absolute_error", "max_leaf_nodes": 9}),
    (0, {"ccp_alpha": 0.05}),
    (0, {"min_weight_fraction_leaf": 0.07}),
])
@pytest.mark.parametrize("weighted", [False, True])
def test_the_same_tree(classes, parameters, weighted, tmp_path):
    x, y = make_table(ROWS, classes, seed=1)
    weights = numpy.random.default_rng(3).integers(1, 9, ROWS) / 4 if weighted else None
    flags = []
    for name, value in parameters.items():
        flags += ["--" + name.replace("_", "-"), str(value).replace("'", "")]
    ours = predictions(tmp_path, x, y, x, *PLAIN, *flags, weights=weights)
    kind = RandomForestRegressor if classes == 0 else RandomForestClassifier
    peer = kind(**PLAIN_PEER, **parameters).fit(x, y, sample_weight=weights)
    theirs = peer.predict(x) if classes == 0 else peer.predict_proba(x)
    assert len(numpy.unique(theirs, axis=0)) > 3, "the tree is worth comparing"
    if weighted and parameters.get("criterion") == "absolute_error":
        # scikit-learn 1.2 takes the median of weighted sides to be another at times, and misses better cuts.
        assert numpy.average(abs(ours - y), weights=weights) <= numpy.average(abs(theirs - y), weights=weights) * 1.01
        return
    # Without weights, cuts of a few rows of each class are often equally good; scikit-learn then draws one.
    least = 1.0 if weighted or classes == 0 else 0.9
    assert numpy.isclose(ours, theirs, rtol=1e-6, atol=1e-6).mean() >= least


@pytest.mark.parametrize("missing, depth, directions", [
    (0.15, 3, None), (0.0, 3, [1, 0, -1, 0, 0]), (0.1, 1, [1, 0, 0, 0, -1]), (0.1, 1, [-1, 0, 1, 0, 0])])
def test_missing_values_and_monotonic_constraints_as_histogram_boosting(missing, depth, directions, tmp_path):
    """One round of boosting with squared loss is a tree of means that knows both. Further down, boosting moves values
    that are out of bounds, where scikit-learn's forests, and these, look for another cut."""
    x, y = make_table(ROWS, 0, seed=5, missing=missing)
    flags = ["--max-depth", depth, "--min-samples-leaf", 5]
    if directions:
        named = ", ".join(f"f{i}: {way}" for i, way in enumerate(directions))
        flags += ["--monotonic-cst", f"{{{named}}}"]
    ours = predictions(tmp_path, x, y, x, *PLAIN, *flags)
    peer = HistGradientBoostingRegressor(max_iter=1, learning_rate=1.0, max_depth=depth, max_leaf_nodes=None,
                                         min_samples_leaf=5, early_stopping=False, monotonic_cst=directions).fit(x, y)
    assert numpy.isclose(ours, peer.predict(x), rtol=1e-4, atol=1e-4).all()


@pytest.mark.parametrize("parameters", [
    {}, {"ccp_alpha": 0.002}, {"class_weight": "balanced_subsample"}, {"max_samples": 0.4, "criterion": "entropy"}])
def test_forests_as_good(parameters, tmp_path):
    """Rows are drawn differently: means over three seeds agree."""
    x_new, y_new = make_table(3000, 2, seed=12)
    scores = []
    for seed in range(3):
        x, y = make_table(1500, 2, seed=20 + seed)
        keep = (y == 0) | (numpy.arange(len(y)) % 4 == 0)  # classes of different size
        flags = []
        for name, value in parameters.items():
            flags += ["--" + name.replace("_", "-"), value]
        ours = predictions(tmp_path, x[keep], y[keep], x_new, "--n-estimators", 60, "--random-state", seed, *flags)
        peer = RandomForestClassifier(60, random_state=seed, n_jobs=2, **parameters).fit(x[keep], y[keep])
        scores.append([balanced_accuracy_score(y_new, ours.argmax(axis=1)),
                       balanced_accuracy_score(y_new, peer.predict(x_new))])
    ours, theirs = numpy.mean(scores, axis=0)
    assert abs(ours - theirs) < 0.03, scores


def test_extremely_randomised_trees_as_good(tmp_path):
    x_new, y_new = make_table(3000, 2, seed=12)
    x, y = make_table(1500, 2, seed=20)
    ours = predictions(tmp_path, x, y, x_new, "--model", "extra_trees", "--n-estimators", 80)
    peer = ExtraTreesClassifier(80, random_state=0, n_jobs=2).fit(x, y)
    assert abs(accuracy_score(y_new, ours.argmax(axis=1)) - accuracy_score(y_new, peer.predict(x_new))) < 0.02


def test_out_of_bag_as_scikit_learn(tmp_path):
    x, y = make_table(1500, 3, seed=8)
    predictions(tmp_path, x, y, x[:5], "--n-estimators", 1)
    report = run_json("train", tmp_path / "x.csv", tmp_path / "y.csv", "--out", tmp_path / "m.archmlp",
                      "--oob-score", "--oob-out", tmp_path / "oob.csv")
    peer = RandomForestClassifier(100, oob_score=True, random_state=0, n_jobs=2).fit(x, y)
    assert report["metrics"]["oob_score"] == pytest.approx(peer.oob_score_, abs=0.02)
    with open(tmp_path / "oob.csv", newline="") as file:
        header, *rows = csv.reader(file)
    assert header == ["probability_0", "probability_1", "probability_2"]
    ours = numpy.array(rows, dtype=float)
    for theirs, column in zip(peer.oob_decision_function_.T, ours.T):
        assert numpy.corrcoef(theirs, column)[0, 1] > 0.9
    assert accuracy_score(y, ours.argmax(axis=1)) == pytest.approx(report["metrics"]["oob_score"], abs=1e-9)


def test_validation_while_training(tmp_path):
    x, y = make_table(1000, 0, seed=8)
    x_new, y_new = make_table(500, 0, seed=9)
    ours = predictions(tmp_path, x, y, x_new, "--n-estimators", 30)
    write_rows(tmp_path / "y_new.csv", ["y"], [[repr(float(value))] for value in y_new])
    report = run_json("train", tmp_path / "x.csv", tmp_path / "y.csv", "--out", tmp_path / "m2.archmlp",
                      "--n-estimators", 30, "--x-test", tmp_path / "new.csv", "--y-test", tmp_path / "y_new.csv")
    assert report["metrics"]["validation"]["row_count"] == 500
    assert report["metrics"]["validation"]["r2"] == pytest.approx(r2_score(y_new, ours), abs=1e-6)
