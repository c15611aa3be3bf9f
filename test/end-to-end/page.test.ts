import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { Entity } from "../../lib/index.js";
import { describeInChromium, open, useChromium } from "../support/chromium.js";
import { answerWith, field, recognition, rowsOf, shows, summary } from "../support/page.js";
import { fixture } from "../support/paths.js";
import { serve, stopServers } from "../support/serve.js";

const text = "Aspirin can cause asthma.";

let url = "";
useChromium();
beforeAll(async () => {
  ({ url } = await serve());
});
afterAll(stopServers);

/** What the server finds. */
async function found(text: string): Promise<Entity[]> {
  const headers = { "content-type": "application/json" };
  const response = await fetch(`${url}/v1/recognize`, {
    method: "POST",
    headers,
    body: JSON.stringify({ text }),
  });
  return ((await response.json()) as { entities: Entity[] }).entities;
}

const rowOf = ({ text, type, start, end, score }: Entity) => [
  text,
  type,
  `${start}`,
  `${end}`,
  score.toFixed(3),
];

describeInChromium("a text", () => {
  test("is marked as it is typed, and listed with offsets and scores", async () => {
    const { page, errors } = await open(url);
    await field(page).pressSequentially(text);
    await shows(summary(page), "2 entities: 1 Chemical, 1 Disease.");
    expect(await page.locator("mark").allTextContents()).toEqual(["Aspirin", "asthma"]);
    expect(await page.locator("#marked").textContent()).toBe("AspirinChemical can cause asthmaDisease.");
    expect(await rowsOf(page)).toEqual((await found(text)).map(rowOf));
    expect(errors).toEqual([]);
  });

  test("is sent in a pause, and the answer to an older one is dropped", async () => {
    const { page } = await open(url, { prepare: (page) => page.clock.install() });
    const sent: string[] = [];
    const aborted: string[] = [];
    page.on("requestfailed", (request) => aborted.push(request.postDataJSON().text));
    let answerOldest = () => {};
    await page.route(recognition, async (route) => {
      const { text: asked } = route.request().postDataJSON();
      sent.push(asked);
      if (sent.length > 1) return route.continue();
      await new Promise<void>((resolve) => {
        answerOldest = resolve;
      });
      await answerWith([{ type: "Old", text: "Old", start: 0, end: 3, score: 1 }])(route).catch(() => {});
    });
    await field(page).pressSequentially("Old");
    expect(sent).toEqual([]);
    const request = page.waitForRequest(recognition);
    await page.clock.runFor(250);
    await request;
    await field(page).fill(text);
    const failed = page.waitForEvent("requestfailed");
    await page.clock.runFor(250);
    await failed;
    answerOldest();
    await shows(summary(page), "2 entities");
    expect([sent, aborted]).toEqual([["Old", text], ["Old"]]);
  });

  test("keeps its marks outside of an edit until the answer comes", async () => {
    const { page } = await open(url);
    await field(page).fill(text);
    await shows(summary(page), "2 entities");
    await page.route(recognition, () => {}); // no answer
    await field(page).press("Home");
    await field(page).pressSequentially("So ");
    expect(await rowsOf(page)).toEqual([
      expect.arrayContaining(["Aspirin", "3", "10"]),
      expect.arrayContaining(["asthma", "21", "27"]),
    ]);
  });

  test("that is long is marked when its answer comes", async () => {
    const { page } = await open(url);
    await page.route(
      recognition,
      answerWith([{ type: "Gene", text: "a", start: 50_000, end: 50_001, score: 1 }]),
    );
    await field(page).fill("a".repeat(100_000));
    await shows(summary(page), "1 entity: 1 Gene.");
    expect(await page.locator("mark").count()).toBe(1);
  });

  test("is never read as HTML, nor is a type", async () => {
    const { page, errors } = await open(url);
    const markup = '<img src="x" onerror="alert(1)"><script>alert(2)</script>&amp;';
    const type = "<b>Type</b>";
    await page.route(recognition, answerWith([{ type, text: "<img", start: 0, end: 4, score: 0.5 }]));
    await field(page).fill(markup);
    await shows(summary(page), `1 entity: 1 ${type}.`);
    expect(await page.locator("#marked").textContent()).toBe(markup.replace("<img", `<img${type}`));
    expect(await page.locator("img, b, main script").count()).toBe(0);
    expect(errors).toEqual([]);
  });

  test("shows nested and overlapping entities in lanes and colours of their own", async () => {
    const { page } = await open(url);
    const entity = (type: string, start: number, end: number) => ({ type, text: "", start, end, score: 0.9 });
    const entities = [entity("Disease", 0, 10), entity("Gene", 2, 6), entity("Species", 4, 14)];
    await page.route(recognition, answerWith(entities));
    await field(page).fill("abcdefghijklmnop");
    await shows(summary(page), "3 entities");
    // Of each stretch: its text, its lanes, and the number of its colours.
    const stretches = await page.evaluate(
      `[...document.querySelectorAll("#marked mark")].filter((mark) => !mark.firstElementChild).map((mark) => {
        const styles = [];
        for (let each = mark; each.matches("mark"); each = each.parentElement) styles.unshift(each.style);
        const valuesOf = (name) => styles.map((style) => style.getPropertyValue(name));
        return [mark.textContent, valuesOf("--lane").join(), new Set(valuesOf("--c")).size];
      })`,
    );
    expect(stretches).toEqual([
      ["ab", "0", 1],
      ["cd", "0,1", 2],
      ["ef", "0,1,2", 3],
      ["ghij", "0,2", 2],
      ["klmn", "2", 1],
    ]);
  });
});

