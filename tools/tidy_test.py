"""tidy.py finds what it says it finds, and leaves sound sources alone."""
import pathlib
import unittest

import tidy

CPP = pathlib.Path("src/log/plan.cc")


def found(file, text):
    return [what for _, what in tidy.breaches(pathlib.Path(file), text)]


class Breaches(unittest.TestCase):
    def test_each_is_found(self):
        cases = [
            # why, file, text, a word of the finding
            ("a long line", "tools/x.py", "x" * 121 + "\n", "columns"),
            ("a tab", CPP, "\tint x;\n", "tab"),
            ("blanks at the end", CPP, "int x; \n", "blanks"),
            ("no line end", CPP, "int x;", "line end"),
            ("unfinished work", CPP, "// TO" + "DO: later\n", "unfinished"),
            ("a registry", "tools/x.sh", "curl https://registry.npm" + "js.org\n", "registry"),
            ("a registry in a lock file", "Cargo.lock", 'url = "https://crates.' + 'io"\n', "registry"),
            ("a long line of Go", "x.go", "\t" + "x" * 120 + "\n", "columns"),
            ("a tab in Rust", "x.rs", "\tlet x;\n", "tab"),
            ("a throw", CPP, "  throw std::runtime_error(text);\n", "throws"),
            ("a sleep", CPP, "  std::this_thread::sleep_for(1s);\n", "sleeps"),
            ("a using namespace", CPP, "using namespace std;\n", "using namespace"),
        ]
        for why, file, text, word in cases:
            with self.subTest(why):
                self.assertEqual(len(found(file, text)), 1)
                self.assertIn(word, found(file, text)[0])

    def test_sound_sources_pass(self):
        cases = [
            ("a throw in words", CPP, "// Nothing here may throw.\n"),
            ("a throw in a text", CPP, 'const char* text = "throw";\n'),
            ("a sleep in a test", "src/log/plan_test.cc", "  std::this_thread::sleep_for(1s);\n"),
            ("a sleep at the edge", "src/posix/shard.cc", "  std::this_thread::sleep_for(1s);\n"),
            ("Go is indented with tabs", "x.go", "\tx := 1\n"),
            ("Cargo's default registry", "Cargo.lock", 'source = "registry+https://github.com/rust-lang/crates.'
                                                       'io-index"\n'),
            ("literals", CPP, "using namespace std::chrono_literals;\n"),
            ("120 columns", "tools/x.py", "x" * 120 + "\n"),
            ("an empty file", CPP, ""),
        ]
        for why, file, text in cases:
            with self.subTest(why):
                self.assertEqual(found(file, text), [])


class Headers(unittest.TestCase):
    def test_open_with_a_comment(self):
        self.assertTrue(tidy.opens_with_comment(CPP, "// What it is.\n#pragma once\n"))
        self.assertTrue(tidy.opens_with_comment(CPP, "#pragma once\n\n// What it is.\n"))
        self.assertFalse(tidy.opens_with_comment(CPP, "#pragma once\n#include <vector>\n"))

    def test_that_nobody_includes_are_found(self):
        lonely, used, user = (pathlib.Path(f"src/log/{name}") for name in ("lonely.h", "used.h", "user.cc"))
        texts = {lonely: "", used: "", user: '#include "log/used.h"\n'}
        self.assertEqual([file for file, _ in tidy.unreferenced([lonely, used, user], texts)], [lonely])


if __name__ == "__main__":
    unittest.main()
