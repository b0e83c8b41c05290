#!/usr/bin/python3
"""Requests per second of `archmlp serve`, side by side with Flask + pandas + scikit-learn, in one run.

    cmake --preset release && ninja -C build/release archmlp
    /usr/bin/python3 bench/serve/run.py [--quick] [--seconds S] [--connections N] [--rows N]

The peer is what one writes in an afternoon: a JSON object becomes a DataFrame of one row, and a forest of as many trees,
trained on the same prepared rows, predicts it. wrk sends the same records over kept-alive connections on the loopback;
the server has one processor and wrk another where there are two. wrk is a closed loop: its latencies are those of a
server at full load, and processor time a request is the fairer figure where wrk itself is the limit.
"""

import argparse
import http.client
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
LUA = """wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = %s
"""
TICKS = os.sysconf("SC_CLK_TCK")


def serve_peer(folder, trees):
    """Runs in a process of its own: prints its port, then serves until it is killed."""
    import logging

    import pandas as pd
    from flask import Flask, jsonify, request
    from sklearn.ensemble import RandomForestClassifier
    from werkzeug.serving import make_server

    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # a log line a request would count against it
    x = pd.read_csv(folder / "x_train.csv")
    y = pd.read_csv(folder / "y_train.csv").iloc[:, 0]
    model = RandomForestClassifier(n_estimators=trees, random_state=0, n_jobs=1).fit(x, y)
    app = Flask("peer")

    @app.post("/predict")
    def predict():
        row = pd.DataFrame([request.get_json()])[list(x.columns)]
        probabilities = model.predict_proba(row)[0]
        label = model.classes_[probabilities.argmax()]
        return jsonify(prediction=label.item(), probabilities=dict(zip(map(str, model.classes_), probabilities.tolist())))

    from werkzeug.serving import WSGIRequestHandler
    WSGIRequestHandler.protocol_version = "HTTP/1.1"  # keep-alive
    server = make_server("127.0.0.1", 0, app, threaded=True)
    print(server.server_port, flush=True)
    server.serve_forever()


def pinned(processor):
    """For the child: one processor of its own, if there are enough."""
    allowed = sorted(os.sched_getaffinity(0))
    if len(allowed) < 2:
        return None
    return lambda: os.sched_setaffinity(0, {allowed[processor]})


@contextmanager
def running(command, port_pattern):
    process = subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE, text=True, preexec_fn=pinned(0))
    try:
        line = process.stdout.readline()
        found = re.search(port_pattern, line)
        if not found:
            sys.exit(f"the server did not start: {' '.join(map(str, command))}")
        yield process, int(found.group(1))
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def processor_seconds(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def ask(port, path, record):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("POST", path, json.dumps(record), {"Content-Type": "application/json"})
    response = connection.getresponse()
    text = response.read().decode()
    connection.close()
    if response.status != 200:
        sys.exit(f"{path}: {response.status} {text}")
    return json.loads(text)


def seconds_of(text):
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s|m)", text).groups()
    return float(number) * {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0}[unit]


def load(process, port, path, record, seconds, connections, folder):
    script = folder / "request.lua"
    script.write_text(LUA % json.dumps(json.dumps(record)))
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-s", str(script), f"http://127.0.0.1:{port}{path}"]
    before = processor_seconds(process.pid)
    done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 60, preexec_fn=pinned(1))
    spent = processor_seconds(process.pid) - before
    if done.returncode != 0:
        sys.exit(f"wrk failed: {done.stderr}")
    if "Non-2xx" in done.stdout:
        sys.exit(f"wrk met errors:\n{done.stdout}")
    count = int(re.search(r"(\d+) requests in", done.stdout).group(1))
    return {
        "requests_per_second": float(re.search(r"Requests/sec:\s+([\d.]+)", done.stdout).group(1)),
        "p50": seconds_of(re.search(r"50%\s+(\S+)", done.stdout).group(1)),
        "p99": seconds_of(re.search(r"99%\s+(\S+)", done.stdout).group(1)),
        "processor": spent / max(count, 1),
    }


def show(name, figures):
    print(f"{name:<34}{figures['requests_per_second']:>12,.0f}{figures['p50'] * 1e3:>12.3f}{figures['p99'] * 1e3:>12.3f}"
          f"{figures['processor'] * 1e6:>16.1f}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--archmlp", type=Path, default=REPOSITORY / "build/release/bin/archmlp")
    parser.add_argument("--seconds", type=int, default=5, help="of load, each server")
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--rows", type=int, default=100_000, help="of generated transactions to train on")
    parser.add_argument("--quick", action="store_true", help="two seconds and 20,000 rows")
    parser.add_argument("--peer", nargs=2, metavar=("FOLDER", "TREES"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.peer:
        return serve_peer(Path(given.peer[0]), int(given.peer[1]))
    if given.quick:
        given.seconds, given.rows = 2, 20_000
    if not given.archmlp.exists():
        sys.exit(f"{given.archmlp} is missing: cmake --preset release && ninja -C build/release archmlp")

    import pandas as pd

    with tempfile.TemporaryDirectory(prefix="archmlp-bench-") as name:
        folder = Path(name)
        data, out, rows = folder / "paysim.csv", folder / "out", folder / "rows.csv"
        for command in (["generate", "paysim", "--rows", given.rows, "--seed", 1, "--out", data],
                        ["run", REPOSITORY / "examples/fraud.yaml", "--data", data, "--out", out, "--test-rows-out", rows]):
            done = subprocess.run([str(given.archmlp), *map(str, command)], capture_output=True, text=True, timeout=1200)
            if done.returncode != 0:
                sys.exit(f"archmlp {command[0]} failed: {done.stderr}")
        prepared = json.loads(pd.read_csv(out / "prepared/x_test.csv", nrows=1).to_json(orient="records", double_precision=15))[0]
        raw = json.loads(pd.read_csv(rows, nrows=1).to_json(orient="records", double_precision=15))[0]

        with running([given.archmlp, "serve", out / "model.archmlp", "--port", 0, "--threads", 1], r":(\d+)\b") as (process, port):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            connection.request("GET", "/v1/model")
            trees = json.loads(connection.getresponse().read())["model"]["trees"]
            answer = ask(port, "/predict?features=prepared", prepared)
            print(f"{trees} trees, {given.connections} connections, {given.seconds} s each, one processor a server where there are two")
            print(f"{'':<34}{'requests/s':>12}{'p50 [ms]':>12}{'p99 [ms]':>12}{'processor [µs]':>16}", flush=True)
            load(process, port, "/predict?features=prepared", prepared, 1, given.connections, folder)  # warm-up
            ours = load(process, port, "/predict?features=prepared", prepared, given.seconds, given.connections, folder)
            show("archmlp, prepared record", ours)
            show("archmlp, raw record", load(process, port, "/predict", raw, given.seconds, given.connections, folder))

        with running([sys.executable, __file__, "--peer", out / "prepared", trees], r"^(\d+)$") as (process, port):
            peer_answer = ask(port, "/predict", prepared)
            load(process, port, "/predict", prepared, 1, given.connections, folder)
            peer = load(process, port, "/predict", prepared, given.seconds, given.connections, folder)
            show("Flask + pandas + scikit-learn", peer)

        print(f"ratio, prepared records: {ours['requests_per_second'] / peer['requests_per_second']:.0f}x requests/s, "
              f"{peer['processor'] / ours['processor']:.0f}x less processor time a request")
        print(f"same record: archmlp answers {answer['prediction']}, the peer {peer_answer['prediction']}")


if __name__ == "__main__":
    main()
