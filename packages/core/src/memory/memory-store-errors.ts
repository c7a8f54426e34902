import { errorTable } from "../errors/index.ts";

/** What only the memory store can say; everything else it throws is in core's table. */
export const memoryStoreErrors = {
  MEMORY_KEY_TAKEN: {
    retryable: false,
    message: (d: { key: string }) => `the key "${d.key}" exists already in the memory store; use put to replace its value`,
  },
  MEMORY_READ_ONLY: {
    retryable: false,
    message: (d: { table: string }) =>
      `a read-only transaction tried to write to "${d.table}"; open it without { readOnly: true }`,
  },
} as const;

export const memoryStoreError = errorTable(memoryStoreErrors);
