import type { JavaScriptShare } from "./javascript.js";

/** One setting of a peer, timed in every round. */
export interface Variant {
  /** For example `F32, batches of 32, by length`. */
  readonly name: string;
  /** Does the work once. */
  run(): Promise<Round>;
}

export interface Round {
  readonly seconds: number;
  /** Tokens of the sequences without padding: the same for all peers that do the same work. */
  readonly tokens: number;
  /** Tokens that were computed, if the shared instruction is computed only once. */
  readonly computed?: number;
  /** Sentences that were read; 0 if the work does not consist of sentences. */
  readonly sentences: number;
  /** JavaScript's share; only for the engine itself. */
  readonly javascript?: JavaScriptShare;
}

/** A loaded program that does the engine's work, ready to be timed. */
export interface Peer {
  readonly name: string;
  /** Name and version of the software. */
  readonly version: string;
  readonly variants: readonly Variant[];
  /** Share of words that get the engine's label; null if the peer returns no labels. */
  agreement(): Promise<number | null>;
  /** Peak resident memory of its process in bytes; null if unknown. */
  peakBytes(): number | null;
  close(): Promise<void>;
}

/** Why a peer was skipped, and how to install it. */
export interface Skipped {
  readonly name: string;
  readonly skipped: string;
}
