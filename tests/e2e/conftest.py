import pytest
from support import ARCHMLP, customers, run


def pytest_collection_modifyitems(items):
    if items and not ARCHMLP.exists():
        pytest.exit(f"{ARCHMLP} is not built; set ARCHMLP_BIN", returncode=2)


@pytest.fixture(scope="session")
def trained(tmp_path_factory):
    """A folder with customers.csv, customers.yaml, test_rows.csv and out/ of a whole run."""
    folder = tmp_path_factory.mktemp("trained")
    data, recipe = customers(folder)
    run("run", recipe, "--data", data, "--out", folder / "out", "--test-rows-out", folder / "test_rows.csv")
    return folder
