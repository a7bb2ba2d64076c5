"""What is made of a program that reports its tests in lines: above all, when it ended too early."""
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests/support"))
import script  # noqa: E402


class Ends(unittest.TestCase):
    def test_good_and_bad(self):
        cases = [
            ("all well", "echo ok a; echo done", None),
            ("a failure, and all was tried", "echo FAIL a why; echo ok b; echo done; exit 1", None),
            ("given up after a failure", "echo FAIL a why; exit 1", "without saying that it was done"),
            ("a failure nobody owns up to", "echo FAIL a why; echo done", "ended with 0"),
            ("killed", "echo ok a; kill -9 $$", "ended with -9"),
            ("nothing tried", "echo done", "tried nothing"),
            ("too slow", "echo ok a; sleep 30; echo done", "took over 0.5 s"),
        ]
        for why, program, trouble in cases:
            with self.subTest(why):
                found = script.run(["sh", "-c", program], 0.5 if why == "too slow" else 20).trouble()
                self.assertTrue(found is None if trouble is None else trouble in (found or ""), found)

    def test_verdicts(self):
        ended = script.run(["sh", "-c", "echo noise; echo ok a; echo skip b no mount; echo done"], 20)
        self.assertEqual(ended.verdicts, [("ok", "a", ""), ("skip", "b", "no mount")])


if __name__ == "__main__":
    unittest.main()
