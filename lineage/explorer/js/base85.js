// Reads base 85 as `lineage/explorer/page.py` writes it: five letters for four bytes, of which the last weighs most.

const LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;,=>?@^_`{|}~";
const BASE = LETTERS.length;
const [THIRD, SECOND, FIRST] = [2, 3, 4].map((power) => BASE ** power);
const LETTERS_A_WORD = 5;

/** Returns the bytes of a text, without the zeros that fill its last word. */
export function bytesOf(text, zeros) {
  const worth = new Int32Array(128);
  for (let at = 0; at < BASE; at++) worth[LETTERS.charCodeAt(at)] = at;
  const letters = new TextEncoder().encode(text);
  const words = new Int32Array(letters.length / LETTERS_A_WORD);
  for (let at = 0, from = 0; at < words.length; at++, from += LETTERS_A_WORD) {
    words[at] =
      Math.imul(worth[letters[from]], FIRST) +
      worth[letters[from + 1]] * SECOND +
      worth[letters[from + 2]] * THIRD +
      worth[letters[from + 3]] * BASE +
      worth[letters[from + 4]];
  }
  return new Uint8Array(words.buffer, 0, words.byteLength - zeros);
}
