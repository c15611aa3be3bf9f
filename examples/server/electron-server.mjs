// The utility process: a crash of it does not close the application.
import { createServer } from "vaner-native/server";

const server = await createServer();
process.parentPort.once("message", async () => {
  await server.close();
  process.exit();
});
process.parentPort.postMessage(await server.listen({ port: 0 }));
