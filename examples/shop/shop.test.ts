/** Simulated customers of both shops: `npx node --test examples/shop/shop.test.ts`. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Calls, ConcoordError, within } from "concoord";
import { simulate } from "concoord/testing";
import { ForgetfulShop, Shop } from "./shop.ts";

/** Repeats the order until it is known to be taken. */
async function order(shop: Calls<Shop>, id: string, pieces: number): Promise<void> {
  for (;;) {
    try {
      return await within(shop, { timeout: 100 }).order(id, pieces);
    } catch (error) {
      if (!(error instanceof ConcoordError && error.retryable)) throw error;
    }
  }
}

test("an order counts once", async () => {
  await simulate(Shop, { seed: 1, seeds: 20 }, async (shop, { id, random }) => {
    for (let i = 0; i < 5; i++) await order(shop, `${id}.${i}`, 1 + Math.floor(random() * 10));
  });
});

test("the simulation finds the shop that forgets", async () => {
  const always = ({ orders }: ForgetfulShop) => {
    assert.equal(new Set(orders.map(({ id }) => id)).size, orders.length, "an order counted twice");
  };
  const run = simulate(ForgetfulShop, { seed: 1, seeds: 20, always }, async (shop, { id, random }) => {
    for (let i = 0; i < 5; i++) await order(shop, `${id}.${i}`, 1 + Math.floor(random() * 10));
  });
  await assert.rejects(
    run,
    /an order counted twice\n.*\n*.*replay: simulate\(ForgetfulShop, \{ seed: \d+, … \}/s,
  );
});
