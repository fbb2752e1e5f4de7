"""The bundled model, read once a process: reading it takes a second, and no test changes it."""

from functools import cache

from saps.model.bundle import Bundle, load_bundle
from saps.synthesis.predictor import Predictor
from saps.synthesis.synthesizer import Synthesizer


@cache
def bundle() -> Bundle:
    return load_bundle()


@cache
def synthesizer() -> Synthesizer:
    return Synthesizer(Predictor(bundle()))
