import * as Type from "typebox";
import { documentFormats } from "../documents/registry.js";
import type { TextInput } from "../text/input.js";
import type { KnownLimits } from "./limits.js";

/** Objects are closed: a field that is not known is an error, not ignored. */
const closed = { additionalProperties: false } as const;

const names = Type.Array(Type.String());

const textInput = Type.Unsafe<TextInput>({
  description: "a string, or an object with either `words` or `sentences`",
  anyOf: [
    Type.String(),
    Type.Object({ words: names }, closed),
    Type.Object({ sentences: Type.Array(names) }, closed),
  ],
});

/** Options of a recognition, as the library has them. */
const recognition = {
  types: Type.Optional(Type.Array(Type.String(), { description: "Entity types to find. Default: all." })),
  dataset: Type.Optional(Type.String({ description: "Dataset whose annotation guidelines to follow." })),
  instruction: Type.Optional(Type.String({ description: "Id of an instruction to use for all types." })),
  overlaps: Type.Optional(
    Type.Enum(["keep", "resolve"], {
      description: "Entities of different types that overlap. Default: keep.",
    }),
  ),
  aggregation: Type.Optional(
    Type.Enum(["first", "average", "max", "simple"], {
      description: "How the tokens of a word give it its label. Default: by the model.",
    }),
  ),
  consistency: Type.Optional(
    Type.Boolean({ description: "Find again in a text what was found in it once. Default: true." }),
  ),
  lines: Type.Optional(
    Type.Boolean({ description: "Whether every line is a sentence, or none. Default: as the text looks." }),
  ),
};

const model = Type.Optional(Type.String({ description: "Name of the model. Default: the first one." }));

export const modelQuery = Type.Object({ model }, closed);

const offsets = Type.Optional(
  Type.Enum(["utf-16", "code-points"], {
    description:
      "What start and end count: code units of JavaScript, or characters of Python. Default: utf-16.",
  }),
);

/** @param limits are named in the descriptions, and checked by the handler */
export function recognizeBody({ texts }: KnownLimits) {
  return Type.Object(
    {
      text: Type.Optional(textInput),
      texts: Type.Optional(Type.Array(textInput, { description: `Several texts, at most ${texts}.` })),
      model,
      offsets,
      ...recognition,
    },
    { ...closed, description: "Either `text` or `texts`, and options." },
  );
}

export const entity = Type.Object({
  type: Type.String(),
  text: Type.String(),
  start: Type.Integer(),
  end: Type.Integer({ description: "Exclusive." }),
  score: Type.Number({ description: "Confidence from 0 to 1." }),
  sentence: Type.Integer({ description: "Index of the sentence." }),
});

export const entities = Type.Object({ entities: Type.Array(entity) });

export const results = Type.Object({ results: Type.Array(entities) });

/** @param ability what the formats must have */
function formatNames(ability: "read" | "writer"): string[] {
  return documentFormats.filter((format) => format[ability] !== undefined).map(({ name }) => name);
}

const truth = Type.Optional(Type.Enum(["true", "false"]));

/** Options of a conversion of documents; numbers and booleans of a query are strings. */
export const documentsQuery = Type.Object(
  {
    from: Type.Optional(
      Type.Enum(formatNames("read"), { description: "Format of the body. Default: as it looks." }),
    ),
    to: Type.Optional(
      Type.Enum(formatNames("writer"), {
        description: "Format of the answer. Default: as the body, else jsonl.",
      }),
    ),
    encoding: Type.Optional(Type.String({ description: "Encoding of the body. Default: UTF-8." })),
    annotate: truth,
    model,
    types: Type.Optional(Type.String({ description: "Entity types to find, separated by commas." })),
    dataset: recognition.dataset,
    instruction: recognition.instruction,
    overlaps: recognition.overlaps,
    aggregation: recognition.aggregation,
    consistency: truth,
    lines: truth,
  },
  closed,
);

export const state = Type.Object({ status: Type.String() });

export const typesAnswer = Type.Object({ types: names });

export const modelAnswer = Type.Object({
  name: Type.String(),
  models: Type.Array(Type.String(), { description: "Names of all models; the first one is the default." }),
  types: names,
  datasets: Type.Array(Type.Object({ name: Type.String(), types: names })),
  adapter: Type.Union([Type.String(), Type.Null()]),
  maxTokens: Type.Integer({ description: "Longest sequence of the training; texts may have any length." }),
  parameterCount: Type.Integer(),
  devices: names,
  version: Type.String({ description: "Of the server." }),
  limits: Type.Object({
    bodyBytes: Type.Integer(),
    texts: Type.Integer(),
    characters: Type.Integer(),
    seconds: Type.Integer(),
  }),
});

export const instructionsAnswer = Type.Object({
  instructions: Type.Array(
    Type.Object({
      id: Type.String(),
      version: Type.Integer(),
      template: Type.String(),
      entityType: Type.Optional(Type.String()),
    }),
  ),
});

export const formatsAnswer = Type.Object({
  formats: Type.Array(
    Type.Object({
      name: Type.String(),
      title: Type.String(),
      extensions: names,
      readable: Type.Boolean(),
      writable: Type.Boolean(),
      mediaType: Type.String(),
    }),
  ),
});

const strategies = ["none", "simple", "first", "average", "max"] as const;

/** A request of Hugging Face's token-classification task. */
export const tokenClassificationBody = Type.Object(
  {
    inputs: Type.Unsafe<string | string[]>({
      description: "a string or an array of strings",
      anyOf: [Type.String(), Type.Array(Type.String())],
    }),
    parameters: Type.Optional(
      Type.Object(
        {
          aggregation_strategy: Type.Optional(
            Type.Enum(strategies, {
              description:
                "none: an element for each word, with B- and I- tags; all others: one for each entity.",
            }),
          ),
          ignore_labels: Type.Optional(
            Type.Array(Type.String(), { description: "Types or tags to leave out." }),
          ),
          stride: Type.Optional(
            Type.Integer({ minimum: 0, description: "Without effect: texts of any length are read whole." }),
          ),
        },
        closed,
      ),
    ),
    options: Type.Optional(
      Type.Object({}, { description: "Of older clients: use_cache, wait_for_model. Without effect." }),
    ),
  },
  closed,
);

export const tokenClassification = Type.Object({
  entity_group: Type.String({ description: "The entity type." }),
  entity: Type.String({ description: "The entity type, or the tag of a word." }),
  score: Type.Number(),
  word: Type.String(),
  start: Type.Integer({ description: "In code points, as Python counts." }),
  end: Type.Integer({ description: "Exclusive." }),
});

export const problem = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String({ description: "Cause and remedy, for people." }),
    code: Type.String({ description: "A code of the library, for programs." }),
  },
  { description: "RFC 9457" },
);
