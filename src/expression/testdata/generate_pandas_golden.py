#!/usr/bin/python3
"""Writes pandas_golden.json beside itself: expressions with the values that pandas gives them.

A case is an expression that pandas.eval takes as it stands, or a pair of an expression and a function of the frame
that says the same in pandas. Run it again after adding cases; the file is checked in.
"""
import json
import pathlib
import random
import warnings

import numpy as np
import pandas as pd

warnings.simplefilter("ignore")
random.seed(20)
nan = float("nan")
ROWS = 40


def column(edges, draw):
    return (edges + [draw() for _ in range(ROWS)])[:ROWS]


data = {
    "a": ("integer", column([0, 1, 2, -1, -2, 3, -7, 7], lambda: random.randint(-9, 9))),
    "z": ("integer", column([0, 0, 0, 0, 1, 2], lambda: random.randint(0, 2))),
    "b": ("real", column([2.5, None, 0.0, -0.0, -2.5, 0.5, 1.5, -1.5, 1e300], lambda: round(random.gauss(0, 3), 2))),
    "c": ("real", column([None, None, 1.0, 1.0, 2.5, -2.5], lambda: random.choice([None, random.gauss(0, 3)]))),
    "d": ("real", column([0.1, 0.2, 170136.0, 160296.36, 9839.64], lambda: random.gauss(1000, 3000))),
    "f": ("boolean", column([True, False], lambda: random.random() < 0.5)),
    "g": ("boolean", column([True, True], lambda: random.random() < 0.5)),
    "t": ("text", column(["x", None, " Y ", "xy", "Straße", "ÀÉ", "", "10"],
                         lambda: random.choice(["x", "y", "z", None, "xyz", "aX"]))),
    "u": ("text", column(["x", "x", "Y", "xz"], lambda: random.choice(["x", "y", "z", "xyz", None]))),
    "c d": ("integer", column([5, 4], lambda: random.randint(0, 9))),
    "na-me": ("real", column([0.5], lambda: random.random())),
}
frame = pd.DataFrame({name: pd.Series(values, dtype={"integer": "int64", "real": "float64", "boolean": "bool",
                                                     "text": object}[kind])
                      for name, (kind, values) in data.items()})

