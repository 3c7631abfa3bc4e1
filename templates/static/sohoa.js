// Lights the place of the focused field on the scan, and moves through the fields that ask.
// Everything works without it; it only saves looking.
"use strict";

const marks = () => document.querySelectorAll(".sheet rect");

function light(field, scroll) {
  for (const mark of marks()) mark.classList.toggle("lit", mark.dataset.field === field);
  const lit = document.querySelector(".sheet rect.lit");
  if (lit && scroll) lit.scrollIntoView({ block: "center", behavior: "smooth" });
}

document.addEventListener("focusin", (event) => {
  const field = event.target.closest(".field");
  if (field) light(field.dataset.field, true);
});

document.addEventListener("click", (event) => {
  const mark = event.target.closest(".sheet rect");
  if (mark) document.getElementById(mark.dataset.field)?.focus();
});

// A suggested value is taken by a click, or with Alt and its ordinal from within the field.
function take(button) {
  const input = document.getElementById(button.dataset.take);
  if (!input) return;
  input.value = button.textContent;
  input.focus();
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-take]");
  if (button) take(button);
});

document.addEventListener("keydown", (event) => {
  const nth = event.altKey && !event.ctrlKey ? /^Digit([1-9])$/.exec(event.code) : null;
  const button = nth && event.target.closest(".field")?.querySelectorAll("[data-take]")[nth[1] - 1];
  if (!button) return;
  event.preventDefault();
  take(button);
});

// Enter goes to the next field that asks; on the last one it confirms.
document.getElementById("confirm")?.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.isComposing || event.target.tagName === "BUTTON") return;
  const asking = [...event.currentTarget.querySelectorAll("[data-ask]")].filter((input) => !input.value.trim());
  const next = asking.find((input) => input !== event.target);
  if (next) {
    event.preventDefault();
    next.focus();
  }
});

// The first field that asks is where the work begins.
document.querySelector("[data-ask]")?.focus();
