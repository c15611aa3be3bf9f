import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, describe } from "@jest/globals";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { onTestFinished } from "./cleanup.js";

const path = (process.env["PATH"] ?? "")
  .split(delimiter)
  .flatMap((folder) => ["chromium", "chromium-browser", "google-chrome"].map((name) => join(folder, name)))
  .find(existsSync);

if (path === undefined) process.stderr.write("No Chromium: the tests of the page are skipped.\n");

/** A group of tests that need Chromium; skipped where there is none. */
export const describeInChromium = path === undefined ? describe.skip : describe;

let browser: Browser;

/** Starts the browser for all tests of a file. */
export function useChromium(): void {
  if (path === undefined) return;
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: path });
  });
  afterAll(() => browser.close());
}

/** A page that was opened, and what went wrong in it. */
export interface OpenedPage {
  readonly page: Page;
  /** Messages of scripts and of the Content-Security-Policy. */
  readonly errors: string[];
  /** Addresses of all requests. */
  readonly requests: string[];
}

/** Opens a page until the test ends. */
export async function open(
  url: string,
  { prepare, ...options }: BrowserContextOptions & { prepare?: (page: Page) => Promise<unknown> } = {},
): Promise<OpenedPage> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  onTestFinished(() => context.close());
  const page = await context.newPage();
  const errors: string[] = [];
  const requests: string[] = [];
  page.on("pageerror", ({ message }) => errors.push(message));
  page.on("console", (message) => {
    if (message.type() === "error") errors.push(message.text());
  });
  page.on("request", (request) => requests.push(request.url()));
  await prepare?.(page);
  await page.goto(url);
  return { page, errors, requests };
}
