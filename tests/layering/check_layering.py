#!/usr/bin/env python3
"""Checks who includes whom: reads the archmlp_module() declarations and every C++ file, prints what is not allowed.

usage: check_layering.py REPOSITORY
Exit code: 0 nothing found, 1 violations (one a line on standard output), 2 the declarations cannot be read.
"""

import re
import sys
from dataclasses import dataclass, field
from pathlib import Path

# Headers of third-party libraries -> the CMake targets that a module names to use them.
THIRD_PARTY = {
    "CLI/": {"CLI11::CLI11"},
    "Eigen/": {"Eigen3::Eigen"},
    "benchmark/": {"benchmark::benchmark"},
    "boost/": {"Boost::headers", "Boost::boost"},
    "curl/": {"CURL::libcurl"},
    "fast_float/": {"fast_float::fast_float"},
    "fmt/": {"fmt::fmt"},
    "hwy/": {"PkgConfig::hwy"},
    "nlohmann/": {"nlohmann_json::nlohmann_json"},
    "oneapi/": {"TBB::tbb"},
    "openssl/": {"OpenSSL::Crypto", "OpenSSL::SSL"},
    "prometheus/": {"prometheus-cpp::core"},
    "re2/": {"PkgConfig::re2"},
    "simdjson.h": {"simdjson::simdjson"},
    "spdlog/": {"spdlog::spdlog", "spdlog::spdlog_header_only"},
    "tbb/": {"TBB::tbb"},
    "xxhash.h": {"PkgConfig::xxhash"},
    "yaml-cpp/": {"yaml-cpp"},
    "zlib.h": {"ZLIB::ZLIB"},
    "zstd.h": {"PkgConfig::zstd"},
}
TEST_ONLY = ("gtest/", "gmock/")
# The C library and POSIX headers that stand for the operating system.
SYSTEM = re.compile(
    r"(sys/|arpa/|netinet/|linux/)\w+(/\w+)*\.h$"
    r"|(unistd|fcntl|poll|signal|pthread|sched|dirent|netdb|errno|limits|endian|byteswap|pwd|time|stdlib|string)\.h$")

# What serves predictions must not contain what fits: a fault in training cannot reach the server.
FITTED_HALF = ("transform", "model", "bundle", "predict", "http", "serve")
FITTING_HALF = ("preprocess", "svm", "train", "train_stage", "pipeline")

MODULE_CALL = re.compile(r"archmlp_module\(\s*(\w+)([^)]*)\)")
KEYWORDS = ("DEPENDS", "HEADERS", "SOURCES", "TESTS", "TEST_DEPENDS", "LIBRARIES", "PUBLIC_LIBRARIES")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
# Comments and literals, so that a word in one of them is not taken for code.
NOT_CODE = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|(?<![\w])\'(?:\\.|[^\'\\\n])+\'', re.DOTALL)


@dataclass
class Module:
    name: str
    lists: dict = field(default_factory=dict)

    def __getitem__(self, keyword):
        return self.lists.get(keyword, [])


def parse_declarations(text):
    """Module declarations of one CMakeLists.txt."""
    text = re.sub(r"#[^\n]*", "", text)
    for call in MODULE_CALL.finditer(text):
        module, current = Module(call.group(1)), None
        for word in call.group(2).split():
            if word in KEYWORDS:
                current = module.lists.setdefault(word, [])
            elif current is None:
                raise ValueError(f"archmlp_module({module.name}): {word} stands before any keyword")
            else:
                current.append(word)
        yield module


def read_modules(repository):
    modules = {}
    for path in sorted((repository / "src").glob("*/CMakeLists.txt")):
        for module in parse_declarations(path.read_text()):
            if module.name != path.parent.name:
                raise ValueError(f"{path}: declares {module.name}, but a module is named as its folder")
            modules[module.name] = module
    if not modules:
        raise ValueError(f"{repository}/src declares no module")
    for module in modules.values():
        for name in module["DEPENDS"] + module["TEST_DEPENDS"]:
            if name not in modules:
                raise ValueError(f"module {module.name} depends on {name}, which is not declared")
    return modules


def reachable(modules, name):
    """The modules whose headers `name` may include, itself among them."""
    seen, todo = set(), [name]
    while todo:
        current = todo.pop()
        if current not in seen:
            seen.add(current)
            todo += modules[current]["DEPENDS"]
    return seen


def code_only(text):
    """The text with comments and literals blanked, lines kept."""
    return NOT_CODE.sub(lambda match: re.sub(r"[^\n]", " ", match.group(0)), text)


def includes(text):
    """(line number, is_angled, header) of each include, those in comments left out."""
    visible = code_only(text).splitlines()
    for number, (line, code) in enumerate(zip(text.splitlines(), visible), start=1):
        match = INCLUDE.match(line)
        if match and "#" in code:
            yield number, match.group(1) == "<", match.group(2)


def third_party_of(header):
    for prefix, targets in THIRD_PARTY.items():
        if header == prefix or (prefix.endswith("/") and header.startswith(prefix)):
            return targets
    return None