plain = """
a + z * 2 | a - b - d | (a - b) * c | a / 3 | a / z | -a / z | b / 0 | 0 / b
a // 3 | a // -3 | a // 2.5 | b // 0.7 | b // -0.7 | a // z | b // z | d // 0.1 | b // c
a % 3 | a % -3 | b % 0.7 | b % -0.7 | a % z | b % c | d % -2.5 | d % 0.1
-a ** 2 | (-a) ** 2 | 2 ** 3 ** 2 + a | b ** 2 | b ** -1 | d ** 0.5 | 2.0 ** -a | b ** c | 2 * a ** 2 * 3 | -2.0 ** -a
d + 0.1 + 0.2 | d + (0.1 + 0.2) | d - a + 0.3 - d | 1e3 + a | 1_000 * a | .5 + a | 1. + a | 1.916920493E7 - d
a < b | a <= b | a > b | a >= b | a == b | a != b | b == b | b != b | c == c | c != c | b < c | b != c
1 < a < 3 | -2 <= a <= 2 | a < b < c | 0 < a == 1 | a < 3 > b | a != b != c | -1 < b <= d < 1e9
a == 1 & z == 2 | a == 1 | z == 2 & f | a > 0 and b > 0 or f | a > 0 or b > 0 and f | f & g | f and not g
not a == 1 | not f & g | not f == g | ~f & g | ~f == g | not not f | not a in [1, 2] | f & ~(a > 1) | ~(a > 1) & ~(b > 1)
a in [1, 2] | a not in [1, 2] | a == [1, 2] | a != [1, 2] | [1, 2] == a | b in [2.5, -2.5] | b not in [2.5] | a in (1, 2)
a in [] | a not in [] | a in [-1, -2] | f in [True] | f == 1 | f in [1] | f != True | f > a | f + 1 | f * a | a in [True]
t == 'x' | t != 'x' | 'x' == t | t == "x" | t in ['x', 'y'] | t not in ['x', 'y'] | t == ['x', 'xy'] | t != ['x'] | t == ''
t < 'y' | t >= 'x' | t == t | t != t | t == u | t != u | t in ['10'] | t == 'Stra\\u00dfe' | t in ('x', 'Straße')
t == 'x' and a > 0 | t == 'x' & a > 0 | t in ['x'] and f or u == 'Y' | `c d` + 1 | `c d` > a | `na-me` * 2 | `c d` in [5]
abs(a) | abs(b) | floor(b) | ceil(b) | floor(b) + ceil(c) | sqrt(abs(b)) | abs(a - b) // 2
a == 1 == f | 1 < 2 == f | a > 1 > b in [2.5] | True and f | (a > 0) == (b > 0) | (a + b) * 2 > d / 3 | a * (b + c) / d - 1
(a > 1) + 1 | +a | + - a | - - b | - b ** 2 | 3 - -a | a--a
"""
close = "log(d) | log1p(abs(b)) | exp(a) | exp(b / 10) | expm1(a) | log10(abs(d)) | log(a) | log(b) | sqrt(a)"
pairs = [
    ("round(b)", lambda df: df.b.round()), ("round(b, 1)", lambda df: df.b.round(1)),
    ("round(d, -2)", lambda df: df.d.round(-2)), ("round(d, 2)", lambda df: df.d.round(2)),
    ("min(a, b)", lambda df: np.minimum(df.a, df.b)), ("max(a, b)", lambda df: np.maximum(df.a, df.b)),
    ("max(a, 0)", lambda df: np.maximum(df.a, 0)), ("min(a, z, 1)", lambda df: np.minimum(np.minimum(df.a, df.z), 1)),
    ("clip(b, -1, 1)", lambda df: df.b.clip(-1, 1)), ("clip(b, a, 10)", lambda df: df.b.clip(df.a, 10)),
    ("clip(a, c, 100)", lambda df: df.a.clip(df.c, 100)), ("b.clip(-1, 1)", lambda df: df.b.clip(-1, 1)),
    ("isnull(b)", lambda df: df.b.isnull()), ("notnull(c)", lambda df: df.c.notnull()),
    ("isnull(t)", lambda df: df.t.isnull()), ("t.notnull()", lambda df: df.t.notnull()),
    ("b.isnull() or c.isnull()", lambda df: df.b.isnull() | df.c.isnull()), ("isna(a)", lambda df: df.a.isna()),
    ("isnull(a / 0 - a / 0)", lambda df: (df.a / 0 - df.a / 0).isnull()), ("isnull(1 / z)", lambda df: (1 / df.z).isnull()),
    ("1 / z > 5", lambda df: 1 / df.z > 5),
    ("lower(t)", lambda df: df.t.str.lower()), ("upper(t)", lambda df: df.t.str.upper()),
    ("strip(t)", lambda df: df.t.str.strip()), ("t.str.strip().str.lower()", lambda df: df.t.str.strip().str.lower()),
    ("lower(t) == 'x'", lambda df: df.t.str.lower() == "x"), ("upper(t) == upper(u)",
                                                               lambda df: df.t.str.upper() == df.u.str.upper()),
    ("len(t)", lambda df: df.t.str.len()), ("len(strip(t)) > 1", lambda df: df.t.str.strip().str.len() > 1),
    ("contains(t, 'x')", lambda df: df.t.str.contains("x", regex=False)),
    ("t.str.startswith('x')", lambda df: df.t.str.startswith("x")), ("endswith(t, 'y')", lambda df: df.t.str.endswith("y")),
    ("t.isin(['x', 'y'])", lambda df: df.t.isin(["x", "y"])), ("a.between(-1, 3)", lambda df: df.a.between(-1, 3)),
    ("df.a + df.b", lambda df: df.a + df.b), ("df['c d'] * df.a", lambda df: df["c d"] * df.a),
    ("(df.a > 1) & (df['t'] == 'x')", lambda df: (df.a > 1) & (df["t"] == "x")),
    ("contains(t, 'x') and f", lambda df: df.t.str.contains("x", regex=False) & df.f),
    ("f and contains(t, 'x')", lambda df: df.f & df.t.str.contains("x", regex=False)),
    ("f or contains(t, 'x')", lambda df: df.f | df.t.str.contains("x", regex=False)),
    ("contains(t, 'x') == True", lambda df: df.t.str.contains("x", regex=False) == True),  # noqa: E712
    ("contains(t, 'x') != True", lambda df: df.t.str.contains("x", regex=False) != True),  # noqa: E712
]


