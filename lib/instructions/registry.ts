import { checkNames, type OptionNames } from "../arguments.js";
import { describe, invalidArgument, listed, VanerError } from "../errors.js";
import { vanerAdaptiveInstruction, vanerInstruction } from "./builtin.js";
import { checkTemplate, hasPlaceholder, type Instruction } from "./template.js";

/** An instruction to register. */
export interface NewInstruction extends Pick<Instruction, "id" | "template"> {
  /** As in {@link Instruction}. Default: 1. */
  readonly version?: number | undefined;
  /** As in {@link Instruction}. */
  readonly entityType?: string | undefined;
}

const instructionNames: OptionNames<NewInstruction> = {
  id: true,
  version: true,
  template: true,
  entityType: true,
};

const idPattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

/** The known instructions by id. VANER's own two are built in. */
export class InstructionRegistry {
  readonly #builtin = new Set([vanerInstruction.id, vanerAdaptiveInstruction.id]);
  readonly #known = new Map<string, Instruction>();

  constructor() {
    for (const instruction of [vanerInstruction, vanerAdaptiveInstruction]) {
      this.#known.set(instruction.id, Object.freeze({ ...instruction }));
    }
  }

  /**
   * Registers an instruction for all recognizers of this JavaScript environment.
   * @returns the registered instruction, frozen
   * @throws {VanerError} `ERR_VANER_INVALID_ARGUMENT` for a malformed id, type, version or template;
   *   `ERR_VANER_DUPLICATE_INSTRUCTION` if the id is taken
   */
  register(instruction: NewInstruction): Instruction {
    checkNames("instructions.register", instruction, instructionNames);
    const { id, entityType, template, version = 1 } = instruction;
    if (typeof id !== "string" || !idPattern.test(id)) {
      throw invalidArgument(
        `An instruction's id must be 1 to 100 letters, digits, ".", "_" and "-", the first a letter or digit, not ${describe(id)}.`,
      );
    }
    if (entityType !== undefined && (typeof entityType !== "string" || entityType.trim() === "")) {
      throw invalidArgument(
        `An instruction's entityType must be a string that is not blank, not ${describe(entityType)}.`,
      );
    }
    if (!Number.isSafeInteger(version) || version < 1) {
      throw invalidArgument(
        `An instruction's version must be a whole number from 1, not ${describe(version)}.`,
      );
    }
    checkTemplate(template);
    if (entityType === undefined && !hasPlaceholder(template, "entityType")) {
      throw invalidArgument(
        `The instruction ${describe(id)} does not say which type it asks for: give it an entityType, or its template a {entityType} placeholder.`,
      );
    }
    if (this.#known.has(id)) {
      throw new VanerError(
        "ERR_VANER_DUPLICATE_INSTRUCTION",
        `An instruction is already registered as ${describe(id)}: unregister it first, or choose another id.`,
      );
    }
    const kept = Object.freeze({ id, version, template, ...(entityType !== undefined && { entityType }) });
    this.#known.set(id, kept);
    return kept;
  }

  /**
   * The instruction of this id.
   * @throws {VanerError} `ERR_VANER_UNKNOWN_INSTRUCTION`; the message lists the known ids
   */
  get(id: string): Instruction {
    const found = this.#known.get(id);
    if (found) return found;
    throw new VanerError(
      "ERR_VANER_UNKNOWN_INSTRUCTION",
      `No instruction is registered as ${describe(id)}. Known: ${listed(this.#known.keys())}.`,
    );
  }

  /** All instructions: VANER's own, then those registered, in their order. */
  list(): Instruction[] {
    return [...this.#known.values()];
  }

  /**
   * Removes an instruction. Running recognitions keep it.
   * @throws {VanerError} `ERR_VANER_UNKNOWN_INSTRUCTION`; `ERR_VANER_INVALID_ARGUMENT` for a built-in one
   */
  unregister(id: string): void {
    this.get(id);
    if (this.#builtin.has(id))
      throw invalidArgument(`The instruction ${describe(id)} is built in and cannot be removed.`);
    this.#known.delete(id);
  }
}

/** The instructions of this JavaScript environment. Worker threads have their own. */
export const instructions = new InstructionRegistry();
