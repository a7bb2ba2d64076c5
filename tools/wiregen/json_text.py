"""Messages -> functions that say them as JSON in Kafka's words: for tests and tools alone, in a folder of their own.

A few large sources rather than one a message, for most of their compile time goes into the headers.
"""
from .cpp import header_of, is_default, snake
from .messages import _in
from .tables import BANNER

SOURCES = 4


def camel(name):
    """As Kafka spells it, which knows KRaft as a name."""
    first, *others = name.replace("kraft_", "k_raft_").split("_")
    return first + "".join(part.capitalize() for part in others)


def _field(made, message):
    verb = "records" if made.type == "records" else "field"
    call = f"json.{verb}(\"{camel(made.name)}\", m.{made.name});\n"
    tests = [_in(made.versions, message).replace("io.", "json.")]
    if made.tag is not None:
        tests.append(f"!({is_default(made, message.name)})")
    test = " && ".join(filter(None, tests))
    return f"  if ({test}) {call}" if test else f"  {call}"


def _describe(struct, name, message):
    fields = "".join(_field(made, message) for made in struct.fields)
    unused = "" if struct.fields else "[[maybe_unused]] "
    return (f"static void describe(JsonText& json, {unused}const {name}& m) {{\n"
            f"  json.begin();\n{fields}  json.end();\n}}\n\n")


def _message(message):
    out = "".join(_describe(struct, f"{message.name}::{struct.name}", message) for struct in message.structs)
    out += _describe(message, message.name, message)
    return out + (f"static void {snake(message.name)}(JsonText& json, const void* m) {{\n"
                  f"  describe(json, *static_cast<const {message.name}*>(m));\n}}\n\n")


def _source(number, schemas):
    includes = "".join(f'#include "{header_of(schema)}"\n' for schema in schemas)
    messages = [message for schema in schemas for message in schema.messages]
    rows = "".join(f"    {{\"{message.name}\", &{snake(message.name)}}},\n" for message in messages)
    return (f'{BANNER}{includes}\n#include "json_text.h"\n\nnamespace wire {{\n\n'
            + "".join(_message(message) for message in messages)
            + f"static constexpr JsonType kTypes[] = {{\n{rows}}};\n\n"
              f"std::span<const JsonType> json_types_{number}() {{ return kTypes; }}\n\n}}  // namespace wire\n")


def generate_json_texts(schemas):
    """Dealt out like cards, so that each source gets its share of the large ones."""
    return {f"json/types_{i}.cc": _source(i, schemas[i::SOURCES]) for i in range(SOURCES)}
