// The main process of an Electron application that serves recognitions on this machine.
import { fileURLToPath } from "node:url";
import { app, utilityProcess } from "electron";

await app.whenReady();
const server = utilityProcess.fork(fileURLToPath(new URL("electron-server.mjs", import.meta.url)));
server.once("message", (url) => console.log(url)); // give it to a window or to another program
app.once("will-quit", () => server.postMessage("close"));
