"""One model, one record, one answer: whatever form the record arrives in, however many threads, wherever it runs."""

import csv
import random
import shutil
from pathlib import Path

import pytest
from support import (ARCHMLP, EXAMPLES, customers, json_records, parse_exactly, read_csv_text, read_rows, run, serving,
                     sha256, shared, write_rows)


def contract_of(out):
    return parse_exactly((out / "prepared/contract.json").read_text())


def answers_of_lines(text):
    """JSON lines -> [(prediction, {class: probability as printed})]."""
    return [parse_exactly(line) for line in text.splitlines()]


def csv_outputs(text):
    header, rows = read_csv_text(text)
    assert header[0] == "prediction"
    return header[1:], [row[1:] for row in rows]


def outputs_of(answer):
    """What an answer says beside the prediction, as the columns of a CSV."""
    decision = answer.get("decision_function", {})
    columns = ({f"decision_function_{name}": value for name, value in decision.items()}
               if isinstance(decision, dict) else {"decision_function": decision})
    columns.update({f"probability_{name}": value for name, value in answer.get("probabilities", {}).items()})
    return columns


def answers_over_http(model, records, query="", batch=200):
    answers = []
    with serving(model) as server:
        for start in range(0, len(records), batch):
            status, text = server.predict("[" + ", ".join(records[start:start + batch]) + "]", query)
            assert status == 200, text
            answers += parse_exactly(text)
        status, text = server.predict(records[0], query)
        assert status == 200 and parse_exactly(text) == answers[0], "a single record and one of an array differ"
    return answers


def assert_same_in_every_form(out, test_rows, tmp_path):
    """`out`: of a run; `test_rows`: the raw test rows that it wrote. Every probability must be printed the same."""
    model, x_test = out / "model.archmlp", out / "prepared/x_test.csv"
    contract = contract_of(out)
    prepared = answers_of_lines(run("predict", model, x_test, "--features", "prepared", "--json").stdout)
    assert len(prepared) == len(read_rows(x_test)[1]) > 0
    raw_csv = answers_of_lines(run("predict", model, test_rows, "--json").stdout)
    assert raw_csv == prepared

    records = list(json_records(test_rows, contract["raw"]))
    lines = tmp_path / "rows.jsonl"
    lines.write_text("\n".join(records) + "\n")
    assert answers_of_lines(run("predict", model, lines, "--json").stdout) == prepared
    shuffled = list(json_records(test_rows, contract["raw"], shuffle=random.Random(5)))
    assert answers_over_http(model, shuffled) == prepared
    prepared_records = list(json_records(x_test, contract["features"]))
    assert answers_over_http(model, prepared_records, "?features=prepared") == prepared

    header, rows = csv_outputs(run("predict", model, test_rows).stdout)
    assert header == list(outputs_of(prepared[0]))
    assert rows == [list(outputs_of(answer).values()) for answer in prepared]
    return prepared


def test_customers_in_every_form(trained, tmp_path):
    answers = assert_same_in_every_form(trained / "out", trained / "test_rows.csv", tmp_path)
    assert {answer["prediction"] for answer in answers} == {"yes", "no"}


@pytest.mark.parametrize("train", [
    "{model: svm, scale: true}", "{model: svm, scale: true, probability: true, kernel: linear, C: 0.5}"])
def test_machines_in_every_form(train, tmp_path):
    data, recipe = customers(tmp_path)
    text = recipe.read_text()
    recipe.write_text(text[:text.index("train:")] + f"train: {train}\n")
    run("run", recipe, "--data", data, "--out", tmp_path / "out", "--test-rows-out", tmp_path / "test_rows.csv")
    answers = assert_same_in_every_form(tmp_path / "out", tmp_path / "test_rows.csv", tmp_path)
    assert {answer["prediction"] for answer in answers} == {"yes", "no"}
    assert ("probabilities" in answers[0]) == ("probability" in train)


def test_generated_fraud_in_every_form(tmp_path):
    run("generate", "paysim", "--rows", 30000, "--seed", 5, "--out", tmp_path / "paysim.csv")
    run("run", EXAMPLES / "fraud.yaml", "--data", tmp_path / "paysim.csv", "--out", tmp_path / "out",
        "--test-rows-out", tmp_path / "test_rows.csv")
    assert_same_in_every_form(tmp_path / "out", tmp_path / "test_rows.csv", tmp_path)


@pytest.mark.parametrize("recipe, data", [
    ("fraud.yaml", "kaggle_paysim_sample.csv"), ("penguins.yaml", "tables/penguins.csv"),
    ("california_housing.yaml", "tables/california_housing.csv"), ("telco_churn.yaml", "tables/telco_churn.csv")])
