// The only doorway from the page to the application. Sandboxed preload scripts must be CommonJS.
const { contextBridge, ipcRenderer } = require("electron");

contextBridge.exposeInMainWorld("vaner", {
  recognize: (text) => ipcRenderer.invoke("recognize", text),
});
