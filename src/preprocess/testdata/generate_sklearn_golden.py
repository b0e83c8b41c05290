#!/usr/bin/python3
"""Writes sklearn_golden.json beside itself: steps with the values that scikit-learn and pandas give them.

Each case has a recipe step, the table that it is applied to (the first `train_rows` rows are training rows) and the
columns that must come out. Run it again after adding cases; the file is checked in.
"""
import json
import pathlib
import warnings

import numpy as np
import pandas as pd
from sklearn import preprocessing

warnings.simplefilter("ignore")
rng = np.random.default_rng(7)
ROWS, TRAIN = 60, 45
nan = float("nan")


def with_gaps(values, share=0.1):
    values = np.array(values, dtype=float)
    values[rng.random(len(values)) < share] = nan
    return values


frame = pd.DataFrame({
    "normal": with_gaps(rng.normal(10, 3, ROWS)),
    "skewed": with_gaps(np.exp(rng.normal(0, 2, ROWS))),
    "signed": with_gaps(rng.normal(0, 5, ROWS) ** 3 / 25),
    "count": rng.integers(0, 6, ROWS).astype(float),
    "constant": np.full(ROWS, 3.25),
    "single": np.where(np.arange(ROWS) == 4, 7.5, nan),
    "large": rng.normal(1e9, 1.0, ROWS),
})
texts = pd.DataFrame({
    "city": rng.choice(["Oslo", "Rome", "Bonn", "Pécs", "a", "Zürich"], ROWS, p=[0.4, 0.25, 0.15, 0.1, 0.05, 0.05]),
    "binary": rng.choice(["no", "yes"], ROWS),
    "three": rng.choice(["x", "y", "z"], ROWS),
})
texts.loc[ROWS - 2, "city"] = "Kyiv"  # only a test row has it
texts.loc[ROWS - 1, "city"] = "Lima"
KINDS = {"count": "integer"}


def listed(values):
    return [None if value is None or value != value else value for value in np.asarray(values).tolist()]


table = ([{"name": name, "kind": KINDS.get(name, "real"), "values": listed(frame[name])} for name in frame]
         + [{"name": name, "kind": "text", "values": texts[name].tolist()} for name in texts])
for column in table:
    if column["kind"] == "integer":
        column["values"] = [int(value) for value in column["values"]]

cases = []


def case(step, expected, tolerance=1e-9):
    cases.append({"step": step, "expected": {name: listed(values) for name, values in expected.items()},
                  "tolerance": tolerance})


def fitted(transformer, names, tolerance=1e-9):
    transformer.fit(frame[names][:TRAIN])
    return dict(zip(names, np.asarray(transformer.transform(frame[names])).T))


numbers = list(frame)
case({"scale": {"columns": numbers}}, fitted(preprocessing.StandardScaler(), numbers))
# MinMaxScaler computes x * scale + min, which loses digits where the numbers are large beside their range.
precise = (frame["large"] - frame["large"][:TRAIN].min()) / np.ptp(frame["large"][:TRAIN])
case({"scale": {"columns": numbers, "method": "minmax"}},
     {**fitted(preprocessing.MinMaxScaler(), numbers), "large": precise})
case({"scale": {"columns": numbers, "method": "robust"}}, fitted(preprocessing.RobustScaler(), numbers))

varied = ["normal", "skewed", "signed", "count"]
case({"power": {"columns": varied}}, fitted(preprocessing.PowerTransformer("yeo-johnson"), varied), 1e-5)
case({"power": {"columns": varied, "standardize": False}},
     fitted(preprocessing.PowerTransformer("yeo-johnson", standardize=False), varied), 1e-5)

case({"log": ["skewed", "normal"]}, {name: np.log(frame[name]) for name in ["skewed", "normal"]})
case({"log1p": ["count", "skewed"]}, {name: np.log1p(frame[name]) for name in ["count", "skewed"]})

case({"clip": {"columns": ["normal", "count"], "lower": 2, "upper": 4}},
     {name: frame[name].clip(2, 4) for name in ["normal", "count"]})
case({"clip": {"columns": ["count"], "upper": 2.5}}, {"count": frame["count"].clip(upper=2.5)})
case({"clip": {"columns": varied, "lower_quantile": 0.05, "upper_quantile": 0.9}},
     {name: frame[name].clip(frame[name][:TRAIN].quantile(0.05), frame[name][:TRAIN].quantile(0.9))
      for name in varied})

# KBinsDiscretizer takes no missing values: each column on its present rows.
for strategy in ["uniform", "quantile"]:
    for n_bins in [2, 5, 7]:
        expected = {}
        for name in ["normal", "skewed", "signed", "count", "constant"]:
            present = frame[name].notna()
            bins = preprocessing.KBinsDiscretizer(n_bins, encode="ordinal", strategy=strategy, subsample=None)
            bins.fit(frame.loc[present & (frame.index < TRAIN), [name]])
            codes = np.full(ROWS, nan)
            codes[present] = bins.transform(frame.loc[present, [name]])[:, 0]
            expected[name] = codes
        case({"bin": {"columns": list(expected), "strategy": strategy, "n_bins": n_bins}}, expected)
edges = [0.0, 2.0, 10.0]
case({"bin": {"columns": ["normal", "count"], "edges": edges}},
     {name: np.where(frame[name].isna(), nan, np.digitize(frame[name], edges)) for name in ["normal", "count"]})
case({"bin": {"columns": ["count"], "edges": [2.0, 4.0], "encode": "onehot"}},
     {f"count_{code}": (np.digitize(frame["count"], [2.0, 4.0]) == code).astype(float) for code in range(3)})

encoder = preprocessing.OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
encoder.fit(texts[:TRAIN])
case({"ordinal": {"columns": list(texts), "handle_unknown": "use_encoded_value"}},
     dict(zip(texts, encoder.transform(texts).T)))

for options in [{}, {"min_frequency": 4}, {"min_frequency": 0.12}, {"max_categories": 3}, {"drop": "first"},
                {"drop": "if_binary"}, {"max_categories": 2, "drop": "first"}, {"min_frequency": 3, "max_categories": 4},
                {"min_frequency": 5, "handle_unknown": "infrequent_if_exist"}]:
    names = list(texts)
    encoder = preprocessing.OneHotEncoder(sparse_output=False, **{"handle_unknown": "ignore", **options})
    encoder.fit(texts[names][:TRAIN])
    made = [name.replace("_infrequent_sklearn", "_infrequent") for name in encoder.get_feature_names_out()]
    case({"one_hot": {"columns": names, **options}}, dict(zip(made, encoder.transform(texts[names]).T)))

pathlib.Path(__file__).with_name("sklearn_golden.json").write_text(
    json.dumps({"train_rows": TRAIN, "table": table, "cases": cases}, ensure_ascii=False, separators=(",", ":"))
    .replace('{"step"', '\n{"step"') + "\n")
