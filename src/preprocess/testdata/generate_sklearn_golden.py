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
from sklearn import decomposition, feature_selection, impute, preprocessing

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
    "plain": rng.normal(2, 1, ROWS),
    "other": rng.uniform(-1, 1, ROWS),
})
frame["related"] = 2 * frame["plain"] - frame["other"] + rng.normal(0, 0.5, ROWS)
texts = pd.DataFrame({
    "city": rng.choice(["Oslo", "Rome", "Bonn", "Pécs", "a", "Zürich"], ROWS, p=[0.4, 0.25, 0.15, 0.1, 0.05, 0.05]),
    "binary": rng.choice(["no", "yes"], ROWS),
    "three": rng.choice(["x", "y", "z"], ROWS),
})
texts.loc[ROWS - 2, "city"] = "Kyiv"  # only a test row has it
texts.loc[ROWS - 1, "city"] = "Lima"
group = texts["city"].where(rng.random(ROWS) > 0.2)  # with missing values
texts["group"] = group.where(group.notna(), None)
signal = frame["count"] + rng.normal(0, 1, ROWS)
labels = {
    "binary": (signal > 2.5).astype(int),
    "multiclass": np.clip(np.round(signal / 2), 0, 2).astype(int),
    "real": signal + 0.5 * frame["plain"],
}
KINDS = {"count": "integer"}
ENCODED = ["city", "binary", "three"]


def listed(values):
    return [None if value is None or value != value else value for value in np.asarray(values).tolist()]


table = ([{"name": name, "kind": KINDS.get(name, "real"), "values": listed(frame[name])} for name in frame]
         + [{"name": name, "kind": "text", "values": listed(texts[name].to_numpy(object))} for name in texts])
for column in table:
    if column["kind"] == "integer":
        column["values"] = [int(value) for value in column["values"]]

# ---- what people write: prices, dates, yes and no

messy_rng = np.random.default_rng(11)


def written(make, share=0.15):
    values = [None if messy_rng.random() < share else make(row) for row in range(ROWS)]
    return pd.Series(values, dtype=object)


