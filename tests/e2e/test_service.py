"""The server as a service: what it tells who starts it, and the service manager."""

import ctypes
import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest

from support import ARCHMLP, USAGE, run, wait_until

PTRACE_SEIZE, PTRACE_INTERRUPT, PTRACE_DETACH = 0x4206, 0x4207, 17
WALL = 0x40000000


class Manager:
    """Takes the place of systemd: starts the server, hears what it says, and keeps its output."""

    def __init__(self, folder, *arguments, watchdog=None):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(folder / "notify"))
        self.socket.settimeout(20)
        environment = {**os.environ, "NOTIFY_SOCKET": str(folder / "notify")}
        if watchdog:
            environment["WATCHDOG_USEC"] = str(int(watchdog * 1e6))
        self.log = folder / "server.log"
        with open(self.log, "w") as log:
            self.process = subprocess.Popen([ARCHMLP, "serve", *map(str, arguments)], env=environment, stdout=log, stderr=log,
                                            stdin=subprocess.DEVNULL)
        self.wait_for("READY=1")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(timeout=30) == 0

    def wait_for(self, word):
        while self.socket.recv(100).decode() != word:
            pass

    def pings_within(self, seconds):
        """What it says from now on, for so long."""
        count, end = 0, time.monotonic() + seconds
        self.socket.setblocking(False)
        while True:
            try:
                self.socket.recv(100)
            except BlockingIOError:
                break
        while (left := end - time.monotonic()) > 0:
            self.socket.settimeout(left)
            try:
                count += self.socket.recv(100) == b"WATCHDOG=1"
            except TimeoutError:
                pass
        self.socket.settimeout(20)
        return count


@pytest.fixture
def model(trained):
    return trained / "out/model.archmlp"


def loop_threads(pid):
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return [int(task.name) for task in tasks if (task / "comm").read_text() == "event loop\n"]


def ptrace(request, thread):
    libc = ctypes.CDLL(None, use_errno=True)
    libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
    libc.ptrace.restype = ctypes.c_long
    if libc.ptrace(request, thread, None, None) != 0:
        pytest.skip(f"may not hold a thread here: {os.strerror(ctypes.get_errno())}")


def test_one_loop_that_hangs_ends_the_watchdogs_pings(model, tmp_path):
    with Manager(tmp_path, model, "--port", "0", "--threads", "2", watchdog=3) as server:
        server.wait_for("WATCHDOG=1")
        threads = loop_threads(server.process.pid)
        assert len(threads) == 2
        ptrace(PTRACE_SEIZE, threads[0])
        ptrace(PTRACE_INTERRUPT, threads[0])
        os.waitpid(threads[0], WALL)
        try:
            wait_until(lambda: "an event loop has hung" in server.log.read_text())
            assert server.pings_within(4) == 0
            assert server.log.read_text().count("an event loop has hung") == 1
        finally:
            ptrace(PTRACE_DETACH, threads[0])
        server.wait_for("WATCHDOG=1")


def test_idle_loops_are_alive(model, tmp_path):
    with Manager(tmp_path, model, "--port", "0", watchdog=5) as server:
        server.wait_for("WATCHDOG=1")
        for _ in range(3):
            begin = time.monotonic()
            server.wait_for("WATCHDOG=1")
            assert time.monotonic() - begin < 5, "as systemd would have it"
        assert "hung" not in server.log.read_text()


def test_files_that_are_not_served_are_told_at_the_start(model, tmp_path):
    models = tmp_path / "models"
    models.mkdir()
    shutil.copy(model, models / "good.archmlp")
    shutil.copy(model, models / "my model.archmlp")
    (models / "broken.archmlp").write_bytes(b"no model")
    with Manager(tmp_path, "--models", models, "--port", "0", "--watch", "0.1") as server:
        told = (f"not serving {models / 'my model.archmlp'}: its name cannot be that of a model", "not serving broken/1: ")
        wait_until(lambda: all(line in server.log.read_text() for line in told))
        time.sleep(0.5)  # it looks again, and has nothing new to say
        for line in told:
            assert server.log.read_text().count(line) == 1
        shutil.copy(model, models / "über.archmlp")
        wait_until(lambda: "über.archmlp" in server.log.read_text())
        assert server.log.read_text().count("my model.archmlp") == 1


@pytest.mark.parametrize("option, value, word", [
    ("--max-header", "1", "1000"), ("--max-body", "10", "1000"), ("--max-body", "5GB", "4000000000"),
    ("--max-rows", "0", "1 to"), ("--max-rows", "many", "1 to"), ("--max-connections", "0", "1 to"),
])
def test_limits_that_make_no_sense(model, option, value, word):
    result = run("serve", model, option, value, expect=USAGE)
    assert option in result.stderr and word in result.stderr
    assert word in run("serve", "--help").stdout


def test_operators_need_a_port_of_their_own(model, tmp_path):
    (tmp_path / "admin.token").write_text("a-token-of-operators\n")
    result = run("serve", model, "--port", "5999", "--admin-port", "5999", "--admin-token-file", tmp_path / "admin.token", expect=USAGE)
    assert "--admin-port" in result.stderr