describeInChromium("a model", () => {
  test("is chosen where the server has several", async () => {
    const { url } = await serve("-m", fixture("tiny-f32"), "-m", `heads=${fixture("tiny-heads-f32")}`);
    const { page } = await open(url);
    const choice = page.getByRole("combobox", { name: "Model" });
    const options = choice.locator("option");
    await options.first().waitFor({ state: "attached" });
    expect(await options.allTextContents()).toEqual(["tiny-f32", "heads"]);
    await page.route(recognition, answerWith([]));
    const asked = async (act: Promise<unknown>) => {
      const [request] = await Promise.all([page.waitForRequest(recognition), act]);
      return request.postDataJSON();
    };
    expect(await asked(field(page).fill(text))).toEqual({ text });
    expect(await asked(choice.selectOption("heads"))).toEqual({ text, model: "heads" });
    await shows(page.locator("#about"), "model heads");
  });
});

describeInChromium("what is shown", () => {
  test("depends on the types that are switched on", async () => {
    const { page } = await open(url);
    await field(page).fill(text);
    await shows(summary(page), "2 entities");
    const types = page.getByRole("group", { name: "Types" });
    expect(await types.locator("label").allTextContents()).toEqual([
      "Disease 1",
      "Chemical 1",
      "Gene 0",
      "Species 0",
    ]);
    await types.getByRole("checkbox", { name: "Disease" }).press("Space");
    await shows(summary(page), "1 of 2 entities: 1 Chemical.");
    expect(await page.locator("mark").allTextContents()).toEqual(["Aspirin"]);
    expect(await rowsOf(page)).toHaveLength(1);
    await types.getByRole("checkbox", { name: "Disease" }).press("Space");
    await shows(summary(page), "2 entities: 1 Chemical, 1 Disease.");
  });

  test("depends on the lowest score", async () => {
    const { page } = await open(url);
    const entity = { type: "Gene", text: "a", start: 0, end: 1 };
    await page.route(
      recognition,
      answerWith([
        { ...entity, score: 0.7 },
        { ...entity, type: "Disease", score: 0.97 },
      ]),
    );
    await field(page).fill("a b");
    await shows(summary(page), "2 entities");
    const threshold = page.getByRole("slider", { name: "Lowest score" });
    await threshold.fill("0.96");
    await threshold.press("ArrowRight");
    await shows(summary(page), "1 of 2 entities: 1 Disease.");
    expect(await page.locator("output").innerText()).toBe("0.97");
    expect(await page.locator("mark").count()).toBe(1);
    await threshold.press("End");
    await shows(summary(page), "0 of 2 entities.");
  });

  test("is a table of few rows at first", async () => {
    const { page } = await open(url);
    const entities = Array.from({ length: 1000 }, (_, at) => {
      return { type: "Gene", text: "a", start: at, end: at + 1, score: 0.9 };
    });
    await page.route(recognition, answerWith(entities));
    await field(page).fill("a".repeat(1000));
    const more = page.getByRole("button", { name: "Show all 1000 rows" });
    await more.waitFor();
    expect(await page.locator("#rows tr").count()).toBe(200);
    await more.press("Enter");
    expect(await page.locator("#rows tr").count()).toBe(1000);
    expect(await page.locator("#rows tr:nth-child(201) button:focus").count()).toBe(1);
  });

  test("is found in the text from the table, by the keyboard", async () => {
    const { page } = await open(url);
    await page.getByRole("button", { name: "Nested names" }).press("Enter");
    await page.getByRole("button", { name: "hemolysis" }).press("Enter");
    expect(await page.locator("mark:focus").innerText()).toBe("hemolysis");
  });
});
