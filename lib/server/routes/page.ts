import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import type { FastifyInstance, FastifySchema } from "fastify";
import { packageRoot } from "../../package-root.js";

const mediaTypes: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
};

interface PageFile {
  readonly content: Buffer;
  readonly mediaType: string;
  /** Of the content, so that a browser keeps it as long as it is the same. */
  readonly tag: string;
}

/** `GET /` and its files, below `/page`: the page of the package, or links where a bundler left it out. */
export function pageRoutes(app: FastifyInstance): void {
  const files = readPage();
  const links = { links: ["/v1/model", "/openapi.json", "/healthz", "/metrics"] };
  const schema = { summary: "A page to try it" };
  const index = files.get("index.html");
  if (index) serve("/", index, schema);
  else app.get("/", { schema }, async () => links);
  for (const [name, file] of files) serve(`/page/${name}`, file, { hide: true }); // not part of the API

  function serve(url: string, { content, mediaType, tag }: PageFile, schema: FastifySchema): void {
    app.get(url, { schema }, async (request, reply) => {
      reply.header("etag", tag).header("cache-control", "no-cache");
      if (request.headers["if-none-match"] === tag) return reply.code(304).send();
      return reply.type(mediaType).send(content);
    });
  }
}

/** The files that the build makes of `lib/server/page`. */
function readPage(): ReadonlyMap<string, PageFile> {
  const files = new Map<string, PageFile>();
  const root = packageRoot();
  if (root === undefined) return files;
  const folder = join(root, "dist", "page");
  for (const name of namesIn(folder)) {
    const mediaType = mediaTypes[extname(name)];
    if (mediaType === undefined) continue;
    const content = readFileSync(join(folder, name));
    const tag = `"${createHash("sha256").update(content).digest("base64url")}"`;
    files.set(name, { content, mediaType, tag });
  }
  return files;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
