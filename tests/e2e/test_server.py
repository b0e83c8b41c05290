"""The prediction server over HTTP: legal requests and wrong records. What attacks it is in tests/chaos."""

import json

import pytest
from support import EXAMPLES, FILES, read_rows, run, serving

RECORD = {"age": 41, "income": 30000.5, "plan": "pro", "newsletter": True, "account": 9007199254740993}
JSON_TYPE = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def server(trained):
    with serving(trained / "out/model.archmlp") as running:
        yield running


def error_of(text):
    error = json.loads(text)["error"]
    assert error["message"]
    return error


def with_changes(**changes):
    return json.dumps({**RECORD, **changes})


def without(name):
    return json.dumps({key: value for key, value in RECORD.items() if key != name})


def test_one_record(server):
    status, headers, text = server.request("POST", "/predict", json.dumps(RECORD), JSON_TYPE)
    answer = json.loads(text)
    assert status == 200 and headers["Content-Type"].startswith("application/json")
    assert answer["prediction"] in ("yes", "no")
    assert set(answer["probabilities"]) == {"yes", "no"}
    assert sum(answer["probabilities"].values()) == pytest.approx(1)


def test_array_of_records(server):
    status, text = server.predict(json.dumps([RECORD, RECORD]))
    assert status == 200
    first, second = json.loads(text)
    assert first == second
    assert server.predict("[]") == (200, "[]")


def test_plain_text_gives_the_bare_label(server):
    plain = {**JSON_TYPE, "Accept": "text/plain"}
    status, headers, text = server.request("POST", "/predict", json.dumps(RECORD), plain)
    assert status == 200 and headers["Content-Type"].startswith("text/plain")
    assert text.strip() == json.loads(server.predict(json.dumps(RECORD))[1])["prediction"]


def test_label_and_removed_columns_may_be_there(server):
    bare = server.predict(json.dumps(RECORD))
    assert server.predict(with_changes(left="yes", id="c1")) == bare


def test_probes_and_contract(server):
    assert server.request("GET", "/livez")[0] == 200
    assert server.request("GET", "/readyz")[0] == 200
    status, _, text = server.request("GET", "/v1/model")
    assert status == 200
    for name in RECORD:
        assert f'"{name}"' in text


def test_missing_values_are_imputed(server):
    assert server.predict(with_changes(age=None))[0] == 200


def test_unknown_category_is_accepted_by_default(server):
    assert server.predict(with_changes(plan="unheard of"))[0] == 200


@pytest.mark.parametrize("body, word", [
    (without("income"), "income"),
    (with_changes(incme=1), "incme"),
    (with_changes(income="a lot"), "income"),
    (with_changes(income=[1]), "income"),
    (with_changes(income={"value": 1}), "income"),
    (with_changes(newsletter="perhaps"), "newsletter"),
    (with_changes(account=1.5), "account"),
    (with_changes(plan=7), "plan"),
    ("3", "object"), ('"text"', "object"), ("null", "object"), ("[3]", "object"), ("[[]]", "object"),
])
def test_wrong_records(server, body, word):
    status, text = server.predict(body)
    assert 400 <= status < 500, text
    error = error_of(text)
    assert word in error["message"] + error.get("where", "") + error.get("hint", ""), text


def test_position_in_an_array_is_named(server):
    batch = f"[{json.dumps(RECORD)}, {without('income')}]"
    status, text = server.predict(batch)
    assert status == 200
    assert "prediction" in json.loads(text)[0]
    assert "[1]" in json.loads(text)[1]["error"]["where"]
    status, text = server.predict(batch, "?errors=refuse")
    assert 400 <= status < 500
    assert "[1]" in error_of(text)["where"]


def test_misspelt_field_suggests_the_right_one(server):
    misspelt = {("Age" if key == "age" else key): value for key, value in RECORD.items()}
    status, text = server.predict(json.dumps(misspelt))
    assert 400 <= status < 500
    error = error_of(text)
    assert '"age"' in error["message"] + error.get("hint", "")


