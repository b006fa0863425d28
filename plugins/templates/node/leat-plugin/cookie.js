/** How a plugin knows that leat has started it, and what it does then at once. */
'use strict';

const cookie = {name: 'LEAT_PLUGIN', value: '4c656174'};

/**
 * Standard output is for the line that leat waits for. What the plugin prints goes to
 * standard error, and so to leat's log. This cannot wait for serve: what a plugin prints
 * before it calls that would come first.
 */
if (process.env[cookie.name] === cookie.value) {
  process.stdout.write = process.stderr.write.bind(process.stderr);
}

module.exports = {cookie};
