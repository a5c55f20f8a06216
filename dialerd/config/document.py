"""YAML text to plain values, with the place of every one of them.

Scalars stay the text that was written: what `off`, `10:30`, `+441632960000` or `007` mean is decided by the
setting they are given to, never by YAML 1.1's guesses (https://yaml.org/type/). Only `null` and `~` are special.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import yaml

from dialerd.config.problems import Mark, Path, Problem, dotted, quoted

MAX_DEPTH = 40
MAX_NODES = 100_000
"""Values after aliases are filled in: a short file of nested aliases could otherwise eat all memory."""

_CORE = "tag:yaml.org,2002:"
_SCALAR_TAGS = frozenset(_CORE + kind for kind in ("str", "int", "float", "bool", "null"))
_NULL_WORDS = frozenset({"~", "null", "Null", "NULL"})
_TAB_INDENT = re.compile(r"^ *\t[ \t]*(?=\S)")

Value = str | None | list[Any] | dict[str, Any]


@dataclass(slots=True)
class Document:
    """A YAML file as values. Mappings have text keys; a duplicate key keeps its first value; what is missing
    behind a colon is left out and told as a problem."""

    file: str
    data: Value = None
    keys: dict[Path, Mark] = field(default_factory=dict)
    values: dict[Path, Mark] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    origins: dict[Path, str] = field(default_factory=dict)
    """Values that came from elsewhere (environment, secret file), and from where."""
    text: str = ""
    """What was read."""
    starts: dict[Path, int] = field(default_factory=dict)
    """Single values: characters of the text before each."""
    unreadable: bool = False
    """The text is not YAML at all: ``data`` is None and the problems say why."""

    def has(self, path: Path) -> bool:
        """True when something was written at this path, right or wrong."""
        return path in self.values

    def mark(self, path: Path, of_key: bool = False) -> Mark:
        """The place of the value (or key) at ``path``, or of the nearest thing around it that exists."""
        wanted = self.keys if of_key else self.values
        if path in wanted:
            return wanted[path]
        while path:
            if path in self.keys:
                return self.keys[path]
            if path in self.values:
                return self.values[path]
            path = path[:-1]
        return self.values.get((), Mark(1, 1))

    def mark_within(self, path: Path, value: str, at: int) -> Mark:
        """The place of the character ``at`` of the text ``value`` that is written at ``path``, however it is quoted
        and folded; the place of the value where that cannot be found."""
        index = self.starts.get(path)
        if index is None:
            return self.mark(path)
        if self.text[index] in "|>":
            index = self.text.find("\n", index)
        elif self.text[index] in "\"'":
            index += 1
        for character in (*(c for c in value[:at] if not c.isspace()), *value[at : at + 1]):
            if character.isspace():
                continue
            while index < len(self.text) and (self.text[index].isspace() or self.text[index] == "\\"):
                index += 1
            if not self.text.startswith(character, index):
                return self.mark(path)
            index += 2 if self.text.startswith("''", index) and character == "'" else 1
        return _mark_at(self.text, index - (1 if value[at : at + 1].strip() else 0))

    def problem(self, mark: Mark, path: Path, message: str, expected: str = "", hint: str = "") -> None:
        """Add an error at a place, or at the origin of the value where that is not this file."""
        if path in self.origins:
            self.problems.append(Problem(self.origins[path], 0, 0, dotted(path), message, expected, hint))
            return
        self.problems.append(Problem(self.file, mark.line, mark.column, dotted(path), message, expected, hint))


class _LeftOut:
    """In place of a value whose mistake is told already; what it stands in is left out with it, up to a key."""


_LEFT_OUT = _LeftOut()


class _TooDeep(yaml.composer.ComposerError):
    pass


class _Loader(yaml.SafeLoader):
    """PyYAML's composer with a limit on depth and without YAML 1.1's implicit types."""

    depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            event = self.peek_event()  # type: ignore[no-untyped-call]
            raise _TooDeep(None, None, "nested too deeply", event.start_mark)
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def resolve(self, kind: Any, value: Any, implicit: Any) -> str:
        if kind is yaml.ScalarNode:
            is_null = implicit[0] and (value == "" or value in _NULL_WORDS)
            return _CORE + ("null" if is_null else "str")
        return _CORE + ("seq" if kind is yaml.SequenceNode else "map")


def read(text: str, file: str) -> Document:
    """Read YAML. Never raises for what the text holds; see :class:`Document`."""
    document = Document(file, text=text)
    loader = None
    try:
        loader = _Loader(text)
        root = loader.get_single_node()
    except yaml.reader.ReaderError as error:
        _unreadable(document, _mark_at(text, int(error.position)), "a character that YAML does not allow",
                    f"remove the control character U+{int(error.character):04X}")  # fmt: skip
        return document
    except yaml.MarkedYAMLError as error:
        _syntax(document, text, error)
        return document
    except (ValueError, OverflowError):
        # PyYAML passes numbers such as the one of "\UFFFFFFFF" to chr() and int() unchecked.
        mark = _mark(loader.get_mark()) if loader is not None else Mark(1, 1)
        _unreadable(document, mark, "a number here is out of range", "check the escape sequence before this place")
        return document
    if root is None:
        _unreadable(document, Mark(1, 1), "the file is empty", "begin with `version: 1`, or start from the example")
        return document
    data = _Reader(document).value(root, ())
    document.unreadable = isinstance(data, _LeftOut)
    document.data = None if isinstance(data, _LeftOut) else data
    return document


def _mark(mark: Any) -> Mark:
    return Mark(mark.line + 1, mark.column + 1)


def _mark_at(text: str, index: int) -> Mark:
    lines = re.split(r"\r\n|[\n\r\x85\u2028\u2029]", text[:index])
    return Mark(len(lines), len(lines[-1]) + 1)


def _unreadable(document: Document, mark: Mark, message: str, hint: str) -> None:
    document.unreadable = True
    document.values[()] = mark
    document.problem(mark, (), message, "", hint)


def _syntax(document: Document, text: str, error: yaml.MarkedYAMLError) -> None:
    place = error.problem_mark or error.context_mark
    mark = _mark(place) if place is not None else Mark(1, 1)
    said = str(error.problem or error.context or "not YAML")
    rest = "what follows cannot be read until this is put right"
    if isinstance(error, _TooDeep):
        _unreadable(document, mark, f"nested more than {MAX_DEPTH} levels deep", "use fewer levels")
    elif "'\\t'" in said:
        _tabs(document, text, mark)
    elif "expected a single document" in str(error.context):
        _unreadable(document, mark, "a second document begins here", "remove this `---`; one file is one document")
    elif "mapping values are not allowed" in said:
        _unreadable(document, mark, "a `:` that cannot be here",
                    f"check the indentation of this line and the one before, or quote the text; {rest}")  # fmt: skip
    elif (
        "quoted scalar" in str(error.context)
        and error.context_mark is not None
        and ("end of stream" in said or "document separator" in said)
    ):
        _unreadable(document, _mark(error.context_mark), "a quotation mark that is never closed", f"close it; {rest}")
    elif "undefined alias" in said:
        _unreadable(document, mark, said, f"write the anchor `&name` before the alias `*name`; {rest}")
    else:
        begun = error.context_mark
        since = f" ({error.context}, begun in line {begun.line + 1})" if begun and error.context else ""
        hint = f"check indentation, quotes and brackets; {rest}"
        _unreadable(document, mark, f"not valid YAML: {said}{since}", hint)


def _tabs(document: Document, text: str, first: Mark) -> None:
    """A tab stops the parser at once; the other lines indented by tabs are told in the same run."""
    message, hint = "a tab where only spaces may be", "indent by spaces: two for each level"
    _unreadable(document, first, message, hint)
    for number, line in enumerate(re.split(r"\r\n|[\n\r\x85\u2028\u2029]", text), start=1):
        found = _TAB_INDENT.match(line)
        if found and number > first.line and not line.lstrip().startswith("#"):
            document.problem(Mark(number, line.index("\t") + 1), (), message, "", hint)


class _Reader:
    """Walks the nodes once and notes the place of each."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._nodes = 0
        self._open: set[int] = set()

    def value(self, node: Any, path: Path) -> Value | _LeftOut:
        mark = _mark(node.start_mark)
        self._document.values[path] = mark
        self._nodes += 1
        if self._nodes > MAX_NODES:
            if self._nodes == MAX_NODES + 1:
                self._tell(mark, path, f"more than {MAX_NODES} values", "", "do not nest aliases within aliases")
            return _LEFT_OUT
        if id(node) in self._open:
            self._tell(mark, path, "an alias that contains itself", "", "write the value out")
            return _LEFT_OUT
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, mark, path)
        wanted = _CORE + ("seq" if isinstance(node, yaml.SequenceNode) else "map")
        if node.tag != wanted:
            self._tag(node, mark, path)
        self._open.add(id(node))
        try:
            if isinstance(node, yaml.SequenceNode):
                items = [self.value(child, (*path, index)) for index, child in enumerate(node.value)]
                return _LEFT_OUT if _LEFT_OUT in items else items
            return self._mapping(node, path)
        finally:
            self._open.discard(id(node))

    def _scalar(self, node: Any, mark: Mark, path: Path) -> str | _LeftOut | None:
        if node.tag not in _SCALAR_TAGS:
            self._tag(node, mark, path)
        text = str(node.value)
        self._document.starts[path] = node.start_mark.index
        if any("\ud800" <= character <= "\udfff" for character in text):
            hint = r"write the character itself, or `\U` and 8 digits"
            self._tell(mark, path, "half of a surrogate pair", "", hint)
            return _LEFT_OUT
        return None if node.tag == _CORE + "null" else text

    def _mapping(self, node: Any, path: Path) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            mark = _mark(key_node.start_mark)
            key = self._key(key_node, mark, path)
            if key is None:
                continue
            here = (*path, key)
            if key in result or here in self._document.keys:
                first = self._document.keys[here]
                self._tell(
                    mark, here, f"{quoted(key)} is written twice; first in line {first.line}, column {first.column}",
                    "each key once", "remove or rename one of the two; the first one is checked",
                )  # fmt: skip
                continue
            self._document.keys[here] = mark
            if value_node.tag == _CORE + "null" and value_node.value == "":
                place = _mark(value_node.start_mark)
                self._document.values[here] = place
                self._tell(place, here, f"nothing is written behind `{key}:`", "",
                           "write a value, indent what belongs to it, or remove the line")  # fmt: skip
                continue
            value = self.value(value_node, here)
            if not isinstance(value, _LeftOut):
                result[key] = value
        return result

    def _key(self, node: Any, mark: Mark, path: Path) -> str | None:
        if not isinstance(node, yaml.ScalarNode):
            hint = "quote the key if it begins with `{` or `[`"
            self._tell(mark, path, "a list or mapping as a key", "a word", hint)
            return None
        key = str(node.value)
        if key == "<<":
            self._tell(mark, (*path, key), "merge keys are not supported", "",
                       "write what campaigns have in common under `defaults:`")  # fmt: skip
            return None
        if key == "" or any("\ud800" <= character <= "\udfff" for character in key):
            self._tell(mark, path, "a key without a name", "a word", "write a name before the `:`")
            return None
        return key

    def _tag(self, node: Any, mark: Mark, path: Path) -> None:
        self._tell(mark, path, f"the tag {quoted(str(node.tag))} is not known here", "", "remove the `!…`")

    def _tell(self, mark: Mark, path: Path, message: str, expected: str, hint: str) -> None:
        self._document.problem(mark, path, message, expected, hint)
