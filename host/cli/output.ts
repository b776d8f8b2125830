// What the command line itself says, apart from what a guest writes: lines on standard error that
// begin with its name.

export function say(line: string): void {
  process.stderr.write(`pollux: ${line}\n`);
}
