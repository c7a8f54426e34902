import { createServer, type AddressInfo } from "node:net";
import { portVariable, serverNames } from "../front-door/ports.ts";

/** A free port for each HTTP server of the shop, as environment variables, so that a test never meets a running shop. */
export async function freePorts(): Promise<Record<string, string>> {
  const servers = await Promise.all(
    serverNames.map(async (name) => {
      const server = createServer();
      await new Promise<void>((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve));
      return { name, server };
    }),
  );
  const env = Object.fromEntries(
    servers.map(({ name, server }) => [portVariable(name), String((server.address() as AddressInfo).port)]),
  );
  await Promise.all(servers.map(({ server }) => new Promise((resolve) => server.close(resolve))));
  return env;
}
