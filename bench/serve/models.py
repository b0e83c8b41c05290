"""What run.py lets the servers predict: models, records and batches, made in a folder."""

import json
import os
import random
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from load import Request

REPOSITORY = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("ARCHMLP_SHARED", REPOSITORY.parent / "shared")) / "data"
# The query of the paper, in the names of examples/fraud_paper.yaml.
PAPER_NAMES = ("amount", "bType", "oldBalanceDest", "newBalanceDest", "oldBalanceOrig", "newBalanceOrig", "errorBalanceOrig",
               "errorBalanceDest")


def archmlp(program, *arguments):
    done = subprocess.run([str(program), *map(str, arguments)], capture_output=True, text=True, timeout=1800)
    if done.returncode != 0:
        sys.exit(f"archmlp {arguments[0]} failed: {done.stderr}")


@dataclass
class Model:
    name: str
    file: Path
    trees: int
    record: Request  # one
    prepared: Path  # the folder of its CSVs
    json_batch: Request = None
    csv_batch: Request = None


def write(path, text):
    path.write_text(text)
    return path


def first_row(csv):
    import pandas
    return pandas.read_csv(csv, nrows=1).to_json(orient="records", double_precision=15)[1:-1]


def paysim(program, folder, rows):
    """Fraud in generated transactions, asked with the paper's record in prepared form, and with batches of raw ones."""
    import pandas
    data, out, test_rows = folder / "paysim.csv", folder / "paysim", folder / "paysim_rows.csv"
    archmlp(program, "generate", "paysim", "--rows", rows, "--seed", 1, "--out", data)
    archmlp(program, "run", REPOSITORY / "examples/fraud_paper.yaml", "--data", data, "--out", out, "--test-rows-out", test_rows)
    query = SHARED / "instance29.json"
    record = query.read_text() if query.exists() else first_row(out / "prepared/x_test.csv")
    if set(json.loads(record)) != set(PAPER_NAMES):
        sys.exit(f"the record has other names than the model: {record}")
    batch = pandas.read_csv(test_rows).iloc[:1000]
    if len(batch) < 1000:
        sys.exit("too few test rows for a batch of 1,000: give more --rows")
    return Model(
        name="PaySim", file=out / "model.archmlp", trees=100, prepared=out / "prepared",
        record=Request("/predict?features=prepared", write(folder / "paysim_record.json", record)),
        json_batch=Request("/predict?features=raw",
                           write(folder / "paysim_batch.json", batch.to_json(orient="records", double_precision=15))),
        csv_batch=Request("/predict?features=raw", write(folder / "paysim_batch.csv", batch.to_csv(index=False)), "text/csv"))


DEEP_RECIPE = """label: {label}
preprocess:
{impute}  - one_hot: all
split: {{test_size: 0.3, seed: 1}}
train: {{model: random_forest, n_estimators: 100, random_state: 42}}
"""
IMPUTE = "  - impute: {columns: [workclass, occupation, native_country], strategy: most_frequent}\n"


def write_noisy_table(path, rows=30_000):
    """A stand-in for census data: categories, and a label that is noise in part, so that trees grow deep."""
    source = random.Random(5)
    lines = ["age,hours,gain,weight,trade,place,kind,above"]
    for _ in range(rows):
        age, hours, trade = source.randint(17, 90), source.randint(1, 99), source.randrange(14)
        above = age * hours + 200 * trade > 4500 + 2500 * source.gauss(0, 1)
        lines.append(f"{age},{hours},{source.randrange(100) ** 2},{source.randint(10_000, 900_000)},t{trade},"
                     f"p{source.randrange(40)},k{source.randrange(6)},{'yes' if above else 'no'}")
    return write(path, "\n".join(lines) + "\n")


def deep(program, folder):
    """100 trees of unlimited depth: census data (UCI Adult) if it is there."""
    data = SHARED / "tables/adult_train.csv"
    is_adult = data.exists()
    if not is_adult:
        print(f"{data} is absent: a generated table stands in for it")
        data = write_noisy_table(folder / "deep.csv")
    recipe = write(folder / "deep.yaml", DEEP_RECIPE.format(label="income" if is_adult else "above",
                                                            impute=IMPUTE if is_adult else ""))
    out, test_rows = folder / "deep", folder / "deep_rows.csv"
    archmlp(program, "run", recipe, "--data", data, "--out", out, "--test-rows-out", test_rows)
    return Model(name="Adult" if is_adult else "noisy table", file=out / "model.archmlp", trees=100, prepared=out / "prepared",
                 record=Request("/predict", write(folder / "deep_record.json", first_row(test_rows))))


def large(program, folder, rows):
    """A model file of some 370 bytes a row: 100 trees that learn noise by heart."""
    import numpy
    import pandas
    source = numpy.random.default_rng(1)
    pandas.DataFrame(source.random((rows, 6)).round(6), columns=[f"f{i}" for i in range(6)]).to_csv(folder / "x.csv", index=False)
    pandas.DataFrame({"y": source.integers(0, 2, rows)}).to_csv(folder / "y.csv", index=False)
    archmlp(program, "train", folder / "x.csv", folder / "y.csv", "--model", "random_forest", "--n-estimators", 100,
            "--task", "classification", "--out", folder / "large.archmlp")
    return folder / "large.archmlp"
