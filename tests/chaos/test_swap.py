"""Row 13: models are swapped under load; no request fails, and each answer is that of the version that it names."""

import json
import re
import shutil
import threading
import time

import pytest
from chaos import BODY, RECORD, Honest, Raw, chaos_server, get, honest_clients, post, scaled, wrk
from support import run

TOKEN = "0123456789abcdef0123456789abcdef"


@pytest.fixture(scope="module")
def two_models(model, tmp_path_factory):
    """Two models of the same data that answer differently, by what they answer to chaos.RECORD."""
    folder = tmp_path_factory.mktemp("two")
    trained = model.parent.parent
    recipe = folder / "recipe.yaml"
    recipe.write_text((trained / "customers.yaml").read_text().replace("n_estimators: 12", "n_estimators: 7, min_samples_leaf: 40"))
    run("run", recipe, "--data", trained / "customers.csv", "--out", folder / "out")
    found = {}
    for file in (model, folder / "out/model.archmlp"):
        with chaos_server(file) as server:
            found[Raw(server.port).ask(post(BODY))[1]] = file
    assert len(found) == 2, found
    return found


class Folder:
    """A folder of models in which versions come and go as a careful operator has them do: by rename."""

    def __init__(self, path, models):
        self.path, self.models, self.version = path / "customers", list(models.values()), 0
        self.path.mkdir(parents=True)
        self.add()

    def model_of(self, version):
        return self.models[version % 2]

    def add(self):
        """The next version, which is the other model."""
        version = self.version + 1
        hidden = self.path / f".{version}.archmlp-new"
        shutil.copyfile(self.model_of(version), hidden)
        hidden.rename(self.path / f"{version}.archmlp")
        self.version = version

    def forget(self, keep=3):
        for old in range(1, self.version - keep + 1):
            (self.path / f"{old}.archmlp").unlink(missing_ok=True)

    def replace(self):
        """The same name, another model."""
        self.version += 1
        hidden = self.path / ".new"
        shutil.copyfile(self.model_of(self.version), hidden)
        hidden.rename(self.path / "1.archmlp")


@pytest.fixture
def token_file(tmp_path):
    file = tmp_path / "admin-token"
    file.write_text(TOKEN + "\n")
    return file


class Admin:
    FIELDS = f"Authorization: Bearer {TOKEN}\r\n"

    def __init__(self, server):
        self.client = Raw(server.admin_port)

    def models(self):
        """Names of what is served."""
        status, body = self.client.ask(get("/admin/models", self.FIELDS))
        assert status == 200, body
        return [model["name"] for model in json.loads(body)]

    def reload(self):
        status, body = self.client.ask(post("", "/admin/reload", self.FIELDS))
        report = json.loads(body)
        assert status == (409 if report["errors"] else 200), body
        return report


def version_of(head):
    """X-Model: customers/17"""
    return int(re.search(rb"\r\nX-Model: customers/(\d+)", head).group(1))


def test_new_versions_under_load(two_models, tmp_path, token_file, shows):
    swaps = scaled(30, 1000)
    folder = Folder(tmp_path / "models", two_models)
    answer_of = {file: answer for answer, file in two_models.items()}
    seen = set()

    def check(status, head, body):
        if status != 200:
            return False
        version = version_of(head)
        seen.add(version)
        return body == answer_of[folder.model_of(version)]

    with chaos_server("--models", folder.path.parent, "--threads", "2", "--admin-port", "0", "--admin-token-file", token_file) as server:
        admin = Admin(server)
        loaded = {}
        if swaps > 100:
            load = threading.Thread(target=lambda: loaded.update(wrk(server, 60, connections=8)))
            load.start()
        with honest_clients(server.port, 3, check=check) as honest:
            for _ in range(swaps):
                folder.add()
                report = admin.reload()
                assert f"customers/{folder.version}" in json.dumps(report), report
                with Raw(server.port) as fresh:
                    status, head, _ = fresh.send(post(BODY)).answer()
                    assert status == 200 and version_of(head) == folder.version, "what a reload reports is served"
                folder.forget()
        if swaps > 100:
            load.join()
            assert loaded["wrong"] == loaded["broken"] == 0, loaded
        assert server.resident_mb() < 200
    shows(13, f"{swaps:,} swaps under load: {sum(c.answered for c in honest) + loaded.get('requests', 0):,} requests, 0 failed; "
              f"{sum(c.answered for c in honest):,} answers of {len(seen)} versions each equal to that of the version named")
    assert len(seen) > swaps // 4


@pytest.mark.parametrize("way", ["SIGHUP", "watch"])
def test_other_ways_to_swap(two_models, tmp_path, way, shows):
    """The file is replaced under its name; the server is told by a signal, or looks by itself."""
    folder = Folder(tmp_path / "models", two_models)
    answers = set(two_models)
    options = ("--watch", "1") if way == "watch" else ()
    with chaos_server("--models", folder.path.parent, "--threads", "2", *options) as server:
        with honest_clients(server.port, 2, check=lambda status, head, body: status == 200 and body in answers) as honest:
            for _ in range(scaled(2, 10)):
                before = Raw(server.port).ask(post(BODY))[1]
                folder.replace()
                if way == "SIGHUP":
                    server.process.send_signal(1)
                deadline = time.monotonic() + 10
                while Raw(server.port).ask(post(BODY))[1] == before:
                    assert time.monotonic() < deadline, f"the new model is not served: {server.log()}"
                    time.sleep(0.02)
    shows(13, f"swapped by {way}: {sum(c.answered for c in honest):,} requests answered meanwhile, each by one of the two models")


def test_batches_are_of_one_version(two_models, tmp_path, token_file):
    """A batch that a swap falls into is answered by one model from its first row to its last."""
    folder = Folder(tmp_path / "models", two_models)
    batch = json.dumps([RECORD] * 3000)
    wrong = []

    def check(status, head, body):
        return status == 200 and len({json.dumps(row) for row in json.loads(body)}) == 1

    with chaos_server("--models", folder.path.parent, "--threads", "2", "--admin-port", "0", "--admin-token-file", token_file) as server:
        admin = Admin(server)
        client = Honest(server.port, post(batch), check)
        client.start()
        for _ in range(scaled(20, 200)):
            folder.add()
            admin.reload()
            folder.forget()
        client.ends.set()
        client.join(60)
        wrong += client.wrong
    assert client.answered > 0 and not client.error and not wrong


def test_metrics_tell_of_swaps(two_models, tmp_path, token_file):
    folder = Folder(tmp_path / "models", two_models)
    with chaos_server("--models", folder.path.parent, "--admin-port", "0", "--admin-token-file", token_file) as server:
        for _ in range(3):
            folder.add()
            Admin(server).reload()
        text = Raw(server.port).ask(get("/metrics"))[1].decode()
        counts = dict(re.findall(r'^archmlp_model_swaps_total\{model="customers",result="(\w+)"\} (\d+)$', text, re.M))
        assert sum(map(int, counts.values())) >= 3, text
        assert re.search(rf'^archmlp_model_info\{{model="customers",version="{folder.version}",sha256="[0-9a-f]{{64}}"\}} 1$', text, re.M), text
