import type { CustomTypesConfig } from "pg";
import pg from "pg";

const numbers = new Set<number>([pg.types.builtins.INT8, pg.types.builtins.FLOAT8]);
const texts = new Set<number>([pg.types.builtins.JSON]);
const bytes = new Set<number>([pg.types.builtins.BYTEA]);

/** How the store's own statements read columns, whatever the application has set: numbers as numbers, JSON as its text. */
export const ownTypes: CustomTypesConfig = {
  getTypeParser: (oid, format) => {
    if (numbers.has(oid)) return Number;
    return texts.has(oid) ? String : pg.types.getTypeParser(oid, format);
  },
};

/** The same, with bytes as PostgreSQL writes them. */
export const ownTypesOfText: CustomTypesConfig = {
  getTypeParser: (oid, format) => (bytes.has(oid) ? String : ownTypes.getTypeParser(oid, format)),
};
