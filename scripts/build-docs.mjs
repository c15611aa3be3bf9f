// @ts-check
/**
 * Builds the documentation as a site in build/docs: the Markdown pages as they stand, an API reference from doc
 * comments, and an error reference from lib/errors.ts. Fails on broken links.
 *
 * Usage: npm run docs
 */
import { readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { Application, Converter, DocumentReflection } from "typedoc";
import typescript from "typescript";
import "./report-failure.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const out = join(root, "build", "docs");

const index = "docs/README.md";
/** Pages that the index does not list. */
const unlisted = [
  index,
  "CHANGELOG.md",
  "SECURITY.md",
  "test/README.md",
  "test/fixtures/README.md",
  "test/fixtures/tokenizer-folders/README.md",
];

/** The pages that the index lists, in its order, and the heading that each stands below. */
function listedPages() {
  const [, ...sections] = read(index).split(/^## /m);
  const pages = sections.flatMap((section) => {
    const heading = section.slice(0, section.indexOf("\n"));
    return [...section.matchAll(/^\| \[.+?\]\((.+?)\) \|/gm)].map(([, path]) => ({
      path: relative(root, join(root, "docs", String(path))),
      heading,
    }));
  });
  return new Map(pages.map(({ path, heading }) => [path, heading]));
}

/** The table of lib/errors.ts as Markdown. */
async function errorReference() {
  const { outputText } = typescript.transpileModule(read("lib/errors.ts"), {
    compilerOptions: { module: typescript.ModuleKind.ESNext, target: typescript.ScriptTarget.ES2023 },
  });
  const { errorCodes } = await import(`data:text/javascript,${encodeURIComponent(outputText)}`);
  const entries = Object.entries(errorCodes).map(([code, meaning]) => `## ${code}\n\n${meaning}\n`);
  const introduction =
    "Every error of this library is a `VanerError` with one of these codes. The message names cause and remedy.";
  return `# Errors\n\n${introduction}\n\n${entries.join("\n")}`;
}

/** @param {string} path */
function read(path) {
  return readFileSync(join(root, path), "utf8");
}

const started = performance.now();
const pages = listedPages();
const application = await Application.bootstrapWithPlugins({
  entryPoints: [join(root, "lib", "index.ts")],
  tsconfig: join(root, "tsconfig.json"),
  out,
  name: "vaner-native",
  readme: join(root, "README.md"),
  projectDocuments: [...pages.keys(), ...unlisted].map((path) => join(root, path)),
  sort: ["documents-first", "source-order"],
  groupOrder: [...new Set(pages.values()), "Project", "Classes", "Functions", "*"],
  navigationLinks: { GitHub: JSON.parse(read("package.json")).homepage },
  navigation: { includeGroups: true },
  excludeInternal: true,
  disableSources: true,
  skipErrorChecking: true, // `npm run typecheck` does that
  alwaysCreateEntryPointModule: false,
  highlightLanguages: ["js", "ts", "json", "sh", "yaml"],
  logLevel: "Warn",
});

application.converter.on(Converter.EVENT_CREATE_DOCUMENT, (_, page) => {
  const path = relative(root, page.project.files.getReflectionPath(page) ?? "");
  const [, title] = /^# (.+)$/m.exec(read(path)) ?? [];
  if (title !== undefined) page.name = title.replaceAll("`", "");
  page.frontmatter["group"] = pages.get(path) ?? "Project";
});
const errors = await errorReference();
application.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
  const page = new DocumentReflection("Errors", project, [{ kind: "text", text: errors }], {
    group: pages.get("docs/api.md") ?? "Project",
  });
  project.addChild(page);
  project.registerReflection(page, undefined, undefined);
});

const reflections = await application.convert();
if (reflections) {
  application.validate(reflections);
  // Checks the fragments of links, too.
  await application.generateOutputs(reflections);
}
if (application.logger.hasErrors() || application.logger.hasWarnings()) {
  console.error("The documentation has the problems above.");
  process.exit(1);
}
const seconds = ((performance.now() - started) / 1000).toFixed(0);
console.error(`built ${relative(process.cwd(), join(out, "index.html"))} in ${seconds} s`);
