"""Reads .wire files. schema/README.md describes the language; this is its grammar, and what it must not say."""
import pathlib
import re
from dataclasses import dataclass, field

from .errors import read_errors

NEVER = 32767  # As a first version: no version at all.

# Type on the wire -> the C++ type that holds it.
PRIMITIVES = {
    "bool": "bool", "int8": "std::int8_t", "int16": "std::int16_t", "int32": "std::int32_t",
    "int64": "std::int64_t", "uint16": "std::uint16_t", "uint32": "std::uint32_t", "float64": "double",
    "uuid": "Uuid", "string": "std::string", "bytes": "ByteVector", "records": "Records",
}
# Strong type -> what it is on the wire, and the header that declares it.
STRONG = {
    "TopicName": ("string", "base/ids.h"), "GroupId": ("string", "base/ids.h"),
    "MemberId": ("string", "base/ids.h"), "InstanceId": ("string", "base/ids.h"),
    "TransactionalId": ("string", "base/ids.h"), "BrokerId": ("int32", "base/ids.h"),
    "PartitionIndex": ("int32", "base/ids.h"), "LeaderEpoch": ("int32", "base/ids.h"),
    "Offset": ("int64", "base/ids.h"), "ProducerId": ("int64", "base/ids.h"),
    "ProducerEpoch": ("int16", "base/ids.h"), "TopicId": ("uuid", "base/ids.h"),
    "DirectoryId": ("uuid", "base/ids.h"), "ErrorCode": ("int16", "base/error_code.h"),
    "Timestamp": ("int64", "base/time.h"),
}
RESERVED = {"alignas", "and", "auto", "bool", "break", "case", "catch", "char", "class", "const", "default",
            "delete", "do", "double", "else", "enum", "explicit", "export", "extern", "float", "for", "friend",
            "if", "int", "long", "namespace", "new", "not", "operator", "or", "private", "protected", "public",
            "register", "return", "short", "signed", "static", "struct", "switch", "template", "this", "throw",
            "true", "try", "typedef", "union", "unsigned", "using", "virtual", "void", "while", "api"}


@dataclass(frozen=True)
class Versions:
    first: int
    last: int

    def within(self, other):
        return other.first <= self.first and self.last <= other.last

    def clip(self, other):
        return Versions(max(self.first, other.first), min(self.last, other.last))

    def __str__(self):
        return str(self.first) if self.first == self.last else f"{self.first}-{self.last}"


EVERY = Versions(0, NEVER)
EMPTY = "empty"  # The default of a nullable field that is not null unless it says so.


@dataclass
class Field:
    name: str
    type: str  # A key of PRIMITIVES, or the name of a struct.
    array: bool = False
    strong: str | None = None
    versions: Versions = EVERY
    nullable: Versions | None = None
    tag: int | None = None
    default: str | None = None
    ignorable: bool = False
    one_of: list[str] = field(default_factory=list)  # The error codes that it may carry; none: any.
    comment: list[str] = field(default_factory=list)

    @property
    def is_struct(self):
        return self.type not in PRIMITIVES


@dataclass
class Struct:
    name: str
    comment: list[str]
    fields: list[Field] = field(default_factory=list)


@dataclass
class Message:
    """A struct that stands alone on the wire: a request, a response, or a record."""
    name: str
    kind: str  # request, response, record, or struct (which has no key)
    key: int | None
    versions: Versions
    flexible_from: int
    comment: list[str]
    api: str | None = None
    fields: list[Field] = field(default_factory=list)
    structs: list[Struct] = field(default_factory=list)

    def struct(self, name):
        return next(s for s in self.structs if s.name == name)


@dataclass
class Api:
    name: str
    key: int
    versions: Versions
    flexible_from: int
    listeners: list[str]
    comment: list[str]


@dataclass
class Schema:
    path: pathlib.Path
    api: Api | None = None
    comment: list[str] = field(default_factory=list)  # On the file as a whole.
    messages: list[Message] = field(default_factory=list)

    @property
    def stem(self):
        return self.path.stem


class SchemaError(Exception):
    """What is wrong with a schema, for the person who wrote it."""


