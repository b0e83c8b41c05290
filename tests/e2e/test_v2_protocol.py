"""The Open Inference Protocol and MLflow's over HTTP: conformance to the published description, and one answer from all."""

import json
import random
import re
from urllib.parse import quote

import numpy
import pytest
from support import (json_value, parse_exactly, read_rows, run, serving, shared, write_rows, write_training_files)

jsonschema = pytest.importorskip("jsonschema")
yaml = pytest.importorskip("yaml")

JSON_TYPE = {"Content-Type": "application/json"}
DESCRIPTION = "open-inference-protocol/open_inference_rest.yaml"
KINDS = {"age": "integer", "income": "real", "plan": "text", "newsletter": "boolean", "account": "integer"}
DATATYPES = {"integer": "INT64", "real": "FP64", "text": "BYTES", "boolean": "BOOL"}


def call(server, method, target, body=None, headers=None, status=200):
    """The answer as JSON; numbers as they are printed."""
    text = body if body is None or isinstance(body, str) else json.dumps(body)
    given, _, answer = server.request(method, target, text, headers or JSON_TYPE)
    assert given == status, answer
    return parse_exactly(answer)


# -- conformance

@pytest.fixture(scope="module")
def description():
    return yaml.safe_load(shared(DESCRIPTION).read_text())


@pytest.fixture(scope="module")
def server(trained):
    with serving(trained / "out/model.archmlp", "--name", "customers") as running:
        yield running


def validate(description, name_or_schema, instance):
    schema = {"$ref": f"#/components/schemas/{name_or_schema}"} if isinstance(name_or_schema, str) else name_or_schema
    resolver = jsonschema.RefResolver("", description)
    jsonschema.Draft4Validator(schema, resolver=resolver).validate(instance)


def request_of_two():
    values = {"age": [41, 23], "income": [30000.5, 12000], "plan": ["pro", "basic"], "newsletter": [True, False],
              "account": [9007199254740993, 9007199254740995]}
    return {"id": "42", "inputs": [{"name": name, "shape": [2], "datatype": DATATYPES[kind], "data": values[name]}
                                   for name, kind in KINDS.items()]}


def broken(**changes):
    request = request_of_two()
    request["inputs"][0].update(changes)
    return request


# What provokes each answer that the description knows: (path, method, status) -> requests as (query, body).
PROVOKED = {
    ("/v2/health/live", "get", "200"): [("", None)],
    ("/v2/health/ready", "get", "200"): [("", None)],
    ("/v2/models/${MODEL_NAME}/versions/${MODEL_VERSION}/ready", "get", "200"): [("", None)],
    ("/v2/", "get", "200"): [("", None)],
    ("/v2/", "get", "400"): [("?format=xml", None), ("?%zz", None)],
    ("/v2/models/${MODEL_NAME}/versions/${MODEL_VERSION}", "get", "200"): [
        ("", None), ("?features=prepared", None), ("?features=raw", None)],
    ("/v2/models/${MODEL_NAME}/versions/${MODEL_VERSION}/infer", "post", "200"): [
        ("", request_of_two()), ("", {**request_of_two(), "outputs": [{"name": "probabilities"}]}),
        ("", {**request_of_two(), "parameters": {"priority": 1}})],
    ("/v2/models/${MODEL_NAME}/versions/${MODEL_VERSION}/infer", "post", "400"): [
        ("", broken(name="aeg")), ("", broken(shape=[3])), ("", broken(shape=[])), ("", broken(datatype="INT46")),
        ("", broken(datatype="BYTES")), ("", broken(data=[1])), ("", broken(data=[1, "x"])),
        ("", broken(datatype="INT8", data=[1, 300])), ("", {"inputs": []}),
        ("", {**request_of_two(), "outputs": [{"name": "output0"}]})],
}


def operations(description):
    return [(path, method, status) for path, item in description["paths"].items()
            for method, operation in item.items() if method in ("get", "post") for status in operation["responses"]]


