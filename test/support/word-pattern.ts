/** The words of `letters-digits-v1`, as a regular expression for short texts. */
export const wordPattern = /\p{N}*[\p{L}\p{M}](?:(?![⁰¹²³⁴-⁹])[\p{L}\p{M}\p{N}])*|\p{N}+|\S/gu;
