"""What the checks of this folder share: hostile and honest clients, load, and what a process holds.

Each check runs in two sizes. ctest runs the small one. `./dev chaos` sets ARCHMLP_CHAOS=full and runs what is
promised: a thousand swaps, a million requests, attacks by slowhttptest.
"""

import contextlib
import json
import os
import re
import resource
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))

from support import ARCHMLP, Server, wait_until  # noqa: E402

IS_FULL = os.environ.get("ARCHMLP_CHAOS") == "full"
OPEN_LOOP = Path(os.environ.get("ARCHMLP_OPEN_LOOP", ARCHMLP.parent / "bench_open_loop"))
TICKS = os.sysconf("SC_CLK_TCK")

RECORD = {"age": 41, "income": 30000.5, "plan": "pro", "newsletter": True, "account": 9007199254740993}
BODY = json.dumps(RECORD)
BATCH = json.dumps([RECORD] * 1000)


def scaled(small, full):
    return full if IS_FULL else small


full_only = pytest.mark.skipif(not IS_FULL, reason="takes long: ./dev chaos runs it")


def needs(program, *trial):
    """The path of a program that `./dev chaos` installs; the check is skipped without it, or where it may not do what
    it does with `trial` as its arguments."""
    found = shutil.which(program)
    if not found:
        pytest.skip(f"{program} is not installed: ./dev setup chaos")
    if trial and subprocess.run([found, *trial], capture_output=True).returncode != 0:
        pytest.skip(f"{program} {' '.join(trial)}: not permitted here")
    return found


# -- the server

class ChaosServer(Server):
    """`archmlp serve` with any arguments, behind any command; what it says on standard error goes to a file."""

    def __init__(self, *arguments, before=()):
        self.said = tempfile.TemporaryFile(mode="w+")
        command = [*before, ARCHMLP, "serve", *arguments, "--port", "0"]
        self.process = subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, stderr=self.said,
                                        stdin=subprocess.DEVNULL, text=True)
        self.process.stderr = self.said  # which stop() closes
        self.connection = None
        self.host, self.port = self.read_address()
        self.admin_port = self.read_address()[1] if "--admin-port" in arguments else None

    def read_address(self):
        line = self.process.stdout.readline()
        found = re.search(r"https?://([\d.]+):(\d+)", line)
        assert found, f"no address in {line!r}: {self.log()}"
        return found.group(1), int(found.group(2))

    @property
    def pid(self):
        return self.process.pid

    def log(self):
        """What it has said on standard error so far."""
        with open(f"/proc/self/fd/{self.said.fileno()}") as file:
            return file.read()

    def resident_mb(self):
        """To the page; /proc/PID/status may be late by some pages a processor."""
        status = Path(f"/proc/{self.pid}/smaps_rollup").read_text()
        return int(re.search(r"Rss:\s+(\d+)", status).group(1)) / 1024

    def peak_mb(self):
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+)", status).group(1)) / 1024

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def processor_seconds(self):
        fields = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def metrics(self):
        return Raw(self.port).ask(get("/metrics"))[1].decode()

    def is_well(self):
        """It answers a new client, and the right thing."""
        assert self.process.poll() is None, f"the server died: {self.log()}"
        status, answer = Raw(self.port).ask(post(BODY))
        assert status == 200 and b'"prediction"' in answer, answer
        return True


@contextlib.contextmanager
def chaos_server(*arguments, before=(), exit_code=0):
    """Fails if the server dies meanwhile, or does not end as it should."""
    server = ChaosServer(*arguments, before=before)
    try:
        yield server
        assert server.process.poll() is None, f"the server died: {server.log()}"
    finally:
        code = server.stop()
    assert code == exit_code, f"the server exited with {code}"


# -- clients

def post(body, path="/predict", fields="", content_type="application/json"):
    body = body.encode() if isinstance(body, str) else body
    return (f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {content_type}\r\n{fields}"
            f"Content-Length: {len(body)}\r\n\r\n").encode() + body


def get(path, fields=""):
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{fields}\r\n".encode()


