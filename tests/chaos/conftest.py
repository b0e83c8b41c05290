import pytest
from chaos import ARCHMLP, IS_FULL
from support import customers, run

FINDINGS = []


def pytest_collection_modifyitems(items):
    if items and not ARCHMLP.exists():
        pytest.exit(f"{ARCHMLP} is not built; set ARCHMLP_BIN", returncode=2)


@pytest.fixture(scope="session")
def model(tmp_path_factory):
    """A small model of customers, trained from raw records; chaos.RECORD is one of them."""
    folder = tmp_path_factory.mktemp("trained")
    data, recipe = customers(folder)
    run("run", recipe, "--data", data, "--out", folder / "out")
    return folder / "out/model.archmlp"


@pytest.fixture
def shows(request):
    """shows(promise, text): what the check found, for the promise (README.md) that it stands for."""
    def remember(row, text):
        FINDINGS.append((row, request.node.name, text))
    return remember


def pytest_terminal_summary(terminalreporter):
    if not FINDINGS:
        return
    terminalreporter.section("what the checks showed" + ("" if IS_FULL else " (small size)"))
    for row, name, text in sorted(FINDINGS, key=lambda finding: finding[0]):
        terminalreporter.line(f"{row:>3}  {name}: {text}")
