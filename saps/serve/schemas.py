"""What clients send and get, as the OpenAPI page describes it."""

from typing import Annotated, Any, Literal

from pydantic import AliasChoices, BaseModel, ConfigDict, Field

Decoding = Literal["plausible", "greedy", "beam", "guided", "sampling"]
Name = Annotated[str, Field(max_length=100)]
TypeText = Annotated[str, Field(max_length=200)]


# One word in all requests. The other was /run's own once, and is taken in both.
_INPUT = AliasChoices("input", "inputs")


class _Strict(BaseModel):
    # The models below add examples to this; pydantic keeps the rest.
    model_config = ConfigDict(extra="forbid", strict=True)


class ExampleRequest(_Strict):
    """What the program should compute from some inputs."""

    input: dict[Name, Any] = Field(description="Values by argument name.")
    output: Any = Field(description="The value that the program should give.")


class SynthesizeRequest(_Strict):
    """A specification, and what else is known of the program."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"text": "given numbers a and b, find a plus b", "input": {"a": 1, "b": 2}}
            ]
        }
    )

    text: str = Field(description="What to compute, in English.")
    arguments: dict[Name, TypeText] | None = Field(
        None, description='Types by argument name, such as {"a": "int[]"}.'
    )
    returns: TypeText | None = Field(None, description='Type of the value, such as "int".')
    examples: list[ExampleRequest] = Field(
        default_factory=list, max_length=50, description="Inputs and outputs to search by."
    )
    rejected: list[ExampleRequest] = Field(
        default_factory=list,
        max_length=50,
        description="Inputs with outputs that are wrong, such as both of a question.",
    )
    best: bool = Field(
        False, description="Give the best guess, too, where hardly any such answer is right."
    )
    top: int = Field(1, ge=1, le=20, description="How many candidates to return at most.")
    decoding: Decoding | None = Field(
        None, description="Plausible by default; guided with examples."
    )
    input: dict[Name, Any] | None = Field(
        None,
        validation_alias=_INPUT,
        description="Values by argument name; the program found is run on them.",
    )
    explain: bool = Field(
        False, description="Add how the model came to the program, as `explanation`."
    )
    highlight: bool = Field(
        False, description="Add the Python of each program in colours, as `python_tokens`."
    )


class RunRequest(_Strict):
    """A program and its inputs."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"program": "(reduce a 0 +)", "input": {"a": [1, 2, 3]}}]}
    )

    program: Annotated[str, Field(max_length=20_000)] | list[Any] = Field(
        description="An s-expression, its form with commas, or nested lists."
    )
    input: dict[Name, Any] = Field(
        default_factory=dict,
        validation_alias=_INPUT,
        description="Values by argument name; unused ones are passed over.",
    )
    types: dict[Name, TypeText] | None = Field(
        None, description="Types by argument name; inferred where they are not given."
    )


class _ProgramAnswer(BaseModel):
    program: str
    short_tree: Any = Field(description="The program as nested lists.")
    args: dict[str, str] = Field(description="Types by argument name.")
    return_type: str
    log_prob: float = Field(description="Of the tree under the model, natural log.")
    python: str
    python_tokens: list[tuple[str, str]] = Field(
        default_factory=list, description="Only where `highlight` asks: Pygments class and text."
    )


class CandidateAnswer(_ProgramAnswer):
    """One of the programs found."""

    examples: list[dict[str, Any]] = Field(
        description="For each example: inputs, expected, got, error, passed."
    )


class SynthesizeAnswer(_ProgramAnswer):
    """The best program, and the other candidates; as `saps synthesize --json` prints them."""

    text: str
    confidence: float | None = Field(description="Calibrated probability that it is right.")
    unknown_words: list[str] = Field(description="Words that the model never saw.")
    read_as: list[tuple[str, str]] = Field(
        description="What the text has, and what it was read as, where they differ."
    )
    candidates: list[CandidateAnswer]
    samples: list[dict[str, Any]] = Field(
        description="What the program computes from a few inputs: input and output, or error."
    )
    question: dict[str, Any] | None = Field(
        description="What would settle which of two likely meanings is right."
    )
    left_out: list[str] = Field(description="What the text says and the program leaves out.")
    conventions: list[str] = Field(
        description="What the program takes as given: that division rounds down, and the like."
    )
    letters: dict[str, str] = Field(
        default_factory=dict,
        description="Names in the text that no argument can have, by the letters they go by.",
    )
    value: Any = Field(None, description="Only where `input` was given.")
    explanation: dict[str, Any] | None = Field(
        None,
        description="Only where `explain` asks: the words as the model read them; of each node in "
        "pre-order the five likeliest labels, and the share of its attention on each word.",
    )


class RunAnswer(BaseModel):
    """What a program computed."""

    value: Any
    type: str
    arguments: dict[str, str]
    program: str


class HealthAnswer(BaseModel):
    """How the service is."""

    status: Literal["ok"]
    model: str
    version: str
    uptime_s: float
    n_requests: int = Field(
        description="Answered since the start, those refused as too many included."
    )
    queue: dict[str, int] = Field(description="Requests inside, by kind, and the bound of each.")


class Fault(BaseModel):
    """What went wrong."""

    model_config = ConfigDict(extra="allow")

    code: str = Field(description="The kind of error, stable across releases.")
    message: str


class ErrorAnswer(BaseModel):
    """The answer of every request that gets no result."""

    error: Fault
