"""The language of schemas: what it means, and what it refuses."""
import pathlib
import unittest

from wiregen.schema import EVERY, NEVER, SchemaError, Versions, parse, parse_field

HEAD = "api Thing = 7  versions 1-4  flexible 3+  on broker, controller\n\n"


def schema(text):
    return parse(text, pathlib.Path("kafka/007_thing.wire"))


class Fields(unittest.TestCase):
    def test_what_each_word_means(self):
        cases = [
            ("a  int32", {"type": "int32", "versions": EVERY, "default": None, "ignorable": False}),
            ("a  []string?  as TopicName", {"array": True, "strong": "TopicName", "nullable": EVERY}),
            ("a  string  v2+  nullable v3+", {"versions": Versions(2, NEVER), "nullable": Versions(3, NEVER)}),
            ("a  int64  v0-2  = -1 ignorable", {"versions": Versions(0, 2), "default": "-1", "ignorable": True}),
            ("a  int64  v1  tag 3", {"versions": Versions(1, 1), "tag": 3}),
            ('a  string  = "a b"  # Why.', {"default": '"a b"', "comment": ["Why."]}),
        ]
        for text, wanted in cases:
            with self.subTest(text):
                made = parse_field(text)
                self.assertEqual({name: getattr(made, name) for name in wanted}, wanted)

    def test_what_is_no_field(self):
        for text in ("a", "A  int32", "a  int32  v3-2", "a  int32  sometimes", "a  int32  tag x"):
            with self.subTest(text), self.assertRaises(SchemaError):
                parse_field(text)


class Files(unittest.TestCase):
    def test_an_api(self):
        made = schema("# Of the file.\n\n# Of the API.\n" + HEAD +
                      "request\n  # Above.\n  parts  []Part  # Beside.\n\nPart\n  id  int32\n\nresponse\n")
        self.assertEqual(made.comment, ["Of the file."])
        self.assertEqual((made.api.name, made.api.key, made.api.flexible_from), ("Thing", 7, 3))
        self.assertEqual(made.api.listeners, ["broker", "controller"])
        request, response = made.messages
        self.assertEqual((request.name, response.name), ("ThingRequest", "ThingResponse"))
        self.assertEqual(request.comment, ["Of the API."])
        self.assertEqual(request.fields[0].comment, ["Above.", "Beside."])
        self.assertEqual([struct.name for struct in request.structs], ["Part"])

    def test_records(self):
        made = schema("record A = 3  versions 0-2  flexible 0+\n  x  int8\n\nstruct B  versions 0  flexible never\n")
        self.assertEqual([(m.name, m.kind, m.key) for m in made.messages], [("A", "record", 3), ("B", "struct", None)])
        self.assertEqual(made.messages[1].flexible_from, NEVER)

    def test_structs_stand_before_their_users(self):
        made = schema(HEAD + "request\n  a  Outer\n\nOuter\n  b  []Inner\n\nInner\n  c  int8\n")
        self.assertEqual([struct.name for struct in made.messages[0].structs], ["Inner", "Outer"])

    def test_error_codes(self):
        made = schema(HEAD + "response\n  a  int16  as ErrorCode\n    one of Gone Late\n        or Lost\n  b  int8\n")
        self.assertEqual([f.one_of for f in made.messages[0].fields], [["Gone", "Late", "Lost"], []])

    def test_what_is_refused(self):
        cases = [
            ("a field outside", "  a  int8\n", ":1: a field outside of any struct"),
            ("no api", "request\n", ":1: request without an api line"),
            ("a keyless record", "record A  versions 0  flexible 0+\n", "a record has a key"),
            ("an unknown struct", HEAD + "request\n  a  Part\n", "no struct Part"),
            ("an unused struct", HEAD + "request\n\nPart\n", "nobody uses Part"),
            ("a struct in itself", HEAD + "request\n  a  Part\n\nPart\n  b  Part\n", "Part contains itself"),
            ("the same name twice", HEAD + "request\n  a  int8\n  a  int8\n", "the same field twice"),
            ("a word of C++", HEAD + "request\n  new  int8\n", "a word of C++"),
            ("a strong type of another kind", HEAD + "request\n  a  int8  as Offset\n", "Offset is int64"),
            ("no such strong type", HEAD + "request\n  a  int8  as Offsett\n", "no strong type"),
            ("a tag before versions are flexible", HEAD + "request\n  a  int8  v2+  tag 0\n", "not flexible"),
            ("a gap in the tags", HEAD + "request\n  a  int8  v3+  tag 1\n", "tags are not"),
            ("a default for an array", HEAD + "request\n  a  []int8  = 1\n", "defaults"),
            ("empty, and never null", HEAD + "request\n  a  []int8  = empty\n", "is empty anyway"),
            ("error codes of what carries none", HEAD + "response\n  a  int16\n    one of Gone\n",
             "right below the field"),
            ("error codes after a remark", HEAD + "response\n  a  int16  as ErrorCode\n  # So.\n    one of Gone\n",
             "right below the field"),
            ("error codes that go on from nothing", HEAD + "response\n  a  int16  as ErrorCode\n    or Gone\n",
             "begins with 'one of'"),
            ("two lists", HEAD + "response\n  a  int16  as ErrorCode\n    one of A\n    one of B\n",
             "goes on with 'or'"),
            ("an error code twice", HEAD + "response\n  a  int16  as ErrorCode\n    one of A\n    or A\n",
             "lists an error code twice"),
            ("noise", "what is this\n", ":1: neither api"),
        ]
        for why, text, said in cases:
            with self.subTest(why), self.assertRaises(SchemaError) as refused:
                schema(text)
            self.assertIn(said, str(refused.exception))


if __name__ == "__main__":
    unittest.main()