def parse_versions(text):
    match = re.fullmatch(r"(\d+)(?:(\+)|-(\d+))?", text)
    if not match:
        raise SchemaError(f"not versions: {text!r}")
    first = int(match[1])
    last = NEVER if match[2] else int(match[3] or first)
    if last < first:
        raise SchemaError(f"versions run backwards: {text!r}")
    return Versions(first, last)


def parse_flexible(text):
    if text == "never":
        return NEVER
    versions = parse_versions(text)
    if versions.last != NEVER:
        raise SchemaError("flexible is 'never', or a version and '+'")
    return versions.first


FIELD = re.compile(r"(?P<name>[a-z][a-z0-9_]*)\s+(?P<array>\[\])?(?P<type>\w+)(?P<null>\?)?(?P<rest>.*)")
WORD = re.compile(r"""\s*(?:as\s+(?P<as>\w+)|v(?P<versions>\d\S*)|nullable\s+v(?P<nullable>\S+)
                      |tag\s+(?P<tag>\d+)|=\s*(?P<default>"[^"]*"|\S+)|(?P<ignorable>ignorable))(?=\s|$)""", re.X)


ONE_OF = re.compile(r"((?P<first>one of)|or)(?P<codes>( [A-Z]\w*)+)")


def parse_field(line):
    code, _, remark = line.partition("#")
    match = FIELD.fullmatch(code.strip())
    if not match:
        raise SchemaError("not a field: name type [as Type] [vN+] [nullable vN+] [tag N] [= default] [ignorable]")
    made = Field(match["name"], match["type"], bool(match["array"]))
    if match["null"]:
        made.nullable = EVERY
    rest = match["rest"]
    while rest.strip():
        word = WORD.match(rest)
        if not word:
            raise SchemaError(f"not understood: {rest.strip()!r}")
        if word["as"]:
            made.strong = word["as"]
        elif word["versions"]:
            made.versions = parse_versions(word["versions"])
        elif word["nullable"]:
            made.nullable = parse_versions(word["nullable"])
        elif word["tag"]:
            made.tag = int(word["tag"])
        elif word["default"]:
            made.default = word["default"]
        else:
            made.ignorable = True
        rest = rest[word.end():]
    if remark.strip():
        made.comment = [remark.strip()]
    return made


class _Parser:
    def __init__(self, path):
        self.schema = Schema(path)
        self.comment = []
        self.place = None  # Where fields go: a Message or a Struct.
        self.message = None

    def take_comment(self):
        taken, self.comment = self.comment, []
        return taken

    def line(self, line):
        text = line.strip()
        if text.startswith("#"):
            self.comment.append(text[1:].strip())
        elif not text:
            # A comment that stands apart belongs to the file.
            self.schema.comment += self.take_comment()
        elif line.startswith(" "):
            self.field(text)
        else:
            self.heading(text)

    def field(self, text):
        if self.place is None:
            raise SchemaError("a field outside of any struct")
        if match := ONE_OF.fullmatch(text):
            self.one_of(match["first"], match["codes"].split())
            return
        above = self.take_comment()
        made = parse_field(text)
        made.comment = above + made.comment
        self.place.fields.append(made)

    def one_of(self, first, codes):
        above = self.place.fields[-1] if self.place.fields else None
        if above is None or above.strong != "ErrorCode" or self.comment:
            raise SchemaError("error codes are listed right below the field that carries them")
        if bool(first) == bool(above.one_of):
            raise SchemaError("a list of error codes begins with 'one of', and goes on with 'or'")
        above.one_of += codes

    def heading(self, text):
        if match := re.fullmatch(r"api (\w+) = (\d+)\s+versions (\S+)\s+flexible (\S+)\s+on ([\w, ]+)", text):
            self.schema.api = Api(match[1], int(match[2]), parse_versions(match[3]), parse_flexible(match[4]),
                                  [part.strip() for part in match[5].split(",")], self.take_comment())
        elif text in ("request", "response"):
            api = self.schema.api
            if api is None:
                raise SchemaError(f"{text} without an api line above")
            comment = api.comment if text == "request" else self.take_comment()
            self.begin(Message(api.name + text.capitalize(), text, api.key, api.versions, api.flexible_from,
                               self.take_comment() or comment, api.name))
        elif match := re.fullmatch(r"(record|struct) (\w+)(?: = (\d+))?\s+versions (\S+)\s+flexible (\S+)", text):
            if (match[1] == "record") != (match[3] is not None):
                raise SchemaError("a record has a key, and a struct has none")
            self.begin(Message(match[2], match[1], int(match[3]) if match[3] else None, parse_versions(match[4]),
                               parse_flexible(match[5]), self.take_comment()))
        elif re.fullmatch(r"[A-Z]\w*", text):
            if self.message is None:
                raise SchemaError("a struct outside of any message")
            self.place = Struct(text, self.take_comment())
            self.message.structs.append(self.place)
        else:
            raise SchemaError("neither api, request, response, record, struct nor the name of a struct")

    def begin(self, message):
        self.place = self.message = message
        self.schema.messages.append(message)


