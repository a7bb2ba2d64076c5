"""layers.py reads LAYERS rightly and refuses folders that look upwards."""
import unittest

import layers


class Layers(unittest.TestCase):
    def test_a_folder_names_only_folders_above_it(self):
        allowed, pure, wrong = layers.read_layers("base : pure\nlog : base pure\nbroker : base log # last\n")
        self.assertEqual(wrong, [])
        self.assertEqual(pure, {"base", "log"})
        self.assertEqual(allowed["broker"], {"broker", "base", "log"})

    def test_what_is_wrong_is_said(self):
        cases = [
            ("a folder below", "log : base\nbase :\n", "log names base, which is not above it"),
            ("pure on impure", "env :\nlog : env pure\n", "log is pure but names env, which is not"),
        ]
        for why, text, said in cases:
            with self.subTest(why):
                self.assertIn(said, layers.read_layers(text)[2][0])

    def test_impure_code_is_seen(self):
        for code in ("#include <thread>", "auto t = steady_clock::now();", "co_await x;", "throw 1;", "rand();"):
            self.assertTrue(layers.IMPURE.search(code), code)
        for code in ("#include <vector>", "now = event.now;", "int operand(int);"):
            self.assertFalse(layers.IMPURE.search(code), code)


if __name__ == "__main__":
    unittest.main()
