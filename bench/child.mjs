// A child process that answers line by line, and that never outlives this one.

import { spawn } from 'node:child_process';

const alive = new Set();
process.on('exit', () => {
  for (const child of alive) child.kill('SIGKILL');
});

export class Child {
  #process;
  #name;
  #lines = [];
  #waiting = [];
  #partial = '';
  #stderr = '';
  #isStopped = false;
  #hasEnded = false;

  /**
   * @param {string} name for messages.
   * @param {string[]} command the program and its arguments.
   * @param {{ lines?: 'stdout' | 'stderr', env?: NodeJS.ProcessEnv }} [options] `lines`: which
   *   stream {@link line} reads.
   */
  constructor(name, [program, ...parameters], { lines = 'stdout', env = {} } = {}) {
    this.#name = name;
    this.#process = spawn(program, parameters, {
      stdio: ['pipe', lines === 'stdout' ? 'pipe' : 'ignore', 'pipe'],
      env: { ...process.env, ...env },
    });
    alive.add(this.#process);
    this.#process.stdin.on('error', () => {}); // its end is told by `close`
    this.#process.stderr.setEncoding('utf8').on('data', (text) => {
      this.#stderr += text;
    });
    this.#process[lines].setEncoding('utf8').on('data', (text) => this.#split(text));
    this.ended = new Promise((done) => {
      this.#process.on('error', (error) => {
        this.#stderr += error.message;
      });
      this.#process.on('close', (code, signal) => {
        alive.delete(this.#process);
        this.#hasEnded = true;
        for (const { fail } of this.#waiting.splice(0)) fail(this.#failure());
        done(code ?? signal);
      });
    });
  }

  get pid() {
    return this.#process.pid;
  }

  /** The next line that it writes. Rejects, with what it said on stderr, when it ends instead. */
  line() {
    const line = this.#lines.shift();
    if (line !== undefined) return Promise.resolve(line);
    if (this.#hasEnded) return Promise.reject(this.#failure());
    return new Promise((done, fail) => this.#waiting.push({ done, fail }));
  }

  /** Writes a line, and resolves to the answer. */
  ask(line) {
    this.#process.stdin.write(`${line}\n`);
    return this.line();
  }

  /** Rejects if it has ended by itself: a server that crashed is noticed, however late. */
  async stop(signal = 'SIGTERM') {
    if (this.#hasEnded && !this.#isStopped) throw this.#failure();
    this.#isStopped = true;
    this.#process.kill(signal);
    await this.ended;
  }

  #split(text) {
    const lines = (this.#partial + text).split('\n');
    this.#partial = lines.pop();
    for (const line of lines) {
      const waiting = this.#waiting.shift();
      if (waiting === undefined) this.#lines.push(line);
      else waiting.done(line);
    }
  }

  #failure() {
    const { exitCode, signalCode } = this.#process;
    return new Error(`${this.#name} ended (${signalCode ?? exitCode}): ${this.#stderr.trim()}`);
  }
}
