import type { Entity } from "../../decoding/entities.js";
import { Calls, type FormatFacts, type ModelFacts, type PlainDocument } from "./recognition/calls.js";
import type { CallFailure } from "./recognition/failure.js";
import { LiveRecognition } from "./recognition/live-recognition.js";
import { moveEntities } from "./recognition/moved-entities.js";
import { save } from "./texts/download.js";
import { offerTexts } from "./texts/text-source.js";
import { elementOf } from "./view/element.js";
import { EntityTable } from "./view/entity-table.js";
import { MarkedText } from "./view/marked-text.js";
import { summaryOf } from "./view/summary.js";
import { TypeChoice } from "./view/type-choice.js";

const input = elementOf("text", HTMLTextAreaElement);
const threshold = elementOf("threshold", HTMLInputElement);
const problem = elementOf("problem", HTMLElement);
const again = elementOf("again", HTMLButtonElement);
const tokenForm = elementOf("token-form", HTMLFormElement);
const summary = elementOf("summary", HTMLElement);
const marked = elementOf("marked", HTMLElement);
const modelChoice = elementOf("model", HTMLSelectElement);
const formatChoice = elementOf("format", HTMLSelectElement);
const downloadButton = elementOf("download", HTMLButtonElement);

/** Longest text whose marks follow each key, in code units; those of longer ones wait for the answer. */
const quickLength = 20_000;

let id = "";
let text = "";
/** All that are known of the text, whether they are shown or not. */
let entities: readonly Entity[] = [];
let formats: readonly FormatFacts[] = [];

const calls = new Calls();
const recognition = new LiveRecognition(calls, takeAnswer, report);
const markedText = new MarkedText(marked);
const table = new EntityTable((entity) => markedText.focus(entity));
const types = new TypeChoice(elementOf("types", HTMLElement), showWithSummary);

offerTexts({ calls, take: takeDocument, failure: report });
input.addEventListener("input", takeEdit);
threshold.addEventListener("input", showWithSummary);
again.addEventListener("click", start);
tokenForm.addEventListener("submit", (event) => {
  event.preventDefault();
  calls.token = elementOf("token", HTMLInputElement).value;
  start();
});
modelChoice.addEventListener("change", () => {
  calls.model = modelChoice.value;
  start();
});
downloadButton.addEventListener("click", download);
start();

/** Asks the server what it offers, and recognizes what is already in the input field. */
async function start(): Promise<void> {
  const { model } = calls;
  try {
    const [facts, known] = await Promise.all([calls.facts(), calls.formats()]);
    if (model !== calls.model) return; // another one was chosen meanwhile
    clearProblem();
    offerChoices(facts, known);
    recognize(0);
  } catch (error) {
    report(error as CallFailure);
  }
}

function offerChoices(facts: ModelFacts, known: readonly FormatFacts[]): void {
  const { name, models, types: names, version } = facts;
  elementOf("about", HTMLElement).textContent = `vaner ${version}, model ${name}`;
  types.add(names);
  if (formats.length > 0) return; // the choices are there
  elementOf("models", HTMLElement).hidden = models.length < 2;
  modelChoice.replaceChildren(...models.map((each) => new Option(each)));
  formats = known;
  const writable = formats.filter((format) => format.writable);
  formatChoice.replaceChildren(
    ...writable.map((format) => new Option(format.title, format.name, false, format.name === "jsonl")),
  );
}

function takeDocument(document: PlainDocument): void {
  id = document.id;
  input.value = document.text;
  text = input.value; // with the line ends that the field made of them
  entities = [];
  show();
  recognize(0);
}

function takeEdit(): void {
  entities = moveEntities(entities, text, input.value);
  text = input.value;
  if (text.length <= quickLength) show();
  recognize();
}

/** @param delay in milliseconds; default: a pause of typing */
function recognize(delay?: number): void {
  downloadButton.disabled = text.trim() === "";
  marked.ariaBusy = "true";
  recognition.request(text, delay);
}

function takeAnswer(found: readonly Entity[]): void {
  entities = found;
  clearProblem();
  types.add(found.map(({ type }) => type));
  showWithSummary();
}

function show(): Entity[] {
  const lowest = threshold.valueAsNumber;
  const scored = entities.filter(({ score }) => score >= lowest);
  const shown = scored.filter(({ type }) => types.isOn(type));
  types.count(scored);
  markedText.show(text, shown);
  table.show(shown);
  return shown;
}

/** The summary is read out by screen readers, so it does not change with each key. */
function showWithSummary(): void {
  elementOf("threshold-value", HTMLElement).textContent = threshold.valueAsNumber.toFixed(2);
  const shown = show();
  summary.textContent = text.trim() === "" ? "" : summaryOf(shown, entities.length);
}

function report({ message, status }: CallFailure): void {
  marked.ariaBusy = "false";
  problem.textContent = message;
  tokenForm.hidden = status !== 401;
  again.hidden = status !== 0 && status !== 429 && status < 500;
}

function clearProblem(): void {
  marked.ariaBusy = "false";
  problem.textContent = "";
  tokenForm.hidden = true;
  again.hidden = true;
}

async function download(): Promise<void> {
  const format = formats.find(({ name }) => name === formatChoice.value);
  if (!format) return;
  try {
    const content = await calls.writeDocument({ id: id || "text", text }, show(), format.name);
    clearProblem();
    save(content, `entities.${format.extensions[0]}`);
  } catch (error) {
    report(error as CallFailure);
  }
}
