"""Rules of the source tree: which module may know which, how long a file may be, what the README must say."""

import subprocess
from pathlib import Path

import pytest
import source_tree

ROOT = Path(__file__).resolve().parents[2]

RULES = [
    source_tree.upward_includes,
    source_tree.upward_includes_in_session,
    source_tree.unconfined_includes,
    source_tree.io_in_sans_io,
    source_tree.leaking_public_headers,
    source_tree.long_files,
    source_tree.skipping_tests,
    source_tree.broken_links,
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_rule_holds(rule):
    assert list(rule(ROOT)) == []


def test_there_is_something_to_check():
    assert len(list(source_tree.sources(ROOT))) > 25


def plant(root, files):
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@pytest.mark.parametrize(
    "rule, files",
    [
        (source_tree.upward_includes, {"protocol/wire/a.h": '#include "outbox/log/log.h"\n'}),
        (source_tree.upward_includes, {"outbox/log/a.cc": '#include "proxy/config/config.h"\n'}),
        (
            source_tree.upward_includes_in_session,
            {"proxy/session/legs/a.h": '#include "proxy/session/planner/planner.h"\n'},
        ),
        (source_tree.upward_includes_in_session, {"proxy/session/capture/a.cc": '#include "proxy/session/action.h"\n'}),
        (source_tree.unconfined_includes, {"outbox/relay/a.cc": "#include <rocksdb/db.h>\n"}),
        (source_tree.unconfined_includes, {"proxy/session/a.cc": "#include <boost/asio/awaitable.hpp>\n"}),
        (source_tree.io_in_sans_io, {"protocol/wire/a.cc": "#include <sys/socket.h>\n"}),
        (source_tree.io_in_sans_io, {"proxy/session/a.h": '#include "outbox/log/log.h"\n'}),
        (
            source_tree.leaking_public_headers,
            {
                "outbox/log/log.h": '#include "outbox/log/inner.h"\n',
                "outbox/log/inner.h": "#include <rocksdb/db.h>\n",
                "outbox/relay/relay.cc": '#include "outbox/log/log.h"\n',
            },
        ),
        (source_tree.long_files, {"proxy/net/a.cc": "\n" * 401}),
        (source_tree.skipping_tests, {"proxy/net/a_test.cc": "GTEST_SKIP();\n"}),
        (source_tree.broken_links, {"docs/a.md": "[b](b.md)\n"}),
    ],
)
def test_rule_finds_what_it_forbids(tmp_path, rule, files):
    plant(tmp_path, files)
    assert len(list(rule(tmp_path))) == 1


def test_private_headers_may_name_their_library(tmp_path):
    plant(
        tmp_path,
        {
            "outbox/log/inner.h": "#include <rocksdb/db.h>\n",
            "outbox/log/log.cc": '#include "outbox/log/inner.h"\n',
        },
    )
    assert list(source_tree.leaking_public_headers(tmp_path)) == []


def test_readme_opens_with_the_two_commands():
    top = "\n".join((ROOT / "README.md").read_text().splitlines()[:40])
    assert "deploy/quickstart" in top
    assert "deploy/test" in top


def test_shell_scripts_are_clean():
    scripts = [str(path) for path in source_tree.shell_scripts(ROOT)]
    assert "deploy/quickstart" in scripts
    result = subprocess.run(["shellcheck", "-x", *scripts], cwd=ROOT, capture_output=True, text=True)
    assert result.stdout == ""
