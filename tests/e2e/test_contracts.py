"""A stage that is handed something else than it was promised says so, names the culprit, and publishes nothing."""

import json
import shutil

import pytest
from support import CONTRACT, CSV_FILES, INVALID, read_rows, run, write_rows

OLD_MODEL = b"the model of last week"


@pytest.fixture
def prepared(trained, tmp_path):
    folder = tmp_path / "prepared"
    shutil.copytree(trained / "out" / "prepared", folder)
    return folder


def train_is_refused(prepared, *mentions):
    """Training exits with the contract's code, names all of `mentions`, and leaves the old model as it was."""
    out = prepared.parent / "model.archmlp"
    out.write_bytes(OLD_MODEL)
    result = run("train", prepared / "x_train.csv", prepared / "y_train.csv", "--out", out, expect=CONTRACT)
    assert out.read_bytes() == OLD_MODEL
    assert sorted(path.name for path in prepared.parent.iterdir()) == ["model.archmlp", "prepared"]
    assert result.stdout == ""
    for mention in ("preprocess", *mentions):
        assert mention in result.stderr, result.stderr
    return result.stderr


def test_whole_dataset_is_accepted(prepared):
    out = prepared.parent / "model.archmlp"
    run("train", prepared / "x_train.csv", prepared / "y_train.csv", "--out", out, "--n-estimators", 2)
    assert out.stat().st_size > 0


@pytest.mark.parametrize("name", CSV_FILES)
def test_missing_file(prepared, name):
    (prepared / name).unlink()
    train_is_refused(prepared, name, "missing")


@pytest.mark.parametrize("name", ["x_train.csv", "x_test.csv"])
def test_column_removed(prepared, name):
    header, rows = read_rows(prepared / name)
    position = header.index("income")
    write_rows(prepared / name, header[:position] + header[position + 1:],
               [row[:position] + row[position + 1:] for row in rows])
    train_is_refused(prepared, name, '"income"')


@pytest.mark.parametrize("name, column", [("x_train.csv", "income"), ("x_test.csv", "age"), ("y_train.csv", "left"),
                                          ("y_test.csv", "left")])
def test_column_renamed(prepared, name, column):
    header, rows = read_rows(prepared / name)
    write_rows(prepared / name, ["Other" if title == column else title for title in header], rows)
    train_is_refused(prepared, name, f'"{column}"')


@pytest.mark.parametrize("name", ["x_train.csv", "x_test.csv"])
def test_column_retyped(prepared, name):
    header, rows = read_rows(prepared / name)
    position = header.index("income")
    rows[3][position] = "a lot"
    write_rows(prepared / name, header, rows)
    train_is_refused(prepared, name, '"income"')


@pytest.mark.parametrize("name", CSV_FILES)
def test_row_fewer(prepared, name):
    header, rows = read_rows(prepared / name)
    write_rows(prepared / name, header, rows[:-1])
    train_is_refused(prepared, name, "rows")


@pytest.mark.parametrize("name", CSV_FILES)
def test_rows_swapped(prepared, name):
    """Same columns, types and counts: only the hash can tell."""
    header, rows = read_rows(prepared / name)
    other = next(position for position, row in enumerate(rows) if row != rows[0])
    rows[0], rows[other] = rows[other], rows[0]
    write_rows(prepared / name, header, rows)
    train_is_refused(prepared, name)


def test_edited_contract(prepared):
    path = prepared / "contract.json"
    text = path.read_text()
    assert text.count('"seed": 7') >= 1
    path.write_text(text.replace('"seed": 7', '"seed": 8'))
    train_is_refused(prepared, "contract.json", "changed")


def test_cut_contract(prepared):
    path = prepared / "contract.json"
    path.write_text(path.read_text()[:-40])
    train_is_refused(prepared, "contract.json")


@pytest.mark.parametrize("version, word", [(0, "older"), (999, "newer")])
def test_contract_of_another_version(prepared, version, word):
    path = prepared / "contract.json"
    contract = json.loads(path.read_text())
    contract["contract_version"] = version
    path.write_text(json.dumps(contract, indent=2) + "\n")
    message = train_is_refused(prepared, "contract.json", "version", word)
    assert "run preprocess again" in message


def test_error_as_json(prepared):
    (prepared / "y_test.csv").unlink()
    result = run("train", prepared / "x_train.csv", prepared / "y_train.csv", "--out", prepared.parent / "m.archmlp",
                 "--json", expect=CONTRACT)
    error = json.loads(result.stderr)["error"]
    assert error["component"] == "preprocess"
    assert error["hint"]
    assert "y_test.csv" in error["message"] + error["where"]


def test_evaluation_is_refused_too(trained, prepared):
    header, rows = read_rows(prepared / "x_test.csv")
    write_rows(prepared / "x_test.csv", ["Age" if title == "age" else title for title in header], rows)
    result = run("evaluate", trained / "out/model.archmlp", prepared / "x_test.csv", prepared / "y_test.csv",
                 expect=CONTRACT)
    assert '"age"' in result.stderr
    assert "x_test.csv" in result.stderr


def test_evaluation_of_another_dataset_without_contract(trained, prepared):
    """No contract beside the CSVs: the model's own feature contract still holds them to its columns."""
    (prepared / "contract.json").unlink()
    header, rows = read_rows(prepared / "x_test.csv")
    write_rows(prepared / "x_test.csv", ["Age" if title == "age" else title for title in header], rows)
    result = run("evaluate", trained / "out/model.archmlp", prepared / "x_test.csv", prepared / "y_test.csv",
                 expect=INVALID)
    assert '"age"' in result.stderr and "x_test.csv" in result.stderr


def test_failed_preprocessing_keeps_the_old_folder(trained, prepared):
    before = {path.name: path.read_bytes() for path in prepared.iterdir()}
    result = run("preprocess", trained / "customers.csv", "--recipe", trained / "customers.yaml", "--label", "lefft",
                 "--out", prepared, expect=3)
    assert '"lefft"' in result.stderr and '"left"' in result.stderr, result.stderr
    assert before == {path.name: path.read_bytes() for path in prepared.iterdir()}
