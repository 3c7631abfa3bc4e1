// The page strip: moves, turns and marks pages at once, and sends all of it as one change.
// Everything works without it, one form per act.
"use strict";

(() => {
  const form = document.getElementById("strip-form");
  const list = document.getElementById("strip-pages");
  if (!form || !list) return;
  const items = () => [...list.children];
  const first = items();
  for (const item of first) {
    item.draggable = true;
    item.dataset.turn = "0";
  }

  // Steps in the words of the plan: turns and removals by the positions as they were, then the new order.
  function steps() {
    const found = [];
    for (const item of first) {
      const turn = Number(item.dataset.turn);
      if (turn) found.push({ kind: "rotate", positions: [Number(item.dataset.position)], degrees: turn });
    }
    const gone = first.filter((item) => item.classList.contains("gone"));
    if (gone.length) found.push({ kind: "remove", positions: gone.map((item) => Number(item.dataset.position)) });
    const before = first.filter((item) => !gone.includes(item));
    const order = items().filter((item) => !gone.includes(item)).map((item) => before.indexOf(item) + 1);
    if (order.some((position, at) => position !== at + 1)) found.push({ kind: "reorder", order });
    return found;
  }

  function show() {
    const found = steps();
    const n = first.filter((item) => !item.classList.contains("gone")).length;
    document.getElementById("strip-staged").hidden = found.length === 0;
    document.getElementById("strip-steps").value = JSON.stringify(found);
    document.getElementById("strip-summary").textContent = `${first.length} trang → ${n} trang`;
    document.getElementById("strip-count").textContent = n;
    document.getElementById("strip-reason").required = n < first.length;
    // What would be done to pages that aren't applied yet waits for them.
    for (const button of form.querySelectorAll("button[name=do]:not([value=steps])")) {
      const isStaged = /^(left|right|rotate|remove):/.test(button.value);
      if (!isStaged) button.classList.toggle("waiting", found.length > 0);
    }
  }

  function move(item, by) {
    const all = items();
    const to = all.indexOf(item) + by;
    if (to < 0 || to >= all.length) return;
    list.insertBefore(item, by < 0 ? all[to] : all[to].nextSibling);
  }

  function act(item, what) {
    if (what === "rotate") item.dataset.turn = String((Number(item.dataset.turn) + 90) % 360);
    if (what === "remove") {
      const left = first.filter((other) => !other.classList.contains("gone")).length;
      if (item.classList.contains("gone") || left > 1) item.classList.toggle("gone");
    }
    if (what === "left") move(item, -1);
    if (what === "right") move(item, 1);
    show();
  }

  form.addEventListener("click", (event) => {
    const button = event.target.closest("button[name=do]");
    if (!button) return;
    if (button.classList.contains("waiting")) {
      event.preventDefault();
      document.getElementById("strip-apply").focus();
      return;
    }
    const [what] = button.value.split(":");
    const item = button.closest("li");
    if (!item || !["left", "right", "rotate", "remove"].includes(what)) {
      // Acts of their own, where no page is marked, bring their reason themselves or need none.
      if (button.value !== "steps") document.getElementById("strip-reason").required = false;
      return;
    }
    event.preventDefault();
    act(item, what);
  });
  for (const button of list.querySelectorAll("button[disabled]")) {
    if (!button.value.startsWith("split")) button.disabled = first.length === 1;
  }
  document.getElementById("strip-cancel").addEventListener("click", () => {
    for (const item of first) {
      item.dataset.turn = "0";
      item.classList.remove("gone");
      list.append(item);
    }
    show();
  });

  // Keys act on the page that has the focus, never on what is typed into a field.
  list.addEventListener("keydown", (event) => {
    const item = event.target;
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey || item.parentElement !== list) return;
    const all = items();
    const go = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (go && event.shiftKey) act(item, go < 0 ? "left" : "right");
    else if (go) all[all.indexOf(item) + go]?.focus();
    else if (event.key === "r" || event.key === "R") act(item, "rotate");
    else if (event.key === "Delete") act(item, "remove");
    else return;
    event.preventDefault();
    if (go && event.shiftKey) item.focus();
  });

  let dragged = null;
  list.addEventListener("dragstart", (event) => {
    dragged = event.target.closest("li");
    event.dataTransfer.effectAllowed = "move";
  });
  list.addEventListener("dragover", (event) => {
    const over = event.target.closest("li");
    if (!dragged || !over) return;
    event.preventDefault();
    if (over === dragged) return;
    const box = over.getBoundingClientRect();
    list.insertBefore(dragged, event.clientX < box.left + box.width / 2 ? over : over.nextSibling);
  });
  list.addEventListener("dragend", () => {
    dragged = null;
    show();
  });
  list.addEventListener("drop", (event) => event.preventDefault());
})();
