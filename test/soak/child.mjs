// A forked process: recognizes a text, and ends by itself though its recognizer is never disposed of.

process.once("message", async ({ library, model, text }) => {
  const { Recognizer } = await import(library);
  const recognizer = await Recognizer.load({ model, threads: 1 });
  process.send(await recognizer.recognize(text), () => process.disconnect());
});
process.send("ready"); // a message before that would be lost
