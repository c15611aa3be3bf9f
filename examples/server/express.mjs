// Recognitions below a path of an Express application. Start it, then:
//   curl http://127.0.0.1:3000/ner/v1/recognize --json '{ "text": "Aspirin can cause asthma." }'
import express from "express";
import { createServer } from "vaner-native/server";

const vaner = await createServer();
const app = express();
app.use("/ner", vaner.handle); // in front of express.json(): it reads bodies itself
app.get("/", (_request, response) => response.send("The application"));

const server = app.listen(Number(process.env.PORT ?? 3000), "127.0.0.1", () => {
  console.log(`http://127.0.0.1:${server.address().port}/ner/`);
});
process.once("SIGTERM", async () => {
  server.close();
  await vaner.close();
});