def test_shared_data_in_every_form(recipe, data, tmp_path):
    run("run", EXAMPLES / recipe, "--data", shared(data), "--out", tmp_path / "out",
        "--test-rows-out", tmp_path / "test_rows.csv")
    assert_same_in_every_form(tmp_path / "out", tmp_path / "test_rows.csv", tmp_path)


def test_adult_in_every_form(tmp_path):
    recipe = adult_recipe(tmp_path)
    run("run", recipe, "--data", shared("tables/adult_train.csv"), "--out", tmp_path / "out",
        "--test-rows-out", tmp_path / "test_rows.csv")
    assert_same_in_every_form(tmp_path / "out", tmp_path / "test_rows.csv", tmp_path)


MESSY_RECIPE = r"""
label: returned
preprocess:
  - replace: {columns: [size], map: {S: small, "?": null}}
  - replace: {columns: [shop], regex: '^Shop (\w+) - .*$', with: '\1'}
  - join: {file: shops.csv, left_on: [shop], right_on: [name], columns: [area, opened]}
  - cast: {columns: [price], type: real, decimal: ","}
  - cast: {columns: [opened, ordered], type: date, format: "%d.%m.%Y", unit: D, errors: missing}
  - add_features: {age_of_shop: ordered - opened}
  - date_parts: {columns: [ordered], parts: [month, weekday, is_weekend], cyclic: true, unit: D}
  - ordinal: {columns: [size], categories: [small, medium, large]}
  - one_hot: [shop]
  - remove: [opened]
split: {test_size: 0.3, stratify: true}
train: {n_estimators: 10}
"""


def test_messy_orders_in_every_form(tmp_path):
    """Prices, dates and names as people write them, and a second table: records come as raw as the rows did."""
    rng = random.Random(3)
    (tmp_path / "recipe.yaml").write_text(MESSY_RECIPE)
    (tmp_path / "shops.csv").write_text("name,area,opened\nNorth,120.5,01.02.1999\nSouth,80,\nWest,60,30.11.2015\n")
    rows = []
    for _ in range(600):
        price = rng.uniform(-50, 5000)
        written = f"{price:,.2f}".translate(str.maketrans(",.", ".,"))
        rows.append([f" {written} €" if rng.random() < 0.5 else f"EUR {written}",
                     rng.choice(["31.12.2023", "1.1.2024", "29.02.2024", "15.06.2023", "soon", ""]),
                     f"Shop {rng.choice(['North', 'South', 'East', 'West'])} - {rng.choice('abc')}",
                     rng.choice(["S", "small", "medium", "large", "?", ""]),
                     "yes" if price + rng.gauss(0, 500) > 2000 else "no"])
    write_rows(tmp_path / "orders.csv", ["price", "ordered", "shop", "size", "returned"], rows)
    run("run", tmp_path / "recipe.yaml", "--data", tmp_path / "orders.csv", "--out", tmp_path / "out",
        "--test-rows-out", tmp_path / "test_rows.csv")
    inputs = contract_of(tmp_path / "out")["inputs"]
    assert inputs["join:shops.csv"] == sha256(tmp_path / "shops.csv")
    (tmp_path / "shops.csv").unlink()  # the model holds what it needs
    assert_same_in_every_form(tmp_path / "out", tmp_path / "test_rows.csv", tmp_path)


def adult_recipe(folder):
    """The example's test file lies beside the recipe: a copy of both."""
    shutil.copy(shared("tables/adult_test.csv"), folder / "adult_test.csv")
    shutil.copy(shared("tables/adult_train.csv"), folder / "adult_train.csv")
    return Path(shutil.copy(EXAMPLES / "adult.yaml", folder / "adult.yaml"))


# -- the same bytes

def test_model_is_the_same_for_any_thread_count_and_folder(tmp_path):
    digests, contracts = set(), set()
    for name, threads in (("a", 1), ("b", 2), ("somewhere/else", 4), ("c", 1)):
        folder = tmp_path / name
        folder.mkdir(parents=True)
        data, recipe = customers(folder, rows=3000)
        run("run", recipe.name, "--data", data.name if threads == 1 else data, "--out", "result", "--threads", threads,
            cwd=folder)
        digests.add(sha256(folder / "result/model.archmlp"))
        contracts.add(sha256(folder / "result/prepared/contract.json"))
    assert len(digests) == 1
    assert len(contracts) == 1


