// Values as people type them, as JSON has them, and as Python has them. 3.0 is no 3 here, and a
// number of twenty digits keeps them all: a number that JavaScript would change stays as it is
// written.

const isRaw = (value) => JSON.isRawJSON?.(value) ?? false;

function exact(_, value, context) {
  if (typeof value !== "number" || context?.source === undefined) return value;
  return String(value) === context.source || !JSON.rawJSON ? value : JSON.rawJSON(context.source);
}

/** Read JSON; numbers that would change are kept as they are written. */
export const readJson = (text) => JSON.parse(text, exact);

/** The same with numbers to calculate with, exact or not. */
export const plain = (value) => JSON.parse(JSON.stringify(value));

/** Write a value on one line: [1, 2, 3]. */
export function show(value) {
  if (Array.isArray(value)) return `[${value.map(show).join(", ")}]`;
  if (typeof value !== "object" || value === null || isRaw(value)) return JSON.stringify(value);
  const parts = Object.entries(value).map(([key, each]) => `${JSON.stringify(key)}: ${show(each)}`);
  return `{${parts.join(", ")}}`;
}

/** Write inputs: a = 3, b = "x". */
export const showInputs = (inputs) =>
  Object.entries(inputs)
    .map(([name, value]) => `${name} = ${show(value)}`)
    .join(", ");

/** Write a value as Python does. */
export function python(value, type = "") {
  if (Array.isArray(value))
    return `[${value.map((each) => python(each, type.replace(/\[\]$/, ""))).join(", ")}]`;
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (type === "int" && typeof value === "string")
    return `float("${value.replace("Infinity", "inf")}")`; // JSON has no infinite numbers
  if (typeof value !== "object" || isRaw(value)) return JSON.stringify(value);
  const parts = Object.entries(value).map(([key, each]) => `${JSON.stringify(key)}: ${python(each)}`);
  return `{${parts.join(", ")}}`;
}

const HINTS = {
  int: "a number, such as 3",
  bool: "true or false",
  string: "letters, in quotes or not",
  "int[]": "numbers, such as 3, 8, 1",
  "string[]": "words, such as red, green",
};

/** What to type for a type. */
export const hint = (type) => HINTS[type] ?? "a value as JSON has it, such as [[1, 2], [3]]";

function tried(text) {
  try {
    return { value: readJson(text) };
  } catch {
    return null;
  }
}

function fits(value, type) {
  if (type.endsWith("[]"))
    return Array.isArray(value) && value.every((each) => fits(each, type.slice(0, -2)));
  if (type === "int") return typeof value === "number" || isRaw(value); // 2.5 is an int here, too
  if (type === "bool") return typeof value === "boolean";
  return type === "string" ? typeof value === "string" : true;
}

/**
 * Read what a person typed for a value: JSON, or plain.
 *
 * @param {string} typed
 * @param {string} type - such as "int[]"; empty where it is not known.
 * @throws {Error} it is no value of the type; the message says what is.
 */
export function readValue(typed, type = "") {
  if (/^[A-Z]$/.test(type)) return readValue(typed); // it may be of any type
  const text = typed.trim();
  const json = tried(text);
  if (json !== null && (type === "" || fits(json.value, type))) return json.value;
  if (type === "string" || (type === "" && !/^[[{"]/.test(text))) return text;
  if (type === "bool" && /^(true|yes|false|no)$/i.test(text)) return /^(true|yes)$/i.test(text);
  if (type.endsWith("[]") && !text.startsWith("[")) {
    const list = tried(`[${text}]`);
    if (list !== null && fits(list.value, type)) return list.value;
    return text.split(",").map((part) => readValue(part, type.slice(0, -2)));
  }
  throw new Error(`${cut(text, 40) || "An empty field"} is not ${type ? `of type ${type}` : "JSON"}: enter ${hint(type)}.`);
}

/** A text cut to a length. */
export const cut = (text, length) => (text.length > length ? `${text.slice(0, length - 1)}…` : text);
