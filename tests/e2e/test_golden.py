"""Model files that earlier versions wrote are read, and predict what they predicted then."""

import pytest
from support import REPOSITORY, run

GOLDEN = sorted(path.parent for path in (REPOSITORY / "tests/golden").glob("*/model.archmlp"))


def test_there_are_golden_files():
    assert GOLDEN


@pytest.mark.parametrize("folder", GOLDEN, ids=lambda folder: folder.name)
def test_golden_model_predicts_as_recorded(folder):
    predicted = run("predict", folder / "model.archmlp", folder / "records.csv").stdout
    assert predicted == (folder / "predictions.csv").read_text()
