// @ts-check
// The main process opens the window and passes texts on. It never computes, so the window never freezes.
import { join } from "node:path";
import { app, BrowserWindow, ipcMain, utilityProcess } from "electron";

const folder = import.meta.dirname;

/** @type {Map<number, { resolve: (entities: object[]) => void, reject: (error: Error) => void }>} */
const waiting = new Map();
let lastId = 0;

/** @type {import("electron").UtilityProcess | undefined} */
let recognizer;

/** Starts the utility process: at first, and again after a crash. */
function start() {
  const child = utilityProcess.fork(join(folder, "recognizer.js"), [], { serviceName: "recognizer" });
  child.on("message", ({ id, entities, error }) => {
    const { resolve, reject } = waiting.get(id) ?? {};
    waiting.delete(id);
    if (error === undefined) resolve?.(entities);
    else reject?.(new Error(error));
  });
  child.on("exit", (code) => {
    recognizer = undefined;
    for (const { reject } of waiting.values()) reject(new Error(`The recognizer ended with code ${code}.`));
    waiting.clear();
  });
  return child;
}

ipcMain.handle("recognize", (_event, text) => {
  recognizer ??= start();
  const id = ++lastId;
  recognizer.postMessage({ id, text });
  return new Promise((resolve, reject) => waiting.set(id, { resolve, reject }));
});

// Not `await`: Electron becomes ready only after this module has run.
app.whenReady().then(() => {
  recognizer = start(); // loads the model while the window opens
  const window = new BrowserWindow({ webPreferences: { preload: join(folder, "preload.cjs") } });
  window.loadFile(join(folder, "index.html"));
});

app.on("window-all-closed", () => app.quit());
