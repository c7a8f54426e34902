import { createServer, type Server } from "node:net";

/** Below those that systems give to outgoing connections: one of these would take a server's port while it is being started again. */
const [lowest, highest] = [10_000, 32_000];

/** Ports of 127.0.0.1 that nobody listens on, all different. Somebody else may take one before it is used: then start again. */
export async function freePorts(count: number): Promise<number[]> {
  const found = new Map<number, Server>();
  try {
    for (let tries = 0; found.size < count; tries++) {
      if (tries > 100 + count) throw new Error(`found no ${count} free ports from ${lowest} to ${highest}`);
      const port = lowest + Math.floor(Math.random() * (highest - lowest));
      const server = await listenOn(port);
      if (server !== null) found.set(port, server);
    }
    return [...found.keys()];
  } finally {
    for (const server of found.values()) server.close();
  }
}

/** Null when somebody does already. */
function listenOn(port: number): Promise<Server | null> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once("error", () => resolve(null));
    server.listen(port, "127.0.0.1", () => resolve(server));
  });
}
