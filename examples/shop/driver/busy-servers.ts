import { connect } from "node:net";
import { portOf, portVariable, type ServerName } from "../front-door/ports.ts";

/** One sentence for each of these servers whose port somebody listens on already. */
export async function busyServers(servers: readonly ServerName[], env: NodeJS.ProcessEnv = process.env): Promise<string[]> {
  const busy = await Promise.all(servers.map((server) => isTaken(portOf(server, env))));
  return servers
    .filter((_, i) => busy[i])
    .map(
      (server) =>
        `port ${portOf(server, env)} on 127.0.0.1, for ${server}, is in use; end the program that uses it (another demo?), or set ${portVariable(server)} to a free one`,
    );
}

/** Whether somebody listens on a port of this machine. */
export function isTaken(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port });
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
