import { describe } from "node:test";
import { embeddedPlace } from "../examples/shop/driver/shop-place.ts";
import { askedOfTheShop } from "./can-deploy/asked-of-the-shop.ts";

describe("a change of the shop's order.completed, asked of the shop that runs", () =>
  askedOfTheShop(async (dataDir) => [embeddedPlace(dataDir), async () => undefined]));