amounts = np.round(messy_rng.normal(0, 3000, ROWS), 2)
moments = pd.to_datetime(messy_rng.integers(-2_000_000_000, 4_000_000_000, ROWS), unit="s")
messy = {
    "price": written(lambda row: f" ${abs(amounts[row]):,.2f}" if amounts[row] > 0 else f"-${abs(amounts[row]):,.2f} "),
    "preis": written(lambda row: f"{amounts[row]:,.2f} EUR".translate(str.maketrans(",.", ".,"))),
    "share": written(lambda row: f"{amounts[row] / 100:.1f}%"),
    "units": written(lambda row: "n/k" if row % 13 == 5 else f"{messy_rng.integers(0, 10**7):,}"),
    "paid": written(lambda row: messy_rng.choice(["Yes", "NO", " y", "f", "1", "off"])),
    "iso": written(lambda row: moments[row].isoformat(sep=" T"[row % 2:][0] if row % 3 else "T")),
    "german": written(lambda row: moments[row].strftime("%d.%m.%Y, %H:%M Uhr")),
    "english": written(lambda row: moments[row].strftime("%b %d %Y %I:%M:%S %p" if row % 2 else "%B %d %Y %I:%M:%S %p")),
    "short": written(lambda row: (pd.Timestamp(1970 + row, 1, 1) + pd.Timedelta(days=37 * row % 365)).strftime("%d/%m/%y")),
    "doubtful": written(lambda row: ["2023-02-29", "soon", "2024-02-29", "1899-12-31", "9999-12-31"][row % 5]),
}
table += [{"name": name, "kind": "text", "values": listed(values.to_numpy(object))} for name, values in messy.items()]
stamps = moments.astype("int64").to_numpy() // 10**9
table += [{"name": "stamp", "kind": "integer", "values": stamps.tolist()},
          {"name": "day_count", "kind": "integer", "values": (stamps // 86400).tolist()},
          {"name": "digits", "kind": "integer", "values": [int(text) for text in moments.strftime("%Y%m%d")]}]

cases = []


def case(step, expected, tolerance=1e-9, **more):
    cases.append({"step": step, "expected": {name: listed(values) for name, values in expected.items()},
                  "tolerance": tolerance, **more})


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
encoder.fit(texts[ENCODED][:TRAIN])
case({"ordinal": {"columns": ENCODED, "handle_unknown": "use_encoded_value"}},
     dict(zip(ENCODED, encoder.transform(texts[ENCODED]).T)))

order = [["Rome", "Oslo", "Lima"], ["yes", "no"]]
for name, categories in zip(["city", "binary"], order):
    encoder = preprocessing.OrdinalEncoder(categories=[categories], handle_unknown="use_encoded_value", unknown_value=-1)
    case({"ordinal": {"columns": [name], "categories": categories, "handle_unknown": "use_encoded_value"}},
         {name: encoder.fit(texts[[name]]).transform(texts[[name]])[:, 0]})

for options in [{}, {"min_frequency": 4}, {"min_frequency": 0.12}, {"max_categories": 3}, {"drop": "first"},
                {"drop": "if_binary"}, {"max_categories": 2, "drop": "first"}, {"min_frequency": 3, "max_categories": 4},
                {"min_frequency": 5, "handle_unknown": "infrequent_if_exist"}]:
    names = ENCODED
    encoder = preprocessing.OneHotEncoder(sparse_output=False, **{"handle_unknown": "ignore", **options})
    encoder.fit(texts[names][:TRAIN])
    made = [name.replace("_infrequent_sklearn", "_infrequent") for name in encoder.get_feature_names_out()]
    case({"one_hot": {"columns": names, **options}}, dict(zip(made, encoder.transform(texts[names]).T)))

# ---- impute

names = ["normal", "skewed", "count"]
for strategy in ["mean", "median"]:
    imputer = impute.SimpleImputer(strategy=strategy, add_indicator=True).fit(frame[names][:TRAIN])
    made = [name.replace("missingindicator_", "") + "_missing" if name.startswith("missing") else name
            for name in imputer.get_feature_names_out()]
    case({"impute": {"columns": names, "strategy": strategy, "add_indicator": True}},
         dict(zip(made, imputer.transform(frame[names]).T)))
for strategy in ["mean", "median"]:
    expected = {}
    for name in ["normal", "skewed"]:
        training = frame[name][:TRAIN]
        of_group = training.groupby(group[:TRAIN]).agg(strategy)
        fill = group.map(of_group).fillna(training.agg(strategy))
        expected[name] = frame[name].fillna(fill)
    case({"impute": {"columns": list(expected), "strategy": strategy, "group_by": "group"}}, expected)


# ---- rows: what goes on, by position

def kept(step, rows, **more):
    cases.append({"step": step, "rows": [int(row) for row in rows], **more})


both = pd.concat([frame, texts], axis=1)
kept({"drop_missing": ["normal", "skewed"]}, both.dropna(subset=["normal", "skewed"]).index)
kept({"drop_missing": {"columns": ["normal", "skewed", "signed"], "min_present": 0.5}},
     both.dropna(subset=["normal", "skewed", "signed"], thresh=2).index)
for keep in ["first", "last"]:
    kept({"drop_duplicates": {"columns": ["count", "three", "group"], "keep": keep}},
         both.drop_duplicates(subset=["count", "three", "group"], keep=keep).index)

# ---- target_encode: the definition, row by row


def encoding(categories, y, smooth):
    """What scikit-learn's TargetEncoder learns (it is in newer versions than Debian's)."""
    overall, variance, result = np.mean(y), np.var(y), {}
    for category in set(categories):
        own = np.array([value for value, other in zip(y, categories) if other == category])
        if smooth == "auto":
            weight = variance * len(own) / (variance * len(own) + own.var())
            result[category] = weight * own.mean() + (1 - weight) * overall
        else:
            result[category] = (own.sum() + smooth * overall) / (len(own) + smooth)
    return result, overall


for task, y in labels.items():
    for smooth in ["auto", 0, 10.0]:
        targets = {f"_{k}": (y == k).astype(float) for k in range(3)} if task == "multiclass" else {"": y}
        expected = {}
        for name in ["city", "group"]:
            categories = [value if isinstance(value, str) else None for value in texts[name]]
            for suffix, numbers in targets.items():
                learnt, overall = encoding(categories[:TRAIN], np.asarray(numbers, float)[:TRAIN], smooth)
                expected[name + suffix] = [learnt.get(value, overall) for value in categories]
        case({"target_encode": {"columns": ["city", "group"], "smooth": smooth}}, expected, label=task)

# ---- text_hash: FNV-1a as its authors define it


def fnv1a(text, seed):
    value = 0xCBF29CE484222325
    for byte in seed.to_bytes(8, "little") + text.encode():
        value = (value ^ byte) * 0x100000001B3 % 2**64
    return value


for n_features, seed in [(1, 0), (5, 0), (16, 3)]:
    expected = {}
    for name in ["city", "group"]:
        for feature in range(n_features):
            expected[f"{name}_hash_{feature}"] = [
                float(isinstance(value, str) and fnv1a(value, seed) % n_features == feature) for value in texts[name]]
    case({"text_hash": {"columns": ["city", "group"], "n_features": n_features, "seed": seed}}, expected)

# ---- select: the columns that stay


def selected(step, names, chosen, **more):
    cases.append({"step": {"select": {"columns": names, **step}},
                  "removed": [name for name, is_kept in zip(names, chosen) if not is_kept], **more})


numbers = list(frame)
for threshold in [0.0, 5.0]:
    selected({"min_variance": threshold}, numbers,
             feature_selection.VarianceThreshold(threshold).fit(frame[numbers][:TRAIN]).get_support())
varied = ["normal", "skewed", "signed", "count", "large"]
related = np.abs(frame[varied][:TRAIN].corr().to_numpy())
for limit in [0.01, 0.1, 0.2]:
    chosen = []
    for i in range(len(varied)):
        chosen.append(not any(related[i, k] > limit for k in range(i) if chosen[k]))
    selected({"max_correlation": limit}, varied, chosen)
present = ["other", "count", "plain"]
for task, score in [("binary", feature_selection.f_classif), ("multiclass", feature_selection.f_classif),
                    ("real", feature_selection.f_regression)]:
    for k in [1, 2]:
        chooser = feature_selection.SelectKBest(score, k=k).fit(frame[present][:TRAIN], labels[task][:TRAIN])
        selected({"k": k, "score": "f"}, present, chooser.get_support(), label=task)
for task, score in [("binary", feature_selection.mutual_info_classif), ("real", feature_selection.mutual_info_regression)]:
    chooser = feature_selection.SelectKBest(lambda x, y, score=score: score(x, y, random_state=0), k=1)
    chooser.fit(frame[present][:TRAIN], labels[task][:TRAIN])
    selected({"k": 1, "score": "mutual_info"}, present, chooser.get_support(), label=task)

# ---- pca, each component with its largest loading positive

names = ["count", "plain", "other", "related"]
for n_components in [None, 2, 0.8]:
    reduced = decomposition.PCA(n_components, svd_solver="full").fit(frame[names][:TRAIN])
    strongest = np.abs(reduced.components_).argmax(axis=1)
    signs = np.sign(reduced.components_[np.arange(len(strongest)), strongest])
    values = reduced.transform(frame[names]) * signs
    case({"pca": {"columns": names, "n_components": n_components}},
         {f"pca_{component}": values[:, component] for component in range(values.shape[1])}, columns=values.shape[1])

# ---- cast


def cleaned(name, pattern=r"[$,\s]"):
    return messy[name].str.replace(pattern, "", regex=True)


case({"cast": {"columns": ["price"], "type": "real"}}, {"price": cleaned("price").astype(float)})
case({"cast": {"columns": ["preis"], "type": "real", "decimal": ",", "currency": "EUR"}},
     {"preis": cleaned("preis", r"[.EUR\s]").str.replace(",", ".", regex=False).astype(float)})
case({"cast": {"columns": ["share"], "type": "real"}}, {"share": messy["share"].str.rstrip("%").astype(float) / 100})
case({"cast": {"columns": ["units"], "type": "integer", "errors": "missing"}},
     {"units": pd.to_numeric(cleaned("units"), errors="coerce")})
yes = {"yes": 1.0, "y": 1.0, "1": 1.0, "no": 0.0, "f": 0.0, "off": 0.0}
case({"cast": {"columns": ["paid"], "type": "boolean"}}, {"paid": messy["paid"].str.strip().str.lower().map(yes)})
case({"cast": {"columns": ["count", "stamp"], "type": "text"}},
     {"count": frame["count"].astype(int).astype(str), "stamp": pd.Series(stamps).astype(str)})
case({"cast": {"columns": ["count", "stamp"], "type": "real"}}, {"count": frame["count"], "stamp": stamps.astype(float)})

EPOCH = pd.Timestamp(0)
UNITS = {"D": pd.Timedelta(days=1), "s": pd.Timedelta(seconds=1), "ms": pd.Timedelta(milliseconds=1),
         "us": pd.Timedelta(microseconds=1)}
FORMATS = {"iso": None, "german": "%d.%m.%Y, %H:%M Uhr", "english": "%b %d %Y %I:%M:%S %p", "short": "%d/%m/%y"}


def dates(name):
    if name == "doubtful":  # pandas' own range ends in 1677 and 2262
        return messy[name].map(lambda text: None if text in (None, "soon", "2023-02-29") else np.datetime64(text, "s"))
    text = messy[name]
    if name == "english":  # strptime's %b takes short names only
        text = text.str.replace(r"^([A-Z][a-z]{2})[a-z]*", r"\1", regex=True)
    return pd.to_datetime(text, format=FORMATS[name])


for name, written_so in FORMATS.items():
    for unit in UNITS:
        step = {"columns": [name], "type": "date", "unit": unit, **({"format": written_so} if written_so else {})}
        case({"cast": step}, {name: (dates(name) - EPOCH) // UNITS[unit]})
case({"cast": {"columns": ["doubtful"], "type": "date", "errors": "missing"}},
     {"doubtful": [nan if value is None else float(value.astype("int64")) for value in dates("doubtful")]})
case({"cast": {"columns": ["digits"], "type": "date", "format": "%Y%m%d", "unit": "D"}}, {"digits": stamps // 86400})

# ---- date_parts

PARTS = ["year", "quarter", "month", "week", "day", "weekday", "dayofyear", "hour", "minute", "second", "is_weekend"]
PERIODS = {"quarter": (1, 4), "month": (1, 12), "week": (1, 53), "day": (1, 31), "weekday": (0, 7), "dayofyear": (1, 366),
           "hour": (0, 24), "minute": (0, 60), "second": (0, 60)}


def part(moment, name):
    if name == "week":
        return moment.dt.isocalendar().week.astype(float)
    if name == "is_weekend":
        return (moment.dt.dayofweek >= 5).astype(float).where(moment.notna())
    return getattr(moment.dt, name)


for name, step, moment in [("iso", {}, dates("iso")), ("german", {"format": FORMATS["german"]}, dates("german")),
                           ("short", {"format": FORMATS["short"]}, dates("short")),
                           ("stamp", {}, pd.Series(moments)), ("day_count", {"unit": "D"}, pd.Series(moments.normalize()))]:
    values = {key: part(moment, key) for key in PARTS}
    case({"date_parts": {"columns": [name], "parts": PARTS, **step}}, {f"{name}_{key}": values[key] for key in PARTS})
    expected = {}
    for key in PARTS:
        if key not in PERIODS:
            expected[f"{name}_{key}"] = values[key]
            continue
        first, period = PERIODS[key]
        angle = 2 * np.pi * (values[key].astype(float) - first) / period
        expected[f"{name}_{key}_sin"], expected[f"{name}_{key}_cos"] = np.sin(angle), np.cos(angle)
    case({"date_parts": {"columns": [name], "parts": PARTS, "cyclic": True, **step}}, expected, 1e-14)

# ---- replace

case({"replace": {"columns": ["count"], "map": {"0": 3, "3": 0, "5": None}}},
     {"count": frame["count"].map(lambda value: {0.0: 3.0, 3.0: 0.0, 5.0: nan}.get(value, value))})
case({"replace": {"columns": ["count"], "map": {"1": 2.5, "2": -1}}}, {"count": frame["count"].replace({1: 2.5, 2: -1})})
case({"replace": {"columns": ["city", "binary"], "map": {"Oslo": "Rome", "Rome": "Oslo", "no": "yes", "Kyiv": ""}}},
     {name: texts[name].replace({"Oslo": "Rome", "Rome": "Oslo", "no": "yes", "Kyiv": ""}) for name in ["city", "binary"]})
case({"replace": {"columns": ["group"], "map": {"Bonn": None}}}, {"group": texts["group"].where(texts["group"] != "Bonn", None)})
for regex, replacement in [("[aeiou]", "_"), ("^([A-Z])([a-z]+)", r"\2-\1"), ("s*", "."), ("é|ü", "?"), ("(?:$)", "!"),
                           ("(?i)O(s?)", r"<\1>")]:
    case({"replace": {"columns": ["city", "group"], "regex": regex, "with": replacement}},
         {name: texts[name].str.replace(regex, replacement, regex=True) for name in ["city", "group"]},
         allocates="\\" in replacement)
case({"replace": {"columns": ["group"], "regex": "^[A-M]", "with": None}},
     {"group": texts["group"].where(~texts["group"].str.contains("^[A-M]", na=False), None)})

# ---- join: the other table lies beside the goldens

other = pd.DataFrame({"city": ["Oslo", "Rome", "Zürich", "Nowhere", None], "people": [709, 2873, 434, 0, 1],
                      "area": [454.0, 1285.5, None, 1.0, 2.0], "land": ["NO", "IT", "CH", None, "??"]})
other.to_csv(pathlib.Path(__file__).with_name("join_cities.csv"), index=False)
pairs = pd.DataFrame([(float(count), letter, f"{letter}{count}") for count in [0, 1, 2, 4, 4.5] for letter in "xz"],
                     columns=["number", "letter", "pair"])
pairs.to_csv(pathlib.Path(__file__).with_name("join_pairs.csv"), index=False)
whole = other[other["city"].notna()]
joined = pd.concat([texts, frame], axis=1).merge(whole, on="city", how="left", validate="many_to_one")
case({"join": {"file": "join_cities.csv", "on": ["city"]}}, {name: joined[name] for name in ["people", "area", "land"]})
case({"join": {"file": "join_cities.csv", "left_on": ["group"], "right_on": ["city"], "columns": ["area"]}},
     {"area": texts[["group"]].merge(whole, left_on="group", right_on="city", how="left")["area"]})
both_keys = pd.concat([texts, frame], axis=1).merge(pairs, left_on=["count", "three"], right_on=["number", "letter"], how="left")
step = {"file": "join_pairs.csv", "left_on": ["count", "three"], "right_on": ["number", "letter"]}
case({"join": step}, {"pair": both_keys["pair"]})
kept({"join": {**step, "how": "inner"}}, both_keys.index[both_keys["pair"].notna()])

label_json = {name: {"name": "y", "kind": "real" if name == "real" else "integer",
                     "values": np.asarray(values).tolist()} for name, values in labels.items()}
pathlib.Path(__file__).with_name("sklearn_golden.json").write_text(
    json.dumps({"train_rows": TRAIN, "table": table, "labels": label_json, "cases": cases}, ensure_ascii=False,
               separators=(",", ":"))
    .replace('{"step"', '\n{"step"') + "\n")
