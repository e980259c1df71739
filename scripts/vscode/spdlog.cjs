/**
 * Takes the place of @vscode/spdlog in the served editor, which needs a compiler where it is installed. Without one every log of the
 * editor, so every output panel, stays empty. A log is short and lives as long as a session, so files are not rotated.
 */
const { appendFileSync, mkdirSync } = require('node:fs');
const { dirname } = require('node:path');

class Logger {
  #file;
  /** Messages come with their own time and end of line. */
  #raw = false;

  constructor(_type, _name, file) {
    mkdirSync(dirname(file), { recursive: true });
    this.#file = file;
  }

  trace(message) {
    this.#write('trace', message);
  }

  debug(message) {
    this.#write('debug', message);
  }

  info(message) {
    this.#write('info', message);
  }

  warn(message) {
    this.#write('warning', message);
  }

  error(message) {
    this.#write('error', message);
  }

  critical(message) {
    this.#write('critical', message);
  }

  clearFormatters() {
    this.#raw = true;
  }

  // The editor asks for what passes its own level alone, in the one pattern that is written here.
  setLevel() {}
  setPattern() {}
  flush() {}
  drop() {}

  #write(level, message) {
    const at = new Date().toISOString().replace('T', ' ').replace('Z', '');
    appendFileSync(this.#file, this.#raw ? message : `${at} [${level}] ${message}\n`);
  }
}

const create = async (name, file) => new Logger('rotating', name, file);

exports.version = 0;
exports.setLevel = () => {};
exports.setFlushOn = () => {};
exports.Logger = Logger;
exports.createRotatingLogger = create;
exports.createAsyncRotatingLogger = create;
