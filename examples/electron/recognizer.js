// @ts-check
// The utility process: it loads the model once and answers texts. If it crashes, the application lives on.
import { Recognizer } from "vaner-native";

const loading = Recognizer.load();
loading.catch(() => {}); // every answer reports it

process.parentPort.on("message", async ({ data: { id, text } }) => {
  try {
    const recognizer = await loading;
    process.parentPort.postMessage({
      id,
      entities: await recognizer.recognize(text, { overlaps: "resolve" }),
    });
  } catch (error) {
    process.parentPort.postMessage({ id, error: String(error) });
  }
});
