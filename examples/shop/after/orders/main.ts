import Fastify from "fastify";
import { runUntilSignal } from "throughline";
import { correlation } from "throughline/fastify";
import { orderRoutes } from "../../front-door/order-routes.ts";
import { listen } from "../../front-door/ports.ts";
import { answerProblems } from "../../front-door/problem.ts";
import { contractProblem } from "../contract-problem.ts";
import { orderDesk } from "./order-desk.ts";
import { orders } from "./orders.ts";

const app = Fastify();
await app.register(correlation());
answerProblems(app, contractProblem);
orderRoutes(app, orderDesk);

process.exitCode = await runUntilSignal(orders, { onStart: () => listen(app, "orders"), onClose: () => app.close() });
