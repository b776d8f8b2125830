// Text of a guest's or a module's choosing, made fit to be printed: what drives a terminal, or turns
// the direction of the text around it, becomes a question mark.

/** `text` on one line: also its line ends are replaced. As long as it was, in code points. */
export function printableLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?');
}

/** `text` with its lines: `\n` stays, and nothing else of that kind. */
export function printableLines(text: string): string {
  return text.split('\n').map(printableLine).join('\n');
}
