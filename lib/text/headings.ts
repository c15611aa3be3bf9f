/** Longest heading, in UTF-16 code units; also the length of the following line that is read. */
const longest = 80;

const lineBreak = /[\n\v\f\r\u2028\u2029]/;

/** Section names of papers and abstracts, optionally with a number in front and a colon behind. */
const sectionName =
  /^(?:\d+(?:\.\d+)*\.?\s+)?(?:abstract|background|introduction|objectives?|aims?|purpose|rationale|design|setting|(?:patients|subjects|materials?|participants)(?: (?:and|&) methods)?|methods?|methodology|interventions?|measurements|main outcome measures?|results?|findings|discussion|conclusions?|interpretation|limitations|summary|case (?:report|presentation)|acknowledge?ments|references|funding|keywords)\s*:?$/i;

/**
 * Whether a line is a heading: in Markdown (`## Cells`), the name of a paper's section, or a line of capitals above a
 * line that is not in capitals.
 * @param start start of the line's first word, in UTF-16 code units
 * @param end   end of its last word; a line break follows
 */
export function endsHeading(text: string, start: number, end: number): boolean {
  if (end - start > longest) return false;
  const line = text.slice(start, end);
  if (/^#{1,6}\s/.test(line) || sectionName.test(line)) return true;
  if (/\p{Ll}/u.test(line) || !/\p{Lu}{3}/u.test(line) || /[,;-]$/.test(line)) return false;
  // In wrapped notes that are all in capitals, a line of capitals is not a heading.
  const [following = ""] = text
    .slice(end, end + longest)
    .trimStart()
    .split(lineBreak, 1);
  return /\p{Ll}/u.test(following);
}