class Checker:
    def __init__(self, repository):
        self.repository = repository
        self.modules = read_modules(repository)
        self.violations = []

    def report(self, path, line, message):
        self.violations.append(f"{path.relative_to(self.repository)}:{line}: {message}")

    def run(self):
        self.check_declarations()
        for name in self.modules:
            folder = self.repository / "src" / name
            for path in sorted([*folder.rglob("*.h"), *folder.rglob("*.cc")]):
                self.check_listed(path, name)
                self.check_module_file(path, name)
        for top in ("src", "apps", "tests", "bench", "python"):
            folder = self.repository / top
            for path in sorted([*folder.rglob("*.h"), *folder.rglob("*.cc")]):
                self.check_any_file(path, top)
        return self.violations

    # -- declarations

    def check_declarations(self):
        for name, module in self.modules.items():
            path = self.repository / "src" / name / "CMakeLists.txt"
            for dependency in module["DEPENDS"]:
                if name in reachable(self.modules, dependency):
                    self.report(path, 1, f"module {name} depends on {dependency}, which depends on {name}")
            if name in FITTED_HALF:
                for fitting in sorted(reachable(self.modules, name).intersection(FITTING_HALF)):
                    self.report(path, 1, f"module {name} serves predictions and must not reach {fitting}, which fits")
        for folder in sorted((self.repository / "src").iterdir()):
            if folder.is_dir() and folder.name not in self.modules:
                self.report(folder, 1, "a folder of src that declares no module")

    def check_listed(self, path, name):
        module, file = self.modules[name], path.relative_to(self.repository / "src" / name).as_posix()
        if path.suffix == ".cc" and file not in module["SOURCES"] + module["TESTS"]:
            self.report(path, 1, f"is not listed in the declaration of module {name}, so nothing compiles it")

    # -- files

    def check_module_file(self, path, name):
        module, allowed = self.modules[name], reachable(self.modules, name)
        text = path.read_text()
        file = path.relative_to(self.repository / "src" / name).as_posix()
        # Headers that are not listed are private to their module; those named test_* serve tests, here and elsewhere.
        is_public, is_private = file in module["HEADERS"], path.suffix == ".h" and file not in module["HEADERS"]
        is_test = file in module["TESTS"] or path.name.startswith("test_")
        may_test = is_test or is_private
        if is_test:
            allowed = allowed.union(*(reachable(self.modules, other) for other in module["TEST_DEPENDS"]))
        for line, angled, header in includes(text):
            if not angled:
                self.check_own_include(path, line, header, name, allowed, is_test)
            elif header.startswith(TEST_ONLY):
                if not may_test:
                    self.report(path, line, f"<{header}> belongs in tests only")
            elif "." in header and not SYSTEM.match(header):
                self.check_third_party(path, line, header, module, allowed, is_public)
        if path.suffix == ".h":
            self.check_header(path, text)

    def check_own_include(self, path, line, header, name, allowed, is_test):
        parts = header.split("/")
        if parts[0] != "archmlp" or len(parts) < 3:
            self.report(path, line, f'"{header}" is not a full path: archmlp/module/file.h')
        elif parts[1] not in self.modules:
            self.report(path, line, f'"{header}" is of no declared module')
        elif parts[1] not in allowed:
            self.report(path, line, f"module {name} may not include {parts[1]}: it does not depend on it")
        elif not is_test and parts[1] != name and "/".join(parts[2:]) not in self.modules[parts[1]]["HEADERS"]:
            self.report(path, line, f'"{header}" is not one of the HEADERS of module {parts[1]}: it is private to it')

    def check_third_party(self, path, line, header, module, allowed, is_public):
        targets = third_party_of(header)
        if header == "mpi.h" or header.startswith("pybind11/"):
            return  # check_any_file knows where those belong
        if targets is None:
            self.report(path, line, f"<{header}> is of no library that tests/layering/check_layering.py knows")
            return
        shown = {library for name in allowed for library in self.modules[name]["PUBLIC_LIBRARIES"]}
        if is_public and not targets & shown:
            self.report(path, line, f"<{header}> in a public header, but module {module.name} has it not in PUBLIC_LIBRARIES")
        elif not targets & (shown | set(module["LIBRARIES"])):
            self.report(path, line, f"<{header}> is of a library that module {module.name} does not declare")

    def check_header(self, path, text):
        code = code_only(text)
        if "#pragma once" not in code:
            self.report(path, 1, "a header without #pragma once")
        for line, content in enumerate(code.splitlines(), start=1):
            if re.search(r"\busing\s+namespace\b", content):
                self.report(path, line, "using namespace in a header")
            if re.match(r"\s*#\s*define\b", content) and path.name != "try.h":
                self.report(path, line, "a macro in a header; only base/try.h has one")

    def check_any_file(self, path, top):
        text = path.read_text()
        in_cluster = path.is_relative_to(self.repository / "src" / "cluster")
        for line, _, header in includes(text):
            if ".." in header.split("/"):
                self.report(path, line, f'".." in the include of {header}')
            if header == "mpi.h" and not in_cluster:
                self.report(path, line, "<mpi.h> outside src/cluster")
            if header.startswith("pybind11/") and top != "python":
                self.report(path, line, f"<{header}> outside python/")
            if header == "archmlp/base/try.h" and path.suffix == ".h":
                self.report(path, line, "the macro of base/try.h in a header")
        if top == "src":
            for line, content in enumerate(code_only(text).splitlines(), start=1):
                if re.search(r"\bstd\s*::\s*cout\b", content):
                    self.report(path, line, "std::cout outside apps: a library does not print")


def main(arguments):
    if len(arguments) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        violations = Checker(Path(arguments[1]).resolve()).run()
    except (OSError, ValueError) as error:
        print(f"check_layering: {error}", file=sys.stderr)
        return 2
    for violation in violations:
        print(violation)
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
