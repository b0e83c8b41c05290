#!/usr/bin/env python3
"""The layering check against this tree, and against small trees with one planted violation each."""

import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from check_layering import Checker, code_only, includes  # noqa: E402

REPOSITORY = Path(__file__).resolve().parents[2]

# A lawful miniature of the project: base <- contract <- model <- train, and bundle on model.
DECLARATIONS = {
    "base": "archmlp_module(base HEADERS result.h try.h SOURCES result.cc TESTS result_test.cc LIBRARIES fmt::fmt)",
    "contract": "archmlp_module(contract\n  DEPENDS base\n  HEADERS schema.h\n  PUBLIC_LIBRARIES nlohmann_json::nlohmann_json)",
    "model": "archmlp_module(model DEPENDS contract HEADERS model.h SOURCES model.cc)",
    "train": "archmlp_module(train DEPENDS model HEADERS trainer.h SOURCES trainer.cc LIBRARIES fmt::fmt)",
    "bundle": "archmlp_module(bundle DEPENDS model HEADERS bundle.h)",
}
FILES = {
    "src/base/result.h": '#pragma once\n#include <string>\n#include <sys/stat.h>\n',
    "src/base/result.cc": '#include "archmlp/base/result.h"\n#include <fmt/core.h>\n',
    "src/base/result_test.cc": '#include "archmlp/base/result.h"\n#include <gtest/gtest.h>\n',
    "src/base/try.h": "#pragma once\n#define TRY(x) x\n",
    "src/contract/schema.h": '#pragma once\n#include <nlohmann/json.hpp>\n#include "archmlp/base/result.h"\n',
    "src/model/model.h": '#pragma once\n#include "archmlp/base/result.h"\n',
    "src/model/model.cc": '#include "archmlp/model/model.h"\n#include "archmlp/base/try.h"\n#include <nlohmann/json.hpp>\n',
    "src/train/trainer.h": '#pragma once\n#include "archmlp/model/model.h"\n',
    "src/train/trainer.cc": '// std::cout and "../x.h" in a comment\n#include <fmt/core.h>\n',
    "src/bundle/bundle.h": '#pragma once\n#include "archmlp/model/model.h"\n',
    "apps/main.cc": '#include <iostream>\nint main() { std::cout << 1; }\n',
}