def random_number(depth):
    if depth == 0 or random.random() < 0.2:
        return random.choice(["b", "c", "d", "`na-me`", "0.5", "3.0", "2.5e-1", "7.0"])
    kind = random.random()
    if kind < 0.15:
        return f"-{random_number(depth - 1)}"
    if kind < 0.3:
        return f"({random_number(depth - 1)})"
    return f"{random_number(depth - 1)} {random.choice(['+', '-', '*', '/', '//', '%'])} {random_number(depth - 1)}"


def random_condition(depth):
    if depth == 0 or random.random() < 0.3:
        kind = random.random()
        if kind < 0.15:
            return random.choice(["f", "g", "~f", "t == 'x'", "u != 'x'", "t in ['x', 'y']", "a not in [1, 2]"])
        chain = " ".join(f"{random.choice(['<', '<=', '>', '>=', '==', '!='])} {random_number(1)}"
                         for _ in range(random.choice([1, 1, 2])))
        # Starts with a column: pandas' `not` of a comparison of constants is Python's ~True, -2.
        return f"{random.choice(['b', 'c', 'd'])} {random.choice('+-*/')} {random_number(2)} {chain}"
    kind = random.random()
    if kind < 0.2:
        return f"not {random_condition(depth - 1)}"
    if kind < 0.4:
        return f"({random_condition(depth - 1)})"
    return f"{random_condition(depth - 1)} {random.choice(['and', 'or', '&', '|'])} {random_condition(depth - 1)}"


def to_list(result):
    if not isinstance(result, pd.Series):
        result = pd.Series([result] * ROWS)
    values = []
    for value in result.tolist():
        if value is None or (isinstance(value, float) and not np.isfinite(value)):
            values.append(None)  # a result that is not finite is missing
        elif isinstance(value, (bool, str)):
            values.append(value)
        else:
            values.append(float(value))
    return values


def evaluate(expression):
    return frame.eval(expression, engine="python")


cases = []
for line in plain.strip().splitlines():
    line = line.replace("| z == 2 & f", "OR z == 2 & f")  # the one place where | is meant
    for expression in line.split(" | "):
        expression = expression.strip().replace("OR", "|")
        cases.append({"expression": expression, "exact": "**" not in expression, "values": to_list(evaluate(expression))})
for expression in close.split(" | "):
    cases.append({"expression": expression, "exact": False, "values": to_list(evaluate(expression))})
for expression, function in pairs:
    cases.append({"expression": expression, "exact": True, "values": to_list(function(frame))})
tries = 0
while tries < 200:
    expression = random_number(4) if tries % 2 else random_condition(3)
    try:
        result = evaluate(expression)
    except (TypeError, NotImplementedError, AttributeError, ValueError, AssertionError):
        continue  # constants only, or a limit of pandas' own parser
    if not isinstance(result, pd.Series):
        continue
    cases.append({"expression": expression, "exact": True, "values": to_list(result)})
    tries += 1

columns = [{"name": name, "kind": kind, "values": values} for name, (kind, values) in data.items()]
target = pathlib.Path(__file__).with_name("pandas_golden.json")
with open(target, "w") as out:
    out.write(json.dumps({"pandas": pd.__version__, "columns": columns})[:-1])
    out.write(', "cases": [\n')
    out.write(",\n".join(json.dumps(case) for case in cases))
    out.write("\n]}\n")
print(len(cases), "cases")
