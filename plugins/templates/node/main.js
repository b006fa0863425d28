#!/usr/bin/env node
// A plugin of leat. Change configure to make of an event what you need.
//
// leat starts this program; see README.md for how, and leat-plugin for what there is.
'use strict';

const {ConfigError, Drop, serve} = require('./leat-plugin');

/** Is called once, with the settings under config in pipeline.yaml. */
function configure(config) {
  const label = config.label ?? 'seen';
  if (typeof label !== 'string') throw new ConfigError('label', `want a text, not ${JSON.stringify(label)}`);

  /** Is called for each event, for many at once; it may be async. What it returns goes on. */
  return function handle(event) {
    const body = event.jsonObject(); // an event that is no JSON object goes to the dead letters
    if (body.test === true) throw new Drop('a test'); // ends here; Retry and Reject are there too
    event.addFields({label});
    return event;
  };
}

if (require.main === module) serve(undefined, {configure});
module.exports = {configure}; // for tests, which start nothing
