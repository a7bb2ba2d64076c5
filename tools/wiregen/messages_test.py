"""What is generated, where it is easily wrong: versions, defaults, tags. That it compiles and speaks
Kafka's protocol is seen in src/wire."""
import pathlib
import unittest

from wiregen.errors import ErrorRow
from wiregen.json_text import camel
from wiregen.messages import header, source
from wiregen.pages import errors_page, first_sentence, protocol_page, served_names
from wiregen.schema import error_fields, parse, read_schemas

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
HEAD = "# Does a thing. And more.\napi Thing = 7  versions 1-4  flexible 3+  on broker\n\n"


def thing(fields):
    return parse(HEAD + "request\n" + fields + "\nresponse\n", pathlib.Path("kafka/007_thing.wire"))


class Members(unittest.TestCase):
    def test_types_and_defaults(self):
        cases = [
            ("a  int32", "std::int32_t a = 0;"),
            ("a  int32  = -1", "std::int32_t a = -1;"),
            ("a  bool  = true", "bool a = true;"),
            ("a  int32  = -2147483648", "std::int32_t a = INT32_MIN;"),
            ("a  int64  as Offset  = -1", "Offset a{-1};"),
            ("a  int16  as ErrorCode", "ErrorCode a = ErrorCode::None;"),
            ("a  string", "std::string a{};"),
            ("a  string?  as GroupId", "std::optional<GroupId> a{};"),
            ("a  []int32  as BrokerId", "std::vector<BrokerId> a{};"),
            ("a  []int32?  = empty", "std::optional<std::vector<std::int32_t>> a{std::vector<std::int32_t>{}};"),
            ("a  records?", "std::optional<Records> a{};"),
            ("a  int8  v2-3  # Why.", "std::int8_t a = 0;  // v2-v3. Why."),
        ]
        for text, wanted in cases:
            with self.subTest(text):
                self.assertIn(f"  {wanted}\n", header(thing(f"  {text}\n")))


class LeastBytes(unittest.TestCase):
    def test_of_the_version_that_needs_least(self):
        cases = [
            ("numbers", "    a  int32\n    b  int64\n", 12),
            ("text is 2 bytes of length, and 1 where messages are flexible, with 1 for tags", "    a  string\n", 2),
            ("so is an array, from 4", "    a  []int64\n", 2),
            ("the version without the second field", "    a  int32\n    b  int64  v2+\n", 4),
            ("a tag need not be there", "    a  int32\n    b  int64  v3+  tag 0\n", 4),
            ("nothing is a byte still", "    a  int8  v9+\n", 1),
        ]
        for why, fields, least in cases:
            with self.subTest(why):
                made = header(thing("  p  []Part\n\nPart\n" + fields.replace("    ", "  ")))
                self.assertIn(f"struct Part {{\n    static constexpr std::size_t kLeastBytes = {least};", made)

    def test_only_versions_that_have_the_struct_count(self):
        made = header(thing("  p  []Part  v4+\n\nPart\n  a  int32\n  b  string  v4+\n"))
        self.assertIn("kLeastBytes = 6;", made)


class JsonTexts(unittest.TestCase):
    def test_names_are_spelled_as_kafka_does(self):
        for name, spelled in [("topic", "topic"), ("topic_id", "topicId"), ("kraft_version", "kRaftVersion")]:
            self.assertEqual(camel(name), spelled)


class Walks(unittest.TestCase):
    def test_versions_defaults_and_tags(self):
        cases = [
            ("in all versions", "a  int8", "  io.field(m.a);\n"),
            ("of no use to name all", "a  int8  v0+", "  io.field(m.a);\n"),
            ("may go missing", "a  int8  v2+  ignorable", "  if (io.in(2)) io.field(m.a);\n"),
            ("must not go missing", "a  int8  v2-3  = 5",
             "  if (io.in(2, 3)) {\n    io.field(m.a);\n  } else {\n    io.absent(m.a == 5);\n  }\n"),
            ("sometimes null", "a  string  nullable v2+", "  io.field(m.a, io.in(2));\n"),
            ("always null where it is at all", "a  string  v2+ nullable v2+  ignorable",
             "  if (io.in(2)) io.field(m.a);\n"),
            ("an error code", "a  int16  as ErrorCode  v2+  ignorable\n    one of Gone\n        or Late",
             "  if (io.in(2)) io.one_of<ErrorCode::Gone, ErrorCode::Late>(m.a);\n"),
            ("an error code in a tag", "a  int16  as ErrorCode  v3+  tag 0 ignorable\n    one of Gone",
             "    tags.one_of<ErrorCode::Gone>(0, m.a, m.a == ErrorCode::None);\n"),
            ("a tag of all flexible versions", "a  int8  v3+  tag 0 ignorable", "    tags.field(0, m.a, m.a == 0);\n"),
            ("a later tag", "a  int8  v4+  tag 0", "    if (io.in(4)) tags.field(0, m.a, m.a == 0);\n"),
            ("a tag that must not go missing", "a  int8  v3+  tag 0", "  if (!io.in(3)) io.absent(m.a == 0);\n"),
        ]
        for why, text, wanted in cases:
            with self.subTest(why):
                self.assertIn(wanted, source(thing(f"  {text}\n")))


class Pages(unittest.TestCase):
    def test_protocol(self):
        page = protocol_page([thing("")], {"Thing"})
        self.assertIn("| 7 | [Thing](../schema/kafka/007_thing.wire) | 1-4 | 3+ | yes | Does a thing. |", page)
        self.assertIn("1 of 1", page)
        self.assertIn("| 1-4 | 3+ |  | Does a thing. |", protocol_page([thing("")], set()))

    def test_error_codes_of_what_is_served(self):
        schema = thing("  a  int16  as ErrorCode\n    one of Gone Late\n  p  []Part\n\nPart\n"
                       "  b  int16  as ErrorCode\n    one of Lost\n")
        page = protocol_page([schema], {"Thing"})
        self.assertIn("| Thing | a | Gone, Late |\n", page)
        self.assertIn("| Thing | Part.b | Lost |\n", page)
        self.assertNotIn("Gone, Late", protocol_page([schema], set()))

    def test_all_that_is_served_says_which_error_codes_it_may_carry(self):
        served = served_names((ROOT / "src/broker/apis.cc").read_text())
        silent = [f"{schema.path}: {struct.name}.{made.name}"
                  for schema in read_schemas(ROOT / "schema") if schema.api and schema.api.name in served
                  for struct, made in error_fields(schema) if not made.one_of]
        self.assertEqual(silent, [], "list what it may be, below the field: see schema/README.md")

    def test_errors(self):
        page = errors_page([ErrorRow(3, "Gone", True, "It is gone.")])
        self.assertIn("| 3 | `Gone` | yes | It is gone. |", page)

    def test_first_sentence(self):
        self.assertEqual(first_sentence(["One, v1.2 of", "it. Two."]), "One, v1.2 of it.")

    def test_served(self):
        self.assertEqual(served_names("#define SERVED(Name, x)\n  SERVED(Fetch, fetch),\n"), {"Fetch"})


if __name__ == "__main__":
    unittest.main()
