import { fork } from "node:child_process";
import { once } from "node:events";
import { cpSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { extractAll } from "@electron/asar";
import { expect } from "@jest/globals";

/** The text that {@link ask} asks about. */
export const text = "Cisplatin-induced nephrotoxicity was seen in mice.";

/** Arguments of Node.js with which an IPC channel stands in for Electron's parentPort. */
export function withParentPort(): string[] {
  const parentPort = `
    import { EventEmitter } from "node:events";
    const port = Object.assign(new EventEmitter(), { postMessage: (message) => process.send(message) });
    port.once("newListener", () => process.on("message", (data) => port.emit("message", { data })));
    process.parentPort = port;`;
  return ["--import", `data:text/javascript,${encodeURIComponent(parentPort)}`];
}

/** Asks the example's utility process. */
export async function ask(app: string, env = process.env): Promise<unknown> {
  const child = fork(join(app, "recognizer.js"), { execArgv: withParentPort(), env });
  child.send({ id: 1, text });
  const ended = once(child, "exit").then(([code]) => [`ended with code ${code}`]);
  const [answer] = await Promise.race([once(child, "message"), ended]);
  child.kill();
  return answer;
}

/** What the example answers to {@link ask}. */
export const answer = {
  id: 1,
  entities: [
    expect.objectContaining({ type: "Chemical", text: "Cisplatin", start: 0 }),
    expect.objectContaining({ type: "Disease", text: "nephrotoxicity", start: 18 }),
    expect.objectContaining({ type: "Species", text: "mice", start: 45 }),
  ],
};

/**
 * Shows an archive to Node.js as Electron does: its JavaScript sees the archive as a folder, native code does not see
 * into it. The folder takes the archive's place, with files that native code needs unusable.
 * @param folder where to; it gets `app.asar` and `app.asar.unpacked`
 * @returns the path of `app.asar`, and its files that native code needs
 */
export function showArchive(archive: string, folder: string): { app: string; natives: string[] } {
  const app = join(folder, "app.asar");
  extractAll(archive, app);
  cpSync(`${archive}.unpacked`, `${app}.unpacked`, { recursive: true });
  const natives = readdirSync(app, { recursive: true, encoding: "utf8" }).filter(isNative);
  for (const path of natives) writeFileSync(join(app, path), "only readable through Electron");
  return { app, natives };
}

/** Whether native code opens the file. */
export function isNative(path: string): boolean {
  return /\.(node|so|dylib|dll|gguf)$/.test(path);
}
