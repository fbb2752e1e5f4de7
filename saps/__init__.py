"""Structure-aware program synthesis: English in, a typed, tested AlgoLisp program out.

`__all__` is what users may rely on; everything else may change. Names are imported when they are
first used, so that those of the language load without torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from saps.lang import (
        AlgoLispError,
        Limits,
        Node,
        ParseError,
        Program,
        Signature,
        compile_program,
        infer_signature,
        infer_type,
        parse,
        to_python,
    )
    from saps.model.bundle import BundleError, load_bundle
    from saps.search.request import InputOutput
    from saps.serve.http_app import create_app
    from saps.synthesis.answer import (
        Candidate,
        Outcome,
        Question,
        Sample,
        Synthesis,
        SynthesisError,
    )
    from saps.synthesis.asking_back import NotKnownError
    from saps.synthesis.explanation import Explanation
    from saps.synthesis.preparation import Task
    from saps.synthesis.synthesizer import Synthesizer

__version__ = "0.1.0"

_ROOMS: Final = {
    "saps.synthesis.synthesizer": ("Synthesizer",),
    "saps.synthesis.preparation": ("Task",),
    "saps.synthesis.answer": (
        *("Synthesis", "Candidate", "Outcome", "Sample", "Question", "SynthesisError"),
    ),
    "saps.synthesis.explanation": ("Explanation",),
    "saps.synthesis.asking_back": ("NotKnownError",),
    "saps.search.request": ("InputOutput",),
    "saps.lang": (
        *("parse", "infer_type", "infer_signature", "compile_program", "to_python"),
        *("Node", "Program", "Signature", "Limits", "AlgoLispError", "ParseError"),
    ),
    "saps.model.bundle": ("load_bundle", "BundleError"),
    "saps.serve.http_app": ("create_app",),
}
_ROOM_OF: Final = {name: room for room, names in _ROOMS.items() for name in names}

__all__ = [
    "AlgoLispError",
    "BundleError",
    "Candidate",
    "Explanation",
    "InputOutput",
    "Limits",
    "Node",
    "NotKnownError",
    "Outcome",
    "ParseError",
    "Program",
    "Question",
    "Sample",
    "Signature",
    "Synthesis",
    "SynthesisError",
    "Synthesizer",
    "Task",
    "__version__",
    "compile_program",
    "create_app",
    "infer_signature",
    "infer_type",
    "load_bundle",
    "parse",
    "to_python",
]


def __getattr__(name: str) -> Any:
    if name in _ROOM_OF:
        return getattr(import_module(_ROOM_OF[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
