export { type Answer, followAnswers, type FollowOptions, receiptsEnd } from "./follow-answers.ts";
export { pause } from "./pause.ts";
export { type Letter, requestFor, type RequestTerms } from "./requests.ts";
export { type NotWritten, sendRequests, type SendOptions } from "./send-requests.ts";
