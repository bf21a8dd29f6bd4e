"""The entries of an ESPI feed (NAESB REQ.21, "Green Button"), read as a stream without building a tree."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Final, NamedTuple
from xml.sax import SAXParseException
from xml.sax.handler import ContentHandler

from defusedxml.common import DefusedXmlException  # type: ignore[import-untyped]
from defusedxml.expatreader import create_parser  # type: ignore[import-untyped]

from sunsift.domain.errors import SunsiftError

_CHUNK_BYTES: Final = 64 * 1024
# What no feed has, and what could fill the memory.
_DEEPEST: Final = 40
_LONGEST_TEXT: Final = 10_000
_LONGEST_SILENCE_BYTES: Final = 1024 * 1024
_MOST_READINGS: Final = 1_000_000
_MOST_VALUES: Final = 1_000


class IntervalReading(NamedTuple):
    """One interval as it is written. qualities: codes, separated by blanks."""

    start: str
    duration: str
    value: str
    qualities: str


@dataclass(slots=True)
class Entry:
    """One entry of the feed.

    number: of the entry. kind: name of the element in its content, such as UsagePoint. links: (rel, href).
    values: texts of the content by `parent/name`. readings: of an IntervalBlock.
    """

    number: int
    kind: str = ""
    updated: str = ""
    links: list[tuple[str, str]] = field(default_factory=list)
    values: dict[str, str] = field(default_factory=dict)
    readings: list[IntervalReading] = field(default_factory=list)

    def hrefs(self, rel: str) -> list[str]:
        """Return the targets of the links of one kind."""
        return [href.rstrip("/") for name, href in self.links if name == rel]


class Feed:
    """Reads a feed. updated: its own time of change. problem: why it could not be read to its end."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._handler = _Handler()
        self.problem = ""

    @property
    def updated(self) -> str:
        """When the feed was written, as it says."""
        return self._handler.updated

    def entries(self) -> Iterator[Entry]:
        """Yield entries as they end."""
        parser = create_parser(forbid_dtd=True)
        parser.setContentHandler(self._handler)
        silence = 0
        try:
            while chunk := self._stream.read(_CHUNK_BYTES):
                self._handler.heard = False
                parser.feed(chunk)
                silence = 0 if self._handler.heard else silence + len(chunk)
                if silence > _LONGEST_SILENCE_BYTES:
                    raise SunsiftError("it holds a tag or text that does not end")
                yield from self._handler.take()
            parser.close()
        except SAXParseException as error:
            where = f"line {error.getLineNumber()}"
            self.problem = f"it is no well-formed XML, or breaks off, at {where}: {error.getMessage()}"
        except DefusedXmlException:
            self.problem = "it has a DTD or declares entities, which can be used to attack a reader"
        except SunsiftError as error:
            self.problem = str(error)
        yield from self._handler.take()


class _Handler(ContentHandler):
    def __init__(self) -> None:
        super().__init__()
        self.updated = ""
        self.heard = False
        self._path: list[str] = []
        self._text: list[str] = []
        self._length = 0
        self._count = 0
        self._entry: Entry | None = None
        self._reading: dict[str, str] = {}
        self._done: list[Entry] = []

    def take(self) -> list[Entry]:
        done, self._done = self._done, []
        return done

    def startElement(self, name: str, attrs: Any) -> None:  # noqa: N802 - SAX names it
        name = name.rpartition(":")[2]
        self.heard = True
        self._path.append(name)
        if len(self._path) > _DEEPEST:
            raise SunsiftError(f"its elements are nested more than {_DEEPEST} deep")
        self._text, self._length = [], 0
        if name == "entry":
            self._count += 1
            self._entry = Entry(self._count)
        elif self._entry is None:
            return
        elif name == "link":
            if len(self._entry.links) < _MOST_VALUES:
                self._entry.links.append((attrs.get("rel", ""), attrs.get("href", "")))
        elif self._path[-2] == "content" and not self._entry.kind:
            self._entry.kind = name
        elif name == "IntervalReading":
            self._reading = {}

    def characters(self, content: str) -> None:
        self._length += len(content)
        if self._length > _LONGEST_TEXT:
            raise SunsiftError(f"a text has more than {_LONGEST_TEXT:,} characters")
        self._text.append(content)

    def endElement(self, name: str) -> None:  # noqa: N802 - SAX names it
        self.heard = True
        path, text = self._path, "".join(self._text).strip()
        name = path.pop()
        self._text, self._length = [], 0
        parent = path[-1] if path else ""
        if self._entry is None:
            if name == "updated" and len(path) == 1:
                self.updated = text
        elif name == "entry":
            self._done.append(self._entry)
            self._entry = None
        elif name == "updated" and parent == "entry":
            self._entry.updated = text
        elif name == "IntervalReading":
            self._end_reading(self._entry)
        elif "IntervalReading" in path:
            if text:
                before = self._reading.get(name)
                self._reading[name] = text if before is None else f"{before} {text}"
        elif text and len(self._entry.values) < _MOST_VALUES:
            self._entry.values[f"{parent}/{name}"] = text

    def _end_reading(self, entry: Entry) -> None:
        if len(entry.readings) >= _MOST_READINGS:
            raise SunsiftError(f"an entry holds more than {_MOST_READINGS:,} readings")
        get = self._reading.get
        entry.readings.append(
            IntervalReading(get("start", ""), get("duration", ""), get("value", ""), get("quality", ""))
        )
