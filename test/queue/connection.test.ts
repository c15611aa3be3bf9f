import { expect, test } from "@jest/globals";
import { checkQueueName, connect } from "../../lib/queue/connection.js";

test.each([
  ["redis://me:secret@127.0.0.1:1/2", "ERR_VANER_QUEUE", "Redis at redis://127.0.0.1:1 cannot be reached: "],
  ["redis://me:secret@[", "ERR_VANER_INVALID_ARGUMENT", "must be a URL such as redis://127.0.0.1:6379."],
  ["http://me:secret@127.0.0.1", "ERR_VANER_INVALID_ARGUMENT", "must be a URL such as "],
])("a connection that fails tells no password: %s", async (url, code, message) => {
  const error = await connect(url).catch((reason) => reason);
  expect(error).toMatchObject({ code, message: expect.stringContaining(message) });
  expect(error.message).not.toContain("secret");
});

test.each(["redis://127.0.0.1/x", "redis://127.0.0.1/0/1"])("the database is a number: %s", async (url) => {
  await expect(connect(url)).rejects.toMatchObject({
    code: "ERR_VANER_INVALID_ARGUMENT",
    message: "`redis` must end with the number of a database, such as redis://127.0.0.1:6379/1.",
  });
});

test.each(["", "a:b", 1, undefined])("is no name of a queue: %j", (name) => {
  expect(() => checkQueueName(name)).toThrow("`queue` must be a name without colons");
});
