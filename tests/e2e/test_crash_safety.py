"""kill -9, a failing disk and a full one at every write, sync and rename of a stage that saves: afterwards the output
is the old one or the new one, whole; and what dead writers left behind is gone after the next run.

strace does the harm, at the N-th call of a kind, for every N until a run gets through unharmed.
"""

import os
import re
import resource
import shutil
import signal
import subprocess
from pathlib import Path

import pytest
from support import ARCHMLP, FILES, customers, folder_digest, run, sha256, temporaries

WRITES = ("write", "pwrite64", "writev")
SYNCS = ("fsync", "fdatasync")
RENAMES = ("rename", "renameat", "renameat2")
CALLS = (*WRITES, *SYNCS, *RENAMES)
LONGEST_LOOP = 500

if not shutil.which("strace"):
    pytest.skip("strace is not installed: ./dev setup test", allow_module_level=True)


def strace_works():
    return subprocess.run(["strace", "-o", "/dev/null", "true"], capture_output=True).returncode == 0


if not strace_works():
    pytest.skip("strace may not trace here (ptrace is not permitted)", allow_module_level=True)


class Stage:
    """A command that replaces `output`, which lies alone in its folder; `old` and `new` are what it may be."""

    def __init__(self, folder, name):
        self.name = name
        self.place = folder / f"{name}-place"
        self.place.mkdir()
        if name == "preprocess":
            data, recipe = customers(folder, rows=60)
            write_old = ["preprocess", data, "--recipe", recipe, "--seed", 1]
            write_new = ["preprocess", data, "--recipe", recipe, "--seed", 2]
            self.output, self.digest = self.place / "prepared", folder_digest
        else:
            data, recipe = customers(folder, rows=60)
            run("preprocess", data, "--recipe", recipe, "--out", folder / "prepared")
            train = ["train", folder / "prepared/x_train.csv", folder / "prepared/y_train.csv", "--n-estimators", 3]
            write_old, write_new = [*train, "--random-state", 1], [*train, "--random-state", 2]
            self.output = self.place / "model.archmlp"
            self.digest = lambda path: sha256(path) if path.exists() else None
        self.command = [str(part) for part in [ARCHMLP, *write_new, "--out", self.output, "--threads", 1]]
        run(*write_old, "--out", folder / "old", "--threads", 1)
        run(*write_new, "--out", folder / "new", "--threads", 1)
        self.old_source = folder / "old"
        self.old, self.new = self.digest(folder / "old"), self.digest(folder / "new")
        assert self.old and self.new and self.old != self.new

    def clear(self):
        shutil.rmtree(self.place)
        self.place.mkdir()

    def put_old(self):
        self.clear()
        copy = shutil.copytree if self.old_source.is_dir() else shutil.copy
        copy(self.old_source, self.output)

    def state(self):
        return self.digest(self.output)

    def run_again(self):
        """An undisturbed run: it must succeed and leave nothing but the new output."""
        subprocess.run(self.command, check=True, capture_output=True, timeout=120)
        assert self.state() == self.new
        assert os.listdir(self.place) == [self.output.name]


@pytest.fixture(scope="module", params=["preprocess", "train"])
def stage(request, tmp_path_factory):
    return Stage(tmp_path_factory.mktemp(request.param), request.param)


class Harmed:
    """One run under strace with one injection; `injected` says whether the harm was done."""

    def __init__(self, stage, call, harm, when):
        log = stage.place.parent / "strace.log"
        log.unlink(missing_ok=True)
        trace = ["strace", "-f", "-qq", "-o", str(log), "-e", f"trace={call}",
                 "-e", f"inject={call}:{harm}:when={when}"]
        self.result = subprocess.run([*trace, *stage.command], capture_output=True, text=True, timeout=120)
        self.killed = self.result.returncode in (-signal.SIGKILL, 128 + signal.SIGKILL)
        self.injected = self.killed or "(INJECTED)" in log.read_text()


def calls_made(stage, call):
    """How often an undisturbed run makes the call."""
    log = stage.place.parent / "strace.log"
    subprocess.run(["strace", "-f", "-qq", "-o", log, "-e", f"trace={call}", *stage.command], check=True,
                   capture_output=True, timeout=120)
    return len(re.findall(rf"^\d+ +{call}\(", log.read_text(), re.MULTILINE))


def harm_everywhere(stage, call, harm):
    """Yields each harmed run, N = 1, 2, …, on an old output put back in place, until one is not harmed."""
    for when in range(1, LONGEST_LOOP):
        stage.put_old()
        harmed = Harmed(stage, call, harm, when)
        if not harmed.injected:
            assert harmed.result.returncode == 0, harmed.result.stderr
            assert stage.state() == stage.new
            return
        yield harmed
    raise AssertionError(f"{call} was still made after {LONGEST_LOOP} runs")


def test_stage_makes_the_calls_that_are_harmed_below(stage):
    """Without this, a loop that finds nothing to harm would pass for a loop that found no fault."""
    stage.put_old()
    made = {call: calls_made(stage, call) for call in CALLS}
    assert sum(made[call] for call in WRITES) > 0, made
    assert sum(made[call] for call in SYNCS) > 0, made
    assert sum(made[call] for call in RENAMES) > 0, made


