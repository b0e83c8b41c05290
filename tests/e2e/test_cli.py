"""The command line itself: help, exit codes, errors that can be acted on, flags that mean what recipes mean."""

import json
import shutil
import signal
import subprocess
import time

import pytest
from support import (ARCHMLP, EXAMPLES, FILES, INVALID, REPOSITORY, STOPPED, USAGE, PREPARED_FILES, folder_digest,
                     read_rows, run, run_json, sha256, temporaries, wait_until_it_handles)

COMMANDS = ("run", "generate", "inspect", "preprocess", "train", "evaluate", "show", "predict", "serve", "query")


def test_help_lists_every_command():
    text = run("--help").stdout
    for command in COMMANDS:
        assert command in text


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_each_command(command):
    assert f"archmlp {command}" in run(command, "--help").stdout


def test_version():
    version = run("--version").stdout.strip()
    declared = (REPOSITORY / "CMakeLists.txt").read_text().split("VERSION ")[2].split()[0]
    assert version == f"archmlp {declared}"


def test_no_command():
    run(expect=USAGE)


@pytest.mark.parametrize("arguments", [["trian"], ["train"], ["train", "a", "b", "--n-estimator", "3"],
                                       ["serve", "m", "--port", "99999"], ["inspect", "f", "--no-such-flag"]])
def test_wrong_usage(arguments):
    result = run(*arguments, expect=USAGE)
    assert result.stderr.startswith("error: ")


def test_misspelt_command_suggests_the_right_one():
    message = run("trian", expect=USAGE).stderr
    assert '"trian"' in message and '"train"' in message


def test_misspelt_option_suggests_the_right_one():
    assert "--n-estimators" in run("train", "a", "b", "--n-estimator", "3", expect=USAGE).stderr


@pytest.mark.parametrize("arguments", [
    ["inspect", "absent.csv"], ["show", "absent.archmlp"], ["predict", "absent.archmlp", "x.csv"],
    ["evaluate", "absent.archmlp", "x.csv", "y.csv"], ["run", "absent.yaml"],
    ["preprocess", "absent.csv", "--label", "y"]])
def test_absent_files(arguments, tmp_path):
    result = run(*arguments, expect=FILES, cwd=tmp_path)
    assert "absent" in result.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("option, value, word", [
    ("--n-estimators", "0", "between 1 and"), ("--n-estimators", "many", "--n-estimators"),
    ("--max-features", "1.5", "--max-features"), ("--n-estimators", "1000000000", "100,000"),
    ("--threads", "many", "integer"), ("--criterion", "mse", "squared_error"), ("--criterion", "ginni", "gini"),
    ("--model", "svn", "svm"), ("--task", "guess", "classification"), ("--class-weight", "heavy", "balanced")])
def test_parameters_out_of_range(trained, tmp_path, option, value, word):
    prepared = trained / "out/prepared"
    result = run("train", prepared / "x_train.csv", prepared / "y_train.csv", option, value, "--out",
                 tmp_path / "m.archmlp", expect=USAGE)
    assert word in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_class_weight_as_people_write_it(trained, tmp_path):
    prepared = trained / "out/prepared"
    labels = sorted({label for row in read_rows(prepared / "y_train.csv")[1] for label in row})
    weights = "{" + ", ".join(f"{label}: {number + 1}" for number, label in enumerate(labels)) + "}"
    run("train", prepared / "x_train.csv", prepared / "y_train.csv", "--n-estimators", 2, "--class-weight", weights,
        "--out", tmp_path / "m.archmlp")
    shown = run_json("show", tmp_path / "m.archmlp")
    assert [weight for _, weight in shown["lineage"]["parameters"]["class_weight"]] == [1, 2]


