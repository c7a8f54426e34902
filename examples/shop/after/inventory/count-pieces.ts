interface Line {
  readonly sku: string;
  readonly quantity: number;
}

/**
 * How many pieces the warehouse has to lay aside for an order.
 *
 * SHOP_BUG=gift-cards makes this the release in which somebody looked up each article's shelf, and forgot that gift cards have none.
 */
export function countPieces(lines: readonly Line[], bug = process.env.SHOP_BUG): number {
  if (bug === "gift-cards" && lines.some(({ sku }) => sku === "gift-card")) {
    throw new TypeError("Cannot read properties of undefined (reading 'shelf')");
  }
  return lines.reduce((sum, line) => sum + line.quantity, 0);
}
