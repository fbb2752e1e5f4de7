"use strict";
(() => {
  const STEP = 50;
  const records = JSON.parse(document.getElementById("records").textContent);
  const find = (id) => document.getElementById(id);
  const body = document.querySelector("#list tbody");
  let matching = [];
  let shown = 0;

  /* An s-expression as {symbol, children}; text in quotes is one symbol. */
  function parse(text) {
    const tokens = text.match(/"(?:[^"\\]|\\.)*"|[()]|[^\s()]+/g) || [];
    let place = 0;
    function node() {
      if (tokens[place] !== "(") return { symbol: tokens[place++], children: [] };
      place += 1;
      const tree = { symbol: tokens[place++], children: [] };
      while (place < tokens.length && tokens[place] !== ")") tree.children.push(node());
      place += 1;
      return tree;
    }
    return node();
  }

  /* One line a node; those that the other tree lacks at the same path are marked. */
  function draw(tree, other, mark, depth, pre) {
    const line = document.createElement("span");
    const symbol = document.createElement("span");
    symbol.textContent = tree.symbol;
    if (!other || other.symbol !== tree.symbol || other.children.length !== tree.children.length) symbol.className = mark;
    line.append("  ".repeat(depth), symbol, "\n");
    pre.append(line);
    tree.children.forEach((child, i) => draw(child, other && other.children[i], mark, depth + 1, pre));
  }

  function panel(title, tree, other, mark) {
    const side = document.createElement("div");
    const heading = document.createElement("h3");
    const pre = document.createElement("pre");
    heading.textContent = title;
    if (tree) draw(tree, other, mark, 0, pre);
    else pre.textContent = "no tree";
    side.append(heading, pre);
    return side;
  }

  /* The first test that fails: what went in, what should come out, what did. */
  function failing(record) {
    const test = record.failing_test;
    const list = document.createElement("dl");
    list.className = "failing";
    const facts = [["fails test", test.number + " of " + record.n_tests], ["input", test.input],
      ["expected", test.expected], ["got", test.got || "nothing: it did not run"]];
    for (const [name, value] of facts) {
      list.append(document.createElement("dt"), document.createElement("dd"));
      list.children[list.children.length - 2].textContent = name;
      list.lastChild.textContent = value;
    }
    return list;
  }

  function details(record) {
    const row = document.createElement("tr");
    const cell = row.insertCell();
    cell.colSpan = 4;
    const trees = document.createElement("div");
    trees.className = "trees";
    const gold = parse(record.gold);
    const predicted = record.predicted === null ? null : parse(record.predicted);
    /* Another tree that passes all tests is no mistake. */
    const mark = record.outcome === "passed" ? "other" : "wrong";
    trees.append(panel("target", gold, predicted, "wanted"), panel("predicted", predicted, gold, mark));
    const families = document.createElement("p");
    families.className = "caption";
    families.textContent = "families: " + (record.nodes.join(", ") || find("family").dataset.none);
    cell.append(trees);
    if (record.failing_test) cell.append(failing(record));
    cell.append(families);
    row.className = "details";
    return row;
  }

  function rowOf(record) {
    const row = document.createElement("tr");
    row.className = "task";
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = record.text;
    button.setAttribute("aria-expanded", "false");
    row.insertCell().append(button);
    const outcome = row.insertCell();
    outcome.className = record.outcome === "passed" ? "passed" : "failed";
    outcome.textContent = record.outcome + (record.code ? ": " + record.code : "") + (record.exact ? ", exact" : "");
    for (const value of [record.n_passed + "/" + record.n_tests, record.log_prob === null ? "-" : record.log_prob.toFixed(2)]) {
      const cell = row.insertCell();
      cell.className = "number";
      cell.textContent = value;
    }
    row.addEventListener("click", () => {
      const open = button.getAttribute("aria-expanded") === "true";
      button.setAttribute("aria-expanded", String(!open));
      if (open) row.nextElementSibling.remove();
      else row.after(details(record));
    });
    return row;
  }

  /* The outermost one, by which the tables count. */
  function familyOf(record) { return record.nodes.length ? record.nodes[0] : find("family").dataset.none; }

  function chosen() {
    const words = find("search").value.toLowerCase().split(/\s+/).filter(Boolean);
    const outcome = find("outcome").value;
    const match = find("match").value;
    const family = find("family").value;
    return records.filter((record) => {
      const parts = [record.text, record.gold, record.predicted || "", ...record.nodes];
      const text = parts.join(" ").toLowerCase();
      return words.every((word) => text.includes(word))
        && (!outcome || record.outcome === outcome)
        && (!match || record.exact === (match === "exact"))
        && (!family || familyOf(record) === family);
    });
  }

  /* Rows are added to those that are there: a task that one has opened stays open. */
  function showMore() {
    body.append(...matching.slice(shown, shown + STEP).map(rowOf));
    shown += STEP;
    find("more").hidden = matching.length <= shown;
  }

  function restart() {
    matching = chosen();
    shown = 0;
    body.replaceChildren();
    find("count").textContent = matching.length + " of " + records.length + " tasks";
    showMore();
  }

  find("search").addEventListener("input", restart);
  find("outcome").addEventListener("change", restart);
  find("match").addEventListener("change", restart);
  find("family").addEventListener("change", restart);
  find("more").addEventListener("click", showMore);
  restart();
})();
