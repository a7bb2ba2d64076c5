"""schema/ -> docs/protocol.md and docs/errors.md."""
import re

from .schema import NEVER, error_fields

MADE = "<!-- Made of schema/ by tools/docs.py. Do not edit: change the schema and run ./do docs. -->\n"


def first_sentence(comment):
    text = " ".join(comment)
    match = re.match(r".*?[.!?](?=\s|$)", text)
    return match[0] if match else text


def served_names(source):
    """The APIs that the broker serves, from the table in its source (src/broker/apis.cc)."""
    return set(re.findall(r"^\s*SERVED\((\w+),", source, re.M))


def _api_row(schema, served):
    api = schema.api
    flexible = "never" if api.flexible_from == NEVER else f"{api.flexible_from}+"
    answered = "yes" if api.name in served else ""
    link = f"[{api.name}](../schema/{schema.path.as_posix()})"
    return f"| {api.key} | {link} | {api.versions} | {flexible} | {answered} | {first_sentence(api.comment)} |\n"


def protocol_page(schemas, served):
    apis = sorted((s for s in schemas if s.api), key=lambda s: s.api.key)
    rows = "".join(_api_row(schema, served) for schema in apis)
    errors = "".join(_error_rows(schema) for schema in apis if schema.api.name in served)
    logs = "".join(_log_row(schema) for schema in schemas if not schema.api)
    return f"""# Protocol

{MADE}
Thalweg speaks the protocol of Apache Kafka 4.2. Each message is declared in a schema, which says field by field
what it holds and what to beware of; the links below lead there.

A request is four bytes of length, a header and a message; a response likewise. The header says which API, which
version of it and which request of the connection this is (`src/wire/header.h`). *Flexible* versions have lengths
as varints, and tagged fields, which readers skip if they do not know them. Clients ask ApiVersions first, and use
the highest version that both sides have.

## APIs

*Served* are those that brokers answer: {len(served & {s.api.name for s in apis})} of {len(apis)}. On whoever asks
for another they hang up, as Kafka does.

| key | API | versions | flexible | served | what for |
|---|---|---|---|---|---|
{rows}
## Error codes

What the error codes of an answer may be, besides `None`, in each place that has one; [errors.md](errors.md) says what
they mean. Some come with features that are not served yet. A broker that answers with another has a bug.

| API | place | may be |
|---|---|---|
{errors}
## Records

What Thalweg writes to its own logs, and what consumers say to each other, is declared in the same language.

| schema | what for | records |
|---|---|---|
{logs}"""


def _error_rows(schema):
    rows = ""
    for struct, made in error_fields(schema):
        place = made.name if struct in schema.messages else f"{struct.name}.{made.name}"
        rows += f"| {schema.api.name} | {place} | {', '.join(made.one_of)} |\n"
    return rows


def _log_row(schema):
    link = f"[{schema.stem}](../schema/{schema.path.as_posix()})"
    names = ", ".join(message.name for message in schema.messages)
    return f"| {link} | {' '.join(schema.comment)} | {names} |\n"


def errors_page(rows):
    table = "".join(
        f"| {row.number} | `{row.name}` | {'yes' if row.retriable else ''} | {row.text} |\n" for row in rows)
    return f"""# Errors

{MADE}
What may stand in an error code of a response. The numbers are Kafka's. *Retriable* means that the same request may
succeed when sent again, perhaps to another broker or after a while; clients do that by themselves.

| code | name | retriable | meaning |
|---|---|---|---|
{table}"""
