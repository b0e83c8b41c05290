"""What the end-to-end tests share: running the program, a server to talk to, data to run them on."""

import contextlib
import csv
import hashlib
import http.client
import io
import json
import os
import random
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
EXAMPLES = REPOSITORY / "examples"
ARCHMLP = Path(os.environ.get("ARCHMLP_BIN", REPOSITORY / "build/dev/bin/archmlp"))
SHARED = Path(os.environ.get("ARCHMLP_SHARED", REPOSITORY.parent / "shared"))
CSV_FILES = ("x_train.csv", "x_test.csv", "y_train.csv", "y_test.csv")
PREPARED_FILES = {*CSV_FILES, "contract.json"}

os.environ["no_proxy"] = os.environ["NO_PROXY"] = "*"  # a proxy knows no server of ours

USAGE, INVALID, CONTRACT, FILES, STOPPED = 2, 3, 4, 5, 130


def shared(name):
    """A path in the shared data folder; the test is skipped where it is absent."""
    path = SHARED / "data" / name
    if not path.exists():
        pytest.skip(f"{path} is absent")
    return path


def run(*arguments, expect=0, cwd=None, text=None, timeout=900):
    """Runs archmlp; fails the test unless it exits with `expect`."""
    result = subprocess.run([ARCHMLP, *map(str, arguments)], capture_output=True, text=True, input=text or "",
                            cwd=cwd, timeout=timeout)
    shown = " ".join(map(str, arguments))
    assert result.returncode == expect, f"archmlp {shown}: exit {result.returncode}\n{result.stdout}{result.stderr}"
    return result


def run_json(*arguments, **options):
    return json.loads(run(*arguments, "--json", **options).stdout)


def sha256(path):
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def folder_digest(folder):
    """The names and contents of a folder's files; None where there is none."""
    folder = Path(folder)
    if not folder.is_dir():
        return None
    return {path.name: sha256(path) for path in sorted(folder.iterdir())}


def temporaries(folder):
    return sorted(path.name for path in Path(folder).iterdir() if "archmlp-tmp" in path.name)


def read_rows(path):
    """Header and rows of a CSV, cells as text."""
    with open(path, newline="") as file:
        header, *rows = csv.reader(file)
    return header, rows


