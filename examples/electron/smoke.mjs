// @ts-check
/**
 * Finds entities in Electron's main process and in the utility process.
 *
 * Usage: electron smoke.mjs <this folder, or the app.asar made of it>
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { app, utilityProcess } from "electron";

const example = resolve(process.argv.at(-1));
const text = "Cisplatin-induced nephrotoxicity was seen in mice.";
const found = (entities) => entities.map(({ text }) => text).join(" ");
const expected = "Cisplatin nephrotoxicity mice";

async function inMainProcess() {
  const { Recognizer } = createRequire(join(example, "main.js"))("vaner-native");
  const recognizer = await Recognizer.load();
  assert.equal(found(await recognizer.recognize(text)), expected);
  await recognizer.dispose();
}

async function inUtilityProcess() {
  const recognizer = utilityProcess.fork(join(example, "recognizer.js"));
  recognizer.postMessage({ id: 1, text });
  const [{ entities, error }] = await once(recognizer, "message");
  assert.equal(error, undefined);
  assert.equal(found(entities), expected);
}

app
  .whenReady()
  .then(inMainProcess)
  .then(inUtilityProcess)
  .then(
    () => app.exit(0),
    (error) => {
      console.error(error);
      app.exit(1);
    },
  );