@pytest.mark.parametrize("arguments, word", [
    (["serve", "m", "--port", "99999"], "0 to 65535"), (["inspect", "f", "--rows", "-1"], "at least 0"),
    (["generate", "paysim", "--rows", "-1"], "at least 0"), (["generate", "paysim", "--seed", "1e3"], "integer"),
    (["preprocess", "f", "--label", "y", "--filter", "--one-hot", "all"], "--one-hot is an option"),
    (["preprocess", "f", "--label", "y", "--recipe", "--out", "o"], "--out is an option"),
    (["run", "r.yaml", "--data", "--out", "o"], "--out is an option"),
    (["preprocess", "f", "--label", "y", "--test-size", "2"], "--test-size: expected a share"),
    (["preprocess", "f", "--label", "y", "--seed", "-1"], "--seed: expected an integer"),
    (["preprocess", "f", "--label", "y", "--stratify", "much"], "--stratify: expected true or false"),
    (["preprocess", "f", "--label", "y", "--memory", "much"], "--memory: expected an amount"),
    (["preprocess", "f", "--label", "y", "--impute", "mode"], "--impute"),
    (["preprocess", "f", "--label", "y", "--no-header", "maybe"], "--no-header: expected true or false"),
    (["preprocess", "f"], "--label: the label is not given"),
    (["train", "x", "y", "--max-time", "0"], "--max-time: expected seconds"),
    (["train", "x", "y", "--memory", "much"], "--memory: expected an amount")])
def test_values_that_an_option_cannot_have(arguments, word):
    assert word in run(*arguments, expect=USAGE).stderr


def test_values_that_may_be_left_out_are_in_brackets():
    text = run("preprocess", "--help").stdout
    assert "--no-header [BOOL]" in text and "--stratify [BOOL]" in text and "BOOL=" not in text


def test_wrong_usage_as_json():
    error = json.loads(run("train", "a", "b", "--n-estimator", "3", "--json", expect=USAGE).stderr)["error"]
    assert "--n-estimators" in error["hint"]


@pytest.mark.parametrize("command", ["preprocess", "train", "predict"])
def test_a_program_of_one_command_names_itself_in_its_examples(command):
    program = ARCHMLP.parent / f"archmlp-{command}"
    shown = subprocess.run([program, "--help"], capture_output=True, text=True, check=True).stdout
    assert f"  archmlp-{command} " in shown
    assert "  archmlp " not in shown


def test_an_output_never_replaces_an_input(trained, tmp_path):
    prepared = trained / "out/prepared"
    model = trained / "out/model.archmlp"
    rows = tmp_path / "rows.csv"
    rows.write_bytes((prepared / "x_test.csv").read_bytes())
    before = sha256(rows)
    run("predict", model, rows, "--features", "prepared", "--out", rows, expect=INVALID)
    run("preprocess", rows, "--label", "y", "--out", tmp_path / "p", "--test-rows-out", rows, expect=INVALID)
    assert sha256(rows) == before
    before = sha256(prepared / "x_train.csv")
    run("train", prepared / "x_train.csv", prepared / "y_train.csv", "--out", prepared / "x_train.csv", expect=INVALID)
    assert sha256(prepared / "x_train.csv") == before


def test_switches_that_are_switched_off(tmp_path):
    (tmp_path / "a.csv").write_text("a,y\n" + "".join(f"{i},{i % 2}\n" for i in range(20)))
    split = ["--time-column", "a", "--no-header", "false", "--stratify"]
    preprocess = ["preprocess", tmp_path / "a.csv", "--label", "y", "--out", tmp_path / "p"]
    run(*preprocess, *split, "false")
    assert "exclude each other" in run(*preprocess, *split, "true", expect=INVALID).stderr


def test_prepared_features_are_told_from_raw_records(trained):
    result = run("predict", trained / "out/model.archmlp", trained / "out/prepared/x_test.csv", expect=INVALID)
    assert "--features prepared" in result.stderr


def test_one_bad_cell_among_numbers_is_named(tmp_path):
    rows = [f"{i},{i % 2}\n" for i in range(20)]
    rows[6] = "n.d.,0\n"
    (tmp_path / "a.csv").write_text("a,y\n" + "".join(rows))
    preprocess = ["preprocess", tmp_path / "a.csv", "--label", "y", "--out", tmp_path / "p"]
    error = run(*preprocess, expect=INVALID).stderr
    assert "row 7" in error and '"n.d."' in error and "missing_values" in error
    warnings = run_json(*preprocess, "--one-hot", "all")["warnings"]
    assert len(warnings) == 1 and '"n.d."' in warnings[0]


