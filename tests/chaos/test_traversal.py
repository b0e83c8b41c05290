"""Promise 18: nothing that a client says becomes a path that the server opens, shown by strace."""

import os
import re
import shutil
import time
import urllib.parse

import pytest
from chaos import BODY, Raw, chaos_server, get, needs, post
from support import wait_until
from test_swap import TOKEN

SECRET = "secret-file-of-the-test"
PATHS = ["../" + SECRET, "../../../../../../etc/passwd", "/etc/passwd", "..", ".", "", "....//....//etc/passwd", "..\\..\\etc\\passwd",
         "%2e%2e/%2e%2e/etc/passwd", "%2e%2e%2fetc%2fpasswd", "..%2f" + SECRET, "%252e%252e%252fetc%252fpasswd", "..%c0%af..%c0%afetc/passwd",
         "..%00/etc/passwd", "customers%00.txt", "customers/../../" + SECRET, "customers/../customers", "./customers", "customers/",
         "file:///etc/passwd", "http://127.0.0.1:1/x", "~root/.ssh/id_rsa", "/proc/self/environ", "/dev/zero", "CON", "customers.archmlp",
         "link", "link_to_folder", "a" * 5000, "%", "%zz", "%2", "\N{FULLWIDTH FULL STOP}" * 2 + "/etc/passwd", "customers;id", "$(id)", "`id`", "*", "custom?rs"]


def requests_for(name):
    quoted, half = urllib.parse.quote(name, safe=""), urllib.parse.quote(name, safe="/%.:;$()`*?&=~\\")
    for spelt in {quoted, half}:
        yield get("/" + spelt)
        yield get(f"/v2/models/{spelt}")
        yield get(f"/v2/models/{spelt}/ready")
        yield get(f"/v2/models/customers/versions/{spelt}")
        yield post("{}", f"/v2/models/{spelt}/infer")
        yield post("{}", f"/v2/models/customers/versions/{spelt}/infer")
        yield post(BODY, f"/predict?model={spelt}")
        yield post(BODY, f"/predict?model=customers&version={spelt}")
        yield post(BODY, f"/predict?features={spelt}")


def admin_requests_for(name):
    token = f"Authorization: Bearer {TOKEN}\r\n"
    quoted = urllib.parse.quote(name, safe="")
    for action in ("load", "unload"):
        yield post("{}", f"/v2/repository/models/{quoted}/{action}", token)
    yield post('{"parameters": {"model_directory": "/etc", "config": "{}", "file:1/model.archmlp": "AAAA"}}',
               f"/v2/repository/models/{quoted}/load", token)


@pytest.fixture
def models(model, tmp_path):
    """A folder with a model, a secret beside it, and links out of it whose names are those of no model."""
    folder = tmp_path / "models"
    folder.mkdir()
    shutil.copyfile(model, folder / "customers.archmlp")
    (tmp_path / SECRET).write_text("secret")
    shutil.copyfile(model, tmp_path / (SECRET + ".archmlp"))
    os.symlink(tmp_path / SECRET, folder / "link")
    os.symlink("/etc", folder / "link_to_folder")
    return folder


def test_paths_from_clients(models, tmp_path, shows):
    trace, token_file = tmp_path / "trace", tmp_path / "admin"
    token_file.write_text(TOKEN + "\n")
    watched = (needs("strace", "-o", "/dev/null", "true"), "-D", "-f", "-qq", "-e", "trace=open,openat,openat2,creat,readlink,readlinkat,stat,lstat,newfstatat,statx,unlink,"
               "unlinkat,rename,renameat,renameat2,execve,connect", "-o", trace)
    with chaos_server("--models", models, "--threads", "1", "--admin-port", "0", "--admin-token-file", token_file, before=watched) as server:
        assert Raw(server.port).ask(post(BODY))[0] == 200
        assert Raw(server.admin_port).ask(post("", "/admin/reload", f"Authorization: Bearer {TOKEN}\r\n"))[0] == 200
        time.sleep(0.3)
        begin = len(trace.read_text().splitlines())
        asked = 0
        for name in PATHS:
            for request in requests_for(name):
                status, answer = ask(server.port, request)
                assert status in (200, 400, 404, 405, 414, 422, 431), (request[:200], status)
                assert b"root:" not in answer and b"secret\n" not in answer
                assert str(tmp_path).encode() not in answer, "no path of ours in answers to clients"
                asked += 1
            for request in admin_requests_for(name):
                assert ask(server.admin_port, request)[0] in (200, 400, 404, 405, 414, 422, 431), request[:200]
                asked += 1
        # customers may have been unloaded by its right name
        assert ask(server.admin_port, post("{}", "/v2/repository/models/customers/load", f"Authorization: Bearer {TOKEN}\r\n"))[0] == 200
        assert Raw(server.port).ask(post(BODY))[0] == 200
        wait_until(lambda: len(trace.read_text().splitlines()) > begin, 5)
        lines = trace.read_text().splitlines()[begin:]
    opened = {path for line in lines for path in re.findall(r'"((?:[^"\\]|\\.)*)"', line)}
    inside = str(models)
    outside = {path for path in opened if path and not path.startswith(inside)}
    assert not outside, outside
    assert not {path for path in opened if "/link" in path and "O_" in path}
    assert not any(re.search(r"\bconnect\(|\bexecve\(", line) for line in lines)
    shows(18, f"{asked:,} requests with {len(PATHS)} hostile names, admin routes too: strace saw {len(lines)} calls with a path, "
              "all of them inside the folder of models")


def ask(port, request):
    with Raw(port) as client:
        status, _, body = client.send_all_that_is_taken(request).answer()
        return status, body


def test_a_link_out_of_the_folder_is_the_operators(models, model, tmp_path):
    """Who may write into the folder may point out of it, as volumes of containers do; a link to no model is refused."""
    os.symlink(model, models / "linked.archmlp")
    with chaos_server("--models", models) as server:
        assert ask(server.port, post(BODY, "/predict?model=linked"))[0] == 200
        assert ask(server.port, post(BODY, "/predict?model=link"))[0] == 404
