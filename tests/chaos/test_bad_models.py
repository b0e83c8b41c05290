"""Rows 3, 4, 5, 14: what is no model, or a damaged one, is refused with one clear line; the last good one goes on.

Every byte flipped and every length cut: src/bundle/model_file_test.cc. Wrong values behind valid checksums:
src/model/*_test.cc and the fuzz targets model_file, forest, svm and steps (`./dev fuzz`).
"""

import gzip
import os
import pickle
import random
import re
import shutil
import subprocess
import time
import zipfile

import pytest
from chaos import ARCHMLP, BODY, Raw, chaos_server, get, honest_clients, post, scaled
from support import FILES, INVALID, run, write_rows
from test_swap import Admin, token_file  # noqa: F401


def foreign_files(folder):
    """Files that people mistake for a model, and worse."""
    with zipfile.ZipFile(folder / "model.zip", "w") as archive:
        archive.writestr("model/data.pkl", pickle.dumps({"a": 1}))
    contents = {
        "model.pkl": pickle.dumps({"forest": list(range(1000))}),
        "model.joblib": b"\x80\x04\x95\xd0\x00\x00\x00\x00\x00\x00\x00\x8c\x10sklearn.ensemble\x94",
        "model.onnx": b"\x08\x07\x12\x08skl2onnx\x1a\x061.14.0\x22\x07ai.onnx",
        "model.pmml": b'<?xml version="1.0"?><PMML version="4.4"></PMML>',
        "model.json": b'{"learner": {"attributes": {}}}',
        "model.ubj": b"{L\x00\x00\x00\x00\x00\x00\x00\x07learner{",
        "model.txt": b"tree\nversion=v4\nnum_class=1\n",
        "model.csv": b"a,b\n1,2\n",
        "model.h5": b"\x89HDF\r\n\x1a\n" + bytes(100),
        "model.parquet": b"PAR1" + bytes(100) + b"PAR1",
        "model.gz": gzip.compress(b"model"),
        "model.elf": b"\x7fELF" + bytes(100),
        "empty": b"",
        "one byte": b"A",
        "zeros": bytes(100_000),
        "noise": random.Random(1).randbytes(100_000),
    }
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return ["model.zip", *contents]


def refuse(path, code, seconds=20):
    """How long the program took to say no, in one line that names the file."""
    begin = time.monotonic()
    result = run("serve", path, "--port", 0, expect=code, timeout=seconds)
    took = time.monotonic() - begin
    lines = result.stderr.strip().splitlines()
    assert 1 <= len(lines) <= 2 and os.path.basename(path) in result.stderr and not result.stdout, result.stderr
    return took


def test_foreign_files(tmp_path, shows):
    names = foreign_files(tmp_path)
    times = {name: refuse(tmp_path / name, INVALID) for name in names}
    slowest = max(times, key=times.get)
    shows(5, f"{len(names)} foreign files: each refused in one line that names it; the slowest, {slowest}, after {times[slowest] * 1e3:.0f} ms, "
             f"start of the program included")


def test_what_is_no_file(tmp_path):
    refuse(tmp_path / "absent", FILES)
    (tmp_path / "folder").mkdir()
    with open(tmp_path / "sparse", "wb") as file:
        file.truncate(1 << 40)
    for path in (tmp_path / "folder", tmp_path / "sparse", "/dev/zero", "/dev/null", "/proc/self/mem"):
        result = subprocess.run([ARCHMLP, "serve", path, "--port", "0"], capture_output=True, text=True, timeout=20, stdin=subprocess.DEVNULL)
        assert result.returncode in (INVALID, FILES), (path, result.returncode, result.stderr)
        assert str(path) in result.stderr and len(result.stderr.splitlines()) <= 2, result.stderr


def damaged(good, source):
    """One damage of many kinds."""
    data = bytearray(good)
    kind = source.randrange(6)
    at = source.randrange(len(data))
    if kind == 0:
        data[at] ^= 1 << source.randrange(8)
    elif kind == 1:
        del data[at:]
    elif kind == 2:
        data += source.randbytes(source.randint(1, 100))
    elif kind == 3:
        data[at:at + 64] = source.randbytes(len(data[at:at + 64]))
    elif kind == 4:
        data[at:at + 4096] = bytes(len(data[at:at + 4096]))
    else:
        del data[at:at + source.randint(1, 64)]
    return bytes(data) if bytes(data) != good else good[:-1]


def test_damaged_files_at_start(model, tmp_path, shows):
    count = scaled(30, 500)
    source = random.Random(3)
    good = model.read_bytes()
    for turn in range(count):
        file = tmp_path / f"damaged{turn}.archmlp"
        file.write_bytes(damaged(good, source))
        refuse(file, INVALID)
        file.unlink()
    shows(3, f"{count} damaged models (bits, cuts, gaps, zeros, noise, tails): all refused at start, exit {INVALID}, no crash")


def metric(server, result):
    found = re.search(rf'^archmlp_model_swaps_total\{{model="customers",result="{result}"\}} (\d+)$', server.metrics(), re.M)
    return int(found.group(1)) if found else 0


@pytest.fixture
def folder(model, tmp_path):
    path = tmp_path / "models"
    path.mkdir()
    shutil.copyfile(model, path / "customers.archmlp")
    return path