def test_a_run_without_data_leaves_no_folder(tmp_path):
    run("run", EXAMPLES / "fraud.yaml", "--data", "absent.csv", "--out", "out", expect=FILES, cwd=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_an_error_of_a_step_names_its_line_in_the_recipe(tmp_path):
    (tmp_path / "a.csv").write_text("a,b,y\n1,2,0\n2,3,1\n")
    (tmp_path / "r.yaml").write_text("label: y\npreprocess:\n  - remove: [b]\n  - impute: {columns: [c]}\n")
    error = run("run", tmp_path / "r.yaml", "--data", tmp_path / "a.csv", expect=INVALID).stderr
    assert "r.yaml:4:" in error and "step 2 (impute.columns)" in error


def test_errors_as_json(tmp_path):
    result = run("inspect", "absent.csv", "--json", expect=FILES, cwd=tmp_path)
    error = json.loads(result.stderr)["error"]
    assert error["code"] == "not_found" and "absent.csv" in error["where"] + error["message"]


def test_error_in_the_data_names_line_and_column(trained, tmp_path):
    broken = tmp_path / "broken.csv"
    broken.write_text("a,b\n1,2\n3,4,5\n")
    result = run("inspect", broken, expect=INVALID)
    assert "broken.csv:3" in result.stderr
    assert "Hint" in result.stderr


# -- what a run leaves, and prints

def test_run_makes_what_it_says(trained):
    assert sorted(path.name for path in (trained / "out").iterdir()) == ["metrics.json", "model.archmlp", "prepared"]
    assert {path.name for path in (trained / "out/prepared").iterdir()} == PREPARED_FILES


def test_run_prints_kappa_and_how_to_serve(trained, tmp_path):
    text = run("run", trained / "customers.yaml", "--data", trained / "customers.csv", "--out", tmp_path / "out").stdout
    assert "kappa" in text.lower()
    assert f"archmlp serve {tmp_path / 'out/model.archmlp'}" in text.splitlines()[-1]


def test_test_rows_are_those_of_x_test(trained):
    header, rows = read_rows(trained / "test_rows.csv")
    assert header == read_rows(trained / "customers.csv")[0]
    test_header, test_rows = read_rows(trained / "out/prepared/x_test.csv")
    raw = [float(row[header.index("income")]) for row in rows]
    assert raw == [float(row[test_header.index("income")]) for row in test_rows]


def test_contract_describes_the_files(trained):
    prepared = trained / "out/prepared"
    contract = json.loads((prepared / "contract.json").read_text())
    for name, file in contract["files"].items():
        assert file["sha256"] == sha256(prepared / name)
        assert file["row_count"] == len(read_rows(prepared / name)[1])
    assert [column["name"] for column in contract["features"]] == read_rows(prepared / "x_train.csv")[0]
    assert contract["inputs"]["data"] == sha256(trained / "customers.csv")


def test_show(trained):
    model = trained / "out/model.archmlp"
    assert "left" in run("show", model).stdout
    assert isinstance(run_json("show", model), dict)


def test_evaluate_agrees_with_the_run(trained):
    prepared = trained / "out/prepared"
    metrics = run_json("evaluate", trained / "out/model.archmlp", prepared / "x_test.csv", prepared / "y_test.csv")
    written = json.loads((trained / "out/metrics.json").read_text())
    assert written["model_sha256"] == sha256(trained / "out/model.archmlp")
    assert metrics == {key: written[key] for key in metrics}
    assert list(metrics).index("cohen_kappa") < list(metrics).index("accuracy")
    text = run("evaluate", trained / "out/model.archmlp", prepared / "x_test.csv", prepared / "y_test.csv").stdout
    assert "kappa" in text.splitlines()[0].lower()


def test_inspect(trained):
    profile = json.dumps(run_json("inspect", trained / "customers.csv"))
    assert '"age"' in profile and '"integer"' in profile
    assert "income" in run("inspect", trained / "customers.csv").stdout


# -- flags and recipe

def test_flags_mean_what_the_recipe_means(trained, tmp_path):
    run("preprocess", trained / "customers.csv", "--label", "left", "--remove", "id", "--filter", "income > 4000",
        "--add-features", "{income_per_year: income / 12, is_young: age < 30}",
        "--impute", "{columns: [age], strategy: median}", "--one-hot", "plan",
        "--test-size", "0.25", "--stratify", "--seed", "7", "--out", tmp_path / "prepared")
    flags, recipe = folder_digest(tmp_path / "prepared"), folder_digest(trained / "out/prepared")
    for name in PREPARED_FILES - {"contract.json"}:
        assert flags[name] == recipe[name], name


def test_standard_input_and_compressed_files(trained, tmp_path):
    data = trained / "customers.csv"
    plain = run("inspect", data, "--json").stdout
    assert run("inspect", "-", "--json", text=data.read_text()).stdout == plain
    for program, suffix in (("gzip", ".gz"), ("zstd", ".zst")):
        if shutil.which(program):
            packed = tmp_path / f"customers.csv{suffix}"
            with open(packed, "wb") as file:
                subprocess.run([program, "-c", data], check=True, stdout=file)
            assert run("inspect", packed, "--json").stdout == plain


def test_several_files_are_one_table(trained, tmp_path):
    rows = (trained / "customers.csv").read_text().splitlines(keepends=True)
    middle = len(rows) // 2
    (tmp_path / "all.csv").write_text("".join(rows))
    (tmp_path / "a.csv").write_text("".join(rows[:middle]))
    (tmp_path / "b.csv").write_text("".join([rows[0], *rows[middle:]]))
    (tmp_path / "r.yaml").write_text("label: left\ndata: [a.csv, b.csv]\npreprocess: [{remove: [id]}]\n")
    recipe = ["--recipe", tmp_path / "r.yaml"]
    run("preprocess", tmp_path / "all.csv", *recipe, "--out", tmp_path / "one")
    run("preprocess", tmp_path / "a.csv", tmp_path / "b.csv", *recipe, "--out", tmp_path / "two")
    run("run", tmp_path / "r.yaml", "--out", tmp_path / "three")
    run("run", tmp_path / "r.yaml", "--data", tmp_path / "a.csv", "--data", tmp_path / "b.csv", "--out", tmp_path / "four")
    for name in ("x_train.csv", "y_test.csv"):
        expected = (tmp_path / "one" / name).read_bytes()
        for folder in ("two", "three/prepared", "four/prepared"):
            assert (tmp_path / folder / name).read_bytes() == expected


def test_predict_from_standard_input(trained):
    record = '{"age": 41, "income": 30000.5, "plan": "pro", "newsletter": true, "account": 3}\n'
    answer = run("predict", trained / "out/model.archmlp", "-", "--json", text=record * 2).stdout.splitlines()
    assert len(answer) == 2 and answer[0] == answer[1]
    assert json.loads(answer[0])["prediction"] in ("yes", "no")


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_predict_reports_what_it_met(form, trained, tmp_path):
    model = trained / "out/model.archmlp"
    names = ["age", "income", "plan", "newsletter", "account"]
    rows = [[41, 30000.5, "pro", True, 3], [42, 30000.5, "unheard of", True, 3], [43, 1.5, "pro", False, 3]]
    if form == "csv":
        text = "".join(",".join(map(str, row)) + "\n" for row in [names, *rows])
    else:
        text = "".join(json.dumps(dict(zip(names, row))) + "\n" for row in rows)
    expected = {"rows": 3, "rows_outside": 1, "unknown_categories": {"plan": 1}}
    done = run("predict", model, "-", "--json", "--empty-outside", text=text)
    assert [json.loads(line)["prediction"] for line in done.stdout.splitlines()][2] is None
    assert json.loads(done.stderr) == {"note": expected}
    out = tmp_path / "p.jsonl"
    report = json.loads(run("predict", model, "-", "--json", "--empty-outside", "--out", out, text=text).stdout)
    assert report == {"out": str(out), **expected}
    assert out.read_text() == done.stdout
    notes = run("predict", model, "-", "--empty-outside", text=text).stderr
    assert '1 rows have a value in "plan"' in notes and "1 of 3 rows are outside" in notes


def test_filtered_rows_stop_predict_unless_told_otherwise(trained, tmp_path):
    model = trained / "out/model.archmlp"
    lines = ('{"age": 41, "income": 30000.5, "plan": "pro", "newsletter": true, "account": 3}\n'
             '{"age": 41, "income": 1.5, "plan": "pro", "newsletter": true, "account": 3}\n')
    result = run("predict", model, "-", "--out", tmp_path / "p.csv", text=lines, expect=INVALID)
    assert "standard input:2" in result.stderr and "filter" in result.stderr
    assert list(tmp_path.iterdir()) == []
    run("predict", model, "-", "--out", tmp_path / "p.csv", "--empty-outside", text=lines)
    header, rows = read_rows(tmp_path / "p.csv")
    assert rows[0][0] in ("yes", "no") and set(rows[1]) == {""}


# -- generated data

def test_generate_is_deterministic(tmp_path):
    first = run("generate", "paysim", "--rows", 5000, "--seed", 1).stdout
    assert first == run("generate", "paysim", "--rows", 5000, "--seed", 1).stdout
    assert first != run("generate", "paysim", "--rows", 5000, "--seed", 2).stdout
    run("generate", "paysim", "--rows", 5000, "--seed", 1, "--out", tmp_path / "p.csv")
    assert (tmp_path / "p.csv").read_text() == first
    assert len(first.splitlines()) == 5001
    assert first.splitlines()[0] == ("step,type,amount,nameOrig,oldbalanceOrg,newbalanceOrig,nameDest,oldbalanceDest,"
                                     "newbalanceDest,isFraud,isFlaggedFraud")


@pytest.mark.parametrize("recipe", sorted(path.name for path in EXAMPLES.glob("fraud*.yaml")))
def test_fraud_examples_run_on_generated_data(recipe, tmp_path):
    run("generate", "paysim", "--rows", 60000, "--seed", 42, "--out", tmp_path / "p.csv")
    run("run", EXAMPLES / recipe, "--data", tmp_path / "p.csv", "--out", tmp_path / "out")
    assert json.loads((tmp_path / "out/metrics.json").read_text())["cohen_kappa"] > 0.9


# -- stopping

@pytest.mark.parametrize("signal_number", [signal.SIGINT, signal.SIGTERM])
def test_stopped_training_leaves_nothing(tmp_path, signal_number):
    run("generate", "paysim", "--rows", 60000, "--seed", 1, "--out", tmp_path / "p.csv")
    prepared = tmp_path / "prepared"
    run("preprocess", tmp_path / "p.csv", "--label", "isFraud", "--remove", "nameOrig,nameDest", "--one-hot", "type",
        "--out", prepared)
    place = tmp_path / "place"
    place.mkdir()
    (place / "m.archmlp").write_bytes(b"old")
    process = subprocess.Popen([ARCHMLP, "train", prepared / "x_train.csv", prepared / "y_train.csv", "--n-estimators",
                                "100000", "--out", place / "m.archmlp"], stderr=subprocess.PIPE, text=True)
    wait_until_it_handles(process, signal_number)
    time.sleep(1.5)
    assert process.poll() is None, process.stderr.read()
    process.send_signal(signal_number)
    _, message = process.communicate(timeout=60)
    assert process.returncode == STOPPED, message
    assert (place / "m.archmlp").read_bytes() == b"old"
    assert temporaries(place) == []


def test_the_serving_program_holds_nothing_that_fits():
    """archmlp-predict links the fitted half only: a fault in training cannot reach it."""
    program = ARCHMLP.parent / "archmlp-predict"
    if not program.exists():
        pytest.skip(f"{program} is not built")
    symbols = subprocess.run(["nm", "-C", program], check=True, capture_output=True, text=True).stdout
    assert "archmlp::predict::Predictor::" in symbols
    for module in ("preprocess", "train", "train_stage", "pipeline"):
        assert f"archmlp::{module}::" not in symbols
