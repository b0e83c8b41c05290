"""Load on a server, from the second processor: wrk at full speed, or bench_open_loop at a rate."""

import json
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from servers import LOAD, pinned

REPOSITORY = Path(__file__).resolve().parents[2]
OPEN_LOOP = REPOSITORY / "build/release/bin/bench_open_loop"


@dataclass
class Request:
    """What is sent; the body lies in a file."""
    path: str
    body: Path
    content_type: str = "application/json"

    def text(self):
        return self.body.read_text()


@dataclass
class FullLoad:
    """What a closed loop found."""
    rate: float  # requests a second
    p50: float  # seconds, as the closed loop sees it
    p99: float
    processor: float  # seconds of the server's processor time a request
    busy: float  # processor time of the server by the clock: 1 is one processor


def seconds_of(text):
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s|m)", text).groups()
    return float(number) * {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0}[unit]


def full_load(server, request, seconds, connections):
    """wrk: as many requests as the server answers; a request follows the answer to the one before."""
    script = request.body.with_suffix(".lua")
    long_string = f"io.open({json.dumps(str(request.body))}, 'rb'):read('*a')"
    script.write_text(f'wrk.method = "POST"\nwrk.headers["Content-Type"] = "{request.content_type}"\nwrk.body = {long_string}\n')
    command = [*pinned(LOAD), "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-s", script,
               f"http://127.0.0.1:{server.port}{request.path}"]
    before = server.processor_seconds()
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=seconds + 60)
    spent = server.processor_seconds() - before
    if done.returncode != 0:
        sys.exit(f"wrk failed: {done.stderr}")
    if "Non-2xx" in done.stdout or "Socket errors" in done.stdout:
        sys.exit(f"wrk met errors:\n{done.stdout}")
    count, took = re.search(r"(\d+) requests in (\S+),", done.stdout).groups()
    return FullLoad(rate=float(re.search(r"Requests/sec:\s+([\d.]+)", done.stdout).group(1)),
                    p50=seconds_of(re.search(r"^\s+50%\s+(\S+)", done.stdout, re.MULTILINE).group(1)),
                    p99=seconds_of(re.search(r"^\s+99%\s+(\S+)", done.stdout, re.MULTILINE).group(1)),
                    processor=spent / max(int(count), 1), busy=spent / seconds_of(took))


@dataclass
class Class:
    name: str
    request: Request
    rate: float
    connections: int = 16


def open_loop(server, classes, seconds):
    """A report for each class: see `bench_open_loop`. Any answer but 200 ends the benchmark."""
    command = [*pinned(LOAD), OPEN_LOOP, "--address", f"127.0.0.1:{server.port}", "--seconds", seconds, "--warm-up", 0.5, "--json"]
    for part in classes:
        command += ["--class", part.name, "--rate", part.rate, "--connections", part.connections, "--path", part.request.path,
                    "--type", part.request.content_type, "--body", part.request.body]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=seconds + 60)
    if done.returncode != 0:
        sys.exit(f"bench_open_loop failed: {done.stderr}")
    reports = json.loads(done.stdout)["classes"]
    for report in reports:
        if report["statuses"].get("200", 0) != report["scheduled"]:
            sys.exit(f"the server did not answer everything: {report}")
    return reports