def replace(folder, content):
    hidden = folder / ".new"
    hidden.write_bytes(content)
    hidden.rename(folder / "customers.archmlp")


def test_damaged_files_on_reload(model, folder, token_file, shows):  # noqa: F811
    count = scaled(30, 500)
    source = random.Random(4)
    good = model.read_bytes()
    with chaos_server("--models", folder, "--threads", "1", "--admin-port", "0", "--admin-token-file", token_file) as server:
        admin = Admin(server)
        answer = Raw(server.port).ask(post(BODY))
        said = len(server.log())
        with honest_clients(server.port, check=lambda status, head, body: (status, body) == answer) as honest:
            for _ in range(count):
                replace(folder, damaged(good, source))
                report = admin.reload()
                assert report["errors"] and not report["loaded"], report
        assert metric(server, "refused") >= count
        lines = server.log()[said:].strip().splitlines()
        assert len(lines) >= count and all("customers" in line for line in lines), lines[:5]
        assert Raw(server.port).ask(get("/readyz"))[0] == 200
        replace(folder, good)
        assert admin.reload()["loaded"] and Raw(server.port).ask(post(BODY)) == answer
    shows(14, f"{count} damaged new models: each refused, counted and logged; {sum(c.answered for c in honest):,} requests meanwhile "
              f"answered by the old one; a good file is taken afterwards. For example: {lines[0][:160]}")


def other_contracts(folder):
    """Models that are sound, and are not this one: other columns, another label, a regression."""
    rows = [[str(i % 50), str(i % 7), "yes" if i % 3 else "no"] for i in range(200)]
    tables = {"other columns": (["height", "weight", "left"], rows, "classification"),
              "another label": (["age", "income", "churned"], rows, "classification"),
              "other classes": (["age", "income", "left"], [[a, b, "stays" if c == "no" else "goes"] for a, b, c in rows], "classification"),
              "a regression": (["age", "income", "left"], [[a, b, str(float(a) / 3)] for a, b, _ in rows], "regression")}
    for name, (header, cells, task) in tables.items():
        data, recipe = folder / "data.csv", folder / "recipe.yaml"
        write_rows(data, header, cells)
        recipe.write_text(f"label: {header[-1]}\ntrain: {{model: random_forest, task: {task}, n_estimators: 5}}\n")
        run("run", recipe, "--data", data, "--out", folder / "other")
        yield name, (folder / "other/model.archmlp").read_bytes()


def test_another_contract(folder, tmp_path, token_file, shows):  # noqa: F811
    """Clients of a model rely on its columns and classes: what replaces it must have them."""
    refused = []
    with chaos_server("--models", folder, "--threads", "1", "--admin-port", "0", "--admin-token-file", token_file) as server:
        admin = Admin(server)
        answer = Raw(server.port).ask(post(BODY))
        for name, content in other_contracts(tmp_path):
            replace(folder, content)
            report = admin.reload()
            assert report["errors"] and not report["loaded"], (name, report)
            refused.append(f"{name}: {report['errors'][0]['message']}")
            assert Raw(server.port).ask(post(BODY)) == answer
    shows(14, "sound models of another contract, refused: " + "; ".join(refused))


def test_foreign_files_in_the_folder(folder, tmp_path, token_file):  # noqa: F811
    """Files of other kinds are not looked at; those that claim to be models are refused, and the others served."""
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    names = foreign_files(foreign)
    with chaos_server("--models", folder, "--admin-port", "0", "--admin-token-file", token_file) as server:
        admin = Admin(server)
        for name in names:
            shutil.copyfile(foreign / name, folder / name.replace(" ", "_"))
            shutil.copyfile(foreign / name, folder / (name.split(".")[-1].replace(" ", "_") + "_wrong.archmlp"))
        os.mkfifo(folder / "pipe.archmlp")
        (folder / "a folder.archmlp").mkdir()
        (folder / "nested.archmlp").mkdir()
        report = admin.reload()
        assert len(report["errors"]) == len(names) and not report["loaded"], report
        assert Raw(server.port).ask(post(BODY, "/predict?model=customers"))[0] == 200
        assert admin.models() == ["customers"]


def test_the_last_version_stays(model, tmp_path, token_file, shows):  # noqa: F811
    """Its file is moved away and what comes in its place is damaged."""
    folder = tmp_path / "models/customers"
    folder.mkdir(parents=True)
    shutil.copyfile(model, folder / "1.archmlp")
    with chaos_server("--models", folder.parent, "--admin-port", "0", "--admin-token-file", token_file) as server:
        answer = Raw(server.port).ask(post(BODY))
        (folder / "1.archmlp").unlink()
        (folder / "2.archmlp").write_bytes(model.read_bytes()[:-1])
        assert Admin(server).reload()["errors"]
        assert Raw(server.port).ask(post(BODY)) == answer
    shows(14, "version 1 moved away, version 2 cut short: version 1 goes on")


def test_a_folder_that_goes_away(folder, token_file):  # noqa: F811
    with chaos_server("--models", folder, "--admin-port", "0", "--admin-token-file", token_file) as server:
        answer = Raw(server.port).ask(post(BODY))
        folder.rename(folder.parent / "elsewhere")
        assert Admin(server).reload()["errors"]
        assert Raw(server.port).ask(post(BODY)) == answer
        assert Raw(server.port).ask(get("/readyz"))[0] == 200
