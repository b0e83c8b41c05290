"""One field of many megabytes: how much memory it takes to read or to refuse it."""

import csv
import json
import subprocess
import sys

import pytest
from support import ARCHMLP, INVALID, read_rows

MEGABYTE = 1 << 20
FIELD = 32 * MEGABYTE
csv.field_size_limit(FIELD + 1)

# The peak of a child counts what its parent held when it started it, so the parent is a small one.
LAUNCHER = """
import json, os, subprocess, sys
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
error = process.stderr.read()
_, status, usage = os.wait4(process.pid, 0)
print(json.dumps([os.waitstatus_to_exitcode(status), usage.ru_maxrss * 1024, error]))
"""


def launch(*arguments):
    """Exit code, peak of resident memory in bytes, standard error."""
    done = subprocess.run([sys.executable, "-c", LAUNCHER, ARCHMLP, *map(str, arguments), "--threads", "2"],
                          capture_output=True, text=True, check=True, timeout=300)
    return json.loads(done.stdout)


def commands(data, folder):
    yield ["inspect", data]
    yield ["preprocess", data, "--label", "y", "--out", folder / "prepared"]


@pytest.fixture(scope="module")
def at_rest(tmp_path_factory):
    """What the program needs for next to nothing."""
    data = tmp_path_factory.mktemp("small") / "data.csv"
    data.write_text("n,t,y\n" + "1,short,a\n2,short,b\n" * 50)
    peaks = [launch(*command)[1] for command in commands(data, data.parent)]
    return max(peaks)


@pytest.mark.parametrize("field", ["x" * FIELD, f'"{"x" * FIELD}"', f'"{"x" * (FIELD // 2)}{chr(34) * (FIELD // 2)}"'],
                         ids=["plain", "quoted", "escaped"])
def test_reading_a_long_field_takes_twice_its_size(field, at_rest, tmp_path):
    data = tmp_path / "data.csv"
    with open(data, "w") as file:
        file.write("n,t,y\n" + "1,short,a\n2,short,b\n" * 50)
        file.write(f"3,{field},a\n")
        file.write("1,short,a\n2,short,b\n" * 50)
    for command in commands(data, tmp_path):
        code, peak, error = launch(*command)
        assert code == 0, error
        assert peak - at_rest < 2.25 * FIELD, command[0]
    rows = [row for name in ("x_train", "x_test") for row in read_rows(tmp_path / f"prepared/{name}.csv")[1]]
    text = field[1:-1].replace('""', '"') if field[0] == '"' else field
    assert [row[1] == text for row in rows if row[0] == "3"] == [True]


@pytest.mark.parametrize("row, what", [('3,"%s', "never closed"), ("3,4,%s", "expected 2 fields, found 3"),
                                       ('"%s"x,1', "text behind the closing quote")])
def test_refusing_a_long_field_takes_its_size_once(row, what, at_rest, tmp_path):
    data = tmp_path / "data.csv"
    with open(data, "w") as file:
        file.write("t,y\n1,a\n" + row % ("x" * FIELD) + "\n")
    for command in commands(data, tmp_path):
        code, peak, error = launch(*command)
        assert code == INVALID and what in error
        assert peak - at_rest < 1.25 * FIELD, command[0]


def test_a_long_name_is_refused(at_rest, tmp_path):
    data = tmp_path / "data.csv"
    with open(data, "w") as file:
        file.write(f'y,"{"x" * FIELD}\n1,2\n",z\n1,2,3\n')
    code, peak, error = launch("inspect", data)
    assert code == INVALID and "column 2 has a name of" in error and "is the quote closed" in error
    assert peak - at_rest < 2.25 * FIELD