def _check_field(message, made):
    if made.name in RESERVED:
        raise SchemaError(f"{made.name} is a word of C++")
    if made.strong:
        if made.strong not in STRONG:
            raise SchemaError(f"{made.name}: no strong type {made.strong}")
        if STRONG[made.strong][0] != made.type:
            raise SchemaError(f"{made.name}: {made.strong} is {STRONG[made.strong][0]} on the wire, not {made.type}")
    if made.tag is not None and made.versions.first < message.flexible_from:
        raise SchemaError(f"{made.name}: has a tag in versions that are not flexible")
    if made.default == EMPTY:
        if not made.nullable:
            raise SchemaError(f"{made.name}: is empty anyway, for it cannot be null")
    elif made.default is not None and (made.array or made.is_struct or made.type in ("uuid", "bytes", "records")):
        raise SchemaError(f"{made.name}: only numbers, bools and strings have defaults")
    if len(set(made.one_of)) != len(made.one_of):
        raise SchemaError(f"{made.name}: lists an error code twice")


def _check_struct(message, struct):
    names = [f.name for f in struct.fields]
    if len(set(names)) != len(names):
        raise SchemaError(f"{struct.name}: the same field twice")
    tags = sorted(f.tag for f in struct.fields if f.tag is not None)
    if tags != list(range(len(tags))):
        raise SchemaError(f"{struct.name}: tags are not 0, 1, 2...: {tags}")
    for made in struct.fields:
        _check_field(message, made)


def _use(message, fields, used):
    for made in fields:
        if not made.is_struct:
            continue
        if made.type not in (s.name for s in message.structs):
            raise SchemaError(f"{message.name}: no struct {made.type}")
        used.add(made.type)


def check_message(message):
    """Refuses what cannot be right, and orders the structs so that each stands before its users."""
    used = set()
    for struct in [message, *message.structs]:
        _check_struct(message, struct)
        _use(message, struct.fields, used)
    for struct in message.structs:
        if struct.name not in used:
            raise SchemaError(f"{message.name}: nobody uses {struct.name}")
    ordered, visiting = [], []

    def visit(struct):
        if struct in ordered:
            return
        if struct in visiting:
            raise SchemaError(f"{message.name}: {struct.name} contains itself")
        visiting.append(struct)
        for made in struct.fields:
            if made.is_struct:
                visit(message.struct(made.type))
        ordered.append(struct)

    for struct in message.structs:
        visit(struct)
    message.structs = ordered


def parse(text, path):
    parser = _Parser(path)
    number = 0
    try:
        for number, line in enumerate(text.splitlines(), 1):
            parser.line(line)
        number = 0
        for message in parser.schema.messages:
            check_message(message)
    except SchemaError as wrong:
        raise SchemaError(f"{path}{f':{number}' if number else ''}: {wrong}") from None
    return parser.schema


def read_schemas(root):
    """All of schema/: Kafka's messages in the order of their keys, then the records of state."""
    paths = sorted((root / "kafka").glob("*.wire")) + sorted((root / "state").glob("*.wire"))
    schemas = [parse(path.read_text(), path.relative_to(root)) for path in paths]
    known = {row.name for row in read_errors(root / "errors.table")}
    for schema in schemas:
        for _, made in error_fields(schema):
            if unknown := set(made.one_of) - known:
                raise SchemaError(f"{schema.path}: {made.name}: no such error code: {min(unknown)}")
    return schemas


def error_fields(schema):
    """The fields of a schema that carry an error code, each with the struct that has it."""
    for message in schema.messages:
        for struct in [message, *message.structs]:
            for made in struct.fields:
                if made.strong == "ErrorCode":
                    yield struct, made
