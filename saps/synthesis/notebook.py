"""An answer as a notebook shows it: HTML without scripts, in the colours of the notebook."""

from typing import TYPE_CHECKING, Final

from saps.lang.render import box_tree
from saps.resources import show_value

if TYPE_CHECKING:
    from saps.synthesis.answer import Synthesis

# Colours come from the notebook, so that a dark theme stays one.
_TEMPLATE: Final = """\
<div class="saps" style="max-width: 60em">
<pre style="white-space: pre-wrap; margin: 0 0 .5em"><b>{{ program }}</b></pre>
<div>{{ signature }}{% if sure %} &middot; {{ sure }}{% endif %}</div>
{% if bar is not none %}<meter min="0" max="1" value="{{ bar }}" aria-label="confidence"></meter>
{% endif %}<pre>{{ python }}</pre>
{% if examples %}<table><caption>examples</caption>
<tr><th>input</th><th>expected</th><th>got</th><th></th></tr>
{% for input, expected, got, mark in examples %}<tr><td>{{ input }}</td><td>{{ expected }}</td>\
<td>{{ got }}</td><td>{{ mark }}</td></tr>
{% endfor %}</table>
{% endif %}{% if samples %}<table><caption>samples</caption>
<tr>{% for name in arguments %}<th>{{ name }}</th>{% endfor %}<th>value</th></tr>
{% for row in samples %}<tr>{% for cell in row %}<td>{{ cell }}</td>{% endfor %}</tr>
{% endfor %}</table>
{% endif %}<details><summary>tree</summary><pre>{{ tree }}</pre></details>
</div>
"""
_LONGEST: Final = 200  # characters of a cell


def html(synthesis: "Synthesis") -> str:
    """Return program, types, confidence, Python, examples, samples and tree as HTML.

    Whatever a person typed stands there as text: nothing of it is markup.
    """
    from jinja2 import Environment  # whoever shows no HTML need not wait for it

    outcomes = synthesis.candidates[0].outcomes if synthesis.candidates else ()
    return (
        Environment(autoescape=True)
        .from_string(_TEMPLATE)
        .render(
            program=str(synthesis.program),
            signature=synthesis.signature,
            sure=confidence_in_words(synthesis),
            bar=synthesis.confidence,
            python=synthesis.python.rstrip(),
            examples=[
                (
                    _cell(dict(outcome.inputs)),
                    _cell(outcome.expected),
                    outcome.error or _cell(outcome.got),
                    "ok" if outcome.passed else "wrong",
                )
                for outcome in outcomes
            ],
            arguments=list(synthesis.samples[0].inputs) if synthesis.samples else [],
            samples=[
                [_cell(value) for value in (*sample.inputs.values(), sample.output)]
                for sample in synthesis.samples
            ],
            tree=box_tree(synthesis.program),
        )
    )


def confidence_in_words(synthesis: "Synthesis") -> str:
    """Return "probably right (92 %)" or "unsure (31 %)"; "" where the model is not calibrated."""
    if synthesis.confidence is None:
        return ""
    # No answer is called certain, for none is.
    percent = f"{min(99, max(1, round(100 * synthesis.confidence)))} %"
    return f"{'probably right' if synthesis.is_sure else 'unsure'} ({percent})"


def _cell(value: object) -> str:
    text = show_value(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
