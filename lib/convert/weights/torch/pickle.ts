import { checkpointError } from "../../checkpoint/errors.js";
import { PickleBytes, PickleError, saveAsSafetensors } from "./pickle-bytes.js";
import { PickleMachine, type PickleWorld } from "./pickle-machine.js";
import type { PickleValue } from "./pickle-values.js";

/** Most bytes of a pickle. The description of a thousand tensors takes a fifth of a megabyte. */
export const largestPickle = 2 ** 26;
/** Most operations. A tensor takes about sixty. Each makes at most one value, so this bounds memory too. */
const mostOperations = 2 ** 20;
const newestProtocol = 5;
const stop = 0x2e;

type Operation = (machine: PickleMachine, bytes: PickleBytes) => void;

/** Operations that `torch.save` writes, in protocols 2 to 5. */
const operations: ReadonlyMap<number, Operation> = new Map<number, Operation>([
  [0x80, (_, bytes) => checkProtocol(bytes.u8())], // PROTO
  [0x95, (_, bytes) => void bytes.take(8)], // FRAME: a length for reading ahead, not needed
  [0x28, (machine) => machine.mark()], // MARK
  [0x30, (machine) => void machine.pop()], // POP
  [0x31, (machine) => void machine.popToMark()], // POP_MARK
  [0x71, (machine, bytes) => machine.remember(bytes.u8())], // BINPUT
  [0x72, (machine, bytes) => machine.remember(bytes.u32())], // LONG_BINPUT
  [0x94, (machine) => machine.remember()], // MEMOIZE
  [0x68, (machine, bytes) => machine.recall(bytes.u8())], // BINGET
  [0x6a, (machine, bytes) => machine.recall(bytes.u32())], // LONG_BINGET
  [0x4e, (machine) => machine.push(null)], // NONE
  [0x88, (machine) => machine.push(true)], // NEWTRUE
  [0x89, (machine) => machine.push(false)], // NEWFALSE
  [0x4b, (machine, bytes) => machine.push(bytes.u8())], // BININT1
  [0x4d, (machine, bytes) => machine.push(bytes.u16())], // BININT2
  [0x4a, (machine, bytes) => machine.push(bytes.i32())], // BININT
  [0x8a, (machine, bytes) => machine.push(bytes.integer(bytes.u8()))], // LONG1
  [0x8b, (machine, bytes) => machine.push(bytes.integer(bytes.u32()))], // LONG4
  [0x47, (machine, bytes) => machine.push(bytes.f64())], // BINFLOAT
  [0x8c, (machine, bytes) => machine.push(bytes.text(bytes.u8()))], // SHORT_BINUNICODE
  [0x58, (machine, bytes) => machine.push(bytes.text(bytes.u32()))], // BINUNICODE
  [0x43, (machine, bytes) => machine.push(Uint8Array.from(bytes.take(bytes.u8())))], // SHORT_BINBYTES
  [0x42, (machine, bytes) => machine.push(Uint8Array.from(bytes.take(bytes.u32())))], // BINBYTES
  [0x96, (machine, bytes) => machine.push(Uint8Array.from(bytes.take(bytes.u64())))], // BYTEARRAY8
  [0x5d, (machine) => machine.push([])], // EMPTY_LIST
  [0x61, (machine) => machine.append(machine.popMany(1))], // APPEND
  [0x65, (machine) => machine.append(machine.popToMark())], // APPENDS
  [0x29, (machine) => machine.push(Object.freeze([]))], // EMPTY_TUPLE
  [0x85, (machine) => machine.push(Object.freeze(machine.popMany(1)))], // TUPLE1
  [0x86, (machine) => machine.push(Object.freeze(machine.popMany(2)))], // TUPLE2
  [0x87, (machine) => machine.push(Object.freeze(machine.popMany(3)))], // TUPLE3
  [0x74, (machine) => machine.push(Object.freeze(machine.popToMark()))], // TUPLE
  [0x7d, (machine) => machine.push(new Map())], // EMPTY_DICT
  [0x73, (machine) => machine.setItems(machine.popMany(2))], // SETITEM
  [0x75, (machine) => machine.setItems(machine.popToMark())], // SETITEMS
  [0x8f, (machine) => machine.push(new Set())], // EMPTY_SET
  [0x90, (machine) => machine.add(machine.popToMark())], // ADDITEMS
  [0x91, (machine) => machine.push(new Set(machine.popToMark()))], // FROZENSET
  [0x63, (machine, bytes) => machine.pushGlobal(bytes.line(), bytes.line())], // GLOBAL
  [0x93, (machine) => machine.pushStackGlobal()], // STACK_GLOBAL
  [0x52, (machine) => machine.reduce()], // REDUCE
  [0x62, (machine) => machine.build()], // BUILD
  [0x51, (machine) => machine.pushPersistent()], // BINPERSID
]);

/** Operations of other pickles: text forms of old protocols, and those that make objects of classes. */
const refused: ReadonlyMap<number, string> = new Map([
  [0x32, "DUP"],
  [0x46, "FLOAT"],
  [0x49, "INT"],
  [0x4c, "LONG"],
  [0x50, "PERSID"],
  [0x53, "STRING"],
  [0x54, "BINSTRING"],
  [0x55, "SHORT_BINSTRING"],
  [0x56, "UNICODE"],
  [0x64, "DICT"],
  [0x67, "GET"],
  [0x69, "INST"],
  [0x6c, "LIST"],
  [0x6f, "OBJ"],
  [0x70, "PUT"],
  [0x81, "NEWOBJ"],
  [0x82, "EXT1"],
  [0x83, "EXT2"],
  [0x84, "EXT4"],
  [0x8d, "BINUNICODE8"],
  [0x8e, "BINBYTES8"],
  [0x92, "NEWOBJ_EX"],
  [0x97, "NEXT_BUFFER"],
  [0x98, "READONLY_BUFFER"],
]);

/**
 * Reads a pickle as data. Runs no code: refuses all names except those in `world` and those of plain containers, and
 * all operations that `torch.save` does not write.
 * Source: the documentation of Python's pickletools.
 * @param path of the file, for messages
 * @throws {VanerError} `ERR_VANER_CHECKPOINT` if the pickle is malformed, too large, or asks to run something
 */
export function readPickle(pickle: Uint8Array, world: PickleWorld, path: string): PickleValue {
  try {
    if (pickle.length > largestPickle) throw new PickleError(`it has more than ${largestPickle} bytes`);
    const bytes = new PickleBytes(pickle);
    const machine = new PickleMachine(world);
    for (let count = 0; count < mostOperations; count++) {
      const code = bytes.u8();
      if (code === stop) return machine.pop();
      const operation = operations.get(code);
      if (!operation) throw unknown(code);
      operation(machine, bytes);
    }
    throw new PickleError(`it takes more than ${mostOperations} operations`, saveAsSafetensors);
  } catch (cause) {
    if (!(cause instanceof PickleError)) throw cause;
    throw checkpointError(`The pickle in ${path} cannot be read: ${cause.message}. ${cause.remedy}`, {
      cause,
    });
  }
}

function unknown(code: number): PickleError {
  const name = refused.get(code);
  if (name) return new PickleError(`it uses the operation ${name}, which is refused`, saveAsSafetensors);
  return new PickleError(`it holds the byte ${code} where an operation belongs`);
}

function checkProtocol(protocol: number): void {
  if (protocol > newestProtocol) throw new PickleError(`its protocol is ${protocol}`, saveAsSafetensors);
}