class Tree(unittest.TestCase):
    def violations(self, changes=None, declarations=None):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder).resolve()
            files = FILES | {f"src/{name}/CMakeLists.txt": text
                             for name, text in (DECLARATIONS | (declarations or {})).items()}
            for path, text in (files | (changes or {})).items():
                target = root / path
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(text)
            return Checker(root).run()

    def assert_found(self, expected, changes=None, declarations=None):
        found = self.violations(changes, declarations)
        self.assertEqual(len(found), 1, found)
        self.assertIn(expected, found[0])

    def append(self, path, line):
        return {path: FILES[path] + line + "\n"}

    def test_lawful_tree_passes(self):
        self.assertEqual(self.violations(), [])

    def test_this_repository_passes(self):
        self.assertEqual(Checker(REPOSITORY).run(), [])

    def test_include_of_an_undeclared_module(self):
        self.assert_found("src/model/model.cc:4: module model may not include train",
                          self.append("src/model/model.cc", '#include "archmlp/train/trainer.h"'))

    def test_include_of_an_unknown_module(self):
        self.assert_found("no declared module", self.append("src/model/model.cc", '#include "archmlp/utils/all.h"'))

    def test_include_of_a_private_header(self):
        self.assert_found("private to it", {
            "src/base/detail.h": "#pragma once\n#include <fmt/core.h>\n",
            **self.append("src/model/model.cc", '#include "archmlp/base/detail.h"')})

    def test_include_with_spaces_is_seen(self):
        self.assert_found("may not include train", self.append("src/model/model.h", ' #  include "archmlp/train/trainer.h"'))

    def test_include_by_a_short_path(self):
        self.assert_found("not a full path", self.append("src/model/model.cc", '#include "model.h"'))

    def test_dots_in_an_include(self):
        found = self.violations(self.append("src/model/model.cc", '#include "archmlp/model/../model/model.h"'))
        self.assertTrue(any('".." in the include' in line for line in found), found)

    def test_dots_in_an_app(self):
        self.assert_found('".." in the include', self.append("apps/main.cc", '#include "../src/model/model.h"'))

    def test_mpi_outside_cluster(self):
        self.assert_found("<mpi.h> outside", self.append("src/train/trainer.cc", "#include <mpi.h>"))

    def test_pybind11_outside_python(self):
        self.assert_found("outside python/", self.append("src/train/trainer.cc", "#include <pybind11/pybind11.h>"))

    def test_cout_outside_apps(self):
        self.assert_found("std::cout outside apps", self.append("src/train/trainer.cc", "void f() { std :: cout << 1; }"))

    def test_third_party_in_a_header(self):
        self.assert_found("PUBLIC_LIBRARIES", self.append("src/train/trainer.h", "#include <fmt/core.h>"))

    def test_third_party_not_declared(self):
        self.assert_found("does not declare", self.append("src/model/model.cc", "#include <zstd.h>"))

    def test_third_party_not_known(self):
        self.assert_found("no library that", self.append("src/model/model.cc", "#include <rocksdb/db.h>"))

    def test_test_framework_outside_tests(self):
        self.assert_found("tests only", self.append("src/model/model.cc", "#include <gtest/gtest.h>"))

    def test_serving_half_reaching_a_trainer(self):
        found = self.violations(declarations={
            "bundle": "archmlp_module(bundle DEPENDS model train HEADERS bundle.h)"})
        self.assertEqual(len(found), 1, found)
        self.assertIn("module bundle serves predictions and must not reach train", found[0])

    def test_what_only_tests_may_include(self):
        declarations = {"bundle": "archmlp_module(bundle DEPENDS model HEADERS bundle.h TESTS bundle_test.cc TEST_DEPENDS train)"}
        line = '#include "archmlp/train/trainer.h"\n'
        self.assertEqual(self.violations({"src/bundle/bundle_test.cc": line}, declarations), [])
        self.assertEqual(self.violations({"src/bundle/test_bundles.h": "#pragma once\n" + line}, declarations), [])
        found = self.violations({"src/bundle/bundle.h": "#pragma once\n" + line}, declarations)
        self.assertTrue(any("bundle may not include train" in violation for violation in found), found)

    def test_cycle(self):
        found = self.violations(declarations={"base": DECLARATIONS["base"].replace("HEADERS", "DEPENDS model HEADERS")})
        self.assertTrue(any("module base depends on model, which depends on base" in line for line in found), found)

    def test_unlisted_file(self):
        self.assert_found("is not listed", {"src/model/svm.cc": ""})

    def test_folder_without_a_declaration(self):
        self.assert_found("declares no module", {"src/utils/all.cc": ""})

    def test_dependency_that_is_not_declared(self):
        with self.assertRaisesRegex(ValueError, "depends on drivers"):
            self.violations(declarations={"bundle": "archmlp_module(bundle DEPENDS drivers HEADERS bundle.h)"})

    def test_header_habits(self):
        self.assert_found("#pragma once", {"src/bundle/bundle.h": ""})
        self.assert_found("using namespace", self.append("src/bundle/bundle.h", "using namespace std;"))
        self.assert_found("a macro", self.append("src/bundle/bundle.h", "#define X 1"))
        found = self.violations(self.append("src/bundle/bundle.h", '#include "archmlp/base/try.h"'))
        self.assertTrue(any("try.h in a header" in line for line in found), found)


class Lexing(unittest.TestCase):
    def test_comments_and_literals_are_not_code(self):
        text = 'a /* b\nc */ "d" \'e\' R"(f)" 1\'000 // g\nh'
        self.assertEqual(code_only(text).split(), ["a", "1'000", "h"])
        self.assertEqual(code_only(text).count("\n"), text.count("\n"))

    def test_includes_in_comments_do_not_count(self):
        text = '/*\n#include "archmlp/a/b.h"\n*/\n// #include <c>\n#include <d>\n'
        self.assertEqual(list(includes(text)), [(5, True, "d")])


if __name__ == "__main__":
    unittest.main()
