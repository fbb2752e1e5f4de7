// The specification as a person edits it: sentence, arguments as chips, examples as a table.

import { byId, make } from "./dom.js";
import { hint, readJson, readValue, show } from "./values.js";

const TYPES = ["int", "int[]", "string", "string[]", "bool", "int[][]"];
const MOST_EXAMPLES = 50;

/**
 * @typedef {Object} Spec
 * @property {string} text
 * @property {Object<string, string> | null} arguments - types by name; null where they are guessed.
 * @property {string | null} returns
 * @property {{input: Object<string, string>, output: string}[]} examples - values as typed.
 * @property {{input: Object<string, string>, output: string}[]} rejected - wrong outputs, as JSON.
 */

export class Form {
  #text = byId("text");
  #chips = byId("chips");
  #table = byId("examples");
  #problem = byId("examples-problem");
  #arguments = null;
  #returns = null;
  #guessed = { arguments: {}, returns: "" };
  #examples = [];
  #rejected = [];
  #outcomes = [];
  #drawn = ""; // the form of the table: columns, number of rows
  #onChange;

  constructor(onChange) {
    this.#onChange = onChange;
    this.#text.addEventListener("input", onChange);
    byId("add-example").addEventListener("click", () => this.addExample({}, ""));
    this.#draw();
  }

  /** @returns {Spec} */
  get spec() {
    return {
      text: this.#text.value,
      arguments: this.#arguments,
      returns: this.#returns,
      examples: this.#examples,
      rejected: this.#rejected,
    };
  }

  /** @param {Spec} spec */
  set spec({ text, arguments: given, returns, examples, rejected }) {
    this.#text.value = text;
    this.#arguments = given;
    this.#returns = returns;
    this.#examples = examples.map(({ input, output }) => ({ input: { ...input }, output }));
    this.#rejected = [...rejected];
    this.#guessed = { arguments: {}, returns: "" };
    this.#outcomes = [];
    this.#drawn = ""; // the same number of rows, with other values
    this.#draw();
  }

  get types() {
    return this.#arguments ?? this.#guessed.arguments;
  }

  /** Take note of an answer: what it guessed, and what it computes for the examples. */
  answered(answer, sent) {
    this.#guessed = { arguments: answer.args, returns: answer.return_type };
    const outcomes = answer.candidates[0]?.examples ?? [];
    this.#outcomes = [];
    sent.forEach((row, i) => (this.#outcomes[row] = outcomes[i]));
    this.#draw();
  }

  addExample(input, output) {
    if (this.#examples.length === MOST_EXAMPLES) {
      this.#problem.textContent = `No more than ${MOST_EXAMPLES} examples are read.`;
      return;
    }
    if (this.#columns().length === 0 && Object.keys(input).length === 0) {
      this.#problem.textContent = "Add an argument first: an example says what is given.";
      return;
    }
    this.#examples.push({ input, output });
    this.#draw();
    this.#table.querySelector(`tbody tr:last-child input${output === "" ? "" : "[data-name='']"}`)?.focus();
    this.#onChange();
  }

  /** Take note of wrong outputs; the newest count where there are too many. */
  reject(wrong) {
    this.#rejected = [...this.#rejected, ...wrong].slice(-MOST_EXAMPLES);
    this.#drawRejected();
  }

  /**
   * Return what to send, and which rows of the table are in it; a row that is not whole waits.
   *
   * @returns {{request: Object, sent: number[]} | null} null where a value cannot be read.
   */
  request() {
    const { text, returns } = this.spec;
    const examples = [];
    const sent = [];
    const faults = [];
    this.#examples.forEach((example, row) => {
      const names = this.#columns();
      const typed = [...names.map((name) => example.input[name] ?? ""), example.output];
      if (typed.some((one) => one.trim() === "")) return;
      const read = (one, name, type, isDeclared) => {
        try {
          return understood(one, type, isDeclared);
        } catch (error) {
          faults.push({ row, name, message: error.message });
          return null;
        }
      };
      const isDeclared = this.#arguments !== null;
      const pairs = names.map((name, i) => [name, read(typed[i], name, this.types[name], isDeclared)]);
      const type = returns ?? this.#guessed.returns;
      examples.push({ input: Object.fromEntries(pairs), output: read(example.output, "", type, returns !== null) });
      sent.push(row);
    });
    this.#tell(faults);
    if (faults.length > 0) return null;
    const rejected = this.#rejected.flatMap(exactly);
    return { request: { text, arguments: this.#arguments, returns, examples, rejected }, sent };
  }

  #tell(faults) {
    const first = faults[0];
    this.#problem.textContent = first
      ? `Example ${first.row + 1}, ${first.name || "output"}: ${first.message}`
      : "";
    for (const cell of this.#table.querySelectorAll("input")) {
      const isFault = faults.some(
        ({ row, name }) => cell.dataset.row === String(row) && cell.dataset.name === name,
      );
      cell.setAttribute("aria-invalid", isFault);
      if (isFault) cell.setAttribute("aria-describedby", this.#problem.id);
      else cell.removeAttribute("aria-describedby");
    }
  }

  #columns() {
    const used = this.#examples.flatMap(({ input }) => Object.keys(input).filter((name) => input[name] !== ""));
    return [...new Set([...Object.keys(this.types), ...used])];
  }

  #draw() {
    this.#drawChips();
    this.#drawExamples();
    this.#drawRejected();
  }

