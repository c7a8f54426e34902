import { kafkaConformance } from "./fixtures/conformance.ts";

kafkaConformance(1);
