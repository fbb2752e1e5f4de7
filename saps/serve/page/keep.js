// What outlives the page: the link, the history in the browser, and files.

import { python } from "./values.js";

export const LONGEST_LINK = 50_000; // letters; browsers and chats cut longer ones
const MOST_EXAMPLES = 50;
const HISTORY = "saps.history";
const MOST_KEPT = 50;

/** Write a specification as a fragment, such as #text=...&arguments={"a":"int"}. */
export function fragmentOf({ text, arguments: given, returns, examples, rejected }) {
  const parts = new URLSearchParams();
  if (text) parts.set("text", text);
  if (given !== null) parts.set("arguments", JSON.stringify(given));
  if (returns !== null) parts.set("returns", returns);
  if (examples.length) parts.set("examples", JSON.stringify(examples));
  if (rejected.length) parts.set("rejected", JSON.stringify(rejected));
  return `#${parts}`;
}

/**
 * Read a fragment. Whoever wrote it may mean harm: only the forms of a specification pass.
 *
 * @returns a specification, or null for an empty fragment.
 * @throws {Error} it is too long or damaged; the message is for people.
 */
export function readFragment(fragment) {
  const bare = fragment.replace(/^#/, "");
  if (bare === "") return null;
  if (bare.length > LONGEST_LINK)
    throw new Error(`The link has ${bare.length.toLocaleString("en")} letters; at most ${LONGEST_LINK.toLocaleString("en")} are read.`);
  const parts = new URLSearchParams(bare);
  const json = (name, otherwise) => {
    try {
      return parts.has(name) ? JSON.parse(parts.get(name)) : otherwise;
    } catch {
      throw new Error(`The link is damaged: its ${name} cannot be read.`);
    }
  };
  const spec = {
    text: parts.get("text") ?? "",
    arguments: json("arguments", null),
    returns: parts.get("returns"),
    examples: json("examples", []),
    rejected: json("rejected", []),
  };
  if (!isSpec(spec)) throw new Error("The link is damaged: it holds no sentence, arguments and examples.");
  return spec;
}

const isText = (value, longest) => typeof value === "string" && value.length <= longest;
const isRecord = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const areTexts = (record) => isRecord(record) && Object.values(record).every((value) => isText(value, LONGEST_LINK));

const areExamples = (list) =>
  Array.isArray(list) &&
  list.length <= MOST_EXAMPLES &&
  list.every((one) => isRecord(one) && areTexts(one.input) && isText(one.output, LONGEST_LINK));

function isSpec(spec) {
  if (!isRecord(spec)) return false;
  const { text, arguments: given, returns, examples, rejected } = spec;
  return (
    isText(text, LONGEST_LINK) &&
    (given === null || areTexts(given)) &&
    (returns === null || isText(returns, 200)) &&
    areExamples(examples) &&
    areExamples(rejected)
  );
}

// The history.

/** The specifications that were answered, the newest first; none where the browser keeps nothing. */
export function history() {
  try {
    const kept = JSON.parse(localStorage.getItem(HISTORY) ?? "[]");
    return kept.filter((one) => isText(one?.program, Infinity) && isSpec(one.spec));
  } catch {
    return [];
  }
}

function keep(entries) {
  try {
    localStorage.setItem(HISTORY, JSON.stringify(entries.slice(0, MOST_KEPT)));
  } catch {
    // A browser that keeps nothing, or is full: the page works without.
  }
}

/** Remember an answer. A sentence on which a person still types takes the place of its beginning. */
export function remember(spec, program) {
  const same = JSON.stringify(spec);
  const [newest, ...older] = history().filter((one) => JSON.stringify(one.spec) !== same);
  const text = spec.text.trim();
  const was = newest?.spec.text.trim();
  const isSame = newest && (text.startsWith(was) || was.startsWith(text));
  keep([{ spec, program }, ...(isSame ? older : [newest, ...older].filter(Boolean))]);
}

export function forget(index = null) {
  keep(index === null ? [] : history().filter((_, i) => i !== index));
}

// Files.

const LINE_ENDS = /[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]+/g;
const comment = (text) => `# ${text.trim().replace(LINE_ENDS, "\n# ")}`;

/**
 * Return a module with a program, and a test made of the examples that it was given.
 *
 * @param {string} text - the sentence.
 * @param program - a candidate, as the service has it.
 * @param {Object<string, string>} letters - names of examples by the letters of the program.
 */
export function pythonFile(text, program, letters) {
  const { args, return_type: returns } = program;
  const asserts = program.examples.map(({ inputs, expected }) => {
    const values = Object.entries(args).map(([name, type]) => python(inputs[letters[name] ?? name], type));
    return `    assert program(${values.join(", ")}) == ${python(expected, returns)}`;
  });
  const test = ["def test_program() -> None:", ...asserts, "", ""];
  const main = ['if __name__ == "__main__":', "    test_program()", '    print("all examples pass")'];
  return [
    ...[comment(text), comment(`AlgoLisp: ${program.program}`), "", ""],
    program.python.trimEnd(),
    ...(asserts.length ? ["", "", ...test, ...main] : []),
    "",
  ].join("\n");
}
