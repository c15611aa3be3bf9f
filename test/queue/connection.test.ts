import { expect, test } from "@jest/globals";
import { connect } from "../../lib/queue/connection.js";

test.each([
  ["redis://me:secret@127.0.0.1:1/2", "ERR_VANER_QUEUE", "Redis at redis://127.0.0.1:1 cannot be reached: "],
  ["redis://me:secret@[", "ERR_VANER_INVALID_ARGUMENT", "must be a URL such as redis://127.0.0.1:6379."],
  ["http://me:secret@127.0.0.1", "ERR_VANER_INVALID_ARGUMENT", "must be a URL such as "],
])("a connection that fails tells no password: %s", async (url, code, message) => {
  const error = await connect(url).catch((reason) => reason);
  expect(error).toMatchObject({ code, message: expect.stringContaining(message) });
  expect(error.message).not.toContain("secret");
});
