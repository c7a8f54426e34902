export { crashPoint, type CrashPointHook, onCrashPoint } from "./crash-point.ts";
