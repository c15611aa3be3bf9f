/** Annotation types of published corpora, with the model's entity type. Source: the NCBI disease corpus. */
const knownTypes: ReadonlyMap<string, string> = new Map([
  ["SpecificDisease", "Disease"],
  ["DiseaseClass", "Disease"],
  ["Modifier", "Disease"],
  ["CompositeMention", "Disease"],
]);

/** The type to measure for a type of the corpus; undefined: not to be measured. */
export type TypeNamer = (annotated: string) => string | undefined;

/**
 * @param types to measure; annotations without a type are of the first
 * @param map types of the corpus, and what they count as: one of the types to measure
 */
export function typeNamer(types: readonly string[], map: ReadonlyMap<string, string> = new Map()): TypeNamer {
  return (annotated) => {
    if (annotated === "") return types[0];
    const named = map.get(annotated);
    if (named !== undefined) return named;
    const type = types.includes(annotated) ? annotated : knownTypes.get(annotated);
    return type !== undefined && types.includes(type) ? type : undefined;
  };
}
