#!/usr/bin/env node
// Estimates when a parcel is delivered, from its station and the time of its event.
'use strict';

const {serve} = require('./leat-plugin');
const {Rule} = require('./rule.js');

function configure(config) {
  const rule = new Rule(config);
  return function handle(event) {
    const parcel = event.jsonObject();
    const eta = Object.hasOwn(parcel, 'eta') ? undefined : rule.eta(parcel);
    // Added to the bytes: to write them anew would break numbers of 18 digits.
    if (eta !== undefined) event.addFields({eta});
    return event;
  };
}

if (require.main === module) serve(undefined, {configure, name: 'eta'});