def test_every_path_method_and_answer_of_the_description(server, description):
    assert sorted(operations(description)) == sorted(PROVOKED), "the description has operations that are not tried"
    for (path, method, status), requests in PROVOKED.items():
        operation = description["paths"][path][method]
        target = path.replace("${MODEL_NAME}", "customers").replace("${MODEL_VERSION}", "1")
        for query, body in requests:
            if body is not None:
                validate(description, operation["requestBody"]["content"]["application/json"]["schema"], body)
            given, headers, text = server.request(method.upper(), target + query, body and json.dumps(body), JSON_TYPE)
            assert given == int(status), f"{method} {target}{query}: {text}"
            assert headers["Content-Type"] == "application/json"
            answer = json.loads(text)
            content = operation["responses"][status].get("content")
            if content:
                validate(description, content["application/json"]["schema"], answer)
            if status == "400":
                assert set(answer) == {"error"} and answer["error"]
            other = "GET" if method == "post" else "POST"
            given, headers, text = server.request(other, target, None)
            assert given == 405 and headers["Allow"] and isinstance(json.loads(text)["error"], str)


def test_every_schema_of_the_description(server, description):
    """Those that no path refers to, too; and the version may be left out."""
    schemas = set(description["components"]["schemas"])
    plain = json.loads(server.request("GET", "/v2/models/customers")[2])
    answer = json.loads(server.request("POST", "/v2/models/customers/infer", json.dumps(request_of_two()), JSON_TYPE)[2])
    instances = {
        "metadata_server_response": [json.loads(server.request("GET", "/v2")[2])],
        "metadata_server_error_response": [call(server, "GET", "/v2/nothing", status=404)],
        "metadata_model_response": [plain],
        "metadata_tensor": plain["inputs"] + plain["outputs"],
        "metadata_model_error_response": [call(server, "GET", "/v2/models/customer", status=404),
                                          call(server, "GET", "/v2/models/customers/versions/9", status=404)],
        "inference_request": [request_of_two()],
        "request_input": request_of_two()["inputs"],
        "request_output": [{"name": "prediction"}],
        "tensor_data": [output["data"] for output in answer["outputs"]],
        "parameters": [tensor["parameters"] for tensor in plain["inputs"]],
        "response_output": answer["outputs"],
        "inference_response": [answer],
        "inference_error_response": [
            call(server, "POST", "/v2/models/customers/infer", "{", status=400),
            call(server, "POST", "/v2/models/nobody/infer", request_of_two(), status=404)],
    }
    assert set(instances) == schemas, "the description has schemas that are not tried"
    for name, examples in instances.items():
        assert examples
        for example in examples:
            validate(description, name, example)


def test_metadata_says_what_infer_takes_and_gives(server):
    model = json.loads(server.request("GET", "/v2/models/customers")[2])
    assert model["name"] == "customers" and model["versions"] == ["1"]
    assert {tensor["name"]: tensor["datatype"] for tensor in model["inputs"]} == {
        name: DATATYPES[kind] for name, kind in KINDS.items()}
    assert [tensor["parameters"]["nullable"] for tensor in model["inputs"]] == [True, False, True, False, False]
    answer = json.loads(server.request("POST", "/v2/models/customers/infer", json.dumps(request_of_two()), JSON_TYPE)[2])
    assert answer["id"] == "42" and answer["model_name"] == "customers" and answer["model_version"] == "1"
    for described, given in zip(model["outputs"], answer["outputs"], strict=True):
        assert described["name"] == given["name"] and described["datatype"] == given["datatype"]
        assert [2] + described["shape"][1:] == given["shape"]
        assert len(given["data"]) == numpy.prod(given["shape"])
        assert described.get("parameters") == given.get("parameters")
    assert json.loads(answer["outputs"][1]["parameters"]["classes"]) == ["no", "yes"]


