"""Promise 26: without memory the program gives an error, and loses nothing that was there."""

import json
import re
import subprocess

import pytest
from chaos import ARCHMLP, BODY, RECORD, Raw, chaos_server, get, needs, post, scaled
from support import CUSTOMERS_RECIPE, folder_digest, run, sha256, write_customers


def limited(megabytes):
    return (needs("prlimit"), f"--as={megabytes << 20}")


def address_space_mb(server):
    with open(f"/proc/{server.pid}/status") as status:
        return int(re.search(r"VmPeak:\s+(\d+)", status.read()).group(1)) / 1024


def test_requests_beyond_memory(model, shows):
    """Large batches at the limit of the address space: answered, or 503 or a closed connection, and others go on."""
    with chaos_server(model, "--threads", "1", "--pool-threads", "1") as server:
        server.is_well()
        need = address_space_mb(server)
    batch = post(json.dumps([RECORD] * 100_000))
    seen = {}
    for extra in scaled((8, 24), (4, 8, 16, 24, 32, 64, 128)):
        with chaos_server(model, "--threads", "1", "--pool-threads", "1", before=limited(int(need) + extra)) as server:
            clients = [Raw(server.port, timeout=60) for _ in range(scaled(4, 16))]
            for client in clients:
                client.send_all_that_is_taken(batch)
            for client in clients:
                status, _, body = client.answer()
                assert status in (200, 503, 413, None), (status, body[:200])
                assert status != 200 or body.count(b'"prediction"') == 100_000
                seen[status] = seen.get(status, 0) + 1
                client.close()
            assert server.is_well(), "and it goes on"
            assert Raw(server.port).ask(get("/readyz"))[0] == 200
    found = ", ".join(f"{count} times {status or 'closed'}" for status, count in seen.items())
    shows(26, f"batches of 100,000 rows with little more than the {need:.0f} MB of address space that the server has at rest: {found}; "
              "small requests answered, no crash")


def test_start_beyond_memory(model, shows):
    """Too little to load the model: one line, no crash."""
    codes = {}
    for megabytes in scaled((32, 56), range(24, 128, 8)):
        process = subprocess.Popen([*limited(megabytes), ARCHMLP, "serve", model, "--port", "0", "--threads", "1"], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True)
        line = process.stdout.readline()
        if line:
            process.terminate()
        _, said = process.communicate(timeout=30)
        assert process.returncode >= 0, (megabytes, process.returncode, said)
        codes[process.returncode] = codes.get(process.returncode, 0) + 1
        assert line or said, megabytes
    shows(26, f"start with too little memory: exits {codes}, none by a signal")


def outputs(folder):
    """What a stage published; stages of one run give the same bytes each time."""
    return {name: folder_digest(path) if path.is_dir() else sha256(path)
            for path in sorted(folder.iterdir()) if "tmp" not in (name := path.name)}


@pytest.mark.parametrize("command", ["preprocess", "train", "run", "predict"])
def test_stages_lose_nothing(model, tmp_path, command, shows):
    """A stage that runs out of memory says so and leaves the output of the run before as it was."""
    data, recipe, out = tmp_path / "data.csv", tmp_path / "recipe.yaml", tmp_path / "out"
    write_customers(data, rows=scaled(20_000, 50_000))
    recipe.write_text(CUSTOMERS_RECIPE)
    run("run", recipe, "--data", data, "--out", out)
    arguments = {
        "preprocess": ["preprocess", data, "--recipe", recipe, "--out", out / "prepared"],
        "train": ["train", out / "prepared/x_train.csv", out / "prepared/y_train.csv", "--out", out / "model.archmlp"],
        "run": ["run", recipe, "--data", data, "--out", out],
        "predict": ["predict", out / "model.archmlp", data, "--empty-outside", "--out", out / "predictions.csv"],
    }[command]
    run(*arguments)
    before = outputs(out)
    failed = 0
    for megabytes in scaled((20, 28, 40), range(20, 200, 12)):
        result = subprocess.run([*limited(megabytes), ARCHMLP, *map(str, arguments)], capture_output=True, text=True, timeout=300)
        assert result.returncode >= 0, (megabytes, result.returncode, result.stderr[-500:])
        if result.returncode != 0:
            failed += 1
            assert result.stderr.strip(), megabytes
            assert outputs(out) == before, megabytes
    assert failed > 0
    shows(26, f"archmlp {command} with too little memory: {failed} times an error and the old output intact, never a crash")
