// Loads what the services load, and ends: what is compiled stays in NODE_COMPILE_CACHE, which a killed process never writes.
import "throughline";
import "./chaos-service.ts";
import "./contracts.ts";
