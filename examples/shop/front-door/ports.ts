import type { FastifyInstance } from "fastify";

/** Where each HTTP server of the shop listens unless `SHOP_<NAME>_PORT` says otherwise. On events only the last three have one. */
const defaultPorts = {
  payments: 4501,
  billing: 4502,
  notifications: 4503,
  analytics: 4504,
  inventory: 4505,
  shipping: 4506,
  loyalty: 4507,
  fraud: 4508,
  search: 4509,
  recommendations: 4510,
  orders: 4511,
  returns: 4512,
  "mail-sink": 4513,
};
export type ServerName = keyof typeof defaultPorts;
export const serverNames = Object.keys(defaultPorts) as ServerName[];

/** The environment variable that sets a server's port. */
export const portVariable = (server: ServerName): string => `SHOP_${server.toUpperCase().replace("-", "_")}_PORT`;

export function portOf(server: ServerName, env: NodeJS.ProcessEnv = process.env): number {
  const given = env[portVariable(server)];
  const port = given === undefined ? defaultPorts[server] : Number(given);
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new Error(`${portVariable(server)} is "${given}"; give a port from 1 to 65535`);
  return port;
}

export const urlOf = (server: ServerName, env?: NodeJS.ProcessEnv): string => `http://127.0.0.1:${portOf(server, env)}`;

/** Listens on this machine only. A port in use ends the program with one sentence instead of a stack. */
export async function listen(app: FastifyInstance, server: ServerName): Promise<void> {
  const port = portOf(server);
  try {
    await app.listen({ host: "127.0.0.1", port });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
    console.error(
      `${server}: port ${port} on 127.0.0.1 is in use; end the program that uses it, or set ${portVariable(server)} to a free one`,
    );
    process.exit(1);
  }
}
