// Serves fauxqs on 127.0.0.1 until standard input ends.
// Arguments: the path of fauxqs's dist/app.js, the port.
import { pathToFileURL } from "node:url";

const [path, port] = process.argv.slice(1);
const { buildApp } = await import(pathToFileURL(path).href);
await buildApp({ logger: false }).listen({ host: "127.0.0.1", port: Number(port) });
process.stdin.on("end", () => process.exit(0)).resume();
