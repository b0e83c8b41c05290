#!/usr/bin/env python3
"""Runs pytest and tells ctest what happened: 0 passed, 77 skipped (no pytest, or every test skipped), else failed."""

import sys

SKIPPED = 77

try:
    import pytest
except ImportError:
    print("pytest is not installed: ./dev setup test")
    sys.exit(SKIPPED)


class Tally:
    """Counts what ran; a skip of a whole module counts as well."""

    ran = skipped = 0

    def pytest_runtest_logreport(self, report):
        if report.skipped:
            self.skipped += 1
        elif report.when == "call":
            self.ran += 1

    def pytest_collectreport(self, report):
        self.skipped += report.skipped


tally = Tally()
code = pytest.main(["-q", "-rs", "-p", "no:cacheprovider", *sys.argv[1:]], plugins=[tally])
if tally.ran == 0 and tally.skipped and code in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
    sys.exit(SKIPPED)
sys.exit(code)
