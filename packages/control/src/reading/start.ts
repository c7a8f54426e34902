/** Where in each partition to begin. */
export type Start =
  | { readonly at: "earliest" | "latest" }
  | { readonly at: "time"; readonly ms: number }
  | { readonly at: "offset"; readonly offset: number };
