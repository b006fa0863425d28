/** The process: how leat finds it, what it serves, and when it ends. */
'use strict';

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const {cookie} = require('./cookie.js');
const {Service} = require('./service.js');

const contract = 1;
const longestSocket = 103; // bytes of a path that every system takes
const patience = 1000; // milliseconds that the end may take
const parting = 50; // milliseconds for what was said last

/**
 * @param {Function|undefined} handle
 * @param {object} options those of serve
 */
async function serve(handle, options) {
  startedByLeat();
  const modules = load();
  process.on('SIGINT', () => {}); // Ctrl-C is leat's, which ends its plugins in order
  let end;
  const ending = new Promise((resolve) => (end = resolve));
  const service = new Service(modules, handle, options, end);
  const server = await listen(modules.grpc, service);
  watchStdin(() => {
    service.breakOff();
    end();
  });
  await ending;
  setTimeout(() => process.exit(), patience).unref(); // nothing that the plugin waits for may keep it
  process.stdin.destroy();
  await new Promise((resolve) => setTimeout(resolve, parting)); // Node 18 closes a connection before all has left
  server.tryShutdown(() => {});
  setTimeout(() => server.forceShutdown(), patience / 2).unref();
}

function startedByLeat() {
  const program = process.argv[1];
  if (process.env[cookie.name] !== cookie.value) {
    giveUp(
      `${program} is a plugin of leat, which starts it; by itself it does nothing. Name it in a pipeline.yaml, as a stage` +
        ` or a sink:\n\n    - plugin: {run: ${program}, tls: false}\n`,
    );
  }
  if (process.env.PLUGIN_CLIENT_CERT) {
    giveUp(`${program}: leat asks for TLS, which plugins in Node do not speak: write \`tls: false\` beside \`run\` in pipeline.yaml`);
  }
}

/** Loads gRPC from beside the plugin, or from beside this package. */
function load() {
  const main = require.main ? path.dirname(require.main.filename) : process.cwd();
  try {
    const grpc = require.resolve('@grpc/grpc-js', {paths: [main, __dirname]});
    const loader = require.resolve('@grpc/proto-loader', {paths: [path.dirname(grpc)]});
    return {grpc: require(grpc), loader: require(loader)};
  } catch (error) {
    giveUp(`${process.argv[1]}: ${error.message.split('\n')[0]}. A plugin of leat needs gRPC: \`npm install @grpc/grpc-js\` in ${main}.`);
  }
}

async function listen(grpc, service) {
  const server = new grpc.Server({'grpc.max_receive_message_length': -1, 'grpc.max_send_message_length': -1});
  service.addTo(server);
  const socket = socketPath();
  await new Promise((resolve, reject) => {
    server.bindAsync(`unix:${socket}`, grpc.ServerCredentials.createInsecure(), (error) => (error ? reject(error) : resolve()));
  });
  fs.writeSync(1, `1|${contract}|unix|${socket}|grpc|\n`);
  return server;
}

function socketPath() {
  const folder = process.env.PLUGIN_UNIX_SOCKET_DIR || fs.mkdtempSync(path.join(os.tmpdir(), 'leat'));
  const socket = path.join(folder, `p${process.pid}`);
  if (Buffer.byteLength(socket) > longestSocket) {
    giveUp(`${process.argv[1]}: the path of the socket, ${socket}, is too long: start leat with a shorter TMPDIR`);
  }
  return socket;
}

/** Standard input ends with leat. */
function watchStdin(gone) {
  for (const event of ['end', 'close', 'error']) process.stdin.on(event, gone);
  process.stdin.resume();
}

function giveUp(message) {
  fs.writeSync(2, message + '\n');
  process.exit(1);
}

module.exports = {serve};
