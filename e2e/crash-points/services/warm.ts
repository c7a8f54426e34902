// Loads what the small services load, and ends: what is compiled stays in NODE_COMPILE_CACHE, which a killed process never writes.
import "throughline";
import "./contracts.ts";
import "./crash-service.ts";

if (process.env.THROUGHLINE_EVENTS?.startsWith("kafka:")) await import("@throughline/kafka");
