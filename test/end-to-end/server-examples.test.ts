import { type ChildProcess, execFile, fork, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, expect, test } from "@jest/globals";
import { read } from "../support/documentation.js";
import { withParentPort } from "../support/electron.js";
import { fixture, root } from "../support/paths.js";
import { serve, stopServers } from "../support/serve.js";

const children: ChildProcess[] = [];
afterEach(() => {
  stopServers();
  for (const child of children.splice(0)) child.kill("SIGKILL");
});

const example = (name: string) => join(root, "examples", "server", name);

async function recognize(url: string) {
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify({ text: "Aspirin can cause asthma." });
  return (await fetch(`${url}/v1/recognize`, { method: "POST", headers, body })).json();
}

const answer = { entities: [{ text: "Aspirin" }, { text: "asthma" }] };

test("the application of Express answers below its path, and beside it", async () => {
  const child = spawn(process.execPath, [example("express.mjs")], { env: { ...process.env, PORT: "0" } });
  children.push(child);
  const [line] = await once(child.stdout, "data");
  const url = String(line).trim().replace(/\/$/, "");
  expect(await recognize(url)).toMatchObject(answer);
  expect(await (await fetch(new URL("/", url))).text()).toBe("The application");
  child.kill("SIGTERM");
  if (process.platform !== "win32") expect(await once(child, "exit")).toEqual([0, null]);
});

test("the server of Electron's utility process answers, and ends", async () => {
  const child = fork(example("electron-server.mjs"), { execArgv: withParentPort() });
  children.push(child);
  const [url] = await once(child, "message");
  expect(await recognize(url)).toMatchObject(answer);
  child.send("close");
  expect(await once(child, "exit")).toEqual([0, null]);
});

const withCurl = / 7\.8[2-9]| [89]\./.test(String(spawnSync("curl", ["--version"]).stdout)); // --json
if (!withCurl) process.stderr.write("No curl with --json: the README's call of the server is not tried.\n");

(withCurl ? test : test.skip)("the README's call of the server works", async () => {
  const { url } = await serve("-m", fixture("tiny-f32"));
  const [line = ""] = /^ {4}curl .*'/m.exec(read("README.md")) ?? [];
  const command = line.trim().replace("http://127.0.0.1:8080", url);
  expect(command).toContain(url);
  const { stdout } = await promisify(execFile)("sh", ["-c", `${command} --silent --fail`]);
  expect(JSON.parse(stdout)).toMatchObject({ entities: expect.any(Array) });
});
