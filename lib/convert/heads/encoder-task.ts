import { bertWordsId } from "../../text/bert-words.js";
import { spacedWordsId } from "../../text/spaced-words.js";
import type { ConfigObject } from "../checkpoint/config-object.js";
import { isOfBertKind, type Shape } from "../checkpoint/shape.js";
import type { TaskOptions } from "./options.js";
import type { Task } from "./task.js";

/**
 * What a classifier does on its encoder. One of BERT's family tags words, sees the whole sequence, and reads no
 * instruction.
 * @throws {VanerError} `ERR_VANER_CHECKPOINT` if only an instruction could say what such a classifier finds
 */
export function encoderTask(
  task: Task,
  shape: Shape,
  config: ConfigObject,
  { tagTokens, causal, template, adaptiveTemplate, trained }: TaskOptions,
): Task {
  if (!isOfBertKind(shape)) return task;
  if (tagTokens) throw config.error("an encoder of BERT's family tags words: leave out --tag-tokens.");
  if (causal) throw config.error("an encoder of BERT's family sees the whole sequence: leave out --causal.");
  if (template || adaptiveTemplate || trained?.length) {
    throw config.error(
      "an encoder of BERT's family reads no instruction: leave out --template, --adaptive-template and --trained.",
    );
  }
  if (task.heads.includes("*")) {
    throw config.error(
      "the labels name no entity type, and the model reads no instruction: say what it finds, for example --entity-type Disease.",
    );
  }
  return {
    ...task,
    causal: false,
    words: shape.bert?.vocabulary === "wordpiece" ? bertWordsId : spacedWordsId,
  };
}
