import { describe, expect, test } from "@jest/globals";
import { segment } from "../../lib/text/segment.js";

describe("list markers", () => {
  const markersOf = (text: string) => {
    const { bounds, markers } = segment(text);
    return Array.from(bounds.subarray(0, bounds.length / 2), (_, word) => word)
      .filter((word) => markers?.[word] === 1)
      .map((word) => text.slice(bounds[2 * word], bounds[2 * word + 1]))
      .join(" ");
  };

  test.each([
    ["1. TP53\n2. EGFR\n3. KRAS", "1 . 2 . 3 ."],
    ["(a) asthma\n(b) cough", "( a ) ( b )"],
    ["•asthma\n• cough", "• •"],
    ["- asthma\n- cough", "- -"],
    ["Given were\n12 mg of it, then\n13 mg.", ""],
    ["1. cat\n5. dog\n2. rat", "1 . 5 . 2 ."],
    ["A. asthma\nB. cough", "A . B ."],
    ["[1] asthma\n[2] cough", "[ 1 ] [ 2 ]"],
    ["1 asthma\n2 cough", "1 2"],
    ["1\tasthma\n2\tcough", "1 2"],
    ["34\tasthma\n45\tcough", ""],
    ["3 methyladenine\n17 beta estradiol", ""],
    ["Seen were type\n1 diabetes and also type\n2 diabetes of many", ""],
    ["A: yes\nB: no", ""],
    ["A. Asthma\nC. Cough\nD. Croup", "C . D ."],
    ["C. elegans\nD. melanogaster\nS. aureus", ""],
    ["asthma\ncough", ""],
  ])("of %j are %j", (text, expected) => {
    expect(markersOf(text)).toBe(expected);
  });
});
