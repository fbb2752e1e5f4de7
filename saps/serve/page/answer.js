// What the service answered, as a person reads it.

import { afterPause, byId, copy, download, make, percent } from "./dom.js";
import { ask } from "./client.js";
import { pythonFile } from "./keep.js";
import { Steps } from "./steps.js";
import { connect, drawTree, nodesOf, svgFile, walkable } from "./tree.js";
import { hint, plain, readValue, show, showInputs } from "./values.js";

const RUN_PAUSE = 250; // milliseconds

export class Answer {
  #answer = null;
  #chosen = null; // the candidate that is shown
  #steps = new Steps();
  #live = afterPause(RUN_PAUSE, () => this.#run());
  #typed = {}; // inputs to try, by argument name
  #settle;
  #reject;

  /**
   * @param {(inputs, output) => void} settle - takes what a person answers to the question.
   * @param {(wrong: {input, output}[]) => void} reject - takes outputs that are wrong.
   * @param {(text: string) => void} tell - says briefly that something was done.
   */
  constructor(settle, reject, tell) {
    this.#settle = settle;
    this.#reject = reject;
    const copied = async (text) => tell((await copy(text)) ? "Copied." : "The browser does not let this page copy.");
    byId("copy-python").addEventListener("click", () => copied(this.#chosen.python));
    byId("copy-algolisp").addEventListener("click", () => copied(this.#chosen.program));
    byId("save-python").addEventListener("click", () =>
      download("program.py", "text/x-python", pythonFile(this.#answer.text, this.#chosen, this.#answer.letters)),
    );
    byId("save-svg").addEventListener("click", () =>
      download("program.svg", "image/svg+xml", svgFile(this.#chosen.short_tree, this.#chosen.program)),
    );
  }

  show(answer) {
    this.#answer = answer;
    answer.confidence = plain(answer.confidence);
    if (answer.explanation) answer.explanation = withoutRepeats(plain(answer.explanation));
    this.#showVerdict();
    this.#showNotes();
    this.#showQuestion();
    this.#choose(answer.candidates[0]);
  }

  #showVerdict() {
    const { confidence, candidates } = this.#answer;
    const outcomes = candidates[0].examples;
    const n = outcomes.filter((outcome) => outcome.passed).length;
    const bar = byId("verdict-bar");
    const isRefuted = n < outcomes.length;
    const said = isRefuted
      ? `No program passes all examples; this one passes ${n} of ${outcomes.length}.`
      : outcomes.length
        ? `Passes ${every(n)}. ${sure(confidence)}`
        : `${sure(confidence)}${confidence < 0.7 ? " An example would settle it." : ""}`;
    const share = isRefuted ? n / outcomes.length : confidence;
    byId("verdict-words").textContent = said;
    bar.hidden = share === null;
    bar.value = share ?? 0;
    bar.setAttribute("aria-label", isRefuted ? "Examples passed" : "Confidence");
  }

  #showNotes() {
    const { read_as: readAs, unknown_words: unknown, left_out: leftOut, letters, args } = this.#answer;
    const notes = [
      ...readAs.map(([old, now]) => `“${old}” was read as “${now}”.`),
      ...unknown.map((word) => `The model has never seen “${word}”; use another word.`),
      ...leftOut.map((one) => `${one[0].toUpperCase()}${one.slice(1)} is not used by the program.`),
      ...this.#answer.conventions,
      ...Object.entries(letters)
        .filter(([letter]) => letter in args)
        .map(([letter, name]) => `${name} is called ${letter} in the program: the language cannot use the name ${name}.`),
    ];
    byId("notes").replaceChildren(...notes.map((note) => make("li", {}, note)));
  }

  #showQuestion() {
    const { question, candidates } = this.#answer;
    const box = byId("question");
    const isSettled = candidates[0].examples.length > 0 && candidates[0].examples.some(({ passed }) => !passed);
    box.hidden = question === null || isSettled;
    if (box.hidden) return box.replaceChildren();
    const { input, outputs } = question;
    const choices = outputs.map((output) =>
      make("button", { type: "button", onclick: () => this.#settle(input, output) }, show(output)),
    );
    const other = make("button", { type: "button", onclick: () => this.#settle(input, null) }, "something else");
    const neither = make(
      "button",
      { type: "button", onclick: () => this.#reject(outputs.map((output) => ({ input, output }))) },
      "neither",
    );
    return box.replaceChildren(
      make("p", { id: "question-words" }, `Two meanings are likely. For ${showInputs(input)}, it should give`),
      make("div", { class: "row", role: "group", "aria-labelledby": "question-words" }, ...choices, neither, other),
    );
  }

  #choose(candidate) {
    this.#chosen = candidate;
    const tokens = candidate.python_tokens.map(([kind, text]) => (kind ? make("span", { class: kind }, text) : text));
    byId("python").replaceChildren(...tokens);
    byId("algolisp").textContent = candidate.program;
    this.#showInputs();
    this.#showSamples();
    this.#showTree();
    this.#showOthers();
  }

  // Inputs to try, with the value live.

  #showInputs() {
    const { args } = this.#chosen;
    const sample = this.#answer.samples[0]?.input ?? {};
    const rows = Object.entries(args).map(([name, type]) => {
      const value = this.#typed[`${name}: ${type}`] ?? (name in sample ? show(sample[name]) : "");
      const field = make("input", {
        id: `input-${name}`,
        value,
        placeholder: hint(type).replace(/^.*such as /, ""),
        autocomplete: "off",
        spellcheck: "false",
        "data-name": name,
        oninput: () => {
          this.#typed[`${name}: ${type}`] = field.value;
          this.#live();
        },
      });
      return make("p", {}, make("label", { for: field.id }, `${name} `, make("small", {}, type)), field);
    });
    byId("inputs").replaceChildren(...rows);
    this.#run();
  }

  async #run() {
    this.#live.cancel();
    const value = byId("value");
    const { args, program } = this.#chosen;
    const input = {};
    try {
      for (const field of byId("inputs").querySelectorAll("input")) {
        field.setAttribute("aria-invalid", "true");
        input[field.dataset.name] = readValue(field.value, args[field.dataset.name]);
        field.setAttribute("aria-invalid", "false");
      }
      const ran = await ask("/run", { program, input, types: args });
      if (ran === null) return;
      value.textContent = show(ran.value);
      value.className = "";
    } catch (error) {
      value.textContent = error.message;
      value.className = "fault";
    }
  }

  #showSamples() {
    const { samples } = this.#answer;
    const isBest = this.#chosen === this.#answer.candidates[0];
    byId("samples").closest("section").hidden = samples.length === 0 || !isBest;
    if (!samples.length) return;
    const names = Object.keys(samples[0].input);
    const head = [...names, "value"].map((name) => make("th", { scope: "col" }, name));
    const rows = samples.map(({ input, output }) =>
      make("tr", {}, ...[...names.map((name) => input[name]), output].map((one) => make("td", {}, make("code", {}, show(one))))),
    );
    byId("samples").replaceChildren(make("thead", {}, make("tr", {}, ...head)), make("tbody", {}, ...rows));
  }

  #showTree() {
    const nodes = nodesOf(this.#chosen.short_tree);
    const isBest = this.#chosen === this.#answer.candidates[0];
    const explanation = isBest ? (this.#answer.explanation ?? null) : null;
    const looks = explanation !== null && explanation.nodes[0].attention !== null;
    const names = explanation?.nodes.map(({ symbol, probability }) => `${symbol}, ${percent(probability)}`) ?? null;
    const picture = drawTree(nodes, `Tree of ${this.#chosen.program}`, names);
    byId("tree").replaceChildren(picture);
    byId("looked").textContent = "";
    byId("tree-hint").textContent = looks
      ? "Point at a node, or reach it by Tab and the arrow keys: the words that it looked at light up. A word shows its nodes."
      : explanation === null
        ? "Words and steps are there for the first program."
        : "The model has no attention: it sees the text through one vector.";
    const words = looks ? explanation.words.map((word) => make("button", { type: "button", class: "word" }, word)) : [];
    byId("words").replaceChildren(...words.flatMap((word) => [word, " "]));
    byId("words").hidden = !looks;
    if (looks) connect(picture, words, explanation, (text) => (byId("looked").textContent = text));
    if (names !== null) walkable(picture, nodes);
    this.#steps.take(nodes, explanation);
  }

  #showOthers() {
    const { candidates } = this.#answer;
    byId("others").closest("section").hidden = candidates.length < 2;
    const rows = candidates.map((candidate) => {
      const isShown = candidate === this.#chosen;
      const passed = candidate.examples.filter((outcome) => outcome.passed).length;
      const said = candidate.examples.length ? `passes ${passed} of ${candidate.examples.length}` : percent(Math.exp(plain(candidate.log_prob)));
      return make(
        "li",
        {},
        make(
          "button",
          { type: "button", class: "candidate", "aria-pressed": isShown, onclick: () => this.#take(candidate) },
          make("code", {}, candidate.program),
          make("small", {}, said),
        ),
      );
    });
    byId("others").replaceChildren(...rows);
  }

  #take(candidate) {
    this.#choose(candidate);
    byId("others").querySelector("[aria-pressed=true]").focus();
  }
}

const every = (n) => (n === 1 ? "the example" : `all ${n} examples`);

/** How sure, in words. */
function sure(confidence) {
  if (confidence === null) return "How sure the model is was not measured.";
  const words = confidence >= 0.9 ? "Very likely right" : confidence >= 0.7 ? "Probably right" : confidence >= 0.4 ? "Unsure" : "Probably wrong";
  return `${words}: ${percent(confidence)} of such answers are right.`;
}

/** An argument's name stands twice where its letter follows it: once is what a person wrote. */
function withoutRepeats({ words, nodes }) {
  const owner = [];
  const kept = [];
  words.forEach((word) => {
    if (word !== kept.at(-1)) kept.push(word);
    owner.push(kept.length - 1);
  });
  const summed = (attention) => {
    const sums = kept.map(() => 0);
    attention.forEach((share, i) => (sums[owner[i]] += share));
    return sums;
  };
  return {
    words: kept,
    nodes: nodes.map((node) => ({ ...node, attention: node.attention && summed(node.attention) })),
  };
}
