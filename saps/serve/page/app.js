// The page: what a person types goes to the service when they pause, and comes back as an answer.

import { afterPause, byId, copy, make } from "./dom.js";
import { ask, cancel } from "./client.js";
import { Answer } from "./answer.js";
import { Form } from "./form.js";
import { LONGEST_LINK, forget, fragmentOf, history, readFragment, remember } from "./keep.js";
import { show } from "./values.js";

const PAUSE = 500; // milliseconds without a key until the sentence is sent
const SLOW = 300; // until the bar is shown
const N_PROGRAMS = 5;
const MOST_RETRIES = 5;
const EMPTY = { text: "", arguments: null, returns: null, examples: [], rejected: [] };
const SUGGESTIONS = [
  "the sum of the even numbers of xs",
  "given an array of numbers prices and a number n, find how many prices are below n",
  "find the longest word in words",
  "given a string s, reverse it",
];

const soon = afterPause(PAUSE, () => answer(true));
const bar = afterPause(SLOW, () => {
  byId("progress").hidden = false;
  byId("cancel").hidden = false;
  say("The model is at work.");
});
const retry = { timer: 0, count: 0 };
let answered = ""; // the request whose answer is shown

const form = new Form(() => {
  retry.count = 0;
  soon();
});
const shown = new Answer(settle, reject, toast);

/** Say how it stands; `isQuiet` where a screen reader alone needs to be told. */
function say(text, isQuiet = false) {
  byId("status").classList.toggle("unseen", isQuiet);
  byId("status").textContent = text;
}

function toast(text) {
  byId("toast").textContent = text;
  clearToast();
}
const clearToast = afterPause(4000, () => (byId("toast").textContent = ""));

/** Show that nothing is asked any more. */
function rest() {
  soon.cancel();
  bar.cancel();
  clearTimeout(retry.timer);
  byId("progress").hidden = true;
  byId("cancel").hidden = true;
  byId("answer").removeAttribute("aria-busy");
  say("");
}

function stop() {
  cancel("/synthesize");
  rest();
}

/** Ask for what the form holds; by itself not for what is answered already. */
async function answer(isByItself = false, best = false) {
  stop();
  const spec = structuredClone(form.spec);
  keepInAddress(spec);
  const asked = form.request();
  const isEmpty = spec.text.trim() === "";
  byId("empty").hidden = !isEmpty || !byId("found").hidden;
  if (isEmpty || asked === null) {
    if (isEmpty) clearAnswer();
    return;
  }
  const request = { ...asked.request, best, top: N_PROGRAMS, explain: true, highlight: true };
  if (isByItself && answered === JSON.stringify(request)) return;
  bar();
  byId("answer").setAttribute("aria-busy", "true");
  try {
    const found = await ask("/synthesize", request);
    if (found === null) return; // a newer request has begun
    rest();
    retry.count = 0;
    byId("problem").replaceChildren();
    byId("found").hidden = false;
    form.answered(found, asked.sent);
    shown.show(found);
    answered = JSON.stringify(request);
    say(`Found: ${found.program}`, true);
    remember(spec, found.program);
    showHistory();
  } catch (error) {
    rest();
    complain(error);
  }
}

function clearAnswer() {
  answered = "";
  byId("empty").hidden = false;
  byId("found").hidden = true;
  byId("problem").replaceChildren();
}

/** Show why there is no answer, and what to do. */
function complain(error) {
  answered = "";
  byId("found").hidden = true;
  byId("empty").hidden = true;
  const parts = [make("p", {}, error.message)];
  if (error.code === "unknown") parts.push(...further(error.details));
  if (error.retryAfter && retry.count < MOST_RETRIES) {
    retry.count += 1;
    parts.push(make("p", {}, `Asking again in ${error.retryAfter} s.`));
    retry.timer = setTimeout(() => answer(), 1000 * error.retryAfter);
  }
  if (error.retryAfter || ["gone", "timeout", "stopping", "answer"].includes(error.code))
    parts.push(make("button", { type: "button", onclick: () => answer() }, "Try again"));
  byId("problem").replaceChildren(...parts);
}

/** What helps where the model does not know: strange words, the nearest tasks, the guess. */
function further({ unexplained_words: words, kinds, further: advice }) {
  const list = kinds.map((kind) => make("li", {}, kind));
  return [
    ...(words.length ? [make("p", {}, `No task the model knows uses these words: ${words.join(", ")}.`)] : []),
    ...(list.length ? [make("p", {}, "The nearest tasks the model knows:"), make("ul", {}, ...list)] : []),
    make("p", {}, `To get further, ${advice}.`),
    make("button", { type: "button", onclick: () => answer(false, true) }, "Show its best guess"),
  ];
}

/** Take outputs that are wrong, whatever is right. */
function reject(wrong) {
  form.reject(wrong.map(({ input, output }) => ({ input: typed(input), output: show(output) })));
  answer(false, true);
}

const typed = (input) => Object.fromEntries(Object.entries(input).map(([name, value]) => [name, show(value)]));

/** Take the answer to the question as an example; null: the person types the output. */
function settle(input, output) {
  form.addExample(typed(input), output === null ? "" : show(output));
  if (output !== null) answer();
}

// The link, the history.

function keepInAddress(spec) {
  const fragment = fragmentOf(spec);
  window.history.replaceState(null, "", fragment === "#" ? location.pathname : fragment);
}

function open(spec) {
  form.spec = spec;
  clearAnswer();
  answer();
}

function openLink() {
  try {
    const spec = readFragment(location.hash);
    if (spec !== null) open(spec);
  } catch (error) {
    complain(error);
  }
}

function showHistory() {
  const rows = history().map(({ spec, program }, i) =>
    make(
      "li",
      {},
      make("button", { type: "button", class: "candidate", onclick: () => open(spec) }, spec.text, make("code", {}, program)),
      make(
        "button",
        {
          type: "button",
          class: "small",
          "aria-label": `Delete: ${spec.text}`,
          onclick: () => {
            forget(i);
            showHistory();
            byId("history").querySelector("summary").focus();
          },
        },
        "×",
      ),
    ),
  );
  byId("history-list").replaceChildren(...rows);
  byId("history").hidden = rows.length === 0;
}

// What a person does.

byId("form").addEventListener("submit", (event) => {
  event.preventDefault();
  answer();
});
byId("form").addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  event.preventDefault();
  answer();
});
byId("cancel").addEventListener("click", () => {
  stop();
  say("Cancelled.");
  byId("text").focus();
});
byId("clear").addEventListener("click", () => {
  open(EMPTY);
  byId("text").focus();
});
byId("copy-link").addEventListener("click", async () => {
  keepInAddress(form.spec);
  if (location.hash.length > LONGEST_LINK) toast("This is too long for a link.");
  else toast((await copy(location.href)) ? "The link is copied." : "The link is in the address bar.");
});
byId("delete-history").addEventListener("click", () => {
  forget();
  showHistory();
  byId("text").focus();
});
window.addEventListener("hashchange", openLink);

byId("suggestions").replaceChildren(
  ...SUGGESTIONS.map((text) =>
    make("li", {}, make("button", { type: "button", onclick: () => open({ ...EMPTY, text }) }, text)),
  ),
);
showHistory();
openLink();
