"""What ./do fuzz makes of what it is told, before anything is built or run."""
import pathlib
import subprocess
import sys
import unittest

import fuzz


def refusal(*arguments):
    tool = pathlib.Path(fuzz.__file__)
    done = subprocess.run([sys.executable, tool, *arguments], capture_output=True, text=True)
    return done.returncode, done.stderr


class Targets(unittest.TestCase):
    def test_a_name_is_a_target_and_else_part_of_some(self):
        self.assertEqual(fuzz.choose("log"), ["log_fuzz"])
        self.assertEqual(fuzz.choose("log_fuzz"), ["log_fuzz"])
        self.assertIn("record_batch_fuzz", fuzz.choose("rec"))
        self.assertEqual(fuzz.choose(""), fuzz.targets())

    def test_every_target_has_where_to_start(self):
        for target in fuzz.targets():
            self.assertTrue(fuzz.archive(target).exists(), target)


class Refusals(unittest.TestCase):
    def test_an_unknown_target(self):
        code, said = refusal("nothing")
        self.assertEqual(code, 1)
        self.assertEqual(said.count("\n"), 1)
        self.assertIn("fuzz: there is no target nothing; there are broker, command_line, compression,", said)

    def test_seconds_that_are_none(self):
        for seconds in ("soon", "0", "-5"):
            code, said = refusal("message", seconds)
            self.assertEqual(code, 1)
            self.assertIn("seconds as a number above 0", said)


if __name__ == "__main__":
    unittest.main()
