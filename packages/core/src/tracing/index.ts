export {
  type HandledMessageAbout,
  isTracing,
  type MessageAbout,
  withBatchSpan,
  withHandlerSpan,
  withPublishSpan,
} from "./message-spans.ts";
export { currentTrace, type TraceHeaders } from "./trace-headers.ts";
