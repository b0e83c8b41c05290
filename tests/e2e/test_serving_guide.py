"""docs/guides/serving.md: each command of its examples prints what the guide says."""

import os
import re
import subprocess

import pytest
from support import ARCHMLP, EXAMPLES, REPOSITORY, run, serving

BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def examples():
    """(command, what it prints), in order; commands that start the server and make its model are not among them."""
    blocks = BLOCK.findall((REPOSITORY / "docs/guides/serving.md").read_text())
    return [(blocks[i][1], blocks[i + 1][1]) for i in range(len(blocks) - 1)
            if blocks[i][0] == "sh" and blocks[i + 1][0] != "sh" and "archmlp serve" not in blocks[i][1]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("guide")
    run("generate", "paysim", "--rows", 200000, "--seed", 42, "--out", folder / "paysim.csv")
    run("run", EXAMPLES / "fraud.yaml", "--data", folder / "paysim.csv", "--out", folder / "fraud")
    (folder / "bin").mkdir()
    (folder / "bin/archmlp").symlink_to(ARCHMLP)
    return folder


def test_examples(folder):
    found = examples()
    assert len(found) >= 13
    environment = {**os.environ, "PATH": f"{folder / 'bin'}:{os.environ['PATH']}"}
    with serving(folder / "fraud/model.archmlp") as server:
        for command, expected in found:
            command = command.replace("127.0.0.1:5000", f"127.0.0.1:{server.port}")
            answer = subprocess.run(["bash", "-c", command], cwd=folder, env=environment, capture_output=True, text=True, timeout=60)
            assert answer.stdout.rstrip() == expected.rstrip(), command