def test_record_outside_the_population(server):
    status, text = server.predict(with_changes(income=1.0))
    assert status == 422
    assert "income > 4000" in text


def test_duplicate_keys_are_refused(server):
    status, text = server.predict('{"age": 1, "age": 2, ' + json.dumps(RECORD)[1:])
    assert 400 <= status < 500
    assert "age" in text


def test_large_integers_stay_exact(tmp_path):
    """2^53 + 1 and its neighbours differ as integers only: as categories, and as labels."""
    keys = [9007199254740992, 9007199254740993, 9007199254740994]
    (tmp_path / "keys.csv").write_text(
        "key,answer\n" + "".join(f"{keys[row % 3]},{keys[(row + 1) % 3]}\n" for row in range(90)))
    (tmp_path / "keys.yaml").write_text(
        "label: answer\npreprocess: [{one_hot: {columns: [key]}}]\n"
        "train: {model: random_forest, task: classification, n_estimators: 10, bootstrap: false}\n")
    run("run", tmp_path / "keys.yaml", "--data", tmp_path / "keys.csv", "--out", tmp_path / "out")
    with serving(tmp_path / "out/model.archmlp") as exact:
        for key, answer in zip(keys, [*keys[1:], keys[0]]):
            status, text = exact.predict(f'{{"key": {key}}}')
            assert status == 200 and json.loads(text)["prediction"] == answer, text


def test_labels_keep_their_json_type(tmp_path):
    run("generate", "paysim", "--rows", 20000, "--seed", 3, "--out", tmp_path / "p.csv")
    run("run", EXAMPLES / "fraud.yaml", "--data", tmp_path / "p.csv", "--out", tmp_path / "out",
        "--test-rows-out", tmp_path / "rows.csv")
    header, rows = read_rows(tmp_path / "rows.csv")
    texts, dropped = ("type", "nameOrig", "nameDest"), ("step", "isFraud", "isFlaggedFraud")
    record = {name: cell if name in texts else float(cell) for name, cell in zip(header, rows[0]) if name not in dropped}
    with serving(tmp_path / "out/model.archmlp") as fraud:
        answer = json.loads(fraud.predict(json.dumps(record))[1])
        assert answer["prediction"] in (0, 1) and not isinstance(answer["prediction"], (str, bool, float))
        status, text = fraud.predict(json.dumps({**record, "type": "PAYMENT"}))
        assert status == 422 and "type" in text


def test_http_errors(server):
    assert server.request("GET", "/nowhere")[0] == 404
    status, headers, _ = server.request("GET", "/predict")
    assert status == 405 and "POST" in headers["Allow"]
    assert server.request("POST", "/livez", "{}")[0] == 405
    assert 400 <= server.predict(json.dumps(RECORD), "?features=cooked")[0] < 500
    assert server.predict("")[0] == 400


def test_broken_json_behind_a_good_record(server):
    """The whole body is checked, not only the part that is used."""
    for tail in ("}", " x", ",", "{}", "\x00"):
        status, text = server.predict(json.dumps(RECORD) + tail)
        assert status == 400 and "not valid JSON" in text, (tail, text)


# -- start

def test_model_file_may_be_overwritten_while_it_is_served(trained, tmp_path):
    model = tmp_path / "model.archmlp"
    model.write_bytes((trained / "out/model.archmlp").read_bytes())
    with serving(model) as running:
        with open(model, "r+b") as file:  # the same file, not another one under its name
            file.truncate(0)
        status, text = running.predict(json.dumps(RECORD))
        assert status == 200
        assert running.request("GET", "/v1/model")[0] == 200
    with serving(trained / "out/model.archmlp") as running:
        assert running.predict(json.dumps(RECORD)) == (status, text)


def test_port_in_use(server, trained):
    result = run("serve", trained / "out/model.archmlp", "--port", server.port, expect=FILES)
    assert str(server.port) in result.stderr