def test_stages_one_by_one_give_the_model_of_a_run(trained, tmp_path):
    run("preprocess", trained / "customers.csv", "--recipe", trained / "customers.yaml", "--out", tmp_path / "prepared")
    assert sha256(tmp_path / "prepared/contract.json") == sha256(trained / "out/prepared/contract.json")
    run("train", tmp_path / "prepared/x_train.csv", tmp_path / "prepared/y_train.csv", "--n-estimators", 12,
        "--random-state", 3, "--out", tmp_path / "model.archmlp")
    assert sha256(tmp_path / "model.archmlp") == sha256(trained / "out/model.archmlp")


def test_thread_count_never_changes_predictions(trained):
    model, rows = trained / "out/model.archmlp", trained / "test_rows.csv"
    outputs = {run("predict", model, rows, "--threads", threads).stdout for threads in (1, 2, 4)}
    assert len(outputs) == 1


def test_nothing_of_this_machine_is_in_the_model(trained):
    content = (trained / "out/model.archmlp").read_bytes()
    assert str(trained).encode() not in content
    assert str(ARCHMLP.parent).encode() not in content


# -- order of columns

def shuffled_columns(source, target, seed):
    header, rows = read_rows(source)
    order = list(range(len(header)))
    random.Random(seed).shuffle(order)
    assert order != sorted(order)
    write_rows(target, [header[i] for i in order], [[row[i] for i in order] for row in rows])


def test_training_on_shuffled_columns_predicts_the_same(trained, tmp_path):
    prepared = trained / "out/prepared"
    for name, seed in (("same", None), ("other", 3)):
        folder = tmp_path / name
        folder.mkdir()
        for file in ("x_train.csv", "x_test.csv"):
            if seed is None:
                shutil.copy(prepared / file, folder)
            else:
                shuffled_columns(prepared / file, folder / file, seed)
        shutil.copy(prepared / "y_train.csv", folder)
        run("train", folder / "x_train.csv", folder / "y_train.csv", "--n-estimators", 20,
            "--out", folder / "m.archmlp")
    predictions = {run("predict", tmp_path / model / "m.archmlp", tmp_path / rows / "x_test.csv").stdout
                   for model in ("same", "other") for rows in ("same", "other")}
    assert len(predictions) == 1


def test_raw_columns_in_another_order_predict_the_same(trained, tmp_path):
    shuffled_columns(trained / "customers.csv", tmp_path / "customers.csv", 3)
    run("run", trained / "customers.yaml", "--data", tmp_path / "customers.csv", "--out", tmp_path / "out")
    rows = trained / "test_rows.csv"
    shuffled_columns(rows, tmp_path / "rows.csv", 4)
    predictions = {run("predict", model, file).stdout
                   for model in (trained / "out/model.archmlp", tmp_path / "out/model.archmlp")
                   for file in (rows, tmp_path / "rows.csv")}
    assert len(predictions) == 1


def test_columns_that_are_not_needed_may_be_left_out(trained, tmp_path):
    header, rows = read_rows(trained / "test_rows.csv")
    keep = [i for i, name in enumerate(header) if name not in ("id", "left")]
    write_rows(tmp_path / "rows.csv", [header[i] for i in keep], [[row[i] for i in keep] for row in rows])
    model = trained / "out/model.archmlp"
    whole = run("predict", model, trained / "test_rows.csv").stdout
    assert run("predict", model, tmp_path / "rows.csv").stdout == whole


def test_model_without_contract_takes_prepared_records(trained, tmp_path):
    """Trained from the CSVs alone: prepared records are its only form, and need not be announced."""
    for file in ("x_train.csv", "y_train.csv", "x_test.csv"):
        shutil.copy(trained / "out/prepared" / file, tmp_path)
    model = tmp_path / "m.archmlp"
    run("train", tmp_path / "x_train.csv", tmp_path / "y_train.csv", "--n-estimators", 12, "--random-state", 3,
        "--out", model)
    with_contract = run("predict", trained / "out/model.archmlp", tmp_path / "x_test.csv", "--features", "prepared")
    assert run("predict", model, tmp_path / "x_test.csv").stdout == with_contract.stdout
    with serving(model) as server:
        record = next(json_records(tmp_path / "x_test.csv", contract_of(trained / "out")["features"]))
        assert server.predict(record)[0] == 200


def test_predictions_follow_the_rows(trained, tmp_path):
    """Row order is kept: reversed records give reversed predictions."""
    header, rows = read_rows(trained / "test_rows.csv")
    with open(tmp_path / "reversed.csv", "w", newline="") as file:
        csv.writer(file).writerows([header, *rows[::-1]])
    model = trained / "out/model.archmlp"
    forward = read_csv_text(run("predict", model, trained / "test_rows.csv").stdout)[1]
    assert read_csv_text(run("predict", model, tmp_path / "reversed.csv").stdout)[1] == forward[::-1]
