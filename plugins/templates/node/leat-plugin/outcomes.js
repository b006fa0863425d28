/** What becomes of an event that does not simply go on, and what is wrong with settings. */
'use strict';

/** The event ends here, as it should. */
class Drop extends Error {
  /** @param {string} [reason] */
  constructor(reason = '') {
    super(reason);
    this.name = 'Drop';
  }
}

/** Nothing is wrong with the event, but it cannot be handled now. leat keeps it, and tries it again. */
class Retry extends Error {
  /**
   * @param {string} [reason]
   * @param {{after?: number}} [options] after: not before so many seconds; 0: when leat sees fit
   */
  constructor(reason = '', {after = 0} = {}) {
    super(reason);
    this.name = 'Retry';
    this.after = after;
  }
}

/** The event can never be handled: it goes to the dead letters, with its bytes. */
class Reject extends Error {
  /** @param {string} [reason] */
  constructor(reason = '') {
    super(reason);
    this.name = 'Reject';
  }
}

/** A setting is wrong: path says which, such as "stations[2].zone"; "" stands for all of them. */
class ConfigError extends Error {
  /**
   * @param {string} path
   * @param {string} message
   */
  constructor(path, message) {
    super(path ? `${path}: ${message}` : message);
    this.name = 'ConfigError';
    this.problems = [{path, message}];
  }

  /**
   * One error for several problems.
   * @param {{path: string, message: string}[]} problems
   */
  static of(problems) {
    const error = new ConfigError(problems[0].path, problems[0].message);
    error.problems = problems;
    return error;
  }
}

module.exports = {ConfigError, Drop, Reject, Retry};
