import type { JavaScriptShare } from "./javascript.js";

/** A setting of a peer that is timed in every round. */
export interface Variant {
  /** For example `F32, batches of 32, by length`. */
  readonly name: string;
  /** Does the work once. */
  run(): Promise<Round>;
}

export interface Round {
  readonly seconds: number;
  /** Tokens of the sequences, padding not counted: the same for everyone who does the same work. */
  readonly tokens: number;
  /** Those that it computed, where it computes what all sequences begin with only once. */
  readonly computed?: number;
  /** Sentences that were read once; 0 where the work was no sentences. */
  readonly sentences: number;
  /** What JavaScript took, where the peer is the engine itself. */
  readonly javascript?: JavaScriptShare;
}

/** A program that does the same work, ready to be timed. */
export interface Peer {
  readonly name: string;
  /** What exactly runs. */
  readonly version: string;
  readonly variants: readonly Variant[];
  /** Share of the words that it labels as the engine does; null where it cannot tell. */
  agreement(): Promise<number | null>;
  /** Most memory that its process has held at once, in bytes; null where the system does not say. */
  peakBytes(): number | null;
  close(): Promise<void>;
}

/** Why a peer is not there, and how to get it. */
export interface Skipped {
  readonly name: string;
  readonly skipped: string;
}