class Raw:
    """A client that sends exactly the bytes that it is told to."""

    def __init__(self, port, timeout=30):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.received = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def reset(self):
        """Ends the connection by RST, whatever is under way."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)
        return self

    def send_all_that_is_taken(self, data):
        """As send(), but the server may close first: what it answered is still to be read."""
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.socket.sendall(data)
        return self

    def answer(self):
        """(status, head, body) of one answer; (None, b"", rest) if the connection ends before it is whole."""
        while True:
            head, blank, rest = self.received.partition(b"\r\n\r\n")
            if blank:
                length = re.search(rb"(?i)content-length: *(\d+)", head)
                size = int(length.group(1)) if length else 0
                if len(rest) >= size:
                    self.received = rest[size:]
                    return int(head.split(b" ", 2)[1]), head, rest[:size]
            part = self.part()
            if not part:
                return None, b"", self.received
            self.received += part

    def part(self):
        try:
            return self.socket.recv(1 << 16)
        except ConnectionResetError:
            return b""

    def ask(self, data):
        status, _, body = self.send(data).answer()
        return status, body

    def to_the_end(self):
        """Everything until the server closes."""
        while part := self.part():
            self.received += part
        return self.received

    def is_closed_within(self, seconds):
        """Nothing more comes, and the connection ends."""
        self.socket.settimeout(seconds)
        try:
            return self.part() == b"" and self.received == b""
        except TimeoutError:
            return False


def statuses(received):
    """The status of each answer in what was received."""
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", received)]


class Honest(threading.Thread):
    """A client that asks one thing after another, as fast as it is answered, and remembers what went wrong."""

    def __init__(self, port, request=None, check=None, pause=0.0):
        super().__init__(daemon=True)
        self.port, self.pause = port, pause
        self.request = request or post(BODY)
        self.check = check or (lambda status, head, body: status == 200 and b'"prediction"' in body)
        self.answered, self.late, self.times, self.wrong, self.error = 0, 0, [], [], None
        self.ends = threading.Event()

    def run(self):
        try:
            with Raw(self.port) as client:
                while not self.ends.is_set():
                    begin = time.perf_counter()
                    status, head, body = client.send(self.request).answer()
                    took = time.perf_counter() - begin
                    if status == 503 and took >= 1 and b"\r\nRetry-After: " in head:
                        self.late += 1  # the machine stood still for so long, and the server says so
                        continue
                    self.times.append(took)
                    self.answered += 1
                    if not self.check(status, head, body):
                        self.wrong.append((status, head, body))
                        if status is None:
                            return
                    if self.pause:
                        self.ends.wait(self.pause)
        except OSError as error:
            self.error = error


@contextlib.contextmanager
def honest_clients(port, count=2, **options):
    """Clients that must all be answered while the attack is on."""
    clients = [Honest(port, **options) for _ in range(count)]
    for client in clients:
        client.start()
    try:
        wait_until(lambda: all(client.answered or client.error for client in clients))
        yield clients
    finally:
        for client in clients:
            client.ends.set()
        for client in clients:
            client.join(60)
    for client in clients:
        assert not client.error and not client.wrong, (client.error, client.wrong[:3])
        assert client.answered > 0 and client.late <= 2, f"{client.late} of {client.answered} came too late"


def quantile(times, share):
    ordered = sorted(times)
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)]


# -- load

def wrk(server, seconds, request=(BODY, "/predict", "application/json"), connections=32):
    """{requests, rate, wrong (not 2xx or 3xx), broken (connections)} of wrk at full speed."""
    body, path, content_type = request
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "body").write_text(body)
        (Path(folder) / "request.lua").write_text(
            f'wrk.method = "POST"\nwrk.headers["Content-Type"] = "{content_type}"\n'
            f'wrk.body = io.open("{folder}/body", "rb"):read("*a")\n')
        done = subprocess.run(
            [needs("wrk"), "-t1", f"-c{connections}", f"-d{seconds}s", "-s", f"{folder}/request.lua",
             f"http://127.0.0.1:{server.port}{path}"], capture_output=True, text=True, timeout=seconds + 60)
    assert done.returncode == 0, done.stderr
    errors = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", done.stdout)
    wrong = re.search(r"Non-2xx or 3xx responses: (\d+)", done.stdout)
    return {"requests": int(re.search(r"(\d+) requests in", done.stdout).group(1)),
            "rate": float(re.search(r"Requests/sec:\s+([\d.]+)", done.stdout).group(1)),
            "wrong": int(wrong.group(1)) if wrong else 0,
            "broken": sum(map(int, errors.groups())) if errors else 0}


class OpenLoop:
    """bench_open_loop in the background; report() waits for it. Times in ms, from the scheduled send."""

    def __init__(self, server, rate, seconds, body=BODY, path="/predict", content_type="application/json", connections=16, before=()):
        if not OPEN_LOOP.exists():
            pytest.skip(f"{OPEN_LOOP} is not built: ./dev chaos does it")
        self.body = tempfile.NamedTemporaryFile("w")
        self.body.write(body)
        self.body.flush()
        self.process = subprocess.Popen(
            [*before, OPEN_LOOP, "--address", f"127.0.0.1:{server.port}", "--seconds", str(seconds), "--warm-up", "0.5", "--json",
             "--rate", str(rate), "--connections", str(connections), "--path", path, "--type", content_type,
             "--body", self.body.name], stdout=subprocess.PIPE, text=True)

    def report(self):
        out, _ = self.process.communicate(timeout=300)
        self.body.close()
        assert self.process.returncode == 0
        return json.loads(out)["classes"][0]


def allow_many_descriptors():
    """As many as this process may have; how many that is."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard
