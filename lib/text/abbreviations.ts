/** Meaning of a full stop after a word, for the sentence splitter. Entries are without their last stop. */

/** The sentence never ends here. Compared in lower case. */
const neverLast = new Set(
  (
    "e.g i.e eg ie vs v.s cf viz fig figs suppl ref refs eq eqs eqn dr prof mr mrs ms st messrs " +
    "ca approx resp aff nr incl excl esp spp subsp ssp pv bv str var f.sp"
  ).split(" "),
);

/** The sentence does not end here before a number. Compared in lower case. */
const beforeNumber = new Set(
  (
    "no nos vol p pp ch chap sec sect tab art para app item exp " +
    "jan feb mar apr jun jul aug sep sept oct nov dec"
  ).split(" "),
);

/** The sentence ends here only before a word that usually opens one. Compared in lower case. */
const mayBeLast = new Set(
  (
    "al sp cv serovar serov biovar pathovar gen nov etc inc ltd corp co jr sr dept univ natl assoc int min max wt " +
    "temp conc avg"
  ).split(" "),
);

/**
 * Names in capitals that are abbreviations otherwise: cystic fibrosis, multiple sclerosis, mitral regurgitation, nitric
 * oxide, short tandem repeat.
 */
const namesInCapitals = new Set(
  (
    "AL APP ART BV CA CF CH CO CV DR EG ETC EXP IE INT JUN MAX MIN MR MRS MS NO NOV NR OCT PP PV SP SPP SR ST STR " +
    "VAR WT"
  ).split(" "),
);

/** Forms that are other words than the abbreviation in lower case, or with a capital: milliseconds, calcium. */
const otherForms: ReadonlyMap<string, StopWeight> = new Map([
  ["ms", "plain"],
  ["Ca", "not-before-numbers"],
]);

/** Words that open sentences, and are rarely parts of names. Compared in lower case. */
const openers = new Set(
  (
    "a after all although among an and another as at because before between both but by conclusion conclusions " +
    "consequently despite during each finally for from further furthermore given hence here how however if in " +
    "indeed interestingly it its methods moreover most neither nevertheless no none nor of on one other our " +
    "overall patients previous recent results several since six some such taken that the their then there " +
    "therefore these they this those three thus to treatment two unlike until using we what when where whereas " +
    "whether which while with within"
  ).split(" "),
);

/** Words before a person's initial, as opposed to names such as "hepatitis B". */
const beforeNames = new Set("and by from of with to or for in see than the via per".split(" "));

/** How likely a full stop after a word ends a sentence: `never` and `rarely` mark abbreviations. */
export type StopWeight = "never" | "not-before-numbers" | "rarely" | "plain";

export function stopWeight(word: string): StopWeight {
  const form = otherForms.get(word);
  if (form) return form;
  const lower = word.toLowerCase();
  if (neverLast.has(lower)) return "never";
  if (beforeNumber.has(lower)) return "not-before-numbers";
  // A stop inside, as in "i.v" or "U.S", marks unknown abbreviations too.
  if (mayBeLast.has(lower) || lower.includes(".")) return "rarely";
  return "plain";
}

/** Whether a word is an abbreviation unless its capitals tell that it is a name: `CF`, as opposed to `cf`. */
export function isNameInCapitals(word: string): boolean {
  return namesInCapitals.has(word);
}

export function opensSentences(word: string): boolean {
  return openers.has(word.toLowerCase());
}

export function precedesNames(word: string): boolean {
  return beforeNames.has(word);
}
