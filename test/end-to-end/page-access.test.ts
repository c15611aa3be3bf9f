import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { Page } from "playwright-core";
import { describeInChromium, open, useChromium } from "../support/chromium.js";
import { answerWith, field, problem, recognition, shows, summary } from "../support/page.js";
import { built, fixture } from "../support/paths.js";
import { serve, stopServers } from "../support/serve.js";

const text = "Aspirin can cause asthma.";
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const folder = mkdtempSync(join(tmpdir(), "vaner-page-"));
const tokens = join(folder, "tokens");
writeFileSync(tokens, "open-sesame\n");

let url = "";
let guarded = "";
useChromium();
beforeAll(async () => {
  ({ url } = await serve());
  ({ url: guarded } = await serve(
    ...["-m", fixture("tiny-f32"), "--max-characters", "30", "--token-file", tokens],
  ));
});
afterAll(() => {
  stopServers();
  rmSync(folder, { recursive: true });
});

/** What axe finds, as the rule and the element. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  return page.evaluate(
    `axe.run().then(({ violations }) =>
      violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => id + ": " + html)))`,
  );
}

describeInChromium("the page", () => {
  test.each([
    { width: 1280, colorScheme: "light" },
    { width: 1280, colorScheme: "dark" },
    { width: 360, colorScheme: "light" },
    { width: 360, colorScheme: "dark" },
  ] as const)("has nothing that axe minds, and fits, at $width pixels, $colorScheme", async (options) => {
    const { width, colorScheme } = options;
    const { page } = await open(url, { viewport: { width, height: 740 }, colorScheme });
    expect(await violations(page)).toEqual([]);
    await page.getByRole("button", { name: "Nested names" }).click();
    await shows(summary(page), "entities");
    expect(await violations(page)).toEqual([]);
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(width);
    const paper = await page.evaluate("getComputedStyle(document.body).backgroundColor");
    expect(paper).toBe(colorScheme === "light" ? "rgb(255, 255, 255)" : "rgb(13, 17, 23)");
  });

  test("loads nothing from elsewhere, and little", async () => {
    const { page, requests, errors } = await open(url);
    await field(page).fill(text);
    await shows(summary(page), "2 entities");
    expect(requests.filter((each) => !each.startsWith(`${url}/`))).toEqual([]);
    expect(errors).toEqual([]);
    const folder = built("page");
    const sizes = readdirSync(folder).map((name) => statSync(join(folder, name)).size);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(50 * 1024);
    const policy = (await fetch(url)).headers.get("content-security-policy");
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain("unsafe");
  });

  test("is used by the keyboard from top to bottom", async () => {
    const { page } = await open(url);
    await page.getByRole("button", { name: "Genetics" }).click();
    await shows(summary(page), "entities");
    await field(page).focus();
    const passed: string[] = [];
    for (let presses = 0; presses < 10; presses++) {
      await page.keyboard.press("Tab");
      passed.push(await page.evaluate("document.activeElement.id || document.activeElement.textContent"));
    }
    const boxes = ["", "", "", ""]; // the types
    expect(passed).toEqual(["threshold", ...boxes, "marked", "format", "download", "Metformin", "glucose"]);
  });
});

describeInChromium("a failure of the server", () => {
  test("that is busy is told, and it is asked again", async () => {
    const { page } = await open(url, { prepare: (page) => page.clock.install() });
    await page.route(
      recognition,
      (route) => route.fulfill({ status: 429, headers: { "retry-after": "7" }, json: {} }),
      { times: 1 },
    );
    await field(page).fill(text);
    await page.clock.runFor(250);
    await shows(problem(page), "The server is busy. Trying again in 7 seconds.");
    await page.clock.runFor(7000);
    await shows(summary(page), "2 entities");
    expect(await problem(page).innerText()).toBe("");
  });

  test("that does not answer is told, and it is asked again if one wants", async () => {
    const { page } = await open(url);
    await page.route(recognition, (route) => route.abort(), { times: 1 });
    await field(page).fill(text);
    await shows(problem(page), "The server does not answer.");
    await page.getByRole("button", { name: "Try again" }).click();
    await shows(summary(page), "2 entities");
    expect(await page.getByRole("button", { name: "Try again" }).count()).toBe(0);
  });

  test("that wants a token asks for it", async () => {
    const { page } = await open(guarded);
    await shows(problem(page), "This server wants a token.");
    expect(await violations(page)).toEqual([]);
    const token = page.getByLabel("Token");
    await token.fill("wrong");
    await token.press("Enter");
    await shows(problem(page), "This server does not know that token.");
    await token.fill("open-sesame");
    await token.press("Enter");
    await page.getByRole("checkbox").first().waitFor();
    expect([await problem(page).innerText(), await token.count()]).toEqual(["", 1]);
    expect(await token.isVisible()).toBe(false);

    await field(page).fill(`${text} ${text}`);
    await shows(problem(page), "The text has 51 characters, and 30 are allowed.");
    await page.route(recognition, answerWith([]));
    await field(page).fill(text);
    await shows(summary(page), "No entities.");
  });

  test("of a server in between is told in words as well", async () => {
    const { page } = await open(url);
    await page.route(recognition, (route) => route.fulfill({ status: 413, body: "<h1>413</h1>" }));
    await field(page).fill(text);
    await shows(problem(page), "The text is too large for this server.");
    await page.route(recognition, (route) => route.fulfill({ body: "<h1>Welcome</h1>" }));
    await page.getByRole("button", { name: "Genetics" }).click();
    await shows(problem(page), "The answer of the server cannot be read.");
  });
});
