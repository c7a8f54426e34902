// A registry on a file, which says where it listens: node registry-process.ts <file>
import { startRegistry } from "../../src/index.ts";

const registry = await startRegistry({ store: `sqlite:${process.argv[2]}`, port: 0 });
console.log(registry.url);
