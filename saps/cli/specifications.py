"""Specifications on stdin, one a line, and their answers in the same order."""

from codecs import BOM_UTF8
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, BinaryIO

from saps.cli.failure import CommandError

if TYPE_CHECKING:
    from typing import TypeAlias

    from saps.decoding.synthesizer import Synthesis

    Result: TypeAlias = Synthesis | Exception
    SynthesizeMany: TypeAlias = Callable[[Iterable[str]], Iterator[Result]]


class Specifications:
    """The lines of a byte stream, some of which are no text at all.

    Attributes:
        n_read: how many lines have been read so far.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self.n_read = 0
        self._stream = stream
        # Lines read and not answered yet; the error is there where no model need be asked.
        self._waiting: deque[tuple[str, CommandError | None]] = deque()

    def answers(self, synthesize_many: "SynthesizeMany") -> "Iterator[tuple[str, Result]]":
        """Yield each line with what became of it, in the order of the stream.

        The synthesizer may read ahead to fill its batches, and sees only lines that are text.
        """
        for result in synthesize_many(self._texts()):
            yield from self._failed_lines()
            text, _ = self._waiting.popleft()
            yield text, result
        yield from self._failed_lines()

    def _failed_lines(self) -> Iterator[tuple[str, CommandError]]:
        """Yield the lines at the head of the queue that need no answer of the model."""
        while self._waiting and (error := self._waiting[0][1]) is not None:
            yield self._waiting.popleft()[0], error

    def _texts(self) -> Iterator[str]:
        for line in self._stream:
            self.n_read += 1
            if self.n_read == 1:  # Windows programs begin a file of text with it
                line = line.removeprefix(BOM_UTF8)
            text, error = self._decode(line.rstrip(b"\r\n"))
            self._waiting.append((text, error))
            if error is None:
                yield text

    def _decode(self, line: bytes) -> tuple[str, CommandError | None]:
        try:
            return line.decode("utf-8"), None
        except UnicodeDecodeError as error:
            reason = f"line {self.n_read} is not UTF-8 text: byte {error.start + 1} is invalid"
            return line.decode("utf-8", errors="backslashreplace"), CommandError(reason)
