import Fastify from "fastify";
import { runUntilSignal } from "throughline";
import { correlation } from "throughline/fastify";
import { listen } from "../../front-door/ports.ts";
import { answerProblems } from "../../front-door/problem.ts";
import { returnRoutes } from "../../front-door/return-routes.ts";
import { contractProblem } from "../contract-problem.ts";
import { returns } from "./returns.ts";
import { takeReturn } from "./take-return.ts";

const app = Fastify();
await app.register(correlation());
answerProblems(app, contractProblem);
returnRoutes(app, takeReturn);

process.exitCode = await runUntilSignal(returns, { onStart: () => listen(app, "returns"), onClose: () => app.close() });
