import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { Page } from "playwright-core";
import { describeInChromium, open, useChromium } from "../support/chromium.js";
import { field, problem, rowsOf, shows, summary } from "../support/page.js";
import { serve, stopServers } from "../support/serve.js";

const text = "Aspirin can cause asthma.";

let url = "";
useChromium();
beforeAll(async () => {
  ({ url } = await serve());
});
afterAll(stopServers);

const fileOf = (name: string, content: string | Buffer) => ({
  name,
  mimeType: "application/octet-stream",
  buffer: Buffer.from(content),
});

const pubtator = `1|t|${text}\n1|a|It is an old drug.\n\n2|t|Gastritis\n2|a|Ibuprofen was the cause.\n\n`;

describeInChromium("a file", () => {
  test("is read in the format that it has", async () => {
    const { page, errors } = await open(url);
    await page.getByLabel("Open a file").setInputFiles(fileOf("two.txt.gz", gzipSync(pubtator)));
    await shows(summary(page), "2 entities");
    expect(await field(page).inputValue()).toBe(`${text}\n\nIt is an old drug.`);
    const choice = page.getByRole("combobox", { name: "Document" });
    expect(await choice.locator("option").allInnerTexts()).toEqual(["1 (1 of 2)", "2 (2 of 2)"]);
    await choice.selectOption({ index: 1 });
    await shows(page.locator("#rows"), "Ibuprofen");
    expect(await field(page).inputValue()).toBe("Gastritis\n\nIbuprofen was the cause.");
    expect(errors).toEqual([]);
  });

  test("may be dropped", async () => {
    const { page } = await open(url);
    const dataTransfer = await page.evaluateHandle(`
      const transfer = new DataTransfer();
      transfer.items.add(new File([${JSON.stringify(`${text}\r\n${text}\r\n`)}], "some.txt"));
      transfer;`);
    await field(page).dispatchEvent("dragover", { dataTransfer });
    await field(page).dispatchEvent("drop", { dataTransfer });
    await shows(summary(page), "4 entities");
    expect((await rowsOf(page)).map(([name, , start]) => [name, start])).toEqual([
      ["Aspirin", "0"],
      ["asthma", "18"],
      ["Aspirin", "26"],
      ["asthma", "44"],
    ]);
    expect(await page.getByRole("combobox", { name: "Document" }).count()).toBe(0);
  });

  test("may be pasted", async () => {
    const { page } = await open(url);
    await page.evaluate(`
      const clipboardData = new DataTransfer();
      clipboardData.items.add(new File([${JSON.stringify(text)}], "some.txt"));
      document.body.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true }));`);
    await shows(summary(page), "2 entities");
    expect(await field(page).inputValue()).toBe(text);
  });

  test("that cannot be read leaves the text as it is", async () => {
    const { page } = await open(url);
    await field(page).fill(text);
    await shows(summary(page), "2 entities");
    await page
      .getByLabel("Open a file")
      .setInputFiles(fileOf("broken.xml", "<collection><document></collection>"));
    await shows(problem(page), "broken.xml:1: this is not well-formed XML");
    expect(await field(page).inputValue()).toBe(text);
    await field(page).press("End");
    await page.keyboard.type(" Aspirin can cause gastritis.");
    await shows(summary(page), "4 entities");
    expect(await problem(page).innerText()).toBe("");
  });
});

describeInChromium("a download", () => {
  /** Downloads what is shown in a format, by its title. */
  async function download(page: Page, title: string): Promise<{ name: string; content: string }> {
    await page.getByRole("combobox", { name: "Format" }).selectOption(title);
    const started = page.waitForEvent("download");
    await page.getByRole("button", { name: "Download what is shown" }).click();
    const file = await started;
    return { name: file.suggestedFilename(), content: readFileSync(await file.path(), "utf8") };
  }

  test("has the entities that are shown, in the format that is chosen", async () => {
    const { page, errors } = await open(url);
    const button = page.getByRole("button", { name: "Download what is shown" });
    expect(await button.isDisabled()).toBe(true);
    await field(page).fill(`😀 ${text} 25 patients had gout.`);
    await shows(summary(page), "1 Species");
    await page.getByRole("checkbox", { name: "Species" }).uncheck();
    await shows(summary(page), "3 of 4 entities");

    const json = await download(page, "JSON lines");
    expect(json.name).toBe("entities.jsonl");
    const { id, entities } = JSON.parse(json.content);
    expect([id, ...entities.map((entity: { text: string }) => entity.text)]).toEqual([
      "text",
      "Aspirin",
      "asthma",
      "gout",
    ]);
    expect(entities.map((entity: { score: number }) => entity.score.toFixed(3))).toEqual(
      (await rowsOf(page)).map(([, , , , score]) => score),
    );
    expect((await download(page, "PubTator")).content).toContain("\t3\t10\tAspirin\tChemical");
    const bioc = await download(page, "BioC XML");
    expect(bioc.name).toBe("entities.bioc.xml");
    expect(bioc.content).toContain('<infon key="type">Chemical</infon>');
    expect(JSON.parse((await download(page, "BioC JSON")).content).documents[0].id).toBe("text");
    const html = await download(page, "HTML");
    expect(html.content).toContain("Aspirin</mark>");
    expect(html.content).not.toContain("Species");
    expect(errors).toEqual([]);
  });
});
