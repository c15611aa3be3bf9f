import type { Locator, Page, Route } from "playwright-core";

// Parts of the page of `vaner serve`.

export const field = (page: Page): Locator => page.getByRole("textbox", { name: "Text" });
export const summary = (page: Page): Locator => page.getByRole("status");
export const problem = (page: Page): Locator => page.getByRole("alert");

/** Waits until an element has this text. */
export async function shows(element: Locator, content: string): Promise<void> {
  await element.filter({ hasText: content }).waitFor();
}

/** The rows of the table. */
export async function rowsOf(page: Page): Promise<string[][]> {
  const rows = await page.locator("#rows tr").all();
  return Promise.all(rows.map((row) => row.locator("th, td").allTextContents()));
}

/** What the page asks for an answer to a text. */
export const recognition = "**/v1/recognize";

/** Answers a recognition with other entities than the model's. */
export function answerWith(entities: object[]): (route: Route) => Promise<void> {
  return (route) => route.fulfill({ json: { entities } });
}
