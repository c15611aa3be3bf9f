import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import { messageOf } from "../../errors.js";
import { checkpointError } from "../checkpoint/errors.js";
import { CheckpointFile, fetchAgain } from "../checkpoint/file.js";

/** One entry of a sentencepiece vocabulary. */
export interface Piece {
  readonly text: string;
  readonly score: number;
  /** By the numbers of `SentencePiece.Type`. */
  readonly type: number;
}

/** The needed fields of sentencepiece's `ModelProto`. Source: sentencepiece_model.proto. */
export interface SentencepieceModel {
  readonly pieces: readonly Piece[];
  /** 1 unigram, 2 BPE, 3 words, 4 characters. */
  readonly modelType: number;
  readonly unknownId: number;
  readonly bosId: number;
  readonly eosId: number;
  readonly spaceAsSuffix: boolean;
  readonly addDummyPrefix: boolean;
  readonly escapeWhitespaces: boolean;
  /** Map of characters for normalizing; undefined for none. */
  readonly charsmap?: Uint8Array;
}

/** Bytes. The largest published models have 4 MB. */
const sizeLimit = 64 * 2 ** 20;

/** Reads the value of a field, or returns false to have it skipped. */
type FieldReader = (field: number, wire: WireType) => boolean;

/**
 * Reads sentencepiece's `tokenizer.model` or `sentencepiece.bpe.model`.
 * @param mostPieces rows of the model's embedding
 * @throws {VanerError} `ERR_VANER_CHECKPOINT`
 */
export async function readSentencepieceModel(path: string, mostPieces: number): Promise<SentencepieceModel> {
  const file = await CheckpointFile.open(path);
  let bytes: Uint8Array;
  try {
    if (file.size > sizeLimit)
      throw checkpointError(`${path} has ${file.size} bytes: is it a sentencepiece model?`);
    bytes = await file.read(0, file.size);
  } finally {
    await file.close();
  }
  const model = decode(bytes, path);
  if (model.pieces.length === 0) throw checkpointError(`${path} holds no tokens. ${fetchAgain}`);
  if (model.pieces.length > mostPieces) {
    throw checkpointError(
      `${path} has ${model.pieces.length} tokens, but the model's embedding has only ${mostPieces} rows. ` +
        "Use the tokenizer that the model was trained with.",
    );
  }
  return model;
}

function decode(bytes: Uint8Array, path: string): SentencepieceModel {
  try {
    return decodeModel(new BinaryReader(bytes));
  } catch (cause) {
    throw checkpointError(`${path} is not a sentencepiece model: ${messageOf(cause)}. ${fetchAgain}`, {
      cause,
    });
  }
}

function decodeModel(reader: BinaryReader): SentencepieceModel {
  const pieces: Piece[] = [];
  // The defaults of the format.
  const model = {
    modelType: 1,
    unknownId: 0,
    bosId: 1,
    eosId: 2,
    spaceAsSuffix: false,
    addDummyPrefix: true,
    escapeWhitespaces: true,
  };
  let charsmap: Uint8Array | undefined;
  const trainer: FieldReader = (field, wire) => {
    if (wire !== WireType.Varint) return false;
    if (field === 3) model.modelType = reader.int32();
    else if (field === 24) model.spaceAsSuffix = reader.bool();
    else if (field === 40) model.unknownId = reader.int32();
    else if (field === 41) model.bosId = reader.int32();
    else if (field === 42) model.eosId = reader.int32();
    else return false;
    return true;
  };
  const normalizer: FieldReader = (field, wire) => {
    if (field === 2 && wire === WireType.LengthDelimited) {
      charsmap = reader.bytes();
      return true;
    }
    if (wire !== WireType.Varint) return false;
    if (field === 3) model.addDummyPrefix = reader.bool();
    else if (field === 5) model.escapeWhitespaces = reader.bool();
    else return false;
    return true;
  };
  fields(reader, reader.len, (field, wire) => {
    if (wire !== WireType.LengthDelimited || field > 3) return false;
    const end = reader.uint32() + reader.pos;
    if (end > reader.len) throw new RangeError("a message is cut short");
    if (field === 1) pieces.push(piece(reader, end));
    else fields(reader, end, field === 2 ? trainer : normalizer);
    return true;
  });
  return { pieces, ...model, ...(charsmap?.length && { charsmap }) };
}

function piece(reader: BinaryReader, end: number): Piece {
  const piece = { text: "", score: 0, type: 1 };
  fields(reader, end, (field, wire) => {
    if (field === 1 && wire === WireType.LengthDelimited) piece.text = reader.string(true);
    else if (field === 2 && wire === WireType.Bit32) piece.score = reader.float();
    else if (field === 3 && wire === WireType.Varint) piece.type = reader.int32();
    else return false;
    return true;
  });
  return piece;
}

/** Reads the fields of a message up to `end`; skips those that `read` declines. */
function fields(reader: BinaryReader, end: number, read: FieldReader): void {
  while (reader.pos < end) {
    const [field, wire] = reader.tag();
    if (!read(field, wire)) reader.skip(wire, field);
  }
  if (reader.pos !== end) throw new RangeError("a field reaches beyond its message");
}