@pytest.mark.parametrize("call", CALLS)
def test_kill_at_every_call(stage, call):
    stage.put_old()
    expected = calls_made(stage, call)
    if not expected:
        pytest.skip(f"{stage.name} never calls {call}")
    states = []
    for harmed in harm_everywhere(stage, call, "signal=SIGKILL"):
        assert harmed.killed
        state = stage.state()
        assert state in (stage.old, stage.new), f"torn at {call} number {len(states) + 1}"
        states.append(state == stage.new)
    assert len(states) == expected
    assert states == sorted(states), "once the new output is there it stays"
    if call != "write":  # which also prints the report, once all is done
        assert states[0] is False


@pytest.mark.parametrize("call", CALLS)
def test_kill_at_every_call_of_a_first_run(stage, call):
    """No old output: afterwards there is none, or the whole new one."""
    injected = 0
    for when in range(1, LONGEST_LOOP):
        stage.clear()
        harmed = Harmed(stage, call, "signal=SIGKILL", when)
        assert stage.state() in (None, stage.new), f"torn at {call} number {when}"
        if not harmed.injected:
            break
        injected += 1
    if not injected:
        assert calls_made(stage, call) == 0
        pytest.skip(f"{stage.name} never calls {call}")


@pytest.mark.parametrize("call", [*SYNCS, *RENAMES])
def test_temporaries_of_a_dead_writer_are_removed(stage, call):
    stage.put_old()
    harmed = Harmed(stage, call, "signal=SIGKILL", 1)
    if not harmed.injected:
        assert calls_made(stage, call) == 0
        pytest.skip(f"{stage.name} never calls {call}")
    assert temporaries(stage.place), "killed before its last step, the run left nothing to clean"
    stage.run_again()


@pytest.mark.parametrize("call, errors", [*((call, "EIO") for call in SYNCS), *((call, "ENOSPC") for call in WRITES),
                                          *((call, "EIO") for call in RENAMES)])
def test_failing_disk(stage, call, errors):
    """Each call fails once: a non-zero exit and an output that is whole. Where the failure came before the new output was
    in place, the message names the path and no temporary is left; the next run removes what a later one leaves."""
    injected = 0
    for harmed in harm_everywhere(stage, call, f"error={errors}"):
        injected += 1
        assert not harmed.killed
        assert stage.state() in (stage.old, stage.new)
        if stage.state() == stage.old:
            assert temporaries(stage.place) == []
            assert harmed.result.returncode == FILES, harmed.result.stderr
            assert str(stage.place) in harmed.result.stderr
            assert harmed.result.stdout == "", "nothing is reported as saved"
        else:
            assert harmed.result.returncode != 0, f"{call} number {injected} failed unnoticed"
            stage.run_again()
    if not injected:
        assert calls_made(stage, call) == 0
        pytest.skip(f"{stage.name} never calls {call}")


@pytest.mark.parametrize("call, error", [("fsync", "EIO"), ("write", "ENOSPC")])
def test_first_failure_keeps_the_old_output(stage, call, error):
    stage.put_old()
    harmed = Harmed(stage, call, f"error={error}", 1)
    assert harmed.injected
    assert harmed.result.returncode == FILES, harmed.result.stderr
    assert stage.state() == stage.old
    assert str(stage.place) in harmed.result.stderr, harmed.result.stderr


def test_file_size_limit(stage):
    """As a full quota: the first write over the limit fails."""
    stage.put_old()
    limit = 100
    result = subprocess.run(stage.command, capture_output=True, text=True, timeout=120,
                            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))
    assert result.returncode == FILES, (result.returncode, result.stderr)
    assert str(stage.place) in result.stderr
    assert stage.state() == stage.old
    assert temporaries(stage.place) == []


def test_output_folder_is_read_only(stage):
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    stage.put_old()
    stage.place.chmod(0o555)
    try:
        result = subprocess.run(stage.command, capture_output=True, text=True, timeout=120)
    finally:
        stage.place.chmod(0o755)
    assert result.returncode == FILES
    assert stage.state() == stage.old


def test_full_standard_output():
    with open("/dev/full", "w") as full:
        result = subprocess.run([ARCHMLP, "generate", "paysim", "--rows", "1000"], stdout=full, stderr=subprocess.PIPE,
                                text=True, timeout=60)
    assert result.returncode == FILES
    assert "standard output" in result.stderr


def test_foreign_files_in_the_output_folder_are_never_removed(tmp_path):
    data, recipe = customers(tmp_path, rows=60)
    out = tmp_path / "thesis"
    out.mkdir()
    (out / "chapter1.tex").write_text("years of work")
    result = run("preprocess", data, "--recipe", recipe, "--out", out, expect=3)
    assert "chapter1.tex" in result.stderr
    assert [path.name for path in Path(out).iterdir()] == ["chapter1.tex"]