def write_rows(path, header, rows):
    with open(path, "w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *rows])


# -- data

def write_matrix(path, x):
    """Rows of numbers, in columns f0, f1, …; nan is an empty cell."""
    write_rows(path, [f"f{i}" for i in range(x.shape[1])],
               [["" if cell != cell else repr(float(cell)) for cell in row] for row in x])


def write_training_files(folder, x, y, x_new, weights=None):
    """x.csv, y.csv and new.csv. Gives what `train` is told of them."""
    write_matrix(folder / "x.csv", x)
    write_matrix(folder / "new.csv", x_new)
    write_rows(folder / "y.csv", ["y"], [[repr(value.item())] for value in y])
    if weights is None:
        return [folder / "x.csv", folder / "y.csv"]
    write_rows(folder / "w.csv", ["w"], [[repr(float(weight))] for weight in weights])
    return [folder / "x.csv", folder / "y.csv", "--sample-weight", folder / "w.csv"]


def write_customers(path, rows=400, seed=1):
    """A table with every kind of column, gaps, and text that needs quotes. Label: `left`, yes or no."""
    random_numbers = random.Random(seed)
    lines = []
    for row in range(rows):
        age = random_numbers.randint(18, 80)
        income = round(random_numbers.lognormvariate(10, 0.6), 2)
        plan = random_numbers.choice(["basic", "pro", 'the "big" one, yearly', "line\nbreak"])
        risk = (age < 35) + (income < 20000) + (plan == "basic") + random_numbers.random()
        lines.append([
            f"c{row:05}", "" if random_numbers.random() < 0.08 else age, income,
            "" if random_numbers.random() < 0.05 else plan, random_numbers.choice(["true", "false"]),
            2 ** 53 + row, "yes" if risk > 2 else "no"])
    write_rows(path, ["id", "age", "income", "plan", "newsletter", "account", "left"], lines)


CUSTOMERS_RECIPE = """\
label: left
preprocess:
  - remove: [id]
  - filter: income > 4000
  - add_features: {income_per_year: income / 12, is_young: age < 30}
  - impute: {columns: [age], strategy: median}
  - one_hot: {columns: [plan]}
split: {test_size: 0.25, stratify: true, seed: 7}
train: {model: random_forest, n_estimators: 12, random_state: 3}
"""


def customers(folder, **options):
    """Data and recipe in `folder`: (data, recipe)."""
    data, recipe = folder / "customers.csv", folder / "customers.yaml"
    write_customers(data, **options)
    recipe.write_text(CUSTOMERS_RECIPE)
    return data, recipe


# -- records

def json_number(cell):
    """A number of a CSV as JSON writes it, the digits kept."""
    return cell if re.fullmatch(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?", cell) else repr(float(cell))


def json_value(cell, kind):
    if cell == "":
        return "null"
    if kind in ("integer", "real"):
        return json_number(cell)
    return cell.lower() if kind == "boolean" else json.dumps(cell)


def json_records(rows_file, schema, shuffle=None):
    """Each row of a raw CSV as the text of a JSON object; `schema` is the contract's list of raw columns."""
    kinds = {column["name"]: column["kind"] for column in schema}
    header, rows = read_rows(rows_file)
    for row in rows:
        members = [f"{json.dumps(name)}: {json_value(cell, kinds[name])}" for name, cell in zip(header, row)]
        if shuffle:
            shuffle.shuffle(members)
        yield "{" + ", ".join(members) + "}"


def parse_exactly(text):
    """JSON with its numbers left as they are printed."""
    return json.loads(text, parse_float=str, parse_int=str)


# -- the server

class Server:
    def __init__(self, model, *arguments):
        self.process = subprocess.Popen([ARCHMLP, "serve", "--port", "0", model, *arguments], stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
        line = self.process.stdout.readline()
        match = re.search(r"http://([\d.]+):(\d+)", line)
        assert match, f"no address in {line!r}: {self.process.stderr.read()}"
        self.host, self.port = match.group(1), int(match.group(2))
        self.connection = None

    def request(self, method, target, body=None, headers=None):
        """(status, headers, text); over one connection that is kept alive."""
        if isinstance(body, str):
            body = body.encode()
        for fresh in (self.connection is None, True):
            if fresh:
                self.close()
                self.connection = http.client.HTTPConnection(self.host, self.port, timeout=60)
            try:
                self.connection.request(method, target, body=body, headers=headers or {})
                answer = self.connection.getresponse()
                return answer.status, answer.headers, answer.read().decode()
            except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
                if fresh:
                    raise
        raise AssertionError("unreachable")

    def predict(self, body, query="", **headers):
        headers = {"Content-Type": "application/json", **headers}
        status, _, text = self.request("POST", "/predict" + query, body, headers)
        return status, text

    def close(self):
        if self.connection:
            self.connection.close()
        self.connection = None

    def stop(self):
        """Exit code after SIGTERM."""
        self.close()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        finally:
            self.process.stdout.close()
            self.process.stderr.close()


@contextlib.contextmanager
def serving(model, *arguments):
    server = Server(model, *arguments)
    try:
        yield server
        assert server.process.poll() is None, "the server died"
    finally:
        code = server.stop()
    assert code == 0, f"the server exited with {code}"


def wait_until_it_handles(process, signal_number):
    """A signal that comes before a program is ready for it ends the program."""
    status = Path(f"/proc/{process.pid}/status")
    bit = 1 << (signal_number - 1)
    wait_until(lambda: any(int(mask, 16) & bit for mask in re.findall(r"Sig(?:Cgt|Blk):\s+(\w+)", status.read_text())))


def wait_until(condition, seconds=30):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def read_csv_text(text):
    header, *rows = csv.reader(io.StringIO(text))
    return header, rows
