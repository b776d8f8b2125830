// Tells on stderr how far the measuring is: a bar on a terminal, else a line now and then.

const BAR_WIDTH = 30;

export class Progress {
  #total = 0;
  #done = 0;
  #label = '';
  #isTerminal = process.stderr.isTTY === true;

  /** More steps are to come. */
  expect(steps) {
    this.#total += steps;
  }

  /** What is measured from now on. */
  begin(label) {
    this.#label = label;
    if (this.#isTerminal) this.#draw();
    else process.stderr.write(`${this.#percent()} ${label}\n`);
  }

  step() {
    this.#done += 1;
    if (this.#isTerminal) this.#draw();
  }

  /** Leaves the line empty. */
  end() {
    if (this.#isTerminal) process.stderr.write('\r\x1b[K');
  }

  #draw() {
    const filled = Math.round((BAR_WIDTH * this.#done) / this.#total);
    const bar = '#'.repeat(filled).padEnd(BAR_WIDTH, '.');
    process.stderr.write(`\r\x1b[K[${bar}] ${this.#percent()} ${this.#label}`);
  }

  #percent() {
    return `${Math.round((100 * this.#done) / this.#total)} %`.padStart(5);
  }
}