  #drawRejected() {
    const rows = this.#rejected.map((one) => {
      const remove = () => {
        this.#rejected = this.#rejected.filter((other) => other !== one);
        this.#drawRejected();
        byId("add-example").focus();
        this.#onChange();
      };
      const inputs = Object.entries(one.input).map(([name, value]) => `${name} = ${value}`);
      const said = `not ${one.output} for ${inputs.join(", ")} `;
      const button = { type: "button", class: "small", "aria-label": `Remove: ${said}`, onclick: remove };
      return make("li", {}, said, make("button", button, "×"));
    });
    byId("rejected").replaceChildren(...rows);
  }

  // The chips.

  #drawChips() {
    if (this.#chips.querySelector(".editor")) return; // someone is at it
    const chips = Object.entries(this.types).map(([name, type]) =>
      this.#chip(`${name}: ${type}`, this.#arguments === null, () => this.#edit(name, type)),
    );
    const returns = this.#returns ?? this.#guessed.returns;
    if (returns)
      chips.push(this.#chip(`gives ${returns}`, this.#returns === null, () => this.#edit(null, returns)));
    const add = make("button", { type: "button", class: "chip add", onclick: () => this.#edit("", "int[]") }, "+ argument");
    this.#chips.replaceChildren(...chips, make("li", {}, add));
    const isGuess = this.#arguments === null && chips.length > 0;
    byId("arguments-hint").textContent = isGuess
      ? "As the model took them; click one to change it."
      : chips.length === 0
        ? "Found in the sentence; or name them."
        : "";
    if (this.#arguments !== null || this.#returns !== null) {
      const guess = () => {
        this.#arguments = null;
        this.#returns = null;
        this.#draw();
        this.#onChange();
      };
      this.#chips.append(make("li", {}, make("button", { type: "button", class: "chip add", onclick: guess }, "let it guess")));
    }
  }

  #chip(label, isGuess, onclick) {
    const name = `${label}${isGuess ? " (guessed)" : ""}, change`;
    return make(
      "li",
      {},
      make("button", { type: "button", class: isGuess ? "chip guess" : "chip", "aria-label": name, onclick }, label),
    );
  }

  /** Open the editor of an argument; a name of null is the value's type. */
  #edit(name, type) {
    const nameField = make("input", { value: name ?? "", "aria-label": "Name of the argument", maxlength: 100, size: 8, autocomplete: "off" });
    const typeField = make("select", { "aria-label": "Type" });
    for (const one of new Set([...TYPES, type])) typeField.append(make("option", {}, one));
    typeField.value = type;
    const close = () => {
      this.#chips.replaceChildren();
      this.#draw();
      this.#chips.querySelector("button")?.focus();
    };
    const keep = () => {
      const said = nameField.value.trim();
      if (name === null) this.#returns = typeField.value;
      else if (said === "") return nameField.focus();
      else this.#rename(name, said, typeField.value);
      close();
      this.#onChange();
    };
    const remove = () => {
      if (name === null) this.#returns = null;
      else this.#rename(name, null);
      close();
      this.#onChange();
    };
    const editor = make(
      "div",
      { class: "editor", role: "group", "aria-label": name ? `Argument ${name}` : name === null ? "Value" : "New argument" },
      ...(name === null ? [] : [nameField]),
      typeField,
      make("button", { type: "button", onclick: keep }, "OK"),
      ...(name ? [make("button", { type: "button", onclick: remove }, "Remove")] : []),
    );
    editor.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && event.target.tagName !== "BUTTON") keep();
      else if (event.key === "Escape") close();
      else return;
      event.preventDefault();
    });
    this.#chips.replaceChildren(make("li", {}, editor));
    (name === null ? typeField : nameField).focus();
  }

  /** Declare all arguments, one of them under a new name; null takes it away, "" is a new one. */
  #rename(old, name, type) {
    const entries = Object.entries(this.types).filter(([one]) => one === old || one !== name);
    const changed = entries.flatMap(([one, its]) => (one !== old ? [[one, its]] : name === null ? [] : [[name, type]]));
    if (old === "") changed.push([name, type]);
    this.#arguments = Object.fromEntries(changed);
    for (const example of this.#examples) {
      if (old === "" || !(old in example.input)) continue;
      if (name !== null) example.input[name] = example.input[old];
      if (name !== old) delete example.input[old];
    }
  }

  // The examples.

  /** Draw the table anew only where its form changed: someone may be typing in it. */
  #drawExamples() {
    const columns = this.#columns();
    const drawn = JSON.stringify([columns, this.#examples.length]);
    if (drawn !== this.#drawn) this.#drawTable(columns);
    this.#drawn = drawn;
    [...this.#table.tBodies[0].rows].forEach((row, i) => {
      row.cells[columns.length + 1].replaceWith(outcomeCell(this.#outcomes[i]));
    });
  }

  #drawTable(columns) {
    const focused = this.#table.contains(document.activeElement) ? { ...document.activeElement.dataset } : null;
    this.#table.hidden = this.#examples.length === 0;
    const heads = [...columns, "output", "program gives", ""].map((name) =>
      name ? make("th", { scope: "col" }, name) : make("td"),
    );
    const rows = this.#examples.map((example, row) => this.#row(example, row, columns));
    this.#table.replaceChildren(make("thead", {}, make("tr", {}, ...heads)), make("tbody", {}, ...rows));
    if (focused?.row !== undefined)
      [...this.#table.querySelectorAll("input")]
        .find((cell) => cell.dataset.row === focused.row && cell.dataset.name === focused.name)
        ?.focus();
  }

  #row(example, row, columns) {
    const cell = (name, value, type) => {
      const field = make("input", {
        value,
        "aria-label": `${name || "output"} of example ${row + 1}`,
        placeholder: hint(type ?? "").replace(/^.*such as /, ""),
        autocomplete: "off",
        spellcheck: "false",
        "data-row": row,
        "data-name": name,
        oninput: () => {
          if (name === "") example.output = field.value;
          else example.input[name] = field.value;
          this.#onChange();
        },
      });
      return make("td", {}, field);
    };
    const remove = () => {
      this.#examples.splice(row, 1);
      this.#outcomes.splice(row, 1);
      this.#drawn = "";
      this.#tell([]);
      this.#draw();
      byId("add-example").focus();
      this.#onChange();
    };
    return make(
      "tr",
      {},
      ...columns.map((name) => cell(name, example.input[name] ?? "", this.types[name])),
      cell("", example.output, this.#returns ?? this.#guessed.returns),
      make("td"),
      make("td", {}, make("button", { type: "button", class: "small", "aria-label": `Remove example ${row + 1}`, onclick: remove }, "×")),
    );
  }
}

function outcomeCell(outcome) {
  if (!outcome) return make("td");
  const got = outcome.error || show(outcome.got);
  const mark = outcome.passed ? "✓" : "✗";
  const said = make("span", { class: "unseen" }, outcome.passed ? "as wanted: " : "not as wanted: ");
  return make("td", { class: outcome.passed ? "good" : "bad" }, make("span", { "aria-hidden": "true" }, `${mark} `), said, got);
}

/** Read a wrong output again; one that a link has damaged is left out. */
function exactly({ input, output }) {
  try {
    const values = Object.entries(input).map(([name, value]) => [name, readJson(value)]);
    return [{ input: Object.fromEntries(values), output: readJson(output) }];
  } catch {
    return [];
  }
}

/** Read a value; a type that was guessed only helps to read it. */
function understood(typed, type, isDeclared) {
  try {
    return readValue(typed, type);
  } catch (error) {
    if (isDeclared) throw error;
    try {
      return readJson(typed);
    } catch {
      throw error;
    }
  }
}
