"""Reads the source tree for the rules in test_structure.py. Every function takes the root, so that the rules
themselves can be tested on a planted tree."""

import re
from pathlib import Path

MODULES = ("protocol", "outbox", "reconciler", "proxy")  # each may use those before it
# Folders of the session, in the same order.
SESSION = tuple(f"proxy/session/{name}" for name in ("capture", "transaction", "legs", "planner"))

# Third-party headers and the folders that may include them.
CONFINED = {
    r"rocksdb/": ("outbox/log",),
    r"(postgresql/)?libpq-fe\.h": ("protocol/client",),
    r"pg_query|protobuf/|protobuf-c": ("protocol/sql",),
    r"yaml-cpp/": ("proxy/config",),
    r"CLI/": ("proxy/cli",),
    r"boost/(asio|beast)": ("proxy/net", "proxy/daemon", "proxy/admin"),
}
# C libraries that no public header may bring in, however indirectly.
PRIVATE = r"rocksdb/|(postgresql/)?libpq-fe\.h|pg_query|protobuf-c"

SANS_IO = ("protocol/copy", "protocol/wire", "protocol/sql", "protocol/change", "proxy/session")
IO = (
    r"libpq|rocksdb/|boost/(asio|beast)|sys/|netinet/|arpa/|netdb\.h|unistd\.h|fcntl\.h|poll\.h|fstream|filesystem"
    r"|protocol/client/|protocol/catalog/load\.h|outbox/|reconciler/|proxy/(net|daemon|admin|cli)/"
)


def sources(root, suffixes=(".h", ".cc")):
    for module in MODULES:
        for path in sorted((root / module).rglob("*")):
            if path.suffix in suffixes and path.is_file():
                yield path.relative_to(root)


def includes(root, path):
    text = (root / path).read_text()
    return re.findall(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', text, re.MULTILINE)


def needs_a_server(path):
    return path.stem.endswith("_pgtest")


def folder(path):
    return str(path.parent)


def inside(path, folders):
    return any(folder(path) == f or folder(path).startswith(f + "/") for f in folders)


def upward_includes(root):
    """Files that include a module above their own."""
    for path in sources(root):
        level = MODULES.index(path.parts[0])
        for name in includes(root, path):
            first = name.split("/")[0]
            if first in MODULES and MODULES.index(first) > level:
                yield f"{path} includes {name}"


def upward_includes_in_session(root):
    """Files of the session's folders that include a later folder, or the session itself."""
    for path in sources(root):
        if folder(path) in SESSION and not path.stem.endswith(("test", "testing")):
            for name in includes(root, path):
                used = str(Path(name).parent)
                if used == "proxy/session" or used in SESSION[SESSION.index(folder(path)) + 1 :]:
                    yield f"{path} includes {name}"


def unconfined_includes(root):
    """Third-party headers outside the folders that wrap them."""
    for path in sources(root):
        for name in includes(root, path):
            for pattern, folders in CONFINED.items():
                if re.match(pattern, name) and not inside(path, folders) and not path.stem.endswith("test"):
                    yield f"{path} includes {name}, which belongs to {', '.join(folders)}"


def io_in_sans_io(root):
    """I/O in folders whose code must run on bytes alone."""
    for path in sources(root):
        if inside(path, SANS_IO) and not needs_a_server(path):
            for name in includes(root, path):
                if re.match(IO, name):
                    yield f"{path} includes {name}"


def reachable(root, path, seen=None):
    """Everything that a file brings in through the project's own headers."""
    seen = set() if seen is None else seen
    for name in includes(root, path):
        if name not in seen:
            seen.add(name)
            if (root / name).is_file():
                reachable(root, Path(name), seen)
    return seen


def leaking_public_headers(root):
    """Headers used outside their folder that bring in a C library's header."""
    users = {}
    for path in sources(root):
        for name in includes(root, path):
            users.setdefault(name, set()).add(path)
    for header in sources(root, (".h",)):
        outside = sorted(str(p) for p in users.get(str(header), ()) if folder(p) != folder(header))
        leaks = sorted(name for name in reachable(root, header) if re.match(PRIVATE, name))
        if outside and leaks:
            yield f"{header} brings in {', '.join(leaks)} and is used by {', '.join(outside)}"


LOCKS = ("Cargo.lock", "package-lock.json")  # written by package managers
# Inputs of fuzz targets: bytes.
INPUTS = (Path("tests/fuzz/corpus"), Path("tests/fuzz/findings"))


def text_files(root):
    """Everything that people maintain: code, tests, scripts, documentation."""
    for top in (*MODULES, "bench", "cmake", "deploy", "docs", "tests", ".ci"):
        for path in sorted((root / top).rglob("*")):
            name = path.relative_to(root)
            made = "__pycache__" in path.parts or path.name in LOCKS or any(i in name.parents for i in INPUTS)
            if path.is_file() and not made:
                yield name


def long_files(root, limit=400):
    for path in text_files(root):
        lines = len((root / path).read_text().splitlines())
        if lines > limit:
            yield f"{path} has {lines} lines"


def skipping_tests(root):
    """Tests that do not run and so guard nothing."""
    pattern = re.compile(r"GTEST_SKIP|\bDISABLED_\w|pytest\.(skip|mark\.skip|mark\.xfail|importorskip)")
    for path in text_files(root):
        if path.suffix in (".cc", ".py") and path.parts[:2] != ("tests", "structure"):
            if pattern.search((root / path).read_text()):
                yield str(path)


def broken_links(root):
    """Relative links of Markdown files that lead nowhere."""
    for path in [p for p in root.glob("*.md")] + [root / p for p in text_files(root) if p.suffix == ".md"]:
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", path.read_text()):
            if "://" not in target and not (path.parent / target).exists():
                yield f"{path.relative_to(root)} links to {target}"


def shell_scripts(root):
    for path in text_files(root):
        first = (root / path).open("rb").readline()
        if first.startswith((b"#!/usr/bin/env bash", b"#!/bin/sh", b"#!/bin/bash")):
            yield path