def test_repository(trained, tmp_path):
    models = tmp_path / "models"
    (models / "left-or-not").mkdir(parents=True)
    model = (trained / "out/model.archmlp").read_bytes()
    (models / "left-or-not/2.archmlp").write_bytes(model)
    (models / "left-or-not/10.archmlp").write_bytes(model)
    with serving("--models", models) as server:
        index = call(server, "POST", "/v2/repository/index")
        assert [(entry["name"], entry["version"], entry["state"]) for entry in index] == [
            ("left-or-not", "2", "READY"), ("left-or-not", "10", "READY")]
        assert call(server, "GET", "/v2/models/left-or-not")["versions"] == ["2", "10"]
        answer = call(server, "POST", f"/v2/models/{quote('left-or-not')}/versions/2/infer", request_of_two())
        assert answer["model_version"] == "2"
        newest = call(server, "POST", "/v2/models/left-or-not/infer", request_of_two())
        assert newest["model_version"] == "10" and newest["outputs"] == answer["outputs"]
        for action in ("load", "unload"):
            error = call(server, "POST", f"/v2/repository/models/left-or-not/{action}", status=403)["error"]
            assert "--admin-port" in error
        (models / "left-or-not/11.archmlp").write_bytes(model[:1000])
        error = call(server, "GET", "/v2/models/left-or-not/versions/11/ready", status=503)["error"]
        assert "not loaded yet" in error


# -- the description of our own

