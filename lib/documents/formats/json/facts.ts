import type { Infons, Relation } from "../../document.js";

// Relations and infons as JSON lines have them. What has another shape is somebody's own key: it stays, and is not read.

type JsonObject = Readonly<Record<string, unknown>>;

export const hasInfons = ({ infons = {} }: { readonly infons?: Infons | undefined } = {}) =>
  Object.keys(infons).length > 0;

/** The infons of an object, under their key. */
export function infonsOf({ infons }: JsonObject): { readonly infons?: Infons } {
  return isInfons(infons) ? { infons } : {};
}

/** The relations of a document, under their key. */
export function relationsOf({ relations }: JsonObject): { readonly relations?: readonly Relation[] } {
  return Array.isArray(relations) && relations.every(isRelation) ? { relations } : {};
}

function isInfons(value: unknown): value is Infons {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((each) => typeof each === "string");
}

function isRelation(value: unknown): value is Relation {
  const { id = "", type, arguments: taking, infons = {} } = Object(value);
  const isArgument = (each: unknown) => {
    const { role, reference } = Object(each);
    return typeof role === "string" && typeof reference === "string";
  };
  const isNamed = typeof id === "string" && typeof type === "string";
  return isNamed && isInfons(infons) && Array.isArray(taking) && taking.every(isArgument);
}
