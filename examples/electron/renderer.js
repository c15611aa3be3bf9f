// @ts-check
// The page: sends the text, and marks what comes back.
import { cut } from "./cut.js";

const form = document.querySelector("form");
const [field, button] = [document.querySelector("textarea"), document.querySelector("button")];
const output = document.querySelector("output");

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  button.disabled = true;
  try {
    const text = field.value;
    output.replaceChildren(...cut(text, await window.vaner.recognize(text)).map(render));
  } catch (error) {
    output.textContent = error.message;
  } finally {
    button.disabled = false;
  }
});

function render({ text, type }) {
  if (type === undefined) return text;
  const mark = document.createElement("mark");
  mark.textContent = text;
  mark.title = mark.dataset.type = type;
  return mark;
}
