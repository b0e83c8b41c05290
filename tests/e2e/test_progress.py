"""Progress: lines of JSON for programs, one line on a terminal, nothing otherwise."""

import fcntl
import json
import os
import pty
import struct
import subprocess
import termios

import pytest
from support import ARCHMLP, EXAMPLES, INVALID, USAGE, run, write_customers

KEYS = {"stage", "done", "total", "unit", "rate", "eta_seconds"}


def reports(stderr):
    """The reports on standard error, every line of which must be JSON."""
    lines = [json.loads(line) for line in stderr.splitlines()]
    found = [line for line in lines if set(line) != {"note"}]
    for report in found:
        assert KEYS <= set(report) <= KEYS | {"rows", "note"}, report
    return found


def last_by_stage(stderr):
    return {report["stage"]: report for report in reports(stderr)}


def test_every_stage_of_a_run_is_reported_to_its_end(tmp_path):
    run("generate", "paysim", "--rows", 20000, "--out", tmp_path / "paysim.csv")
    result = run("run", EXAMPLES / "fraud.yaml", "--data", tmp_path / "paysim.csv", "--out", tmp_path / "out",
                 "--n-jobs", 1, "--json-progress")
    assert "kappa" in result.stdout
    last = last_by_stage(result.stderr)
    assert {"reading", "one_hot", "writing", "training"} <= set(last)
    for stage in ("reading", "writing", "training"):
        assert last[stage]["done"] == last[stage]["total"] > 0, last[stage]
    assert (last["reading"]["unit"], last["writing"]["unit"], last["training"]["unit"]) == ("bytes", "rows", "trees")
    assert last["training"]["rate"] > 0 and last["training"]["eta_seconds"] == 0
    first = reports(result.stderr)[0]
    assert (first["stage"], first["done"], first["rate"], first["eta_seconds"]) == ("reading", 0, None, None)
    _, rows = (tmp_path / "paysim.csv").read_bytes().split(b"\n", 1)
    assert first["total"] == len(rows.rstrip(b"\n"))


def test_rows_are_told_beside_bytes(tmp_path):
    write_customers(tmp_path / "customers.csv", rows=300)
    result = run("inspect", tmp_path / "customers.csv", "--json-progress")
    assert last_by_stage(result.stderr)["reading"]["rows"] == 300


def test_generating_and_predicting(trained, tmp_path):
    result = run("generate", "paysim", "--rows", 1000, "--out", tmp_path / "paysim.csv", "--json-progress")
    last = last_by_stage(result.stderr)["generating"]
    assert (last["done"], last["total"], last["unit"]) == (1000, 1000, "rows")
    for arguments in (["--out", tmp_path / "predicted.csv"], ["--json"]):
        result = run("predict", trained / "out/model.archmlp", trained / "test_rows.csv", *arguments, "--json-progress")
        last = last_by_stage(result.stderr)["predicting"]
        assert last["done"] == last["total"] > 0
        assert last["unit"] == "rows"


def test_an_error_follows_the_reports(tmp_path):
    (tmp_path / "bad.csv").write_text("a,b\n1,2\n3\n")
    result = run("inspect", tmp_path / "bad.csv", "--json-progress", expect=INVALID)
    assert "error" in [json.loads(line) for line in result.stderr.splitlines()][-1]


def test_wrong_usage_is_json_too():
    result = run("inspect", "--json-progress", expect=USAGE)
    assert "error" in json.loads(result.stderr)


@pytest.mark.parametrize("flags", [[], ["--json"]])
def test_quiet_where_standard_error_is_no_terminal(tmp_path, flags):
    write_customers(tmp_path / "customers.csv", rows=300)
    assert run("inspect", tmp_path / "customers.csv", *flags).stderr == ""


def on_a_terminal(columns, *arguments):
    """What the program writes to a terminal of so many columns that is its standard error."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    process = subprocess.Popen([ARCHMLP, *map(str, arguments)], stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=theirs)
    os.close(theirs)
    written = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # the program has closed it
            break
        if not part:
            break
        written += part
    os.close(ours)
    assert process.wait(timeout=60) == 0
    return written.decode()


@pytest.mark.parametrize("columns", [50, 160])
def test_a_line_on_a_terminal_that_is_gone_at_the_end(tmp_path, columns):
    clear = "\033[K"
    drawn = []
    for rows in (400_000, 1_600_000, 6_400_000):  # until it takes long enough for a line
        written = on_a_terminal(columns, "generate", "paysim", "--rows", rows, "--out", tmp_path / "paysim.csv")
        assert "\n" not in written
        drawn = [line.removesuffix(clear) for line in written.split("\r")[1:]]
        if any("s left" in line for line in drawn):
            break
    assert drawn[-1] == "" and len(drawn) > 1
    for line in drawn[:-1]:
        assert line.startswith("generating") and "%" in line
        assert len(line) < columns
    assert any("s left" in line for line in drawn)
