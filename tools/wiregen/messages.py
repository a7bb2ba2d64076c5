"""A .wire file -> the .h and .cc of its messages."""
import textwrap

from .cpp import (header_of, includes_of, initialiser, is_default, member_type, snake, value_type, versions_note)
from .least import least_bytes
from .schema import NEVER

WIDTH = 100


def banner(schema):
    return f"// Generated from schema/{schema.path.as_posix()} by tools/wiregen. Do not edit.\n"


def _comment(lines, indent=""):
    return "".join(f"{indent}// {line}\n" for line in lines)


def _declare(made, message, indent):
    code = f"{indent}{member_type(made)} {made.name}{initialiser(made)};"
    note = versions_note(made.versions, message)
    remark = ". ".join(part for part in [note, " ".join(made.comment)] if part)
    if not remark:
        return code + "\n"
    if len(code) + len(remark) + 5 <= WIDTH:
        return f"{code}  // {remark}\n"
    above = textwrap.wrap(remark, WIDTH - len(indent) - 3)
    return _comment(above, indent) + code + "\n"


def _schema_line(message):
    flexible = "" if message.flexible_from == NEVER else f", .flexible_from = {message.flexible_from}"
    name = message.api or message.name
    kind = "Api api" if message.api else "Schema schema"
    key = f".key = {message.key}, " if message.key is not None else ""
    line = (f"  static constexpr {kind}{{{key}.name = \"{name}\", .first = {message.versions.first}, "
            f".last = {message.versions.last}{flexible}}};\n")
    if message.kind == "record":
        line = f"  static constexpr std::int16_t kKey = {message.key};\n" + line
    return line


def _struct(struct, message, indent):
    out = _comment(struct.comment, indent) + f"{indent}struct {struct.name} {{\n"
    out += f"{indent}  static constexpr std::size_t kLeastBytes = {least_bytes(struct, message)};\n"
    for made in struct.fields:
        out += _declare(made, message, indent + "  ")
    return out + f"{indent}  bool operator==(const {struct.name}&) const = default;\n{indent}}};\n"


def _message_header(message):
    out = _comment(message.comment) + f"struct {message.name} {{\n{_schema_line(message)}\n"
    for struct in message.structs:
        out += _struct(struct, message, "  ") + "\n"
    for made in message.fields:
        out += _declare(made, message, "  ")
    out += f"  bool operator==(const {message.name}&) const = default;\n}};\n\n"
    name = snake(message.name)
    return out + (f"Result<{message.name}> read_{name}(Bytes in, Version version);\n"
                  f"void write(const {message.name}& message, Version version, Output& out);\n"
                  f"void walk(Io& io, {message.name}& m);\n"
                  f"extern const MessageType {name}_type;\n")


def header(schema):
    includes = "".join(f'#include "{name}"\n' for name in includes_of(schema.messages))
    standard = "".join(f"#include <{name}>\n" for name in ("cstddef", "cstdint", "optional", "string", "vector"))
    out = f"{banner(schema)}#pragma once\n{standard}"
    out += f"\n{includes}\nnamespace wire {{\n\nclass Io;\nstruct MessageType;\n\n"
    return out + "\n".join(_message_header(m) for m in schema.messages) + "\n}  // namespace wire\n"


def _in(versions, message):
    """The test for the versions of a field; empty if it is in all of them."""
    if message.versions.within(versions):
        return ""
    if versions.last >= message.versions.last:
        return f"io.in({versions.first})"
    return f"io.in({versions.first}, {versions.last})"


def _call(made):
    """The verb that shows a field to an Io."""
    codes = ", ".join(f"ErrorCode::{code}" for code in made.one_of)
    return f"one_of<{codes}>" if codes else "field"


def _walk_field(made, message):
    call = f"{_call(made)}(m.{made.name}"
    if made.nullable:
        sometimes = made.nullable.first > made.versions.first
        if nullable := sometimes and _in(made.nullable.clip(made.versions), message):
            call += f", {nullable}"
    test = _in(made.versions, message)
    if not test:
        return f"  io.{call});\n"
    if made.ignorable:
        return f"  if ({test}) io.{call});\n"
    return (f"  if ({test}) {{\n    io.{call});\n  }} else {{\n"
            f"    io.absent({is_default(made, message.name)});\n  }}\n")


def _walk_tags(struct, message):
    tagged = sorted((f for f in struct.fields if f.tag is not None), key=lambda f: f.tag)
    out = ""
    for made in tagged:
        test = _in(made.versions, message)
        if test and not made.ignorable:
            out += f"  if (!{test}) io.absent({is_default(made, message.name)});\n"
    if message.flexible_from == NEVER:
        return out
    if not tagged:
        return out + "  io.end();\n"
    out += "  for (Tags tags(io); tags.next();) {\n"
    for made in tagged:
        # Tags are only met where messages are flexible, so that much need not be asked.
        test = "" if made.versions.first <= message.flexible_from else _in(made.versions, message)
        call = "nullable_struct" if made.nullable and made.is_struct and not made.array else _call(made)
        line = f"tags.{call}({made.tag}, m.{made.name}, {is_default(made, message.name)});\n"
        out += f"    if ({test}) {line}" if test else f"    {line}"
    return out + "  }\n"


def _walk(struct, name, message, linkage):
    body = "".join(_walk_field(f, message) for f in struct.fields if f.tag is None)
    body += _walk_tags(struct, message)
    if not struct.fields and message.flexible_from == NEVER:
        return f"{linkage}void walk(Io&, {name}&) {{}}\n\n"
    unused = "" if struct.fields else "[[maybe_unused]] "
    return f"{linkage}void walk(Io& io, {unused}{name}& m) {{\n{body}}}\n\n"


def _message_source(message):
    out = ""
    for struct in message.structs:
        out += _walk(struct, f"{message.name}::{struct.name}", message, "static ")
    out += _walk(message, message.name, message, "")
    schema = f"{message.name}::{'api' if message.api else 'schema'}"
    name = snake(message.name)
    return out + (f"Result<{message.name}> read_{name}(Bytes in, Version version) {{\n"
                  f"  return read_message<{message.name}>(in, version, {schema});\n}}\n\n"
                  f"void write(const {message.name}& message, Version version, Output& out) {{\n"
                  f"  write_message(message, version, {schema}, out);\n}}\n\n"
                  f"const MessageType {name}_type = message_type<{message.name}>(\"{message.name}\", {schema});\n\n")


def source(schema):
    includes = f'#include "{header_of(schema)}"\n\n#include "wire/io.h"\n#include "wire/message_type.h"\n\n'
    body = "".join(_message_source(m) for m in schema.messages)
    return banner(schema) + includes + "namespace wire {\n\n" + body + "}  // namespace wire\n"


def generate_messages(schemas):
    files = {}
    for schema in schemas:
        name = header_of(schema)
        files[name] = header(schema)
        files[name.removesuffix(".h") + ".cc"] = source(schema)
    return files