def without_nullable(schema):
    """A schema of OpenAPI 3.0 as one of JSON Schema."""
    if isinstance(schema, list):
        return [without_nullable(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {key: without_nullable(value) for key, value in schema.items() if key != "nullable"}
    return {"anyOf": [plain, {"type": "null"}]} if schema.get("nullable") is True else plain


def test_answers_are_as_openapi_says(server):
    document = json.loads(server.request("GET", "/openapi.json")[2])
    plain = without_nullable(document)
    for name, schema in plain["components"]["schemas"].items():
        assert re.fullmatch(r"[A-Za-z0-9._-]+", name)
        jsonschema.Draft4Validator.check_schema(schema)
    record = {"age": 41, "income": 30000.5, "plan": "unheard of", "newsletter": True, "account": 7}
    half_wrong = [record, {**record, "age": "x"}]  # answered, though it is not what the document asks for
    cases = [
        ("post", "/predict", record, 200), ("post", "/predict", half_wrong, 200),
        ("post", "/predict", {}, 422), ("get", "/v2", None, 200), ("get", "/v2/models/{model}", None, 200),
        ("get", "/v2/models/{model}/ready", None, 200), ("get", "/v2/health/live", None, 200),
        ("post", "/v2/models/{model}/infer", request_of_two(), 200),
        ("post", "/v2/models/{model}/versions/{version}/infer", {"inputs": []}, 400),
        ("post", "/v2/repository/index", {}, 200), ("post", "/invocations", {"instances": [record]}, 200),
        ("post", "/invocations", {"instances": [7]}, 400), ("get", "/readyz", None, 200),
        ("get", "/v1/model", None, 200), ("post", "/v2/repository/models/{model}/load", None, 403)]
    for method, path, body, status in cases:
        operation = plain["paths"][path][method]
        target = path.replace("{model}", "customers").replace("{version}", "1")
        if status == 200 and body is not None and body is not half_wrong:
            validate(plain, operation["requestBody"]["content"]["application/json"]["schema"], body)
        given, headers, text = server.request(method.upper(), target, None if body is None else json.dumps(body),
                                              JSON_TYPE)
        assert given == status, text
        schema = operation["responses"][str(status)]["content"][headers["Content-Type"]]["schema"]
        validate(plain, schema, json.loads(text))
    record_schema = plain["components"]["schemas"]["customers-1.record"]
    for wrong in ({**record, "age": "41"}, {**record, "more": 1}, {**record, "income": None}, {}):
        with pytest.raises(jsonschema.ValidationError):
            validate(plain, record_schema, wrong)


# -- one answer from all protocols

def unlike_training(rows, header, seed=11):
    """300 rows with gaps, and with text that training never saw."""
    chosen = random.Random(seed)
    rows = [list(row) for row in (rows * (300 // len(rows) + 1))[:300]]
    for row in rows:
        for name, cells in (("age", [""]), ("plan", ["", "unheard of", "of two\nlines", "žluť \"quoted\", twice"])):
            if chosen.random() < 0.3:
                row[header.index(name)] = chosen.choice(cells)
    return rows


@pytest.fixture(scope="module")
def rows(trained, tmp_path_factory):
    """(CSV file, {column: values as JSON text}, answers of `archmlp predict` line by line)."""
    header, raw = read_rows(trained / "test_rows.csv")
    keep = [header.index(name) for name in KINDS]
    raw = [[row[i] for i in keep] for row in unlike_training(raw, header)]
    path = tmp_path_factory.mktemp("rows") / "rows.csv"
    write_rows(path, list(KINDS), raw)
    columns = {name: [json_value(row[i], kind) for row in raw] for i, (name, kind) in enumerate(KINDS.items())}
    predicted = run("predict", trained / "out/model.archmlp", path, "--json").stdout
    answers = [{key: answer[key] for key in ("prediction", "probabilities")}
               for answer in map(parse_exactly, predicted.splitlines())]
    assert len(answers) == 300 and {answer["prediction"] for answer in answers} == {"yes", "no"}
    return path, columns, answers


def json_array(values):
    return "[" + ", ".join(values) + "]"


def objects_of(columns):
    names = list(columns)
    return ["{" + ", ".join(f"{json.dumps(name)}: {value}" for name, value in zip(names, row)) + "}"
            for row in zip(*columns.values())]


def answers_of_predict(text):
    return [{key: answer[key] for key in ("prediction", "probabilities")} for answer in parse_exactly(text)]


def test_own_protocol_gives_the_same(server, rows):
    path, columns, answers = rows
    objects = objects_of(columns)
    assert answers_of_predict(server.predict(json_array(objects))[1]) == answers
    status, _, text = server.request("POST", "/predict", "\n".join(objects), {"Content-Type": "application/x-ndjson"})
    assert status == 200 and answers_of_predict(json_array(text.splitlines())) == answers
    status, _, text = server.request("POST", "/predict", path.read_text(), {"Content-Type": "text/csv"})
    assert status == 200 and answers_of_predict(text) == answers


def tensor(name, datatype, values, shape=None, nested=False):
    data = json_array([f"[{value}]" for value in values] if nested else values)
    return (f'{{"name": {json.dumps(name)}, "shape": {json.dumps(shape or [len(values)])}, '
            f'"datatype": "{datatype}", "data": {data}}}')


def inferred(server, model, tensors):
    """The same form as /predict has."""
    answer = call(server, "POST", f"/v2/models/{model}/infer", f'{{"inputs": {json_array(tensors)}}}')
    outputs = {output["name"]: output for output in answer["outputs"]}
    labels, probabilities = outputs["prediction"]["data"], outputs["probabilities"]
    classes = [str(name) for name in json.loads(probabilities["parameters"]["classes"])]
    width = len(classes)
    assert probabilities["shape"] == [str(len(labels)), str(width)]
    return [{"prediction": label,
             "probabilities": dict(zip(classes, probabilities["data"][row * width:(row + 1) * width]))}
            for row, label in enumerate(labels)]


def test_tensors_give_the_same(server, rows):
    _, columns, answers = rows
    count = len(answers)
    flat = [tensor(name, DATATYPES[KINDS[name]], values) for name, values in columns.items()]
    assert inferred(server, "customers", flat) == answers
    assert inferred(server, "customers", flat[::-1]) == answers
    for nested in (False, True):
        assert inferred(server, "customers", [
            tensor(name, DATATYPES[KINDS[name]], values, [count, 1], nested) for name, values in columns.items()
        ]) == answers
    for datatype in ("INT8", "UINT8", "INT16", "UINT16", "INT32", "UINT32", "UINT64", "FP16", "FP32", "FP64"):
        narrow = [tensor(name, datatype if name == "age" else DATATYPES[KINDS[name]], values)
                  for name, values in columns.items()]
        assert inferred(server, "customers", narrow) == answers, datatype


def invoked(server, body, headers=JSON_TYPE):
    return call(server, "POST", "/invocations", body, headers)["predictions"]


def test_mlflow_forms_give_the_same(server, rows):
    path, columns, answers = rows
    labels = [answer["prediction"] for answer in answers]
    objects, arrays = objects_of(columns), [json_array(row) for row in zip(*columns.values())]
    assert invoked(server, f'{{"dataframe_records": {json_array(objects)}}}') == labels
    assert invoked(server, f'{{"instances": {json_array(objects)}}}') == labels
    assert invoked(server, f'{{"instances": {json_array(arrays)}}}') == labels
    assert invoked(server, f'{{"inputs": {json_array(arrays)}}}') == labels
    by_column = ", ".join(f"{json.dumps(name)}: {json_array(values)}" for name, values in columns.items())
    assert invoked(server, f'{{"inputs": {{{by_column}}}}}') == labels
    reordered = list(columns)[::-1]
    data = json_array([json_array(row) for row in zip(*(columns[name] for name in reordered))])
    assert invoked(server, f'{{"dataframe_split": {{"columns": {json.dumps(reordered)}, "data": {data}}}}}') == labels
    assert invoked(server, path.read_text(), {"Content-Type": "text/csv"}) == labels


@pytest.fixture(scope="module")
def numeric(tmp_path_factory):
    """A model of numbers alone, new rows of exact float32, and what `archmlp predict` says of them."""
    folder = tmp_path_factory.mktemp("numeric")
    generator = numpy.random.default_rng(8)

    def matrix(row_count):
        x = generator.normal(size=(row_count, 5)).astype(numpy.float32).astype(float)
        x[generator.random(x.shape) < 0.1] = numpy.nan
        return x

    x, new = matrix(400), matrix(300)
    y = (numpy.nansum(x[:, :3], axis=1) > 0).astype(int)
    data = write_training_files(folder, x, y, new)
    run("train", *data, "--n-estimators", 20, "--random-state", 1, "--out", folder / "model.archmlp")
    lines = run("predict", folder / "model.archmlp", folder / "new.csv", "--json").stdout.splitlines()
    return folder / "model.archmlp", new, [parse_exactly(line) for line in lines]


def test_one_tensor_gives_the_same(numeric):
    model, new, answers = numeric
    rows = [["null" if cell != cell else repr(float(cell)) for cell in row] for row in new]
    flat = [cell for row in rows for cell in row]
    with serving(model, "--name", "numbers") as server:
        assert answers_of_predict(server.predict(json_array(objects_of(
            {f"f{i}": [row[i] for row in rows] for i in range(5)})))[1]) == answers
        for datatype in ("FP64", "FP32"):
            assert inferred(server, "numbers", [tensor("x", datatype, flat, [300, 5])]) == answers
            nested = f'{{"name": "x", "shape": [300, 5], "datatype": "{datatype}", "data": {json_array(map(json_array, rows))}}}'
            assert inferred(server, "numbers", [nested]) == answers
            assert inferred(server, "numbers", [tensor(f"f{i}", datatype, [row[i] for row in rows])
                                                for i in range(5)]) == answers
        halves = new.astype(numpy.float16).astype(float)
        cells = ["null" if cell != cell else repr(float(cell)) for cell in halves.ravel()]
        rounded = [tensor("x", "FP16", flat, [300, 5]), tensor("x", "FP16", cells, [300, 5]),
                   tensor("x", "FP64", cells, [300, 5])]
        first, *others = [inferred(server, "numbers", [each]) for each in rounded]
        assert all(other == first for other in others), "FP16 rounds as numpy does"
        assert invoked(server, f'{{"instances": {json_array(map(json_array, rows))}}}') == [
            answer["prediction"] for answer in answers]
