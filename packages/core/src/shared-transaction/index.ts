export { runScope, Turns } from "./run-scope.ts";
export { type Level, type ScopedTransaction, type SqlStatement, TransactionScope } from "./transaction-scope.ts";
