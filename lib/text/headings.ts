/** Longest heading, in UTF-16 code units; also how far the line after one is looked at. */
const longest = 80;

const lineBreak = /[\n\r\u2028\u2029]/;

/** Headings of papers and abstracts, with or without a number in front and a colon behind. */
const sectionName =
  /^(?:\d+(?:\.\d+)*\.?\s+)?(?:abstract|background|introduction|objectives?|aims?|purpose|rationale|design|setting|(?:patients|subjects|materials?|participants)(?: (?:and|&) methods)?|methods?|methodology|interventions?|measurements|main outcome measures?|results?|findings|discussion|conclusions?|interpretation|limitations|summary|case (?:report|presentation)|acknowledge?ments|references|funding|keywords)\s*:?$/i;

/**
 * Whether a line is a heading that ends before the next line begins: Markdown (`## Cells`), the
 * name of a paper's section, or a line of capitals above a line that is not.
 * @param start UTF-16 code unit where the line's first word starts
 * @param end   where its last word ends; a line break follows
 */
export function endsHeading(text: string, start: number, end: number): boolean {
  if (end - start > longest) return false;
  const line = text.slice(start, end);
  if (/^#{1,6}\s/.test(line) || sectionName.test(line)) return true;
  if (/\p{Ll}/u.test(line) || !/\p{Lu}{3}/u.test(line) || /[,;-]$/.test(line)) return false;
  // Notes may be written in capitals throughout and wrapped: then a line of capitals is no heading.
  const following = text
    .slice(end, end + longest)
    .trimStart()
    .split(lineBreak, 1)[0] as string;
  return /\p{Ll}/u.test(following);
}
